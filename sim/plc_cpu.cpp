#include "sim/plc_cpu.hpp"

#include <algorithm>
#include <chrono>

#include "wire/s7/frame.hpp"

namespace standstill::sim {

using s7::UserFunction;

std::optional<s7::Bytes> PlcCpu::answer(Connection& connection, const s7::Message& request,
                                        std::int64_t wall_ns) {
  ++requests_;
  const auto refuse = [&](std::uint16_t error) { return s7::error_reply(request.sequence, error); };
  if (request.kind == s7::Kind::user_data) return user(connection, request, wall_ns);
  if (request.kind != s7::Kind::request || request.parameters.empty()) return std::nullopt;
  const auto function = static_cast<s7::Function>(s7::get8(request.parameters, 0));
  if (function == s7::Function::setup) {
    const auto wished = s7::read_setup(request);
    if (!wished) return refuse(s7::header_error::pdu);
    connection.pdu = std::clamp(wished->pdu, std::min(s7::smallest_pdu, manners_.pdu), manners_.pdu);
    const auto most = manners_.outstanding;
    return s7::setup_reply(request.sequence,
                           {std::min(wished->calling, most), std::min(wished->called, most), connection.pdu});
  }
  if (!manners_.put_get) return refuse(s7::header_error::not_implemented);
  if (!manners_.password.empty() && !connection.unlocked) return refuse(s7::header_error::needs_password);
  constexpr std::size_t request_head = 10;
  if (connection.pdu == 0 || request_head + request.parameters.size() + request.data.size() > connection.pdu)
    return refuse(s7::header_error::pdu);
  switch (function) {
    case s7::Function::read:
      return read(connection, request);
    case s7::Function::write:
      return write(request);
    case s7::Function::stop:
      running_ = false;
      return s7::function_reply(request.sequence, function, 0);
    case s7::Function::start:
      memory_.restart();
      running_ = true;
      return s7::function_reply(request.sequence, function, 0);
    case s7::Function::setup:
      break;
  }
  return refuse(s7::header_error::not_implemented);
}

s7::Bytes PlcCpu::read(const Connection& connection, const s7::Message& request) {
  const auto ranges = s7::read_ranges(request);
  if (!ranges) return s7::error_reply(request.sequence, s7::header_error::pdu);
  std::vector<s7::Bytes> kept;
  kept.reserve(ranges->size());
  std::vector<s7::AnsweredRange> items;
  std::size_t size = s7::read_reply_head;
  for (const auto& range : *ranges) {
    const auto reply = memory_.read(range);
    // A bit lies in the memory's one answer, which the next bit would overwrite.
    kept.emplace_back(reply.data.begin(), reply.data.end());
    items.push_back({range, {reply.code, kept.back()}});
    size += s7::item_head + kept.back().size();
    if (items.size() < ranges->size()) size += kept.back().size() % 2;
  }
  if (size > connection.pdu) return s7::error_reply(request.sequence, s7::header_error::pdu);
  return s7::read_reply(request.sequence, items);
}

s7::Bytes PlcCpu::write(const s7::Message& request) {
  const auto items = s7::read_write_items(request);
  if (!items) return s7::error_reply(request.sequence, s7::header_error::pdu);
  std::vector<s7::ItemCode> codes;
  for (const auto& [range, data] : *items) {
    if (!manners_.writable)
      codes.push_back(s7::ItemCode::denied);
    else if (!manners_.bit_writes && range.length == s7::WordLength::bit)
      codes.push_back(s7::ItemCode::type);
    else
      codes.push_back(memory_.write(range, data));
  }
  return s7::write_reply(request.sequence, codes);
}

s7::Bytes PlcCpu::user(Connection& connection, const s7::Message& request, std::int64_t wall_ns) {
  const auto question = s7::read_user_request(request);
  if (!question) return s7::error_reply(request.sequence, s7::header_error::pdu);
  s7::UserReply reply{.function = question->function,
                      .part = 0,
                      .more = false,
                      .error = 0,
                      .code = s7::ItemCode::good,
                      .data = {}};
  if (!question->continues) {
    if (question->function == UserFunction::enter_password) {
      connection.unlocked = s7::read_password_data(question->data) == manners_.password;
      if (!connection.unlocked) reply.error = s7::header_error::wrong_password;
      reply.code = s7::ItemCode::missing;
      return s7::user_reply(request.sequence, reply);
    }
    if (question->function == UserFunction::cancel_password) {
      connection.unlocked = false;
      reply.code = s7::ItemCode::missing;
      return s7::user_reply(request.sequence, reply);
    }
    connection.rest = user_data(question->function, question->data, reply, wall_ns);
    connection.rest_of = question->function;
    connection.part = 0;
  } else if (connection.rest_of != question->function || connection.rest.empty()) {
    reply.error = s7::header_error::not_implemented;
  }
  // What does not fit waits until the next part is asked for. 26: all heads together.
  const std::size_t room = std::max<std::size_t>(connection.pdu, 240) - 26;
  const std::size_t size = std::min(room, connection.rest.size());
  const s7::Bytes now(connection.rest.begin(), connection.rest.begin() + static_cast<std::ptrdiff_t>(size));
  connection.rest.erase(connection.rest.begin(), connection.rest.begin() + static_cast<std::ptrdiff_t>(size));
  reply.more = !connection.rest.empty();
  if (reply.more || question->continues) reply.part = ++connection.part;
  reply.data = now;
  if (now.empty()) reply.code = s7::ItemCode::missing;
  return s7::user_reply(request.sequence, reply);
}

s7::Bytes PlcCpu::user_data(UserFunction function, s7::View question, s7::UserReply& reply,
                            std::int64_t wall_ns) {
  using namespace std::chrono;
  switch (function) {
    case UserFunction::status_list:
      return status_list(question, reply);
    case UserFunction::block_counts:
    case UserFunction::block_list:
    case UserFunction::block_info:
      return blocks(function, question, reply);
    case UserFunction::read_clock: {
      const auto at = sys_time<nanoseconds>(nanoseconds(wall_ns + clock_ahead_ns_));
      const auto day = floor<days>(at);
      auto time = s7::date_of_days((day - sys_days{year{1990} / 1 / 1}).count());
      const auto of_day = at - day;
      time.hour = static_cast<int>(duration_cast<hours>(of_day).count());
      time.minute = static_cast<int>(duration_cast<minutes>(of_day).count() % 60);
      time.second = static_cast<int>(duration_cast<seconds>(of_day).count() % 60);
      time.nanosecond = of_day.count() % 1'000'000'000;
      return s7::clock_data(time);
    }
    case UserFunction::set_clock: {
      const auto time = s7::read_clock_data(question);
      if (!time) {
        reply.error = s7::header_error::pdu;
        return {};
      }
      const auto days_between = s7::days_since_1990(time->year, time->month, time->day) + 7305;
      const auto seconds_of_day = (time->hour * 60 + time->minute) * 60 + time->second;
      clock_ahead_ns_ = (days_between * 86400 + seconds_of_day) * 1'000'000'000 + time->nanosecond - wall_ns;
      return {};
    }
    default:
      reply.error = s7::header_error::not_implemented;
      return {};
  }
}

s7::Bytes PlcCpu::status_list(s7::View question, s7::UserReply& reply) {
  if (question.size() < 4 || !manners_.status_lists) {
    reply.error = manners_.status_lists ? s7::header_error::pdu : s7::header_error::not_implemented;
    return {};
  }
  const auto id = s7::get16(question, 0);
  const auto index = s7::get16(question, 2);
  s7::Bytes data;
  const auto head = [&](unsigned record_bytes, unsigned records) {
    s7::put16(data, id);
    s7::put16(data, index);
    s7::put16(data, record_bytes);
    s7::put16(data, records);
  };
  const auto text = [&](std::string_view words, std::size_t size, char fill) {
    for (std::size_t i = 0; i < size; ++i)
      s7::put8(data, static_cast<unsigned char>(i < words.size() ? words[i] : fill));
  };
  switch (id) {
    case 0x0424:
      head(20, 1);
      s7::put(data, {0x51, 0x44, 0xFF, running_ ? 0x08U : 0x04U});
      data.resize(8 + 20);
      return data;
    case 0x0000:
      head(2, 4);
      for (const unsigned list : {0x0000U, 0x0011U, 0x001CU, 0x0424U}) s7::put16(data, list);
      return data;
    case 0x0011:
      head(28, 1);
      s7::put16(data, 1);
      text("STANDSTILL SIM-PLC", 20, ' ');
      s7::put(data, {0x00, 0xC0, 0x00, 0x01, 0x56, 0x01});
      return data;
    case 0x001C:
      head(34, 6);
      for (const auto& [number, words] : {std::pair{1U, "Standstill"},
                                          {2U, "Simulated PLC"},
                                          {3U, "bench"},
                                          {4U, "Standstill"},
                                          {5U, "S SIM-0001"},
                                          {7U, "CPU simulated"}}) {
        s7::put16(data, number);
        text(words, 32, '\0');
      }
      return data;
    default:
      reply.error = 0xD401;  // there is no such list
      return {};
  }
}

s7::Bytes PlcCpu::blocks(UserFunction function, s7::View question, s7::UserReply& reply) {
  s7::Bytes data;
  const auto count = static_cast<unsigned>(memory_.blocks().size());
  if (function == UserFunction::block_counts) {
    for (const unsigned type : {0x38U, 0x45U, 0x43U, 0x41U, 0x42U, 0x44U, 0x46U}) {
      s7::put(data, {0x30, type});
      s7::put16(data, type == 0x41 ? count : 0);
    }
    return data;
  }
  if (question.size() < 2 || static_cast<s7::BlockType>(s7::get8(question, 1)) != s7::BlockType::db) {
    reply.error = 0xD20E;  // no block of this type
    return {};
  }
  if (function == UserFunction::block_list) {
    for (const auto& [number, bytes] : memory_.blocks()) {
      s7::put16(data, number);
      s7::put(data, {0x22, 0x05});
    }
    return data;
  }
  unsigned number = 0;
  for (std::size_t i = 2; i < question.size() && i < 7; ++i)
    number = number * 10 + (s7::get8(question, i) - unsigned{'0'}) % 10;
  const auto found = memory_.blocks().find(static_cast<std::uint16_t>(number));
  if (found == memory_.blocks().end()) {
    reply.error = 0xD209;  // there is no such block
    return {};
  }
  const auto size = static_cast<std::uint32_t>(found->second.size());
  return s7::block_info_data({.type = s7::BlockType::db,
                              .number = found->first,
                              .language = 0x05,
                              .flags = 0x01,
                              .load_bytes = size + 92,
                              .work_bytes = static_cast<std::uint16_t>(std::min(size, 65535U)),
                              .local_bytes = 0,
                              .checksum = 0,
                              .version = 0x10,
                              .author = "SIM",
                              .family = "SIM",
                              .header = "BLOCK"});
}

}  // namespace standstill::sim
