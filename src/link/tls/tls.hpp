// TLS (1.2 or later, RFC 8446) over another transport.
//
// The peer's certificate is always verified: its chain against `ca_file`, or against the system's authorities
// where that is empty, and its name. The handshake, and the files it needs, are worked on by another thread:
// a peer that is slow at it, or a disk, keeps no watch waiting.
//
// The process ignores SIGPIPE, as every program of ours does (os::EndSignals): OpenSSL writes to the socket
// itself, and a peer that has just died must be an error of that write.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "link/off_loop.hpp"
#include "link/transport.hpp"
#include "os/loop.hpp"

namespace standstill::link {

class TlsTransport final : public Transport {
 public:
  struct Settings {
    std::string name;              // that the certificate must have: a host name, or an address
    std::string ca_file;           // PEM; empty: the system's authorities
    std::string certificate_file;  // PEM, of this side; both or none
    std::string key_file;
  };

  // `below` is a transport over a socket.
  TlsTransport(os::Loop& loop, std::unique_ptr<Transport> below, Settings settings);
  ~TlsTransport() override;

  void dial(Duration time_out, Dialed done) override;
  void close() override;
  [[nodiscard]] Io read(std::span<std::byte> into) override;
  [[nodiscard]] Io write(std::span<const std::byte> bytes) override;
  [[nodiscard]] bool buffered() const override;
  [[nodiscard]] int native_handle() const override { return ssl_ ? below_->native_handle() : -1; }
  [[nodiscard]] std::string peer() const override { return below_->peer(); }
  void served() override { below_->served(); }

 private:
  struct Shaken {
    std::uint64_t dial = 0;      // which one it was for
    std::shared_ptr<SSL> ssl{};  // none: why not
    std::string why{};
  };
  void shake_hands();
  void shaken(const Shaken& result);
  void finish(std::expected<void, std::string> result);

  os::Loop& loop_;
  std::unique_ptr<Transport> below_;
  Settings settings_;
  OffLoop<Shaken> handshake_;
  std::shared_ptr<SSL> ssl_;
  std::uint64_t dials_ = 0;
  Instant deadline_{};
  Dialed done_;
  os::Loop::Timer give_up_;
};

}  // namespace standstill::link
