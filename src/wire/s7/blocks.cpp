// Lists of blocks, and what is known of one.
#include <algorithm>
#include <array>

#include "wire/s7/user_data.hpp"
#include "wire/s7/words.hpp"

namespace standstill::s7 {

namespace {

struct Named {
  BlockType type;
  std::string_view name;
};
constexpr std::array names{Named{BlockType::ob, "OB"},   Named{BlockType::db, "DB"},
                           Named{BlockType::sdb, "SDB"}, Named{BlockType::fc, "FC"},
                           Named{BlockType::sfc, "SFC"}, Named{BlockType::fb, "FB"},
                           Named{BlockType::sfb, "SFB"}};

// In block lists a type is written as a character pair, 30 and the type's code.
constexpr std::uint8_t prefix = 0x30;
constexpr std::size_t info_bytes = 78;

std::string text_at(View data, std::size_t at) {
  std::string text;
  for (std::size_t i = 0; i < 8 && get8(data, at + i) != 0; ++i) {
    const auto c = static_cast<char>(get8(data, at + i));
    text += c >= ' ' && c <= '~' ? c : '?';
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

void put_text(Bytes& to, std::string_view text) {
  for (std::size_t i = 0; i < 8; ++i) put8(to, i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
}

}  // namespace

std::string_view name(BlockType type) {
  const auto found = std::ranges::find(names, type, &Named::type);
  return found == names.end() ? "?" : found->name;
}

std::optional<BlockType> block_type(std::string_view wanted) {
  const auto found = std::ranges::find(names, wanted, &Named::name);
  if (found == names.end()) return std::nullopt;
  return found->type;
}

std::expected<std::vector<BlockCount>, std::string> read_block_counts(View data) {
  if (data.size() % 4 != 0) return std::unexpected("the list of block counts is cut off");
  std::vector<BlockCount> counts;
  for (std::size_t at = 0; at < data.size(); at += 4)
    counts.push_back({static_cast<BlockType>(get8(data, at + 1)), get16(data, at + 2)});
  return counts;
}

std::expected<std::vector<std::uint16_t>, std::string> read_block_list(View data) {
  if (data.size() % 4 != 0) return std::unexpected("the list of blocks is cut off");
  std::vector<std::uint16_t> numbers;
  for (std::size_t at = 0; at < data.size(); at += 4) numbers.push_back(get16(data, at));
  return numbers;
}

Bytes block_list_question(BlockType type) {
  Bytes data;
  put(data, {prefix, static_cast<unsigned>(type)});
  return data;
}

Bytes block_info_question(BlockType type, std::uint16_t number) {
  Bytes data = block_list_question(type);
  for (unsigned unit = 10000; unit > 0; unit /= 10) put8(data, '0' + number / unit % 10);
  put8(data, 'A');
  return data;
}

std::expected<BlockInfo, std::string> read_block_info(View data) {
  if (data.size() < info_bytes)
    return std::unexpected(
        words("the answer about a block has ", data.size(), " bytes instead of ", info_bytes));
  return BlockInfo{.type = static_cast<BlockType>(get8(data, 1)),
                   .number = get16(data, 12),
                   .language = get8(data, 10),
                   .flags = get8(data, 9),
                   .load_bytes = get32(data, 14),
                   .work_bytes = get16(data, 40),
                   .local_bytes = get16(data, 38),
                   .checksum = get16(data, 68),
                   .version = get8(data, 66),
                   .author = text_at(data, 42),
                   .family = text_at(data, 50),
                   .header = text_at(data, 58)};
}

Bytes block_info_data(const BlockInfo& info) {
  Bytes data;
  put(data, {0x01, static_cast<unsigned>(info.type)});
  put(data, {0x00, 0x4A, 0x00, 0x00, 0x70, 0x70, 0x01});
  put(data, {info.flags, info.language, info.type == BlockType::db ? 0x0AU : 0x08U});
  put16(data, info.number);
  put32(data, info.load_bytes);
  put32(data, 0);
  for (int i = 0; i < 2; ++i) {  // times of code and interface
    put32(data, 0);
    put16(data, 0);
  }
  put16(data, 0);
  put16(data, 0);
  put16(data, info.local_bytes);
  put16(data, info.work_bytes);
  put_text(data, info.author);
  put_text(data, info.family);
  put_text(data, info.header);
  put(data, {info.version, 0x00});
  put16(data, info.checksum);
  put32(data, 0);
  put32(data, 0);
  return data;
}

}  // namespace standstill::s7
