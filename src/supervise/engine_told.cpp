#include "supervise/engine_told.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "plant/loco/reason.hpp"
#include "plant/loco/sequence.hpp"
#include "plant/loco/telemetry.hpp"

namespace standstill::supervise {

using nlohmann::json;

namespace {

double decimal(std::int32_t value, const loco::Variable& one) { return value / std::pow(10.0, one.decimals); }

std::string put(std::int32_t value, const loco::Variable& one) {
  Sentence words;
  loco::put_value(words, value, one.decimals);
  return std::string(words.view());
}

const engine::Variables::Value* find(const std::vector<engine::Variables::Value>& list, loco::Cv cv) {
  const auto found = std::ranges::find(list, static_cast<std::uint32_t>(cv), &engine::Variables::Value::cv);
  return found == list.end() || found->text.empty() ? nullptr : &*found;
}

bool is(const std::vector<engine::Variables::Value>& list, loco::Cv cv, const char* text) {
  const auto* one = find(list, cv);
  return one != nullptr && one->text == text;
}

}  // namespace

std::vector<std::uint32_t> variable_numbers() {
  std::vector<std::uint32_t> made;
  for (const loco::Variable& one : loco::variables) made.push_back(static_cast<std::uint32_t>(one.cv));
  return made;
}

std::vector<EngineTold::Stage> EngineTold::shutdown() const {
  if (tripped_at == Instant{} || !state || !loco::parks(state->reason)) return {};
  const bool slows =
      is(variables, loco::Cv::graceful, "2") && loco::is(state->reason, loco::Reason::sensor_fault);
  const bool closes = is(variables, loco::Cv::whistle_on, "0");
  Duration begins{};
  std::vector<Stage> made;
  if (slows) {
    const auto* longest = find(variables, loco::Cv::degraded_time);
    begins = std::chrono::seconds(longest != nullptr ? std::stoi(longest->text) : 60);
    made.push_back({{}, "heaters off, the engine slows down", false});
  }
  const std::string heaters = slows ? "" : "heaters off, ";
  made.push_back(
      {begins,
       heaters + (closes ? "regulator closed" : "regulator to the whistle position") + ", the log is saved",
       slows});
  if (!closes) made.push_back({begins + loco::Sequence::vent_for, "regulator closed", slows});
  made.push_back({begins + loco::Sequence::vent_for + loco::Sequence::hold_for,
                  "servo off, asleep: only a power cycle wakes it", slows});
  return made;
}

std::optional<std::string> EngineTold::refusal(Instant now) const {
  if (line != link::State::online) return "the engine's line is " + std::string(name(line));
  if (!state || heard == Instant{}) return "the engine has not said its state yet";
  if (!frame || now - frame_at > silent_after)
    return "the engine says no values: when it is asleep after a shutdown, only a power cycle wakes it";
  if (state->latch != LatchState::tripped)
    return "the engine is " + std::string(name(state->latch)) +
           ": stop it first, its heaters have to be off and its regulator closed";
  // What it said before its stop, or at once after it, says nothing of an engine that begins to roll.
  if (tripped_at != Instant{} && frame_at < tripped_at + rolls_within)
    return "it has not said yet that it stands still since it stopped";
  if (frame->speed > 0) return "its wheels still turn";
  const auto stages = shutdown();
  if (!stages.empty() && now - tripped_at < stages.back().at + 500ms) return "its shutdown is under way";
  return std::nullopt;
}

json EngineTold::json(Instant now) const {
  const auto why = refusal(now);
  nlohmann::json made{
      {"link", link},
      {"line", name(line)},
      {"heard_ms", heard == Instant{} ? nlohmann::json(nullptr) : nlohmann::json(to_ms(now - heard))},
      {"frame_ms", frame ? nlohmann::json(to_ms(now - frame_at)) : nlohmann::json(nullptr)},
      {"state", state ? nlohmann::json(name(state->latch)) : nlohmann::json(nullptr)},
      {"epoch", state ? nlohmann::json(state->epoch) : nlohmann::json(nullptr)},
      {"reason", state ? state->reason : ""},
      {"refusal", why ? nlohmann::json(*why) : nlohmann::json(nullptr)},
      {"log", log}};
  made["shutdown"] = nullptr;
  if (const auto stages = shutdown(); !stages.empty()) {
    auto list = nlohmann::json::array();
    for (const Stage& one : stages)
      list.push_back({{"at_ms", to_ms(one.at)}, {"what", one.what}, {"at_most", one.at_most}});
    made["shutdown"] = {{"elapsed_ms", to_ms(now - tripped_at)}, {"stages", std::move(list)}};
  }
  auto list = nlohmann::json::array();
  for (const auto& value : variables) {
    const int index = loco::index_of(value.cv);
    if (index < 0) continue;
    const loco::Variable& one = loco::variables[static_cast<std::size_t>(index)];
    list.push_back({{"cv", value.cv},
                    {"name", one.name},
                    {"does", one.does},
                    {"value", value.text.empty() ? nlohmann::json(nullptr)
                                                 : nlohmann::json(std::strtod(value.text.c_str(), nullptr))},
                    {"known", value.known},
                    {"unit", one.unit},
                    {"min", decimal(one.low, one)},
                    {"max", decimal(one.high, one)},
                    {"default", decimal(one.initial, one)},
                    {"decimals", one.decimals},
                    {"read_only", one.read_only}});
  }
  made["variables"] = std::move(list);
  return made;
}

std::expected<std::string, std::string> variable_text(std::uint32_t cv, const std::string& typed) {
  const int index = loco::index_of(cv);
  if (index < 0) return std::unexpected("there is no CV" + std::to_string(cv));
  const loco::Variable& one = loco::variables[static_cast<std::size_t>(index)];
  const std::string what = "CV" + std::to_string(cv) + " (" + std::string(one.name) + ")";
  if (one.read_only) return std::unexpected(what + " cannot be written");
  // The engine's own reader: what it would not understand, it would take for a stop.
  const loco::Typed read = loco::read_line("CV" + std::to_string(cv) + "=" + typed);
  const std::string range =
      put(one.low, one) + " to " + put(one.high, one) + (one.unit.empty() ? "" : " " + std::string(one.unit));
  if (read.kind != loco::Typed::Kind::cv_write || read.cv != cv)
    return std::unexpected(what + " takes a number from " + range + ", not '" + typed + "'");
  if (read.value < one.low || read.value > one.high)
    return std::unexpected(what + " takes " + range + ", not " + put(read.value, one));
  return put(read.value, one);
}

}  // namespace standstill::supervise
