#include "wire/s7/user_data.hpp"
#include "wire/s7/words.hpp"

#include <array>

namespace standstill::s7 {

namespace {

constexpr std::uint8_t octets = 0x09;

Bytes parameters(std::uint8_t method, unsigned direction, UserFunction function, std::uint8_t part) {
  Bytes p;
  const auto word = static_cast<unsigned>(function);
  put(p, {0x00, 0x01, 0x12, method == 0x11 ? 0x04U : 0x08U, method, direction << 4U | word >> 8U,
          word & 0xFFU, part});
  return p;
}

Bytes with_head(ItemCode code, View data) {
  Bytes result;
  put(result, {static_cast<unsigned>(code), data.empty() ? 0x00U : octets});
  put16(result, static_cast<unsigned>(data.size()));
  put(result, data);
  return result;
}

std::expected<void, std::string> check_head(const Message& message) {
  const View p = message.parameters;
  if (message.kind != Kind::user_data || p.size() < 8 || get16(p, 0) != 0x0001 || get8(p, 2) != 0x12 ||
      get8(p, 3) + std::size_t{4} != p.size())
    return std::unexpected("a user-data message has another head than 00 01 12");
  if (message.data.size() < 4) return std::unexpected("a user-data message ends before its data's head");
  if (get16(message.data, 2) + std::size_t{4} > message.data.size())
    return std::unexpected("a user-data message is shorter than its data say");
  return {};
}

UserFunction function_of(View p) {
  return static_cast<UserFunction>((get8(p, 5) & 0x0FU) << 8U | get8(p, 6));
}

}  // namespace

Bytes user_request(std::uint16_t sequence, const UserRequest& request) {
  const Bytes p = parameters(0x11, 4, request.function, 0);
  const Bytes data = with_head(request.data.empty() ? ItemCode::missing : ItemCode::good, request.data);
  return message_frame({Kind::user_data, sequence, 0, p, data});
}

Bytes user_continuation(std::uint16_t sequence, UserFunction function, std::uint8_t part) {
  Bytes p = parameters(0x12, 4, function, part);
  put32(p, 0);
  return message_frame({Kind::user_data, sequence, 0, p, with_head(ItemCode::missing, {})});
}

std::expected<UserReply, std::string> read_user_reply(const Message& message) {
  if (const auto fine = check_head(message); !fine) return std::unexpected(fine.error());
  const View p = message.parameters;
  if (get8(p, 5) >> 4U != 8) return std::unexpected("a user-data message is no answer");
  UserReply reply{.function = function_of(p), .part = get8(p, 7)};
  if (p.size() >= 12) {
    reply.more = get8(p, 9) != 0;
    reply.error = get16(p, 10);
  }
  reply.code = static_cast<ItemCode>(get8(message.data, 0));
  reply.data = message.data.subspan(4, get16(message.data, 2));
  return reply;
}

std::expected<UserQuestion, std::string> read_user_request(const Message& message) {
  if (const auto fine = check_head(message); !fine) return std::unexpected(fine.error());
  const View p = message.parameters;
  if (get8(p, 5) >> 4U != 4) return std::unexpected("a user-data message is no request");
  return UserQuestion{function_of(p), get8(p, 7), get8(p, 4) == 0x12,
                      message.data.subspan(4, get16(message.data, 2))};
}

Bytes user_reply(std::uint16_t sequence, const UserReply& reply) {
  Bytes p = parameters(0x12, 8, reply.function, reply.part);
  put(p, {0x00, reply.more ? 1U : 0U});
  put16(p, reply.error);
  return message_frame({Kind::user_data, sequence, 0, p, with_head(reply.code, reply.data)});
}

std::string_view name(CpuState state) {
  switch (state) {
    case CpuState::running:
      return "running";
    case CpuState::stopped:
      return "stopped";
    case CpuState::unknown:
      break;
  }
  return "unknown";
}

Bytes status_list_question(std::uint16_t id, std::uint16_t index) {
  Bytes data;
  put16(data, id);
  put16(data, index);
  return data;
}

std::expected<CpuState, std::string> read_cpu_state(View data) {
  if (data.size() < 12 || get16(data, 0) != 0x0424)
    return std::unexpected("the answer to the question for the CPU's state is none");
  const auto raw = get8(data, 11);
  return raw == 8 || raw == 4 ? static_cast<CpuState>(raw) : CpuState::unknown;
}

std::expected<StatusList, std::string> read_status_list(View data) {
  if (data.size() < 8) return std::unexpected("a status list is shorter than its head");
  StatusList list{
      .id = get16(data, 0), .index = get16(data, 2), .record_bytes = get16(data, 4), .records = {}};
  const std::size_t count = get16(data, 6);
  const View records = data.subspan(8);
  if (list.record_bytes == 0 ? count != 0 : records.size() / list.record_bytes < count)
    return std::unexpected(words("a status list of ", count, " records of ", list.record_bytes,
                                 " bytes came with ", records.size(), " bytes"));
  for (std::size_t i = 0; i < count; ++i) {
    const View one = records.subspan(i * list.record_bytes, list.record_bytes);
    list.records.emplace_back(one.begin(), one.end());
  }
  return list;
}

Bytes clock_data(const CalendarTime& time) {
  Bytes data;
  put(data, {0x00, time.year < 2000 ? 0x19U : 0x20U});
  put_bcd_time(data, time);
  return data;
}

std::expected<CalendarTime, std::string> read_clock_data(View data) {
  if (data.size() < 10) return std::unexpected("the answer to the question for the clock is none");
  return read_bcd_time(data.subspan(2, 8));
}

Bytes password_data(std::string_view password) {
  std::array<unsigned, 8> out{};
  for (std::size_t i = 0; i < 8; ++i) {
    const unsigned c = i < password.size() ? static_cast<unsigned char>(password[i]) : ' ';
    out[i] = c ^ 0x55U ^ (i < 2 ? 0U : out[i - 2]);
  }
  Bytes data;
  for (const unsigned one : out) put8(data, one);
  return data;
}

std::string read_password_data(View data) {
  std::string password;
  for (std::size_t i = 0; i < data.size() && i < 8; ++i)
    password += static_cast<char>(get8(data, i) ^ 0x55U ^ (i < 2 ? 0U : get8(data, i - 2)));
  password.erase(password.find_last_not_of(' ') + 1);
  return password;
}

}  // namespace standstill::s7
