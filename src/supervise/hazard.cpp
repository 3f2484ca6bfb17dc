#include "supervise/hazard.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kernel/stages.hpp"
#include "supervise/hazard_rows.hpp"

namespace standstill::supervise {

using config::milliseconds;

std::string_view name(Cover cover) {
  switch (cover) {
    case Cover::covered:
      return "covered";
    case Cover::by_choice:
      return "by choice";
    case Cover::not_covered:
      break;
  }
  return "NOT COVERED";
}

milliseconds Hazard::within() const {
  milliseconds longest{0};
  for (const auto& cut : cuts)
    if (cut.covered) longest = std::max(longest, cut.within());
  return longest;
}

milliseconds one_loop(const plan::Plan& plan) {
  return std::max(milliseconds((plan.heartbeat_timeout_ms + 3) / 4), milliseconds(10));
}

milliseconds silence_to_trip(const config::Link& link, const plan::Plan& plan) {
  return link.probe + link.silence + one_loop(plan);
}

HazardTable hazard_table(const config::Config& config, const plan::Plan& plan) {
  HazardTable table;
  HazardRows rows(config, plan);
  rows.processes(table.rows);
  rows.links(table.rows);
  rows.watches(table.rows);
  rows.outputs(table.rows);
  rows.machine(table.rows);
  rows.list_not_fail_safe(table.not_fail_safe);
  return table;
}

nlohmann::ordered_json to_json(const HazardTable& table) {
  using nlohmann::ordered_json;
  ordered_json json{{"hazards", ordered_json::array()}, {"not_fail_safe", table.not_fail_safe}};
  for (const auto& row : table.rows) {
    ordered_json cuts = ordered_json::array();
    for (const auto& cut : row.cuts) {
      ordered_json one{{"output", cut.output}, {"covered", cut.covered}};
      if (cut.covered) {
        one["who"] = cut.who;
        one["within_ms"] = cut.within().count();
        one["notice_ms"] = cut.notice.count();
        one["stage_ms"] = cut.stage.count();
        one["takeover_ms"] = cut.takeover.count();
        one["act_ms"] = cut.act.count();
      }
      cuts.push_back(std::move(one));
    }
    json["hazards"].push_back({{"part", row.part},
                               {"event", row.event},
                               {"by", row.by},
                               {"cover", name(row.cover)},
                               {"within_ms", row.cover == Cover::covered ? ordered_json(row.within().count())
                                                                         : ordered_json(nullptr)},
                               {"outputs", std::move(cuts)},
                               {"remedy", row.remedy}});
  }
  return json;
}

}  // namespace standstill::supervise
