// links: wire/s7 plant/plc
// Any bytes as the answers of a PLC: each question gets exactly one outcome, and memory stays small.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "plant/plc/values.hpp"
#include "wire/s7/frame.hpp"

using namespace standstill;

namespace {

s7::Bytes opening() {
  s7::Bytes bytes = s7::confirm_frame({1, 1, s7::tsaps(s7::ConnectionType::pg, 0, 1), 0x0A});
  s7::put(bytes, s7::setup_reply(1, {4, 4, 240}));
  return bytes;
}

}  // namespace

// The first byte says whether the connection is opened properly before, and how the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  plc::SessionSettings settings;
  settings.peer = "plc:102";
  settings.allow_write = settings.allow_control = true;
  plc::Session session(settings);
  Instant now = instant_from_ns(1'000'000'000);
  session.connected(now);
  session.sent(session.output().size());
  if ((data[0] & 1U) != 0 && !session.feed(opening(), now)) std::abort();
  int asked = 0;
  int answered = 0;
  const auto count = [&answered](const auto&) { ++answered; };
  const plc::Terms patient{.on_loss = plc::OnLoss::repeat, .idempotent = false, .give_up = now + 10s};
  for (const char* text : {"DB1.DBD0:DINT", "M10.2", "DB2.DBB0:STRING[200]", "T5"}) {
    plc::read_values(session, {s7::parse_address(text).value()}, patient, now, count);
    ++asked;
  }
  session.write({s7::bytes_range(s7::Area::db, 1, 0, 300)}, {s7::Bytes(300)}, patient, now, count);
  session.ask(s7::UserFunction::status_list, s7::status_list_question(0x001C, 0), patient, now, count);
  session.ask(s7::UserFunction::block_list, s7::block_list_question(s7::BlockType::db), patient, now, count);
  asked += 3;
  auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t step = 1U + (data[0] >> 1U);
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(piece.size());
    if (!session.feed(piece, now)) {
      if (session.error().empty()) std::abort();
      break;
    }
    session.sent(session.output().size());
  }
  now += 20s;
  session.tick(now);
  static_cast<void>(session.ended(now));
  session.give_up_waiting("over");
  if (asked != answered) std::abort();
  if (session.waiting() != 0) std::abort();
  return 0;
}
