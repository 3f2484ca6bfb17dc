#include "plant/plc/bit_write.hpp"

#include <memory>

namespace standstill::plc {

namespace {

struct Writing {
  Session& session;
  s7::Address address;
  bool value;
  Terms terms;
  std::function<Instant()> clock;
  Done<BitWritten> done;

  [[nodiscard]] std::string place() const {
    return session.settings().peer + ": " + s7::to_text(address) + ": ";
  }
  [[nodiscard]] s7::Range byte_range() const {
    return s7::bytes_range(address.area, address.db, address.byte, 1);
  }
  void refused(const std::string& why) const {
    done(std::unexpected(Trouble{Failure::refused, place() + why}));
  }
};
using WritingPtr = std::shared_ptr<Writing>;

// Whether the outcome is one byte, told to the caller otherwise.
bool usable(const WritingPtr& writing, const Outcome<Items>& outcome) {
  if (!outcome) {
    writing->done(std::unexpected(outcome.error()));
  } else if (outcome->front().code != s7::ItemCode::good) {
    writing->refused(s7::item_text(outcome->front().code));
  } else {
    return true;
  }
  return false;
}

std::byte own_bit(const WritingPtr& writing) { return std::byte{1} << writing->address.bit; }

// The byte has been written by now: whatever goes wrong, "it was not done" would be wrong.
void verify(const WritingPtr& writing, std::byte meant, bool overwritten) {
  writing->session.read(
      {writing->byte_range()}, writing->terms, writing->clock(),
      [writing, meant, overwritten](const Outcome<Items>& outcome) {
        if (!outcome || outcome->front().code != s7::ItemCode::good)
          return writing->done(std::unexpected(
              Trouble{Failure::uncertain,
                      writing->place() + "the bit was written with its byte, which could not be read back: " +
                          (outcome ? s7::item_text(outcome->front().code) : outcome.error().text)}));
        const std::byte differs = outcome->front().data[0] ^ meant;
        if ((differs & own_bit(writing)) != std::byte{0})
          return writing->refused(
              "the bit was written with its byte and reads back otherwise: something else "
              "writes it");
        writing->done(BitWritten{true, overwritten || differs != std::byte{0}});
      });
}

void by_whole_byte(const WritingPtr& writing);

// Never later than on the connection on which the byte was read: behind an outage it would put back what its
// neighbours were before. Then it is read again instead, unless the write may have happened.
void write_byte(const WritingPtr& writing, std::byte before) {
  const std::byte meant = writing->value ? before | own_bit(writing) : before & ~own_bit(writing);
  Terms here = writing->terms;
  here.on_loss = OnLoss::fail;
  // Right in front of the write, with it on the same way where the PLC takes two requests: what the write
  // takes back.
  const auto overwritten = std::make_shared<bool>(false);
  writing->session.read(
      {writing->byte_range()}, here, writing->clock(), [overwritten, before](const Outcome<Items>& outcome) {
        *overwritten =
            outcome && outcome->front().code == s7::ItemCode::good && outcome->front().data[0] != before;
      });
  writing->session.write({writing->byte_range()}, {{meant}}, here, writing->clock(),
                         [writing, meant, overwritten](const Outcome<Items>& written) {
                           const bool again =
                               !written && writing->terms.on_loss == OnLoss::repeat &&
                               (written.error().kind == Failure::unreachable || writing->terms.idempotent) &&
                               writing->clock() < writing->terms.give_up;
                           if (again) return by_whole_byte(writing);
                           if (usable(writing, written)) verify(writing, meant, *overwritten);
                         });
}

void by_whole_byte(const WritingPtr& writing) {
  writing->session.read({writing->byte_range()}, writing->terms, writing->clock(),
                        [writing](const Outcome<Items>& outcome) {
                          if (usable(writing, outcome)) write_byte(writing, outcome->front().data[0]);
                        });
}

}  // namespace

void write_bit(Session& session, const s7::Address& address, bool value, const Terms& terms,
               const std::function<Instant()>& clock, Done<BitWritten> done) {
  const auto writing =
      std::make_shared<Writing>(Writing{session, address, value, terms, clock, std::move(done)});
  if (address.type != s7::Type::boolean || address.count != 1)
    return writing->done(
        std::unexpected(Trouble{Failure::unusable, writing->place() + "it is no single bit"}));
  session.write({s7::bit_range(address.area, address.db, address.byte, address.bit)},
                {{std::byte{value ? std::uint8_t{1} : std::uint8_t{0}}}}, terms, clock(),
                [writing](const Outcome<Items>& outcome) {
                  const bool type_refused = outcome && (outcome->front().code == s7::ItemCode::type ||
                                                        outcome->front().code == s7::ItemCode::size);
                  if (type_refused) return by_whole_byte(writing);
                  if (usable(writing, outcome)) writing->done(BitWritten{});
                });
}

}  // namespace standstill::plc
