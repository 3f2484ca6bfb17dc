// What `standstill watch` shows: the word across the whole width, what is in the way, the plant, and what
// happened last.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::app {

struct WatchPicture {
  nlohmann::ordered_json
      state;                   // what GET /api/v1/state answered; no object: nobody answers, nothing is known
  nlohmann::ordered_json why;  // GET /api/v1/why
  nlohmann::ordered_json events;  // GET /api/v1/journal
  std::string trouble;            // why nobody answers
  Duration unheard{};             // for how long
  std::string clock;              // "14:32:07"
  std::string told;               // what came of a key
  std::int64_t now_wall_ns = 0;
};

// "14:32:07", by this machine's time zone.
[[nodiscard]] std::string clock_text(std::int64_t wall_ns);

// At most `rows` lines of at most `columns` characters. Without a state the old one is not shown: nobody may
// take it for the present.
[[nodiscard]] std::vector<std::string> watch_lines(const WatchPicture& picture, std::size_t rows,
                                                   std::size_t columns, bool colour);

}  // namespace standstill::app
