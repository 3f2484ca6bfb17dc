// Which registers are read together, and how a request is taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "plant/meter/profile.hpp"

namespace standstill::meter {

struct Block {
  std::uint8_t function = 3;
  std::uint16_t address = 0;
  std::uint16_t count = 0;          // words, or bits with functions 1 and 2
  std::vector<std::size_t> values;  // indices into the profile's registers, each wholly inside
};

// Few requests: neighbours share one, gaps of up to `bridge` words are read along, none is longer than `most`
// words (bits: 16 times that). Only registers that `wanted` says.
[[nodiscard]] std::vector<Block> plan_blocks(const Profile& profile, const std::vector<bool>& wanted);

// Two halves, to find out which register a device refuses; without the gap between them, if there was one.
// Nothing when the block has one value.
[[nodiscard]] std::optional<std::pair<Block, Block>> split(const Profile& profile, const Block& block);

// The same values by two overlapping requests of `length` words each, whose answers cannot be taken for the
// whole block's. Nothing when a value would not lie wholly in one of them.
[[nodiscard]] std::optional<std::pair<Block, Block>> overlap(const Profile& profile, const Block& block,
                                                             std::uint16_t length);

}  // namespace standstill::meter
