#include "sim/rocrail_server.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "sim/listener.hpp"
#include "sim/rocrail_layout.hpp"
#include "sim/trains.hpp"
#include "sim/xml_text.hpp"

namespace standstill::sim {

namespace {
constexpr std::size_t remembered_commands = 100;
constexpr int warning = 4;
constexpr int status = 131072;
}  // namespace

RocrailServer::RocrailServer(os::Loop& loop, RocrailOptions options)
    : loop_(loop), options_(std::move(options)), port_(options_.port), random_(options_.seed) {
  add_commands();
  add_fault_commands();
  add_layout_commands();
}

RocrailServer::~RocrailServer() = default;

std::expected<std::unique_ptr<RocrailServer>, std::string> RocrailServer::start(os::Loop& loop,
                                                                                RocrailOptions options) {
  std::unique_ptr<RocrailServer> made(new RocrailServer(loop, std::move(options)));
  auto loaded = made->load(made->options_.plan_xml.empty() ? demo_plan() : made->options_.plan_xml);
  if (!loaded) return std::unexpected(loaded.error());
  made->options_.plan_xml.clear();
  auto listening = made->listen();
  if (!listening) return std::unexpected(listening.error());
  made->schedule_clock();
  made->schedule_step();
  if (made->options_.start_running) {
    made->power(true);
    made->automatic(true);
  }
  return made;
}

std::expected<void, std::string> RocrailServer::load(const std::string& plan_xml) {
  const LayoutSettings settings{
      .newer = options_.newer, .console = options_.console, .clock_divider = options_.clock_divider};
  Rails rails{.drive = [this](const std::string& loco, int speed) { trains_->drive(loco, speed); },
              .throw_switch = [this](const std::string& point,
                                     const std::string& to) { trains_->throw_switch(point, to); },
              .power = [this](bool on) { trains_->station_power(on); }};
  auto layout = RocrailLayout::load(plan_xml, settings, std::move(rails),
                                    [this](const std::string& element) { broadcast(element); });
  if (!layout) return std::unexpected(layout.error());
  layout_ = std::move(*layout);
  // A restarted server finds the trains where they are, not where it left them.
  if (!trains_) trains_ = std::make_unique<Trains>(*layout_, options_.seed);
  trains_->supply(supply_);
  return {};
}

std::expected<void, std::string> RocrailServer::listen() {
  auto listener = listen_tcp(options_.address, port_);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  port_ = port_of(listener_);
  listening_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  return {};
}

std::string RocrailServer::state_word() const {
  if (!listener_) return "gone";
  if (hung_) return "hung";
  return leaving_ ? "leaving" : "serving";
}

void RocrailServer::accept() {
  while (os::Fd socket = accept_one(listener_)) {
    const int number = next_client_++;
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "infw%08X", static_cast<unsigned>(random_()));
    const RocrailClient::Settings settings{.reader_sleep = options_.reader_sleep,
                                           .split_writes = options_.split_writes,
                                           .bytes_per_second = bytes_per_second_};
    clients_[number] = std::make_unique<RocrailClient>(
        loop_, std::move(socket), name.data(), settings,
        RocrailClient::Calls{.command = [this, number](const std::string& body) { obey(number, body); },
                             .ended = [this, number] { clients_.erase(number); }});
  }
}

void RocrailServer::obey(int client, const std::string& body) {
  ++received_count_;
  received_.push_back(body);
  if (received_.size() > remembered_commands) received_.pop_front();
  auto& sender = *clients_.at(client);
  const auto wish =
      layout_->execute(body, sender.name(), [&sender](const std::string& element) { sender.send(element); });
  if (wish == RocrailLayout::Wish::shutdown) goodbye("System command");
}

void RocrailServer::broadcast(const std::string& element) {
  if (hung_) return;
  for (auto& [number, client] : clients_) client->send(element);
}

void RocrailServer::schedule_clock() {
  clock_timer_ = loop_.after(Duration(60s) / layout_->clock_divider(), [this] {
    if (serving()) layout_->tick_clock();
    schedule_clock();
  });
}

void RocrailServer::schedule_step() {
  if (options_.tick <= Duration::zero()) return;
  step_timer_ = loop_.after(options_.tick, [this] {
    step();
    schedule_step();
  });
}

void RocrailServer::step() { trains_->step(serving() ? layout_.get() : nullptr); }

void RocrailServer::move(int steps) {
  for (int i = 0; i < steps; ++i) step();
}

void RocrailServer::power(bool on) { layout_->set_power(on); }

