// A file that stands for flash: what the engine's variables and log survive a power loss in.
//
// The loop writes to memory; a thread brings it to the disk in the same order, because a card may take half
// a second for a write and the loop has 20 ms.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "os/fd.hpp"
#include "plant/loco/flash.hpp"

namespace standstill::onboard {

class FlashFile final : public loco::Flash {
 public:
  static constexpr std::size_t size = 4096;

  // Made when it is not there. A file of another size is refused.
  [[nodiscard]] static std::expected<std::unique_ptr<FlashFile>, std::string> open(const std::string& path);
  ~FlashFile();  // brings what waits to the disk
  FlashFile(const FlashFile&) = delete;
  FlashFile& operator=(const FlashFile&) = delete;

  [[nodiscard]] std::size_t sector_size() const override { return size; }
  [[nodiscard]] std::size_t sectors() const override { return loco::sectors_used; }
  void read(std::size_t sector, std::size_t offset, std::span<std::uint8_t> into) const override;
  bool program(std::size_t sector, std::size_t offset, std::span<const std::uint8_t> bytes) override;
  bool erase(std::size_t sector) override;

 private:
  struct Write {
    std::size_t at = 0;
    std::vector<std::uint8_t> bytes;
  };
  explicit FlashFile(os::Fd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] bool queue(std::size_t at, std::size_t count);
  void bring();

  os::Fd fd_;
  std::vector<std::uint8_t> memory_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Write> waiting_;
  bool broken_ = false;  // the disk did not take something
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace standstill::onboard
