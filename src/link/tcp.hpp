// A TCP connection to a named host and port.
//
// The name is resolved on another thread, the addresses are tried one after the other, and every step has its
// share of the time-out. Nagle's delay is off; unacknowledged data and an idle peer are given up by the
// system itself (TCP_USER_TIMEOUT, keepalive) after about `silence`, in case nobody probes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "link/off_loop.hpp"
#include "link/resolve.hpp"
#include "link/transport.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::link {

class TcpTransport : public Transport {
 public:
  struct Settings {
    std::string host;        // a name, or an address of either family
    std::uint16_t port = 0;  // 1 to 65535
    Duration silence = 3s;   // see above; 1 s is the least that the system's timers can do
    Duration patience{};     // how long read_patiently() blocks; zero: not at all
  };
  // Stands in for the system's resolver in tests; called on another thread.
  using Resolver = Resolved (*)(const std::string& host, std::uint16_t port, bool numeric_only);

  TcpTransport(os::Loop& loop, Settings settings, Resolver resolver = resolve);
  ~TcpTransport() override;

  void dial(Duration time_out, Dialed done) override;
  void close() override;
  [[nodiscard]] Io read(std::span<std::byte> into) override;
  [[nodiscard]] Io read_patiently(std::span<std::byte> into) override;
  [[nodiscard]] Io write(std::span<const std::byte> bytes) override;
  [[nodiscard]] bool short_read_took_all() const override { return true; }
  [[nodiscard]] std::optional<std::size_t> unread() const override;
  [[nodiscard]] std::string_view why_ended() override;
  [[nodiscard]] int native_handle() const override { return connected_ ? socket_.get() : -1; }
  [[nodiscard]] std::string peer() const override { return peer_; }
  void served() override { served_ = true; }

 private:
  void look_up();
  void resolved(Resolved addresses);
  void connect_next();
  bool connect_to(const Address& address);
  void connect_done();
  void give_up(const std::string& why);
  void finish();
  void be_patient() const;
  void note_failure(std::string why);
  void next_step(Duration share, void (TcpTransport::*what)());

  os::Loop& loop_;
  Settings settings_;
  Resolver resolver_;
  OffLoop<Resolved> lookup_;
  std::vector<Address> addresses_;
  std::size_t index_ = 0;  // of the next address to try, counted from first_
  std::size_t first_ = 0;  // where this dial began
  std::string failures_;   // what the addresses tried so far said
  std::string peer_;
  os::Fd socket_;
  bool connected_ = false;
  bool served_ = true;
  Dialed done_;
  Instant deadline_{};
  os::Loop::Watch watch_;
  os::Loop::Timer step_;
};

}  // namespace standstill::link
