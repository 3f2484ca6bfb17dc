#include "plant/meter/blocks.hpp"

#include <algorithm>
#include <numeric>

namespace standstill::meter {

namespace {

unsigned end_of(const Register& reg) { return unsigned{reg.address} + width(reg.type); }
unsigned end_of(const Block& block) { return unsigned{block.address} + block.count; }

// The smallest block that holds these values, which stand in the order of their addresses.
Block around(const Profile& profile, std::uint8_t function, std::vector<std::size_t> values) {
  Block made;
  made.function = function;
  made.address = profile.registers[values.front()].address;
  unsigned end = 0;
  for (const std::size_t value : values) end = std::max(end, end_of(profile.registers[value]));
  made.count = static_cast<std::uint16_t>(end - made.address);
  made.values = std::move(values);
  return made;
}

}  // namespace

std::vector<Block> plan_blocks(const Profile& profile, const std::vector<bool>& wanted) {
  std::vector<std::size_t> order(profile.registers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto place = [&](std::size_t i) {
    return std::tuple(profile.registers[i].function, profile.registers[i].address, i);
  };
  std::ranges::sort(order, {}, place);
  std::vector<Block> blocks;
  for (const std::size_t index : order) {
    if (!wanted[index]) continue;
    const Register& reg = profile.registers[index];
    const unsigned most = profile.most * (reg.function < 3 ? 16U : 1U);
    if (!blocks.empty() && blocks.back().function == reg.function) {
      Block& last = blocks.back();
      const unsigned end = std::max(end_of(last), end_of(reg));
      if (reg.address <= end_of(last) + profile.bridge && end - last.address <= most) {
        last.count = static_cast<std::uint16_t>(end - last.address);
        last.values.push_back(index);
        continue;
      }
    }
    blocks.push_back({reg.function, reg.address, width(reg.type), {index}});
  }
  return blocks;
}

std::optional<std::pair<Block, Block>> split(const Profile& profile, const Block& block) {
  if (block.values.size() < 2) return std::nullopt;
  const auto middle = block.values.begin() + static_cast<std::ptrdiff_t>(block.values.size() / 2);
  return std::pair(around(profile, block.function, {block.values.begin(), middle}),
                   around(profile, block.function, {middle, block.values.end()}));
}

std::optional<std::pair<Block, Block>> overlap(const Profile& profile, const Block& block,
                                               std::uint16_t length) {
  if (length >= block.count || length == 0) return std::nullopt;
  Block first{block.function, block.address, length, {}};
  Block second{block.function, static_cast<std::uint16_t>(end_of(block) - length), length, {}};
  for (const std::size_t value : block.values) {
    const Register& reg = profile.registers[value];
    if (end_of(reg) <= end_of(first))
      first.values.push_back(value);
    else if (reg.address >= second.address)
      second.values.push_back(value);
    else
      return std::nullopt;
  }
  return std::pair(std::move(first), std::move(second));
}

}  // namespace standstill::meter
