// Which Redis server is the primary now, as its Sentinels say (redis.io, "Sentinel client spec"), and a
// connection to it.
//
// More than half of the configured Sentinels must name the same server: those that are cut off from the
// others keep naming one that may have been replaced. The session refuses a server that says of itself that
// it is a replica.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "link/off_loop.hpp"
#include "link/transport.hpp"
#include "os/loop.hpp"

namespace standstill::station {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

// Blocks, at most for `time_out` after the names are resolved. The error is a sentence for the operator.
[[nodiscard]] std::expected<Endpoint, std::string> ask_sentinels(const std::vector<Endpoint>& sentinels,
                                                                 const std::string& primary,
                                                                 Duration time_out);

// Asks before every dial, on another thread.
class SentinelTransport final : public link::Transport {
 public:
  using Make = std::function<std::unique_ptr<link::Transport>(const Endpoint& primary)>;

  SentinelTransport(os::Loop& loop, std::vector<Endpoint> sentinels, std::string primary, Make make)
      : loop_(loop),
        sentinels_(std::move(sentinels)),
        primary_(std::move(primary)),
        make_(std::move(make)),
        question_(loop) {}
  ~SentinelTransport() override { SentinelTransport::close(); }

  void dial(Duration time_out, Dialed done) override;
  void close() override;
  [[nodiscard]] link::Io read(std::span<std::byte> into) override { return below_->read(into); }
  [[nodiscard]] link::Io write(std::span<const std::byte> bytes) override { return below_->write(bytes); }
  [[nodiscard]] bool buffered() const override { return below_->buffered(); }
  [[nodiscard]] int native_handle() const override { return below_ ? below_->native_handle() : -1; }
  [[nodiscard]] std::string peer() const override;

 private:
  void found(const std::expected<Endpoint, std::string>& primary);
  void finish(std::expected<void, std::string> result);

  os::Loop& loop_;
  std::vector<Endpoint> sentinels_;
  std::string primary_;
  Make make_;
  link::OffLoop<std::expected<Endpoint, std::string>> question_;
  std::unique_ptr<link::Transport> below_;
  Instant deadline_{};
  Dialed done_;
  os::Loop::Timer give_up_;
};

}  // namespace standstill::station
