// The supervisor as the HTTP server sees it.
#pragma once

#include <expected>
#include <functional>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "plant/layout/compare.hpp"
#include "supervise/supervisor.hpp"
#include "terminal/backend.hpp"

namespace standstill::supervise {

class SupervisorBackend final : public terminal::Backend {
 public:
  explicit SupervisorBackend(Supervisor& supervisor)
      : supervisor_(supervisor), operators_(supervisor.config().site.state_dir) {}

  bool alive() override { return supervisor_.turning(); }
  terminal::Outcome stop(const terminal::StopRequest& request) override;
  std::vector<terminal::Readiness> readiness() override;
  std::string metrics() override;
  terminal::Outcome state() override;
  terminal::Outcome word(terminal::Word word, std::uint64_t epoch, const terminal::Caller& caller) override;
  terminal::Outcome journal(const terminal::JournalQuery& query) override;
  terminal::Outcome snapshots() override;
  terminal::Outcome snapshot(const std::string& id) override;
  terminal::Outcome take_snapshot(const terminal::Caller& caller) override;
  terminal::Outcome compare(const std::string& id, const std::string& other) override;
  terminal::Outcome why() override;
  terminal::Outcome checklist(const std::string& snapshot_id) override;
  terminal::Outcome tags() override;
  terminal::Outcome health(bool plant) override;
  terminal::Outcome links() override;
  terminal::Outcome visitors() override;
  terminal::Outcome alerts() override;
  terminal::Outcome test_alert(const std::string& id, const terminal::Caller& caller) override;
  terminal::Outcome shelve(const terminal::ShelveRequest& request, const terminal::Caller& caller) override;
  terminal::Outcome unshelve(const std::string& source, const terminal::Caller& caller) override;
  terminal::Outcome trend(const std::string& link_dot_tag) override;
  terminal::Outcome rehearsal() override;
  terminal::Outcome rehearse(const std::string& peer, const std::string& command,
                             const terminal::Caller& caller) override;
  terminal::Outcome reports() override;
  terminal::Outcome report(const std::string& id) override;
  terminal::Outcome drill(const std::string& link, const terminal::Caller& caller) override;
  terminal::Outcome prooftest(const std::string& output, const terminal::Caller& caller) override;
  terminal::Outcome send(const std::string& link, const std::string& command,
                         const terminal::Caller& caller) override;
  terminal::Outcome engine(const std::string& link) override;
  terminal::Outcome stop_engine(const std::string& link, const terminal::Caller& caller) override;
  terminal::Outcome write_variable(const std::string& link, std::uint32_t cv, const std::string& value,
                                   const terminal::Caller& caller) override;
  bool could_be(const std::string& name, const std::string& secret) override {
    return operators_.could_be(name, secret);
  }
  std::optional<terminal::Role> verify(const std::string& name, const std::string& secret) override;
  std::optional<terminal::Role> role_of(const std::string& name) override;
  std::unique_ptr<terminal::Changes> changes() override;

 private:
  [[nodiscard]] std::vector<terminal::Readiness> look(bool plant);
  [[nodiscard]] terminal::Outcome send_to_station(const std::string& command,
                                                  const terminal::Caller& caller);  // backend_bus.cpp
  [[nodiscard]] terminal::Outcome at_length(const std::function<terminal::Outcome()>& work);
  [[nodiscard]] terminal::Outcome made_comparison(const std::string& id, const std::string& other);
  [[nodiscard]] terminal::Outcome made_checklist(const std::string& snapshot_id);
  [[nodiscard]] terminal::Outcome read_snapshot(const std::string& id);
  [[nodiscard]] terminal::Outcome taken_snapshot(const terminal::Caller& caller);
  [[nodiscard]] std::expected<nlohmann::ordered_json, std::string> outline(const std::string& id);
  [[nodiscard]] std::expected<std::vector<layout::Difference>, terminal::Outcome> differences(
      const nlohmann::ordered_json& before, const std::string& other);

  Supervisor& supervisor_;
  record::Operators operators_;
  std::timed_mutex at_length_;
  std::mutex command_;   // one to a station at a time
  std::mutex variable_;  // one to an engine at a time
  std::mutex exercise_;  // one drill or proof test at a time
};

}  // namespace standstill::supervise
