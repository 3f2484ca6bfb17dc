#include "wire/modbus/tcp_client.hpp"

#include <algorithm>

namespace standstill::modbus {

void TcpClient::connected(Instant) {
  reader_.reset();
  output_.clear();
  left_ = 0;
  waiting_.clear();
  outcomes_.clear();
  quiet_from_ = Instant{};
}

std::size_t TcpClient::room(Instant now) const {
  return now < quiet_from_ || waiting_.size() >= settings_.at_once ? 0 : settings_.at_once - waiting_.size();
}

void TcpClient::send(const Request& request, std::uint64_t key, Instant now) {
  const std::uint16_t number = number_++;
  append_tcp(output_, number, request.unit, request.pdu);
  waiting_.push_back({number, request, key, now});
  ++counters_.requests;
}

bool TcpClient::feed(std::span<const std::byte> bytes, Instant now) {
  for (;;) {
    switch (reader_.read(bytes)) {
      case TcpReader::Result::need_more:
        return true;
      case TcpReader::Result::failed:
        ++counters_.crc_errors;
        return false;
      case TcpReader::Result::frame:
        frame(now);
    }
  }
}

void TcpClient::frame(Instant now) {
  const auto reply = reader_.pdu();
  const auto asked = std::ranges::find(waiting_, reader_.transaction(), &Waiting::number);
  if (asked == waiting_.end()) {
    ++counters_.stale;
    return;
  }
  Outcome outcome;
  outcome.key = asked->key;
  outcome.rtt = now - asked->sent;
  outcome.read_at = asked->sent;
  if (reader_.unit() != asked->request.unit || !answers(asked->request.pdu, reply)) {
    outcome.what = Outcome::What::corrupt;
    ++counters_.crc_errors;
  } else if (const Exception exception = exception_of(reply); exception != Exception::none) {
    outcome.what = Outcome::What::refused;
    outcome.exception = exception;
    ++counters_.exceptions;
  } else {
    outcome.what = Outcome::What::answered;
    outcome.reply = Pdu::from(reply).value_or(Pdu{});
    ++counters_.answers;
  }
  waiting_.erase(asked);
  outcomes_.push_back(outcome);
  quiet_from_ = now + settings_.gap;
}

void TcpClient::tick(Instant now) {
  while (!waiting_.empty() && now - waiting_.front().sent >= settings_.time_out) {
    Outcome outcome;
    outcome.key = waiting_.front().key;
    outcome.rtt = now - waiting_.front().sent;
    outcome.read_at = now;
    waiting_.erase(waiting_.begin());
    outcomes_.push_back(outcome);
    quiet_from_ = now + settings_.gap;
    ++counters_.time_outs;
  }
}

Instant TcpClient::deadline() const {
  return waiting_.empty() ? never : waiting_.front().sent + settings_.time_out;
}

std::optional<Outcome> TcpClient::next() {
  if (outcomes_.empty()) return std::nullopt;
  Outcome outcome = outcomes_.front();
  outcomes_.erase(outcomes_.begin());
  return outcome;
}

void TcpClient::sent(std::size_t bytes) {
  left_ = std::min(left_ + bytes, output_.size());
  if (left_ < output_.size()) return;
  output_.clear();
  left_ = 0;
}

}  // namespace standstill::modbus
