// The tag table as people and snapshots see it: [{"link", "name", "value", "unit", "quality", "at"}], by link
// and name. A tag that was never read has neither value nor time: null.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "link/tags.hpp"

namespace standstill::supervise {

[[nodiscard]] nlohmann::json tags_json(const std::vector<link::Tag>& tags);

}  // namespace standstill::supervise
