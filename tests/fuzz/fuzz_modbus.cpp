// links: wire/modbus
// Any bytes on a line and in a stream: frames do not depend on how they are cut, a client never takes what
// does not answer its request, and a server answers everything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "wire/modbus/rtu_client.hpp"
#include "wire/modbus/server.hpp"
#include "wire/modbus/tcp_client.hpp"

using namespace standstill;
using namespace standstill::modbus;

namespace {

struct Memory : Bank {
  std::expected<bool, Exception> bit(Function, std::uint16_t address) override { return address % 3 == 0; }
  std::expected<std::uint16_t, Exception> word(Function, std::uint16_t address) override {
    if (address == 7) return std::unexpected(Exception::illegal_address);
    return address;
  }
  Exception may_write(Function, std::uint16_t address) override {
    return address == 7 ? Exception::illegal_address : Exception::none;
  }
  void write_bit(std::uint16_t, bool) override {}
  void write_word(std::uint16_t, std::uint16_t) override {}
  std::vector<std::string> identification() override { return {"a", "b", "c"}; }
};

std::vector<std::vector<std::uint8_t>> frames(std::span<const std::byte> stream, std::size_t step,
                                              RtuReader::Side side) {
  std::vector<std::vector<std::uint8_t>> found;
  RtuReader reader(side);
  while (!stream.empty()) {
    auto piece = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(piece.size());
    while (!piece.empty()) {
      const auto result = reader.read(piece);
      if (result == RtuReader::Result::bad) return found;
      if (result == RtuReader::Result::frame) found.emplace_back(reader.pdu().begin(), reader.pdu().end());
    }
  }
  return found;
}

void drive(Client& client, std::span<const std::byte> bytes, std::size_t step) {
  Instant now = instant_from_ns(1'000'000'000);
  client.connected(now);
  now += 1s;
  Request asked = read_request(1, Function::read_holding, 0, 2);
  std::uint16_t next = 0;
  while (!bytes.empty()) {
    while (client.room(now) > 0) {
      asked = read_request(1, next % 5 == 0 ? Function::read_coils : Function::read_holding, next,
                           static_cast<std::uint16_t>(1 + next % 4));
      ++next;
      if (!client.may_send(asked, now)) break;
      client.send(asked, 1, now);
      client.sent(client.output().size());
    }
    const auto piece = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(piece.size());
    if (!client.feed(piece, now)) {
      if (client.error().empty()) std::abort();
      return;
    }
    while (const auto outcome = client.next())
      if (outcome->what == Outcome::What::answered && !answers(asked.pdu, outcome->reply.bytes()))
        std::abort();
    now += 40ms;
    client.tick(now);
    while (client.next()) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto stream = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t step = 1 + data[0] % 40U;
  for (const auto side : {RtuReader::Side::answers, RtuReader::Side::requests})
    if (frames(stream, step, side) != frames(stream, stream.size(), side)) std::abort();
  Memory memory;
  const std::span<const std::uint8_t> request(data + 1, size - 1);
  const Pdu reply = answer(memory, request);
  if (reply.size() < 2) std::abort();
  if (const auto asked = Pdu::from(request); asked && request_size(request) == request.size())
    if (!answers(*asked, reply.bytes())) std::abort();
  RtuClient rtu({});
  drive(rtu, stream, step);
  TcpClient tcp({500ms, 1, 1});
  drive(tcp, stream, step);
  return 0;
}
