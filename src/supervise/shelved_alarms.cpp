#include "supervise/shelved_alarms.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "record/event_json.hpp"
#include "record/whole_file.hpp"

namespace standstill::supervise {
namespace {

using nlohmann::json;

constexpr std::size_t longest_file = 1024UL * 1024UL;

bool ended(const ShelvedAlarm& alarm, std::int64_t now) {
  return now >= alarm.until_wall_ns || now < alarm.at_wall_ns;
}

std::vector<ShelvedAlarm> read(const std::filesystem::path& file) {
  const auto text = record::read_whole(file, longest_file);
  if (!text) return {};
  std::vector<ShelvedAlarm> alarms;
  try {
    for (const auto& one : json::parse(*text))
      alarms.push_back({.source = one.at("source"),
                        .out_of_service = one.at("out_of_service"),
                        .at_wall_ns = one.at("at_wall_ns"),
                        .until_wall_ns = one.at("until_wall_ns"),
                        .who = one.at("who"),
                        .reason = one.at("reason")});
  } catch (const json::exception&) {
    return {};
  }
  return alarms;
}

}  // namespace

ShelvedAlarms::ShelvedAlarms(const std::filesystem::path& state_dir)
    : file_(state_dir / "shelved.json"), alarms_(read(file_)) {}

std::expected<void, std::string> ShelvedAlarms::change_to(std::vector<ShelvedAlarm> alarms) {
  json list = json::array();
  for (const auto& one : alarms)
    list.push_back({{"source", one.source},
                    {"out_of_service", one.out_of_service},
                    {"at_wall_ns", one.at_wall_ns},
                    {"until_wall_ns", one.until_wall_ns},
                    {"who", one.who},
                    {"reason", one.reason}});
  if (const auto written = record::write_whole(file_, record::dump(list), 0640); !written)
    return std::unexpected(written.error().text);
  const std::scoped_lock lock(mutex_);
  alarms_ = std::move(alarms);
  return {};
}

std::expected<void, std::string> ShelvedAlarms::put(ShelvedAlarm alarm) {
  const std::scoped_lock one_at_a_time(writing_);
  auto alarms = all(alarm.at_wall_ns);
  std::erase_if(alarms, [&](const ShelvedAlarm& one) { return one.source == alarm.source; });
  alarms.push_back(std::move(alarm));
  return change_to(std::move(alarms));
}

std::expected<bool, std::string> ShelvedAlarms::take_back(std::string_view source) {
  const std::scoped_lock one_at_a_time(writing_);
  std::vector<ShelvedAlarm> alarms;
  {
    const std::scoped_lock lock(mutex_);
    alarms = alarms_;
  }
  if (std::erase_if(alarms, [&](const ShelvedAlarm& one) { return one.source == source; }) == 0) return false;
  if (const auto changed = change_to(std::move(alarms)); !changed) return std::unexpected(changed.error());
  return true;
}

bool ShelvedAlarms::covers(std::string_view source, std::int64_t now) const {
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(
      alarms_, [&](const ShelvedAlarm& one) { return one.source == source && !ended(one, now); });
}

std::vector<ShelvedAlarm> ShelvedAlarms::all(std::int64_t now) const {
  const std::scoped_lock lock(mutex_);
  auto alarms = alarms_;
  std::erase_if(alarms, [&](const ShelvedAlarm& one) { return ended(one, now); });
  return alarms;
}

std::vector<ShelvedAlarm> ShelvedAlarms::take_ended(std::int64_t now) {
  const std::scoped_lock lock(mutex_);
  std::vector<ShelvedAlarm> over;
  std::erase_if(alarms_, [&](const ShelvedAlarm& one) {
    if (!ended(one, now)) return false;
    over.push_back(one);
    return true;
  });
  return over;
}

}  // namespace standstill::supervise
