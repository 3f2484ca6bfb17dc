#include "supervise/scribe.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "os/realtime.hpp"
#include "version.hpp"

namespace standstill::supervise {

using nlohmann::json;

namespace {

constexpr std::size_t most_waiting = 16;

json metadata_json(const std::vector<config::Metadata>& metadata) {
  json made = json::object();
  for (const auto& one : metadata) {
    if (one.from_environment) {
      const char* value = std::getenv(std::get<std::string>(one.value).c_str());
      made[one.name] = value == nullptr ? json(nullptr) : json(value);
    } else {
      std::visit([&](const auto& value) { made[one.name] = value; }, one.value);
    }
  }
  return made;
}

json tags_json(const SnapshotInput& input) {
  json made = json::array();
  for (const auto& tag : input.tags)
    made.push_back({{"link", tag.link},
                    {"name", tag.name},
                    {"value", tag.at == Instant{} ? json(nullptr) : json(tag.value)},
                    {"unit", tag.unit},
                    {"quality", link::name(tag.quality)},
                    {"at", tag.at == Instant{} ? json(nullptr) : json(os::rfc3339(tag.wall_ns))}});
  return made;
}

}  // namespace

json snapshot_document(const SnapshotInput& input) {
  json document = json::object();
  const double timestamp = static_cast<double>(input.wall_ns) / 1e9;
  for (const auto& part : input.parts) part(document, input.at, timestamp);
  document["timestamp"] = timestamp;
  if (!document.contains("model")) document["model"] = nullptr;
  if (!document.contains("age_ms")) document["age_ms"] = nullptr;
  const json state = state_json(input.view, input.at);
  document["site"] = input.view.site;
  document["kind"] = record::name(input.kind);
  document["epoch"] = input.view.guard.epoch;
  document["state"] = state.at("state");
  document["cause"] = state.at("first_out");
  document["causes"] = state.at("causes");
  document["links"] = state.at("links");
  document["standstill_outputs"] = state.at("outputs");
  document["tags"] = tags_json(input);
  document["metadata"] = metadata_json(input.metadata);
  document["session_start"] = os::rfc3339(input.session_start_wall_ns);
  document["version"] = version;
  return document;
}

Scribe::Scribe(std::filesystem::path state_dir)
    : state_dir_(std::move(state_dir)), thread_([this] { work(); }) {}

Scribe::~Scribe() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Scribe::add(Order order) {
  {
    const std::lock_guard lock(mutex_);
    if (orders_.size() >= most_waiting) orders_.pop_back();  // a disk that hangs: the earliest matter most
    orders_.push_back(std::move(order));
  }
  wake_.notify_one();
}

void Scribe::write(SnapshotInput input, Written written) { add({std::move(input), std::move(written), {}}); }

void Scribe::later(std::function<void()> task) { add({{}, {}, std::move(task)}); }

void Scribe::work() {
  for (;;) {
    Order order;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !orders_.empty(); });
      if (orders_.empty()) return;
      order = std::move(orders_.front());
      orders_.pop_front();
    }
    if (order.task) {
      order.task();
      continue;
    }
    const auto written = record::write_snapshot(state_dir_, order.input.kind, order.input.view.guard.epoch,
                                                order.input.wall_ns, snapshot_document(order.input));
    if (written)
      order.written(written->id, {});
    else
      order.written({}, written.error());
    [[maybe_unused]] const auto pruned = record::prune_snapshots(state_dir_);
  }
}

}  // namespace standstill::supervise
