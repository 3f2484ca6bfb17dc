// Fills {{field}} places in a template, so that any chat service's JSON can be written in the configuration.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tell/event.hpp"

namespace standstill::tell {

// Error: what is wrong and at which byte, for the configuration's message. Blanks inside the braces are
// allowed. `also`: one more name that is known here.
[[nodiscard]] std::expected<void, std::string> check_template(std::string_view text,
                                                              std::string_view also = {});

// Values as they are, for a text that people read.
[[nodiscard]] std::string fill_template(std::string_view text, const AlertEvent& event);

// Every value is escaped for the inside of a JSON string, so that no detail can break out of it. A place that
// check_template would refuse is left as it stands. {{number}} is `number`, where there is one.
[[nodiscard]] std::string fill_json_template(std::string_view text, const AlertEvent& event,
                                             const std::string& number = {});

}  // namespace standstill::tell
