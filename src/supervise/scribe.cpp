#include "supervise/scribe.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "os/realtime.hpp"
#include "plant/layout/compare.hpp"
#include "supervise/tags_json.hpp"
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

double timestamp_of(const SnapshotInput& input) { return static_cast<double>(input.wall_ns) / 1e9; }

void add_parts(Document& document, const SnapshotInput& input, Detail detail) {
  for (const auto& part : input.parts) part(document, input.at, timestamp_of(input), detail);
}

Document::Json before_json(const std::vector<Trends::Course>& courses) {
  auto made = Document::Json::array();
  for (const Trends::Course& one : courses) {
    auto samples = Document::Json::array();
    for (const auto& sample : one.samples)
      samples.push_back(
          {sample.at_s, std::isnan(sample.value) ? Document::Json(nullptr) : Document::Json(sample.value)});
    made.push_back({{"link", one.link}, {"name", one.name}, {"samples", std::move(samples)}});
  }
  return made;
}

}  // namespace

Document snapshot_document(const SnapshotInput& input) {
  using Json = Document::Json;
  Document document;
  add_parts(document, input, Detail::everything);
  document.set("timestamp", Json(timestamp_of(input)));
  if (!document.contains("model")) document.set("model", Json(nullptr));
  if (!document.contains("age_ms")) document.set("age_ms", Json(nullptr));
  const Json state = state_json(input.view, input.at);
  document.set("site", Json(input.view.site));
  document.set("kind", Json(record::name(input.kind)));
  document.set("epoch", Json(input.view.guard.epoch));
  document.set("state", state.at("state"));
  document.set("cause", state.at("first_out"));
  document.set("causes", state.at("causes"));
  document.set("links", state.at("links"));
  document.set("standstill_outputs", state.at("outputs"));
  document.set("tags", Json(tags_json(input.tags)));
  if (!input.before.empty()) document.set("before", Json(before_json(input.before)));
  document.set("metadata", Json(metadata_json(input.metadata)));
  document.set("session_start", Json(os::rfc3339(input.session_start_wall_ns)));
  document.set("version", Json(version));
  return document;
}

Document::Json plant_outline(const SnapshotInput& input) {
  Document document;
  add_parts(document, input, Detail::typed);
  return document.whole(layout::is_compared);
}

std::expected<record::SnapshotEntry, std::string> write_snapshot(const std::filesystem::path& state_dir,
                                                                 const SnapshotInput& input) {
  const auto document = snapshot_document(input);
  return record::write_snapshot(
      state_dir, input.kind, input.view.guard.epoch, input.wall_ns,
      [&](const record::Sink& sink) { document.write(sink, 1, Document::Order::by_name); });
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
    const auto written = write_snapshot(state_dir_, order.input);
    if (written)
      order.written(written->id, {});
    else
      order.written({}, written.error());
    [[maybe_unused]] const auto pruned = record::prune_snapshots(state_dir_);
  }
}

}  // namespace standstill::supervise
