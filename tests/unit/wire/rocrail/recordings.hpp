// The recorded sessions with a server of 2014, as bytes.
#pragma once

#include <array>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/places.hpp"
#include "wire/rocrail/frame_reader.hpp"

namespace standstill::recordings {

inline constexpr std::array<std::string_view, 13> names{"01-connect-passive",
                                                        "02-plan",
                                                        "03-session-commands-A",
                                                        "03-session-commands-observer-B",
                                                        "04-shutdown-by-client-cmd",
                                                        "05-shutdown-SIGTERM",
                                                        "06-shutdown-SIGINT",
                                                        "07-kill-9",
                                                        "08-crash-SIGSEGV",
                                                        "09-hang-SIGSTOP",
                                                        "14a-before-crash",
                                                        "14b-after-restart",
                                                        "16-console-mode-false-shutdown"};

inline std::string file(const std::string& name) {
  std::ifstream in(test::test_data() + "/rocrail/" + name, std::ios::binary);
  if (!in) throw std::runtime_error("no recording " + name);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline std::string from_server(std::string_view name) { return file(std::string(name) + ".s2c.bin"); }
inline std::string from_client(std::string_view name) { return file(std::string(name) + ".c2s.bin"); }

inline std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// The bodies of a stream that is cut at `cuts` (positions in order).
inline std::vector<std::string> bodies(std::string_view stream, const std::vector<std::size_t>& cuts = {}) {
  rocrail::FrameReader reader;
  std::vector<std::string> all;
  std::size_t at = 0;
  const auto piece = [&](std::size_t until) {
    auto part = bytes(stream.substr(at, until - at));
    at = until;
    for (;;) {
      const auto result = reader.read(part);
      if (result == rocrail::FrameReader::Result::need_more) return;
      if (result == rocrail::FrameReader::Result::failed) throw std::runtime_error(reader.error());
      all.push_back(reader.take_body());
    }
  };
  for (const auto cut : cuts) piece(cut);
  piece(stream.size());
  return all;
}

}  // namespace standstill::recordings
