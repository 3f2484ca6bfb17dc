// One Modbus device of the configuration. Devices with the same serial devices, or behind the same host and
// port, share one line.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "plant/meter/bus.hpp"
#include "supervise/job.hpp"
#include "supervise/reading_publisher.hpp"

namespace standstill::supervise {

// A bus and the link that keeps it alive.
class ModbusLine {
 public:
  ModbusLine(os::Loop& loop, const config::Link& config, std::uint32_t jitter_seed);

  void begin();  // once, whoever of its devices says so first
  void close();
  [[nodiscard]] meter::Bus& bus() { return *bus_; }
  [[nodiscard]] link::Link& link() { return *link_; }

 private:
  os::Loop& loop_;
  std::unique_ptr<meter::Bus> bus_;
  std::unique_ptr<link::Link> link_;
  bool begun_ = false;
};

// Those that have been made already, by what they connect to.
using ModbusLines = std::map<std::string, std::weak_ptr<ModbusLine>>;

class ModbusJob final : public Job {
 public:
  ModbusJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
            Listener listener, ModbusLines& lines, const std::filesystem::path& state_dir);

  void begin() override { line_->begin(); }
  void close() override;
  [[nodiscard]] link::Status status() const override;
  [[nodiscard]] link::State state() const override { return device_->status().state; }
  [[nodiscard]] int native_handle() const override { return line_->link().native_handle(); }
  [[nodiscard]] std::optional<tell::PublisherStatus> publishing() const override;
  // "coil ADDRESS on|off", "register ADDRESS VALUE"; the answer is told to the journal.
  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;

 private:
  Listener listener_;
  link::TagTable& tags_;
  std::shared_ptr<ModbusLine> line_;
  meter::Device* device_ = nullptr;  // the bus owns it
  bool sensor_broken_ = false;
  std::unique_ptr<ReadingPublisher> publisher_;  // where the link has `publish`
  std::string remark_;                           // of the line, the last one that was told
};

}  // namespace standstill::supervise
