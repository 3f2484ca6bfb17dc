// A stream connection to a Unix socket of this machine.
#pragma once

#include <string>

#include "link/transport.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::link {

class UnixTransport final : public Transport {
 public:
  // `path`: at most 107 bytes.
  UnixTransport(os::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {}

  void dial(Duration time_out, Dialed done) override;
  void close() override;
  [[nodiscard]] Io read(std::span<std::byte> into) override;
  [[nodiscard]] Io write(std::span<const std::byte> bytes) override;
  [[nodiscard]] int native_handle() const override { return socket_.get(); }
  [[nodiscard]] std::string peer() const override { return path_; }

 private:
  [[nodiscard]] std::string connect();

  os::Loop& loop_;
  std::string path_;
  os::Fd socket_;
  os::Loop::Timer later_;
};

}  // namespace standstill::link
