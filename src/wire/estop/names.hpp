// Where what is said on the emergency-stop bus. The first group is message format v1.0.0, which other makes
// speak too; the second is ours, on channels and keys of its own, so that a v1.0.0 party never sees it.
#pragma once

#include <string>
#include <string_view>

namespace standstill::estop {

inline constexpr std::string_view stop_channel = "events:emergency_stop";
inline constexpr std::string_view heartbeat_channel = "events:heartbeat";
[[nodiscard]] inline std::string alive_key(std::string_view instance) {
  return "device:" + std::string(instance) + ":alive";
}
[[nodiscard]] inline std::string command_channel(std::string_view instance) {
  return "commands:" + std::string(instance);
}
// Where answers to the requests of `instance` go; a name of our choice, which a request carries.
[[nodiscard]] inline std::string response_channel(std::string_view instance) {
  return "responses:" + std::string(instance);
}

inline constexpr std::string_view latch_key = "estop:latch";
inline constexpr std::string_view paths_key = "estop:paths";  // see direct.hpp
inline constexpr std::string_view safe_channel = "events:safe_state";
inline constexpr std::string_view result_channel = "events:release";
[[nodiscard]] inline std::string release_channel(std::string_view instance) {
  return "release:" + std::string(instance);
}

}  // namespace standstill::estop
