#include "app/demo_guide.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "app/context.hpp"
#include "app/rocrail_peer.hpp"
#include "app/state_text.hpp"
#include "os/clock.hpp"
#include "wire/rocrail/command.hpp"

namespace standstill::app {

namespace {

constexpr Duration at_the_latest = 30s;

std::string milliseconds(Duration length) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(length.count()) / 1e6);
  return text;
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

void DemoGuide::say(const char* step, std::string text) const { scene_.say({step, std::move(text), true}); }

void DemoGuide::pause(double seconds) const {
  const Instant until = os::now() + Duration(static_cast<std::int64_t>(seconds * scene_.pace * 1e9));
  while (!scene_.stop && os::now() < until)
    std::this_thread::sleep_for(std::min<Duration>(50ms, until - os::now()));
}

bool DemoGuide::seen(const char* step, const std::function<bool()>& condition,
                     const std::string& otherwise) const {
  const Instant until = os::now() + at_the_latest;
  while (!scene_.stop && os::now() < until) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  if (!scene_.stop) scene_.say({step, otherwise, false});
  return false;
}

bool DemoGuide::accepted(const char* step, const std::function<DemoSaid()>& word) const {
  DemoSaid last;
  const Instant until = os::now() + at_the_latest;
  while (!scene_.stop && os::now() < until) {
    last = word();
    if (last.done) return true;
    std::this_thread::sleep_for(50ms);
  }
  if (!scene_.stop)
    scene_.say(
        {step,
         std::string(step) + " is still refused: " + (last.reasons.empty() ? "?" : last.reasons.front()),
         false});
  return false;
}

// On a busy machine the answer to a word that was obeyed may come too late to be heard, and a cause that came
// and went meanwhile wants to be acknowledged again: so what the word should have brought about counts, too.
bool DemoGuide::acknowledges() const {
  return accepted("acknowledge", [this] {
    DemoSaid said = scene_.person.acknowledge();
    const auto now = said.done ? std::nullopt : scene_.person.state();
    said.done = said.done || (now && now->value("acknowledged", false));
    return said;
  });
}

bool DemoGuide::resets() const {
  return accepted("reset", [this] {
    DemoSaid said = scene_.person.reset();
    said.done = said.done || is("ready");
    if (!said.done) (void)scene_.person.acknowledge();
    return said;
  });
}

bool DemoGuide::energises() const {
  return accepted("start", [this] {
    DemoSaid said = scene_.person.start();
    said.done = said.done || is("running");
    if (!said.done && is("tripped")) {
      (void)scene_.person.acknowledge();
      (void)scene_.person.reset();
    }
    return said;
  });
}

bool DemoGuide::is(const char* state) const {
  const auto now = scene_.person.state();
  return now && text_of(*now, "state") == state;
}

bool DemoGuide::online() const {
  const auto now = scene_.person.state();
  return now && now->contains("links") && !(*now)["links"].empty() &&
         text_of((*now)["links"][0], "state") == "online";
}

// The controller has heard that the station in the other room is safe: who releases now releases it, too.
bool DemoGuide::station_waits() const {
  return seen(
      "station waits",
      [this] {
        const auto now = scene_.person.state();
        if (!now || !now->contains("stations") || !now->contains("epoch")) return false;
        const auto& stations = (*now)["stations"];
        return !stations.empty() && text_of(stations[0], "state") == "tripped" &&
               stations[0].contains("confirmed_epoch") && stations[0]["confirmed_epoch"] == (*now)["epoch"];
      },
      "the station in the other room does not confirm that it is safe");
}

bool DemoGuide::trains_move() const {
  const std::uint64_t before = scene_.plant.now().moves;
  return seen(
      "trains", [&] { return scene_.plant.now().moves >= before + 3; },
      "the rails have power, and yet the trains do not move");
}

bool DemoGuide::begins() {
  say("welcome",
      "A program commands a model railway. Standstill watches the program. The railway is simulated; "
      "supervisor, guard and two cutters are the real processes.");
  pause(5);
  if (!seen("online", [this] { return online(); }, "the link to the simulated server does not come online"))
    return false;
  say("online", "The link 'layout' is online: the server answered a real question with its whole plan.");
  pause(3);
  if (!seen(
          "tripped", [this] { return is("tripped") && !scene_.plant.now().relay_on; },
          "a new installation should be tripped, with the relay off"))
    return false;
  say("tripped", "It begins tripped, and the relay is off: nobody has looked yet, so nothing is energised.");
  pause(4);
  return !scene_.stop;
}

bool DemoGuide::starts() {
  if (!station_waits()) return false;
  if (!acknowledges()) return false;
  say("acknowledge", "Acknowledged: a person has seen it. That changes nothing else.");
  pause(3);
  if (!resets()) return false;
  if (!seen(
          "reset", [this] { return is("ready") && !scene_.plant.now().relay_on; },
          "a reset should leave the relay off"))
    return false;
  say("reset", "Reset: ready. The relay is still off, because a reset never starts anything.");
  pause(3);
  if (!energises()) return false;
  if (!seen(
          "running", [this] { return is("running") && scene_.plant.now().supplied(); },
          "started, and yet the relays do not feed the rails"))
    return false;
  say("running",
      "Started, on a person's word: both relays have pulled, the rails have power, the trains run.");
  if (!seen(
          "station", [this] { return scene_.plant.now().other_on; },
          "started, and yet the station in the other room has not followed"))
    return false;
  say("station",
      "Another machine, the station workshop-1 on the emergency-stop bus, was told by a word signed with its "
      "own "
      "key, and runs, too.");
  if (!trains_move()) return false;
  say("trains",
      "The trains have moved on. In a moment the server crashes. Nobody will touch the stop button.");
  pause(6);
  return !scene_.stop;
}

std::string DemoGuide::way(Instant broken) const {
  std::int64_t tripped = 0, confirmed = 0;
  const auto state = scene_.person.state();
  if (!state || !state->contains("epoch")) return {};
  for (const auto& event : scene_.person.events((*state)["epoch"].get<std::uint64_t>(), 200)) {
    if (event.kind == "trip" && tripped == 0) tripped = event.boot_ns;
    if (event.kind == "output_confirmed" && event.source == "track-power" && tripped != 0 && confirmed == 0)
      confirmed = event.boot_ns;
  }
  if (tripped == 0 || confirmed == 0) return {};
  return "latched after " + milliseconds(instant_from_ns(tripped) - broken) +
         ", confirmed by the relay's own answer after " + milliseconds(instant_from_ns(confirmed) - broken);
}

bool DemoGuide::crashes() {
  const Instant broken = scene_.plant.server("crash");
  const auto is_off = [&] {
    return !scene_.plant.now().relay_on && scene_.plant.now().relay_changed >= broken;
  };
  if (!seen("cut", is_off, "the server crashed, and the relay is still on")) return false;
  say("cut", "The server crashed without a goodbye. " +
                 milliseconds(scene_.plant.now().relay_changed - broken) +
                 " later the relay's contact was open, seen at the relay itself.");
  std::string measured;
  if (!seen(
          "confirmed", [&] { return is("tripped") && !(measured = way(broken)).empty(); },
          "the relay's answer did not confirm the cut"))
    return false;
  say("confirmed", "From the crash: " + measured + ".");
  const auto other_is_off = [&] {
    const auto now = scene_.plant.now();
    return !now.other_on && now.other_changed >= broken;
  };
  if (!seen("station safe", other_is_off, "the station in the other room still runs")) return false;
  say("station safe", "The station in the other room was told over the bus, and its own relay was open " +
                          milliseconds(scene_.plant.now().other_changed - broken) + " after the crash.");
  pause(5);
  const std::uint64_t moves = scene_.plant.now().moves;
  std::this_thread::sleep_for(300ms);
  if (!seen(
          "standstill", [&] { return scene_.plant.now().moves == moves; },
          "the rails have no power, and yet trains move"))
    return false;
  say("standstill",
      "The decoders still want to run; without power nothing moves. That is the cut the product is about.");
  pause(4);
  return !scene_.stop;
}

bool DemoGuide::records() {
  std::string path;
  const auto written = [&] {
    const auto state = scene_.person.state();
    const std::string id = scene_.person.newest_snapshot();
    if (!state || !state->contains("epoch") || !id.ends_with("_e" + (*state)["epoch"].dump())) return false;
    path = scene_.state_dir + "/snapshots/" + id + ".json";
    return std::filesystem::exists(path);
  };
  if (!seen("snapshot", written, "no snapshot of this trip was written")) return false;
  say("snapshot", "The whole layout, as it was at the trip, is in " + path);
  pause(4);
  if (!seen(
          "told", [this] { return content(scene_.alert_file).find("link_lost") != std::string::npos; },
          "the alert was not delivered"))
    return false;
  say("told", "People have been told: an alert ran a program, which wrote to " + scene_.alert_file);
  pause(4);
  DemoSaid answer;
  const auto heard = [&] {
    answer = scene_.person.reset();
    return answer.heard;
  };
  if (!seen("refused", heard, "nobody answers to a reset")) return false;
  if (answer.done || answer.reasons.empty()) {
    scene_.say({"refused", "a reset with the server away must be refused with reasons, and was not", false});
    return false;
  }
  std::string reasons;
  for (const auto& reason : answer.reasons) reasons += (reasons.empty() ? "" : " | ") + printable(reason);
  say("refused", "Somebody tries to reset too early, and is refused: " + reasons);
  pause(6);
  return !scene_.stop;
}

bool DemoGuide::compares() {
  scene_.plant.server("restart stale 300");
  say("restart", "The server is started again. It remembers positions from long before the crash.");
  std::vector<DemoDifference> differences;
  const auto differs = [&] {
    std::string why;
    auto found = online() ? scene_.person.compare(why) : std::nullopt;
    if (found) differences = std::move(*found);
    return !differences.empty();
  };
  if (!seen("compare", differs, "snapshot and live plan do not differ, after a restart with old positions"))
    return false;
  std::string text = "Compared with the snapshot, " + std::to_string(differences.size()) + " things differ.";
  std::ranges::stable_partition(differences, [](const auto& one) { return one.field == "block"; });
  for (std::size_t i = 0; i < differences.size() && i < 2; ++i) {
    const auto& one = differences[i];
    text += " " + one.id + ", " + one.field + ": was " + one.before + ", is " + one.now + ".";
  }
  say("compare", printable(text));
  pause(6);
  // Somebody goes and looks where the trains stand, and tells the server: the one part no program can do.
  auto peer = RocrailPeer::connect("127.0.0.1", scene_.plant.rocrail_port());
  for (const auto& train : scene_.plant.now().trains)
    if (peer) [[maybe_unused]]
      const auto told = peer->send(rocrail::commands::block(train.block, "loc", train.id).frame);
  say("put right",
      "Somebody looks at the track, and tells the server in which block every train really stands.");
  pause(4);
  return !scene_.stop;
}

bool DemoGuide::recovers() {
  if (!station_waits()) return false;
  if (!acknowledges()) return false;
  if (!resets()) return false;
  say("again ready",
      "Acknowledged and reset, with every cause gone for the settle time. Still off, until somebody says "
      "start.");
  pause(3);
  scene_.plant.let_trains_run();
  if (!energises()) return false;
  if (!seen(
          "again running", [this] { return is("running") && scene_.plant.now().supplied(); },
          "started, and yet the relays do not feed the rails") ||
      !trains_move() ||
      !seen(
          "station again", [this] { return scene_.plant.now().other_on; },
          "started, and yet the station in the other room has not followed"))
    return false;
  say("again running",
      "Running again: crashed, cut, recorded, told, compared, recovered. That was the chain, once.");
  pause(3);
  return true;
}

DemoGuide::End DemoGuide::run() {
  const bool through = begins() && starts() && crashes() && records() && compares() && recovers();
  return through ? End::through : scene_.stop ? End::interrupted : End::failed;
}

}  // namespace standstill::app