void RocrailServer::automatic(bool on) {
  for (auto loco : layout_->list("lc").children("lc")) {
    const bool placed = *loco.attribute("blockid").value() != '\0';
    if (!placed) continue;
    put(loco, "mode", on ? "auto" : "idle");
    layout_->report_loco(loco);
  }
  layout_->set_auto(on, {});
}

void RocrailServer::station(bool alive) { layout_->set_station(alive); }
void RocrailServer::emergency(bool on) { layout_->set_emergency(on); }
void RocrailServer::save() { layout_->save(); }

bool RocrailServer::feedback(const std::string& id, bool on) {
  const auto sensor = layout_->find("fb", id);
  if (sensor) layout_->set_feedback(sensor, on);
  return static_cast<bool>(sensor);
}

void RocrailServer::track_supply(bool on) {
  supply_ = on;
  trains_->supply(on);
}

void RocrailServer::announce(const std::string& reason, bool stays) {
  if (!serving() || leaving_) return;
  leaving_ = true;
  goodbye_timers_.clear();
  const auto later = [this](Duration when, os::Loop::Task task) {
    goodbye_timers_.push_back(loop_.after(when, std::move(task)));
  };
  const auto remark = [this](const std::string& text, int level) { layout_->remark(text, level); };
  // Delays as measured: announced after 8 to 24 ms, saved 200 ms later, gone 0.3 to 1 s after the
  // announcement.
  const auto announced = std::chrono::milliseconds(8 + random_() % 17);
  later(announced, [this] { broadcast("<sys cmd=\"shutdown\" informall=\"true\"/>\n"); });
  later(announced + 200ms, [remark] { remark("Saving plan [plan.xml]...", status); });
  later(announced + 210ms, [this, remark] {
    layout_->save();
    remark("Plan file saved.", status);
  });
  if (stays) {
    later(announced + 220ms, [this, remark] {
      remark("For shutdown in console mode use q<enter>", warning);
      leaving_ = false;
    });
    return;
  }
  later(announced + 220ms,
        [remark, reason] { remark("Shutting down because of [" + reason + "]", warning); });
  later(announced + std::chrono::milliseconds(300 + random_() % 701), [this] { drop_all(false); });
}

void RocrailServer::goodbye(const std::string& reason) { announce(reason, options_.console); }
void RocrailServer::goodbye_withdrawn() { announce({}, true); }

void RocrailServer::drop_all(bool with_reset) {
  listening_ = {};
  listener_.reset();
  if (with_reset) {
    for (auto& [number, client] : clients_) client->reset();
  }
  clients_.clear();
  hung_ = false;
  leaving_ = false;
  restart_timer_.cancel();
  for (auto& timer : goodbye_timers_) timer.cancel();
}

void RocrailServer::crash() { drop_all(false); }
void RocrailServer::reset_connections() { drop_all(true); }

void RocrailServer::hang() {
  if (!listener_) return;
  hung_ = true;
  listening_ = {};  // the kernel still completes handshakes, as for a stopped process
  for (auto& timer : goodbye_timers_) timer.cancel();
  for (auto& [number, client] : clients_) client->freeze(true);
}

void RocrailServer::resume() {
  if (!hung_ || !listener_) return;
  hung_ = false;
  leaving_ = false;
  listening_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  for (auto& [number, client] : clients_) client->freeze(false);
  trains_->server_restarted();
  trains_->report_all(*layout_);
}

void RocrailServer::half_open() {
  for (auto& [number, client] : clients_) client->forget();
}

void RocrailServer::restart(Duration pause) {
  drop_all(false);
  restart_timer_ = loop_.after(pause, [this] {
    const std::string saved = layout_->saved_plan();
    if (!load(saved)) return;  // it is our own text: it was read before
    trains_->server_restarted();
    // The port may still be taken by somebody quick; try again until it is free.
    if (!listen()) restart(200ms);
  });
}

void RocrailServer::send_rubbish(std::string_view bytes) {
  if (hung_) return;
  for (auto& [number, client] : clients_) client->send_raw(bytes);
}

void RocrailServer::slow(std::uint32_t bytes_per_second) {
  bytes_per_second_ = bytes_per_second;
  for (auto& [number, client] : clients_) client->slow(bytes_per_second);
}

std::expected<void, std::string> RocrailServer::change_plan(const std::string& plan_xml) {
  auto before = std::move(trains_);
  auto loaded = load(plan_xml);
  if (!loaded) trains_ = std::move(before);
  return loaded;
}

}  // namespace standstill::sim
