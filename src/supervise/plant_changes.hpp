// What changes in the plant, as those who follow it over the terminal are told (docs/http.md, "Following").
//
// On a thread of the terminal's. The loop is asked for copies of what changed, and only while somebody wants
// them.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "supervise/supervisor.hpp"
#include "terminal/changes.hpp"

namespace standstill::supervise {

// The state as it is told now: what the loop knows, and each alert that cannot be delivered among its
// warnings.
[[nodiscard]] nlohmann::ordered_json told_state(Supervisor& supervisor, Instant now);

class PlantChanges final : public terminal::Changes {
 public:
  explicit PlantChanges(Supervisor& supervisor);
  ~PlantChanges() override;
  std::vector<terminal::Message> next(const terminal::Topics& wanted) override;
  std::vector<terminal::Message> whole(const terminal::Topics& wanted) override;

 private:
  struct Seen;   // of the tags; touched on the loop only
  struct Taken;  // what came from there
  struct Layout {
    std::string link;
    layout::Model model;
  };

  void add_state(std::vector<terminal::Message>& into, Instant now);
  void add_events(std::vector<terminal::Message>& into);
  void add_plant(std::vector<terminal::Message>& into, const terminal::Topics& wanted, Instant now);
  [[nodiscard]] static Taken take(const Supervisor& supervisor, Seen& seen, bool tags, bool layouts);

  Supervisor& supervisor_;
  ViewPtr told_;
  bool turned_ = false;
  Instant told_at_{};
  record::Recorder::Ticket written_ = 0;
  std::optional<std::int64_t> last_event_;
  std::shared_ptr<Seen> seen_;
  std::vector<link::Tag> tags_;  // all, as last told
  std::vector<Layout> layouts_;
  Instant tags_at_{}, layouts_at_{};
};

}  // namespace standstill::supervise
