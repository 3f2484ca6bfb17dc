// What those who follow the plant are told. The supervisor implements it; one thread uses one of these.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace standstill::terminal {

enum class Topic : std::uint8_t { state, tags, layout, event };
using Topics = std::set<Topic>;

struct Message {
  Topic topic = Topic::state;
  std::string text = {};  // one JSON object, with its "type"
};

class Changes {
 public:
  virtual ~Changes() = default;
  // What happened since the last call; a `state` at least once a second. May block, for at most some seconds,
  // and throw: then this is thrown away, and the first next() of another one tells everything anew.
  [[nodiscard]] virtual std::vector<Message> next(const Topics& wanted) = 0;
  // The whole of it as of the last next(), for one who has just come: the state first.
  [[nodiscard]] virtual std::vector<Message> whole(const Topics& wanted) = 0;
};

}  // namespace standstill::terminal
