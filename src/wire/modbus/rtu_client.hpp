// Modbus RTU, asking side. See client.hpp.
#pragma once

#include <vector>

#include "wire/modbus/client.hpp"
#include "wire/modbus/rtu.hpp"

namespace standstill::modbus {

class RtuClient final : public Client {
 public:
  struct Settings {
    unsigned baud = 9600;  // for the silences; 0: a line without a speed (a pseudo terminal), no silences
    Duration time_out = 500ms;  // from the request's last byte to the answer's
    Duration gap{};             // rest between an answer and the next request; at least 3.5 characters
    // Adapters hand bytes over in lumps (FTDI: up to 16 ms apart): silence is only believed after this.
    Duration lump = 30ms;
    Duration latest = 5s;  // no device answers later than this after the request was sent
  };

  explicit RtuClient(const Settings& settings) : settings_(settings), reader_(RtuReader::Side::answers) {}

  void connected(Instant now) override;
  [[nodiscard]] bool busy() const override { return waiting_ || spoilt_ || !reader_.between_frames(); }
  [[nodiscard]] std::size_t room(Instant now) const override;
  [[nodiscard]] bool may_send(const Request& request, Instant now) const override;
  [[nodiscard]] bool still_expected(const Request& request, Instant now) const override;
  void send(const Request& request, std::uint64_t key, Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  void tick(Instant now) override;
  [[nodiscard]] Instant deadline() const override;
  [[nodiscard]] Instant ready_at() const override;
  [[nodiscard]] std::optional<Outcome> next() override;
  [[nodiscard]] std::span<const std::byte> output() const override { return output_; }
  void sent(std::size_t bytes) override;
  [[nodiscard]] const ClientCounters& counters() const override { return counters_; }
  [[nodiscard]] std::string error() const override { return {}; }

  // Requests whose answer may still come.
  [[nodiscard]] std::size_t missing() const { return missing_.size(); }

 private:
  struct Missing {
    Request request;
    Instant sent{};
  };
  void frame(Instant now);
  void accept(Instant now, std::span<const std::uint8_t> reply);
  std::optional<Instant> settle_one(Instant now);
  void finish(Outcome outcome, Instant now, Duration rest);
  void forget_old(Instant now);
  [[nodiscard]] bool expired(const Missing& one, Instant now) const {
    return now - one.sent > settings_.latest;
  }

  Settings settings_;
  RtuReader reader_;
  std::vector<std::byte> output_;
  std::vector<Outcome> outcomes_;
  std::vector<Missing> missing_;  // oldest first; kept over reconnects: a late answer does not mind them
  Request current_;
  std::uint64_t key_ = 0;
  Instant sent_at_{};
  Instant time_out_at_ = never;
  bool waiting_ = false;
  bool spoilt_ = false;         // something that makes no sense is coming in: it ends with silence
  bool spoilt_answer_ = false;  // and it is the answer that was waited for
  Instant quiet_from_{};        // the next request not before this
  Instant last_byte_{};
  ClientCounters counters_;
};

}  // namespace standstill::modbus
