// Modbus TCP, asking side. See client.hpp.
#pragma once

#include <vector>

#include "wire/modbus/client.hpp"
#include "wire/modbus/tcp.hpp"

namespace standstill::modbus {

class TcpClient final : public Client {
 public:
  struct Settings {
    Duration time_out = 500ms;
    std::size_t at_once = 1;         // requests that may be outstanding together, 1 to 64
    std::uint16_t first_number = 1;  // differs from run to run, so that nothing old fits
    Duration gap{};                  // rest between an answer and the next request
  };

  explicit TcpClient(const Settings& settings) : settings_(settings), number_(settings.first_number) {}

  void connected(Instant now) override;
  [[nodiscard]] bool busy() const override { return waiting_.size() >= settings_.at_once; }
  [[nodiscard]] std::size_t room(Instant now) const override;
  [[nodiscard]] bool may_send(const Request&, Instant) const override { return true; }
  [[nodiscard]] bool still_expected(const Request&, Instant) const override { return false; }
  void send(const Request& request, std::uint64_t key, Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  void tick(Instant now) override;
  [[nodiscard]] Instant deadline() const override;
  [[nodiscard]] Instant ready_at() const override { return quiet_from_; }
  [[nodiscard]] std::optional<Outcome> next() override;
  [[nodiscard]] std::span<const std::byte> output() const override {
    return std::span<const std::byte>(output_).subspan(left_);
  }
  void sent(std::size_t bytes) override;
  [[nodiscard]] const ClientCounters& counters() const override { return counters_; }
  [[nodiscard]] std::string error() const override { return reader_.error(); }

 private:
  struct Waiting {
    std::uint16_t number = 0;
    Request request;
    std::uint64_t key = 0;
    Instant sent{};
  };
  void frame(Instant now);

  Settings settings_;
  TcpReader reader_;
  std::vector<std::byte> output_;
  std::size_t left_ = 0;          // bytes of output_ that have gone
  std::vector<Waiting> waiting_;  // oldest first
  std::vector<Outcome> outcomes_;
  std::uint16_t number_;
  Instant quiet_from_{};  // the next request not before this
  ClientCounters counters_;
};

}  // namespace standstill::modbus
