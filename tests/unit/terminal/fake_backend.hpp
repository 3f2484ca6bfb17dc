// A supervisor of strings: records what it was asked and can be made slow.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "terminal/backend.hpp"

namespace standstill::terminal {

class FakeBackend : public Backend {
 public:
  std::atomic<bool> is_alive = true;
  std::atomic<bool> slow = false;          // calls of the pool wait until it is false again
  std::atomic<bool> slow_secrets = false;  // looking at one waits until it is false again
  std::atomic<int> stops = 0;
  std::atomic<int> verifications = 0;
  std::atomic<int> calls = 0;
  std::atomic<std::size_t> state_bytes = 0;
  std::atomic<bool> ann_removed = false;
  std::atomic<bool> ann_demoted = false;
  std::atomic<int> followed = 0;  // how many are made to say what changed

  bool alive() override { return is_alive; }
  Outcome stop(const StopRequest& request) override {
    const std::scoped_lock lock(mutex_);
    last_stop_ = request;
    ++stops;
    return {200, R"({"state":"tripped","epoch":7})"};
  }
  std::vector<Readiness> readiness() override {
    return {{"guard", true, ""}, {"journal", is_alive, is_alive ? "" : "disk full"}};
  }
  std::string metrics() override { return "standstill_epoch 7\n"; }
  Outcome state() override {
    wait();
    return {200, R"({"state":"running","pad":")" + std::string(state_bytes, 'x') + "\"}"};
  }
  Outcome word(Word word, std::uint64_t epoch, const Caller& caller) override {
    wait();
    if (epoch != 7) return {409, R"({"error":"refused","reasons":["the epoch is 7"]})"};
    return {200, R"({"word":)" + std::to_string(static_cast<int>(word)) + R"(,"operator":")" +
                     caller.operator_name + "\"}"};
  }
  Outcome journal(const JournalQuery& query) override {
    return {200, R"({"limit":)" + std::to_string(query.limit) + R"(,"since":")" + query.since +
                     R"(","after":)" + std::to_string(query.after.value_or(0)) +
                     (query.kind.empty() ? "" : R"(,"kind":")" + query.kind + "\"") + "}"};
  }
  Outcome snapshots() override { return {200, "[]"}; }
  Outcome snapshot(const std::string& id) override {
    if (id == "boom") throw std::runtime_error("boom");
    return {200, R"({"id":")" + id + "\"}"};
  }
  Outcome take_snapshot(const Caller& caller) override {
    return {200, R"({"by":")" + caller.operator_name + caller.peer + "\"}"};
  }
  Outcome compare(const std::string& id, const std::string& other) override {
    return {200, "\"" + id + "/" + other + "\""};
  }
  Outcome why() override { return {200, "[]"}; }
  Outcome checklist(const std::string&) override { return {200, "{}"}; }
  Outcome tags() override { return {200, "[]"}; }
  Outcome health(bool plant) override { return {200, plant ? R"({"plant":true})" : R"({"plant":false})"}; }
  Outcome links() override { return {200, "[]"}; }
  Outcome visitors() override { return {200, R"({"running":"Enjoy."})"}; }
  Outcome alerts() override { return {200, "[]"}; }
  Outcome test_alert(const std::string& id, const Caller&) override { return {200, "\"" + id + "\""}; }
  Outcome shelve(const ShelveRequest& request, const Caller& caller) override {
    return {200, "\"" + request.source + " " + std::to_string(request.minutes) +
                     (request.out_of_service ? " out " : " ") + request.reason + " " + caller.operator_name +
                     "\""};
  }
  Outcome unshelve(const std::string& source, const Caller&) override { return {200, "\"" + source + "\""}; }
  Outcome trend(const std::string& tag) override { return {200, "\"" + tag + "\""}; }
  Outcome rehearsal() override { return {200, "[]"}; }
  Outcome rehearse(const std::string& peer, const std::string& command, const Caller&) override {
    return {200, "\"" + peer + " " + command + "\""};
  }
  Outcome reports() override { return {200, "[]"}; }
  Outcome report(const std::string& id) override { return {200, "\"" + id + "\""}; }
  Outcome drill(const std::string& link, const Caller&) override { return {200, "\"" + link + "\""}; }
  Outcome prooftest(const std::string& output, const Caller&) override { return {200, "\"" + output + "\""}; }
  Outcome send(const std::string& link, const std::string& command, const Caller&) override {
    return {200, "\"" + link + " " + command + "\""};
  }
  Outcome engine(const std::string& link) override { return {200, "\"" + link + "\""}; }
  Outcome stop_engine(const std::string& link, const Caller& caller) override {
    return {200, "\"stopped " + link + " by " + caller.who() + "\""};
  }
  Outcome write_variable(const std::string& link, std::uint32_t cv, const std::string& value,
                         const Caller& caller) override {
    return {200, "\"" + link + " " + std::to_string(cv) + "=" + value + " " + caller.operator_name + "\""};
  }
  bool could_be(const std::string&, const std::string& secret) override { return secret != "far off"; }
  std::optional<Role> verify(const std::string& name, const std::string& secret) override {
    ++verifications;
    while (slow_secrets) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (secret != "right") return std::nullopt;
    if (name == "ann") return Role::operator_;
    if (name == "vic") return Role::viewer;
    return std::nullopt;
  }
  std::optional<Role> role_of(const std::string& name) override {
    if (name == "ann" && !ann_removed) return ann_demoted ? Role::viewer : Role::operator_;
    if (name == "vic") return Role::viewer;
    return std::nullopt;
  }
  std::unique_ptr<Changes> changes() override { return std::make_unique<FakeChanges>(*this); }
  // What followers are told next.
  void tell(Topic topic, std::string text) {
    const std::scoped_lock lock(mutex_);
    news_.push_back({topic, std::move(text)});
  }
  StopRequest last_stop() {
    const std::scoped_lock lock(mutex_);
    return last_stop_;
  }

 private:
  struct FakeChanges : Changes {
    explicit FakeChanges(FakeBackend& of) : backend(of) { ++backend.followed; }
    ~FakeChanges() override { --backend.followed; }
    std::vector<Message> next(const Topics&) override {
      const std::scoped_lock lock(backend.mutex_);
      return std::exchange(backend.news_, {});
    }
    std::vector<Message> whole(const Topics&) override {
      return {{Topic::state, R"({"type":"state","whole":true})"}, {Topic::tags, R"({"type":"tags"})"}};
    }
    FakeBackend& backend;
  };
  void wait() {
    ++calls;
    while (slow) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  std::mutex mutex_;
  StopRequest last_stop_;
  std::vector<Message> news_;
};

}  // namespace standstill::terminal
