// A controller's role with everything around it played: what it says is kept, time is a number.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plant/station/controller.hpp"
#include "unit/plant/station/bus_keys.hpp"

namespace standstill::station {

struct Hub {
  Instant now = instant_from_ns(1'000'000'000'000);
  std::string name;
  std::string written;   // what the next start would be given
  std::string retained;  // estop:latch; empty: none
  std::vector<std::pair<std::string, std::string>> published;
  std::vector<std::string> stops, alarms, said;
  std::vector<Epoch> raised;
  Standing standing = Standing::unknown;
  unsigned next_id = 100;
  Local local;
  std::unique_ptr<Controller> controller;

  explicit Hub(std::string instance = "ctrl-01", std::vector<std::string> stations = {},
               const std::string& kept = {}, std::function<void()> soon = {})
      : name(std::move(instance)) {
    Doer doer;
    doer.decided = [this](const Finding& finding) { standing = finding.standing; };
    doer.told = [](const Verdict&) {};
    doer.stop = [this](CauseCode, const std::string& detail) { stops.push_back(detail); };
    doer.publish = [this](std::string_view channel, const std::string& text) {
      published.emplace_back(channel, text);
    };
    doer.retain = [this](std::string_view, const std::string& text) { retained = text; };
    doer.envelope = [this] { return envelope(name); };
    doer.soon = std::move(soon);
    doer.raise = [this](Epoch epoch) { raised.push_back(epoch); };
    doer.registered = [](const std::vector<std::string>&) {};
    doer.keep = [this](const std::string& owed) { written = owed; };
    doer.said = [this](std::string_view code, const std::string& detail) {
      said.push_back(std::string(code) + ": " + detail);
    };
    doer.alarm = [this](const std::string& detail) { alarms.push_back(detail); };
    controller = std::make_unique<Controller>(
        Controller::Settings{
            .instance = name, .stations = std::move(stations), .keys = master(), .kept = kept},
        doer);
    controller->begin(now);
  }
  estop::Envelope envelope(const std::string& instance) {
    estop::Envelope made;
    made.id = id_of(next_id++);
    made.source = {"standstill", instance, "0.1.0"};
    return made;
  }
  void guard(LatchState state, Epoch epoch, bool acknowledged = false) {
    local.known = true;
    local.state = state;
    local.epoch = epoch;
    local.acknowledged = acknowledged;
    local.first_out = {CauseCode::limit, true, "oil", "too hot", now, 0};
    controller->local(local, now);
  }
  void join() {
    controller->joined(now);
    controller->latch(retained.empty() ? std::nullopt : std::optional(retained), now);
  }
  void stop(unsigned id) {
    estop::HeardStop heard;
    heard.id = id_of(id);
    heard.instance = "b";
    controller->stop(heard, "the stop " + std::to_string(id), now);
  }
  void safe(const std::string& station, LatchState state, Epoch epoch, Epoch station_epoch,
            bool acknowledged = false, const std::string& start = nonce) {
    estop::SafeState made;
    made.epoch = epoch;
    made.station_epoch = station_epoch;
    made.state = state;
    made.acknowledged = acknowledged;
    made.boot_nonce = start;
    controller->safe_state(estop::write_safe_state(envelope(station), made, keys_of(station), station), now);
  }
  void pass(Duration time) {
    for (Duration step{}; step < time; step += 100ms) {
      now += 100ms;
      controller->heard(now);
      controller->tick(now);
    }
  }
  std::vector<estop::Release> releases(const std::string& station) {
    std::vector<estop::Release> made;
    for (const auto& [channel, text] : published)
      if (channel == estop::release_channel(station))
        made.push_back(estop::read_release(text, keys_of(station), station).value().content);
    return made;
  }
  int count(std::string_view wanted) {
    return static_cast<int>(std::count_if(published.begin(), published.end(),
                                          [&](const auto& one) { return one.first == wanted; }));
  }
  bool was_said(std::string_view beginning) {
    return std::ranges::any_of(said, [&](const auto& one) { return one.starts_with(beginning); });
  }
  estop::LatchRecord latch(const std::string& reader) {
    const bool leads = reader == estop::controllers;
    return estop::read_latch(retained, leads ? master() : keys_of(reader), reader).value();
  }
};

}  // namespace standstill::station
