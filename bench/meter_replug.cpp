#include "bench/meter_replug.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include "bench/meter_reader.hpp"
#include "sim/meter.hpp"

namespace standstill::bench {

namespace {

constexpr std::size_t outages = 16;

// 0.5 s to 20 s, each 1.28 times as long as the one before.
Duration outage(std::size_t number) {
  double seconds = 0.5;
  for (std::size_t i = 0; i < number; ++i) seconds *= 1.28;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

// What people write: read once a second, and when that fails close, wait, and try again, each time longer.
class Blind {
 public:
  explicit Blind(std::string device) : device_(std::move(device)), thread_([this] { run(); }) {}
  ~Blind() {
    ending_ = true;
    thread_.join();
  }
  Blind(const Blind&) = delete;
  Blind& operator=(const Blind&) = delete;
  [[nodiscard]] Instant last_good() const { return instant_from_ns(last_good_.load()); }

 private:
  void pause(Duration length) const {
    for (const Instant end = os::now() + length; os::now() < end && !ending_;) ::usleep(1000);
  }
  void run() {
    Duration wait = 2s;
    while (!ending_) {
      const std::unique_ptr<modbus_t, void (*)(modbus_t*)> context(
          ::modbus_new_rtu(device_.c_str(), 115200, 'N', 8, 1), &::modbus_free);
      ::modbus_set_slave(context.get(), 1);
      if (::modbus_connect(context.get()) == 0) {
        std::array<std::uint16_t, 2> values{};
        while (!ending_ && ::modbus_read_registers(context.get(), 0, 2, values.data()) == 2) {
          last_good_ = to_ns(os::now());
          wait = 2s;
          pause(1s);
        }
        ::modbus_close(context.get());
      }
      pause(wait);
      wait = std::min<Duration>(wait * 3 / 2, 60s);
    }
  }
  std::string device_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::int64_t> last_good_ = 0;
  std::thread thread_;
};

struct Ours {
  Ours(os::Loop& loop, link::TagTable& tags, const std::string& device, std::size_t number)
      : bus(std::make_unique<modbus::RtuClient>(modbus::RtuClient::Settings{.baud = 115200}), 500ms,
            [device] { return device; }),
        tags_(tags) {
    meter::DeviceSettings settings;
    settings.id = "m" + std::to_string(number);
    settings.kind = "modbus-rtu";
    settings.profile = meter::em340();
    device_ = &bus.add(std::make_unique<meter::Device>(
        std::move(settings), tags, [] { return os::wall_ns(); }, meter::Device::Listener{}, number));
    link::Timing timing;
    timing.reconnect.first = 2s;
    timing.reconnect.factor_permille = 1500;
    timing.reconnect.max = 60s;
    wire = std::make_unique<link::Link>(
        loop, bus,
        std::make_unique<link::SerialTransport>(loop,
                                                link::SerialTransport::Settings{{device}, {.baud = 115200}}),
        link::Link::Settings{"m" + std::to_string(number), "modbus-rtu", true, timing, 1},
        [this, &loop](const link::Status& status, link::State, std::string_view why) {
          bus.link_changed(status.state, why, loop.now());
          if (status.state != link::State::online) tags_.link_gone(status.id);
        });
    wire->begin();
  }
  [[nodiscard]] Instant last_good() const {
    const link::Tag& tag = tags_.get(device_->tag(0));
    return tag.quality == link::Quality::good ? tag.at : Instant{};
  }
  meter::Bus bus;
  std::unique_ptr<link::Link> wire;

 private:
  link::TagTable& tags_;
  meter::Device* device_ = nullptr;
};

}  // namespace

void replug(Samples& ours, Samples& blind) {
  std::string folder = std::filesystem::temp_directory_path() / "standstill-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) die("no folder");
  {
    // The meters turn on a thread of their own, so that nobody's measurement waits for them.
    os::Loop plant;
    std::vector<std::unique_ptr<sim::Meter>> meters;
    for (std::size_t i = 0; i < 2 * outages; ++i) {
      auto meter = sim::Meter::start(plant, {.link = folder + "/usb-" + std::to_string(i)});
      if (!meter) die(meter.error());
      meters.push_back(std::move(*meter));
    }
    std::thread turning([&] { plant.run(); });
    os::Loop loop;
    link::TagTable tags;
    std::vector<std::unique_ptr<Ours>> ours_all;
    std::vector<std::unique_ptr<Blind>> blind_all;
    for (std::size_t i = 0; i < outages; ++i) {
      ours_all.push_back(std::make_unique<Ours>(loop, tags, folder + "/usb-" + std::to_string(2 * i), i));
      blind_all.push_back(std::make_unique<Blind>(folder + "/usb-" + std::to_string(2 * i + 1)));
    }
    const auto turn_until = [&](const std::function<bool()>& condition, Duration longest) {
      for (const Instant limit = os::now() + longest; !condition();) {
        if (os::now() > limit) die("replug: not all meters were read again");
        loop.turn(1ms);
      }
    };
    turn_until(
        [&] {
          return std::ranges::all_of(ours_all,
                                     [](const auto& one) { return one->last_good() != Instant{}; }) &&
                 std::ranges::all_of(blind_all,
                                     [](const auto& one) { return one->last_good() != Instant{}; });
        },
        60s);
    const Instant begun = os::now();
    for (auto& meter : meters) plant.post([&meter] { meter->unplug(); });
    std::vector<Instant> back(outages), good(outages), blindly(outages);
    std::vector<std::atomic<std::int64_t>> returned(outages);
    for (std::size_t i = 0; i < outages; ++i) returned[i] = 0;
    std::size_t next = 0;
    turn_until(
        [&] {
          for (; next < outages && os::now() >= begun + outage(next); ++next)
            plant.post([&, i = next] {
              returned[i] = to_ns(os::now());
              if (!meters[2 * i]->replug() || !meters[2 * i + 1]->replug()) die("replug failed");
            });
          bool all = next == outages;
          for (std::size_t i = 0; i < outages; ++i) {
            const Instant since = instant_from_ns(returned[i].load());
            if (since == Instant{}) continue;
            if (good[i] == Instant{} && ours_all[i]->last_good() > since) good[i] = os::now();
            if (blindly[i] == Instant{} && blind_all[i]->last_good() > since) blindly[i] = os::now();
            all = all && good[i] != Instant{} && blindly[i] != Instant{};
          }
          return all;
        },
        120s);
    for (std::size_t i = 0; i < outages; ++i) {
      ours.push_back(static_cast<double>(to_ns(good[i]) - returned[i]));
      blind.push_back(static_cast<double>(to_ns(blindly[i]) - returned[i]));
    }
    blind_all.clear();
    ours_all.clear();
    plant.stop();
    turning.join();
  }
  std::filesystem::remove_all(folder);
}

}  // namespace standstill::bench
