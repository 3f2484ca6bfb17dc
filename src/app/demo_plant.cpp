#include "app/demo_plant.hpp"

#include <future>
#include <thread>

#include "link/unix_socket.hpp"
#include "os/clock.hpp"
#include "os/loop.hpp"
#include "sim/control.hpp"
#include "sim/fleet.hpp"
#include "sim/relay.hpp"
#include "sim/rocrail_layout.hpp"
#include "sim/rocrail_server.hpp"
#include "sim/trains.hpp"

namespace standstill::app {

// Made and destroyed while the thread does not run; used by it alone in between.
struct DemoPlant::Parts {
  os::Loop loop;
  std::unique_ptr<sim::RocrailServer> server;
  std::unique_ptr<sim::SerialRelay> relay;
  std::unique_ptr<sim::HttpRelay> mains;
  std::unique_ptr<sim::Fleet> stations;
  std::vector<std::unique_ptr<sim::Control>> controls;
  std::uint16_t rocrail_port = 0, relay_port = 0;
  Instant relay_changed{}, mains_changed{}, other_changed{};
  bool mute = false;
  std::thread thread;

  // Both contacts are in series: the mains feed the booster, the relay stands between booster and rails.
  void feed() const {
    const bool on = relay->contact().energised() && mains->contact().energised();
    server->track_supply(on);
    server->feedback("track-power", on);
  }
};

std::expected<std::unique_ptr<DemoPlant>, std::string> DemoPlant::start(
    const std::string& relay_link, const std::function<std::string(const std::string& peer)>& control,
    Duration tick, const std::string& bus, const estop::Keys& master) {
  auto parts = std::make_unique<Parts>();
  sim::RocrailOptions options;
  options.tick = tick;
  options.start_running = true;  // under way as soon as the rails have power
  auto server = sim::RocrailServer::start(parts->loop, options);
  if (!server) return std::unexpected("the simulated server: " + server.error());
  auto relay = sim::SerialRelay::start(parts->loop, {.link = relay_link});
  if (!relay) return std::unexpected("the simulated " + relay.error());
  auto mains = sim::HttpRelay::start(parts->loop, {});
  if (!mains) return std::unexpected("the simulated network relay: " + mains.error());
  parts->server = std::move(*server);
  parts->relay = std::move(*relay);
  parts->mains = std::move(*mains);
  parts->rocrail_port = parts->server->port();
  parts->relay_port = parts->mains->port();
  Parts* all = parts.get();
  parts->relay->on_change([all](bool) {
    all->relay_changed = os::now();
    all->feed();
  });
  parts->mains->on_change([all](bool) {
    all->mains_changed = os::now();
    all->feed();
  });
  parts->feed();
  auto stations = sim::Fleet::start(
      parts->loop,
      {.prefix = "workshop",
       .keys = master,
       .lease = 30s,  // a machine that stands still for seconds must not be taken for a lost bus here
       .settle = 200ms,
       .dial = [all, bus] { return std::make_unique<link::UnixTransport>(all->loop, bus); }},
      [all](const sim::BusStation&) { all->other_changed = os::now(); },
      [](const sim::BusStation&, std::string_view, const std::string&) {});
  if (!stations) return std::unexpected("the simulated station: " + stations.error());
  parts->stations = std::move(*stations);
  const std::array<sim::Control::Answer, demo_peers.size()> answers{
      [all](std::string_view line) { return all->server->command(line); },
      [all](std::string_view line) { return all->relay->command(line); },
      [all](std::string_view line) { return all->mains->command(line); },
      [all](std::string_view line) { return all->stations->command(line); }};
  for (std::size_t i = 0; i < demo_peers.size(); ++i) {
    auto made = sim::Control::start(parts->loop, control(demo_peers[i]), answers[i]);
    if (!made) return std::unexpected(made.error());
    parts->controls.push_back(std::move(*made));
  }
  parts->thread = std::thread([all] { all->loop.run(); });
  return std::unique_ptr<DemoPlant>(new DemoPlant(std::move(parts)));
}

DemoPlant::DemoPlant(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

DemoPlant::~DemoPlant() {
  parts_->loop.stop();
  parts_->thread.join();
}

std::uint16_t DemoPlant::rocrail_port() const { return parts_->rocrail_port; }
std::uint16_t DemoPlant::relay_port() const { return parts_->relay_port; }

Instant DemoPlant::in_loop(const std::function<void()>& deed) const {
  std::promise<Instant> done;
  parts_->loop.post([&] {
    const Instant at = os::now();
    deed();
    done.set_value(at);
  });
  return done.get_future().get();
}

DemoPlantNow DemoPlant::now() const {
  DemoPlantNow seen;
  in_loop([&] {
    const Parts& parts = *parts_;
    seen.server = parts.server->state_word();
    seen.station = parts.server->layout().station();
    seen.relay_on = parts.relay->contact().energised();
    seen.relay_mute = parts.mute;
    seen.relay_plugged = !parts.relay->device().empty();
    seen.mains_on = parts.mains->contact().energised();
    seen.relay_changed = parts.relay_changed;
    seen.mains_changed = parts.mains_changed;
    seen.other_on = parts.stations->energised() != 0;
    seen.other_changed = parts.other_changed;
    seen.moves = parts.server->trains().moves();
    seen.collisions = parts.server->trains().collisions();
    for (const auto& train : parts.server->trains().all())
      seen.trains.push_back({train.loco, train.block, train.destination, train.speed});
  });
  return seen;
}

Instant DemoPlant::server(const std::string& command) {
  return in_loop([&] { [[maybe_unused]] const auto answer = parts_->server->command(command); });
}

Instant DemoPlant::toggle_hang() {
  return in_loop(
      [&] { parts_->server->state_word() == "hung" ? parts_->server->resume() : parts_->server->hang(); });
}

Instant DemoPlant::toggle_station() {
  return in_loop([&] { parts_->server->station(!parts_->server->layout().station()); });
}

Instant DemoPlant::toggle_mute() {
  return in_loop([&] { parts_->relay->mute(parts_->mute = !parts_->mute); });
}

Instant DemoPlant::toggle_plug() {
  return in_loop([&] {
    if (parts_->relay->device().empty()) [[maybe_unused]]
      const auto plugged = parts_->relay->replug();
    else
      parts_->relay->unplug();
  });
}

Instant DemoPlant::press() {
  return in_loop([&] { [[maybe_unused]] const auto answer = parts_->stations->command("press all"); });
}

void DemoPlant::let_trains_run() {
  in_loop([&] {
    parts_->server->power(true);
    parts_->server->automatic(true);
    parts_->feed();  // a server that comes back has forgotten what the sensor showed
  });
}

}  // namespace standstill::app
