// links: plant/meter
// Any register list: blocks hold every wanted register once and whole, halves and overlaps lose none, and any
// words decode to something.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "plant/meter/blocks.hpp"

using namespace standstill::meter;

namespace {

void whole(const Profile& profile, const Block& block) {
  for (const std::size_t value : block.values) {
    const Register& reg = profile.registers[value];
    if (reg.function != block.function || reg.address < block.address ||
        reg.address + width(reg.type) > block.address + block.count)
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<Register> registers;
  for (std::size_t at = 0; at + 4 <= size && registers.size() < 200; at += 4) {
    Register reg;
    reg.function = static_cast<std::uint8_t>(1 + data[at] % 4);
    reg.type = reg.function < 3 ? ValueType::bit : static_cast<ValueType>(1 + data[at + 1] % 8);
    reg.address = static_cast<std::uint16_t>((data[at + 2] << 8 | data[at + 3]) % (65536 - 4));
    reg.low_word_first = (data[at] & 0x80) != 0;
    registers.push_back(reg);
  }
  const Profile profile = profile_of(registers);
  std::vector<int> seen(registers.size());
  for (const Block& block : plan_blocks(profile, std::vector<bool>(registers.size(), true))) {
    whole(profile, block);
    for (const std::size_t value : block.values) ++seen[value];
    if (const auto halves = split(profile, block)) {
      whole(profile, halves->first);
      whole(profile, halves->second);
      if (halves->first.values.size() + halves->second.values.size() != block.values.size()) std::abort();
    }
    for (std::uint16_t length = 1; length < block.count; ++length)
      if (const auto parts = overlap(profile, block, length)) {
        whole(profile, parts->first);
        whole(profile, parts->second);
        if (parts->first.values.size() + parts->second.values.size() != block.values.size()) std::abort();
      }
  }
  for (const int times : seen)
    if (times != 1) std::abort();
  for (const Register& reg : registers) {
    std::vector<std::uint16_t> words(width(reg.type));
    for (std::size_t i = 0; i < words.size(); ++i)
      words[i] = static_cast<std::uint16_t>(size > i * 2 + 1 ? data[i * 2] << 8 | data[i * 2 + 1] : 0);
    (void)decode(reg, words);
  }
  return 0;
}
