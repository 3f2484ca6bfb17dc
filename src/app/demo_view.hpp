// The demo's picture: 24 lines of 80 columns that say everything at a glance, each colour with its word.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/demo_operator.hpp"
#include "app/demo_plant.hpp"

namespace standstill::app {

struct DemoPicture {
  std::string url;               // of the state
  std::string word = "unknown";  // tripped, ready, running; unknown: nobody answers
  std::string epoch, first_out;  // first_out: a sentence
  bool acknowledged = false;
  std::string links, processes, way;  // a line each; way: the milliseconds of the newest trip
  std::vector<std::string> outputs;   // a line each
  DemoPlantNow plant;
  std::vector<std::string> journal;  // oldest first
  std::string text;                  // the guide's sentence, or the answer to a key
  bool guided = false;
};

// Takes over what GET /api/v1/state answered.
void take_state(DemoPicture& picture, const nlohmann::ordered_json& state);
// "track-power off 1 ms · confirmed 3 ms after the trip" out of one epoch's events; empty: not tripped in it.
[[nodiscard]] std::string way_text(const std::vector<DemoEvent>& events);

// The lines, without line ends; at most `rows`, none wider than `columns`. Never narrower than 40 or lower
// than 12.
[[nodiscard]] std::vector<std::string> draw(const DemoPicture& picture, int rows, int columns, bool colour);

// Broken at blanks into lines of at most `columns` characters (UTF-8), at most `most` of them.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t most);
// Cut to so many characters, or filled up with blanks.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t columns);

}  // namespace standstill::app
