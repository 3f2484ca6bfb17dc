// The way to a sensor chip: a thread that reads when it is asked, at the other end of a pair of sockets.
//
// A read may block for as long as a bus is stuck, so it never happens on the watching loop; the engine's
// silence deadline judges it like any peer that does not answer. At most one such thread waits in a read:
// while it does, a new dial fails and says so.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "link/off_loop.hpp"
#include "link/transport.hpp"
#include "plant/sensor/chip.hpp"

namespace standstill::sensor {

class Transport final : public link::Transport {
 public:
  // `root` is another folder in tests only.
  Transport(os::Loop& loop, ChipSettings settings, std::string root = sysfs_root);
  ~Transport() override { Transport::close(); }

  void dial(Duration time_out, Dialed done) override;
  void close() override;
  [[nodiscard]] link::Io read(std::span<std::byte> into) override;
  [[nodiscard]] link::Io write(std::span<const std::byte> bytes) override;
  [[nodiscard]] int native_handle() const override { return socket_.get(); }
  [[nodiscard]] std::string peer() const override { return peer_; }

 private:
  using Found = std::expected<std::shared_ptr<Chip>, std::string>;
  void found(Found chip);

  os::Loop& loop_;
  ChipSettings settings_;
  std::string root_, peer_;
  link::OffLoop<Found> finding_;
  std::shared_ptr<std::atomic<int>> reading_ = std::make_shared<std::atomic<int>>(0);  // threads in a read
  os::Fd socket_;
  Dialed done_;
  os::Loop::Timer time_out_;
};

}  // namespace standstill::sensor
