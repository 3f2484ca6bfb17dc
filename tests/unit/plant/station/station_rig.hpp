// A station's role with everything around it played: what it says is kept, time is a number.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plant/station/station.hpp"
#include "unit/plant/station/bus_keys.hpp"

namespace standstill::station {

// As somebody sends it.
inline std::string text_of(unsigned id) {
  estop::Message message;
  message.envelope.id = id_of(id);
  message.envelope.source = {"standstill", "b", "0.1.0"};
  message.payload = estop::EmergencyStop{};
  return estop::write_message(message).value();
}

struct StationRig {
  Instant now = instant_from_ns(1'000'000'000'000);
  Standing standing = Standing::unknown;
  std::vector<std::pair<std::string, std::string>> published;
  std::vector<estop::Action> words;
  std::vector<std::string> said;
  std::vector<Epoch> remembered;
  std::vector<std::string> written;  // what the next start would be given
  unsigned next_id = 100;
  std::unique_ptr<Station> station;
  Local local;

  Doer doer() {
    Doer does;
    does.decided = [this](const Finding& finding) { standing = finding.standing; };
    does.told = [](const Verdict&) {};
    does.publish = [this](std::string_view channel, const std::string& text) {
      published.emplace_back(channel, text);
    };
    does.envelope = [this] {
      estop::Envelope made;
      made.id = id_of(next_id++);
      made.source = {"standstill", "a", "0.1.0"};
      return made;
    };
    does.word = [this](estop::Action action, Epoch, const std::string&) { words.push_back(action); };
    does.remember = [this](Epoch epoch) { remembered.push_back(epoch); };
    does.keep = [this](const std::string& owed) { written.push_back(owed); };
    does.said = [this](std::string_view code, const std::string& detail) {
      said.push_back(std::string(code) + ": " + detail);
    };
    return does;
  }
  explicit StationRig(Epoch remembered_epoch = 0, const std::string& kept = {}) {
    station = std::make_unique<Station>(Station::Settings{.instance = "a",
                                                          .largest_epoch = remembered_epoch,
                                                          .boot_nonce = nonce,
                                                          .kept = kept,
                                                          .keys = keys_of("a")},
                                        doer());
    station->begin(now);
  }

  std::string latch(Epoch epoch, LatchState state, const std::string& for_whom = "a") {
    estop::LatchRecord record;
    record.epoch = epoch;
    record.state = state;
    record.code = "operator_command";
    record.controller = "ctrl-01";
    record.stop_id = state == LatchState::tripped ? id_of(99) : "";
    return estop::write_latch(record, master(), {for_whom});
  }
  void join(Epoch epoch, LatchState state) {
    station->joined(now);
    station->latch(latch(epoch, state), now);
  }
  void guard(LatchState state, Epoch epoch, std::string_view source = "operator") {
    local.known = true;
    local.state = state;
    local.epoch = epoch;
    local.acknowledged = false;
    local.first_out = {CauseCode::button_press, true, source, "pressed", now, 0};
    station->local(local, now);
  }
  void stop(unsigned id, bool straight = false) {
    estop::HeardStop heard;
    heard.straight = straight;
    heard.id = id_of(id);
    heard.instance = "b";
    station->stop(heard, text_of(id), now);
  }
  estop::Release release(estop::Action action, Epoch epoch, Epoch station_epoch, std::uint64_t counter) {
    return {action, epoch, station_epoch, "anna", nonce, counter, station->safe_state().stops};
  }
  void say(const estop::Release& release, const std::string& for_whom = "a") {
    estop::Envelope envelope;
    envelope.id = id_of(next_id++);
    envelope.source = {"standstill", "ctrl-01", "0.1.0"};
    station->release(estop::write_release(envelope, release, master(), for_whom), now);
  }
  // What became of the last release: "" when nothing was told.
  std::string result() {
    for (auto one = published.rbegin(); one != published.rend(); ++one)
      if (one->first == estop::result_channel) {
        const auto read = estop::read_result(one->second, master());
        if (!read) return read.error();
        return read->content.accepted ? "accepted" : read->content.reason;
      }
    return "";
  }
  bool free() { return standing == Standing::clear; }
  int stops() {
    return static_cast<int>(std::count_if(published.begin(), published.end(),
                                          [](const auto& one) { return one.first == estop::stop_channel; }));
  }
};

}  // namespace standstill::station
