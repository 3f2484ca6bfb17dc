// Memory shared between processes by descriptor (memfd): no name, gone with its last user.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "os/fd.hpp"

namespace standstill::os {

class SharedMemory {
 public:
  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  [[nodiscard]] static std::expected<SharedMemory, std::string> create(const char* name, std::size_t bytes);
  // Maps what another process made; refuses a descriptor whose memory is smaller.
  [[nodiscard]] static std::expected<SharedMemory, std::string> attach(Fd fd, std::size_t bytes);

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] explicit operator bool() const { return data_ != nullptr; }
  template <class T>
  [[nodiscard]] T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  Fd fd_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace standstill::os
