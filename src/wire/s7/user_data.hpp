// User data: status lists, clock, blocks, password.
//
//   32 07 0000 sequence16 parameters16 data16
//   parameters: 00 01 12 length method group function part [unit, last 0|1, error16]
//   data:       code transport length16 …
//
// A long answer comes in parts: as long as the last-unit byte is not zero, the next part is asked for with
// the part number of the answer before. Source: recordings of a real snap7 server, and what Wireshark's
// dissector names.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/s7/message.hpp"
#include "wire/s7/value_times.hpp"

namespace standstill::s7 {

enum class UserFunction : std::uint16_t {  // group << 8 | function
  block_counts = 0x0301,
  block_list = 0x0302,
  block_info = 0x0303,
  status_list = 0x0401,
  enter_password = 0x0501,
  cancel_password = 0x0502,
  read_clock = 0x0701,
  set_clock = 0x0702,
};

struct UserRequest {
  UserFunction function = UserFunction::status_list;
  View data = {};  // without its head; empty: none
};
struct UserReply {
  UserFunction function = UserFunction::status_list;
  std::uint8_t part = 0;
  bool more = false;
  std::uint16_t error = 0;
  ItemCode code = ItemCode::good;
  View data = {};  // without its head
};

[[nodiscard]] Bytes user_request(std::uint16_t sequence, const UserRequest& request);
// The next part of a long answer.
[[nodiscard]] Bytes user_continuation(std::uint16_t sequence, UserFunction function, std::uint8_t part);
[[nodiscard]] std::expected<UserReply, std::string> read_user_reply(const Message& message);

struct UserQuestion {  // as a server reads it
  UserFunction function = UserFunction::status_list;
  std::uint8_t part = 0;
  bool continues = false;
  View data = {};
};
[[nodiscard]] std::expected<UserQuestion, std::string> read_user_request(const Message& message);
[[nodiscard]] Bytes user_reply(std::uint16_t sequence, const UserReply& reply);

// ---- what travels in it
enum class CpuState : std::uint8_t { unknown = 0, running = 8, stopped = 4 };
[[nodiscard]] std::string_view name(CpuState state);
// The answer to status list 0424, index 0.
[[nodiscard]] std::expected<CpuState, std::string> read_cpu_state(View data);
[[nodiscard]] Bytes status_list_question(std::uint16_t id, std::uint16_t index);

struct StatusList {
  std::uint16_t id = 0;
  std::uint16_t index = 0;
  std::size_t record_bytes = 0;
  std::vector<Bytes> records = {};
};
// All parts of one list, put together.
[[nodiscard]] std::expected<StatusList, std::string> read_status_list(View data);

[[nodiscard]] Bytes clock_data(const CalendarTime& time);
[[nodiscard]] std::expected<CalendarTime, std::string> read_clock_data(View data);

enum class BlockType : std::uint8_t {
  ob = 0x38,
  db = 0x41,
  sdb = 0x42,
  fc = 0x43,
  sfc = 0x44,
  fb = 0x45,
  sfb = 0x46,
};
[[nodiscard]] std::string_view name(BlockType type);
[[nodiscard]] std::optional<BlockType> block_type(std::string_view name);  // "DB", "OB" …
struct BlockCount {
  BlockType type = BlockType::db;
  std::uint16_t count = 0;
};
[[nodiscard]] std::expected<std::vector<BlockCount>, std::string> read_block_counts(View data);
[[nodiscard]] std::expected<std::vector<std::uint16_t>, std::string> read_block_list(View data);
[[nodiscard]] Bytes block_list_question(BlockType type);
[[nodiscard]] Bytes block_info_question(BlockType type, std::uint16_t number);
struct BlockInfo {
  BlockType type = BlockType::db;
  std::uint16_t number = 0;
  std::uint8_t language = 0;
  std::uint8_t flags = 0;
  std::uint32_t load_bytes = 0;  // in load memory
  std::uint16_t work_bytes = 0;  // of MC7 code or data
  std::uint16_t local_bytes = 0;
  std::uint16_t checksum = 0;
  std::uint8_t version = 0;  // two digits: 0x10 is 1.0
  std::string author = {}, family = {}, header = {};
};
[[nodiscard]] std::expected<BlockInfo, std::string> read_block_info(View data);
[[nodiscard]] Bytes block_info_data(const BlockInfo& info);

// Eight characters, shorter ones filled with spaces; scrambled as the PLC wants it, which protects nothing.
inline constexpr std::size_t longest_password = 8;
[[nodiscard]] Bytes password_data(std::string_view password);
[[nodiscard]] std::string read_password_data(View data);

}  // namespace standstill::s7
