// One line or connection with one or more Modbus devices on it, as a session of the link engine.
//
// The devices take turns. One that is lost is asked now and then only, however many the others are waiting
// for: what a dead device costs is bounded by `dead_share`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "link/session.hpp"
#include "plant/meter/device.hpp"
#include "wire/modbus/client.hpp"

namespace standstill::meter {

class Bus final : public link::Session {
 public:
  // While others are online, at most one in so many time-outs' time is spent on devices that do not answer.
  static constexpr int dead_share = 25;

  // `path`: what the connection at hand leads over (see link::Transport::peer).
  Bus(std::unique_ptr<modbus::Client> client, Duration time_out, std::function<std::string()> path)
      : client_(std::move(client)), time_out_(time_out), path_(std::move(path)) {}

  // Before the link begins.
  Device& add(std::unique_ptr<Device> device);
  [[nodiscard]] const std::vector<std::unique_ptr<Device>>& devices() const { return devices_; }
  [[nodiscard]] const modbus::ClientCounters& counters() const { return client_->counters(); }
  // Of the engine, on every change: its devices are what the bus is, until they speak for themselves.
  void link_changed(link::State state, std::string_view why, Instant now);

  // A request of somebody's own, between the others; `done` gets its outcome, or nothing when the connection
  // ended before. A full queue refuses it.
  using Done = std::function<void(const modbus::Outcome* outcome)>;
  [[nodiscard]] bool order(const modbus::Request& request, Done done);

  void connected(Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  [[nodiscard]] bool work(Instant now) override;
  [[nodiscard]] std::span<const std::byte> output() const override { return client_->output(); }
  void sent(std::size_t bytes) override { client_->sent(bytes); }
  [[nodiscard]] std::size_t portion() const override { return 512; }
  void probe(Instant now) override;
  [[nodiscard]] Instant last_heard() const override { return last_heard_; }
  [[nodiscard]] bool proven() const override { return proven_; }
  [[nodiscard]] link::Ending ended(Instant now) override;
  [[nodiscard]] std::string error() const override { return error_; }
  [[nodiscard]] Instant deadline() const override;
  void tick(Instant now) override;

 private:
  struct Order {
    modbus::Request request;
    Done done;
  };
  void outcomes(Instant now);
  void pump(Instant now);
  bool send_order(Instant now);
  bool send_of(std::size_t device, bool urgent, Instant now);
  void drop_orders();
  [[nodiscard]] bool others_online(const Device& device) const;

  std::unique_ptr<modbus::Client> client_;
  Duration time_out_;
  std::function<std::string()> path_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<Order> orders_;
  std::vector<std::pair<std::uint64_t, Done>> ordered_;  // by key
  // The key of each device's request; another's outcome is not for it, also when it was given up meanwhile.
  std::vector<std::uint64_t> awaited_;
  std::uint64_t next_key_ = 1;
  std::size_t turn_ = 0;
  Instant dead_not_before_{};
  Instant pumped_at_{};  // when the devices were last asked what they want
  Instant last_heard_{};
  bool connected_ = false;
  bool proven_ = false;
  std::string error_;
};

}  // namespace standstill::meter
