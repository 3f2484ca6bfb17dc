#include "wire/modbus/pdu.hpp"

#include <algorithm>

namespace standstill::modbus {

namespace {

constexpr std::uint8_t mei_identification = 14;

Request begin(std::uint8_t unit, Function function, std::uint16_t address) {
  Request request;
  request.unit = unit;
  request.pdu.put(static_cast<std::uint8_t>(function));
  request.pdu.put_word(address);
  return request;
}

bool reads_bits(std::uint8_t code) { return code == 1 || code == 2; }
bool reads_registers(std::uint8_t code) { return code == 3 || code == 4 || code == 23; }

std::size_t answer_bytes(const Pdu& request) {  // of a read's data
  const std::size_t count = request.word(3);
  return reads_bits(request.code()) ? (count + 7) / 8 : count * 2;
}

}  // namespace

std::string_view name(Exception exception) {
  switch (exception) {
    case Exception::none:
      return "no exception";
    case Exception::illegal_function:
      return "illegal function";
    case Exception::illegal_address:
      return "illegal address";
    case Exception::illegal_value:
      return "illegal value";
    case Exception::device_failure:
      return "device failure";
    case Exception::acknowledge:
      return "acknowledged, not done yet";
    case Exception::busy:
      return "device busy";
    case Exception::memory_parity:
      return "memory parity error";
    case Exception::gateway_path:
      return "gateway has no path";
    case Exception::gateway_target:
      return "the device behind the gateway does not answer";
  }
  return "unknown exception";
}

std::optional<Pdu> Pdu::from(std::span<const std::uint8_t> bytes) {
  if (bytes.empty() || bytes.size() > max_pdu) return std::nullopt;
  Pdu made;
  std::copy(bytes.begin(), bytes.end(), made.bytes_.begin());
  made.size_ = static_cast<std::uint8_t>(bytes.size());
  return made;
}

bool Pdu::operator==(const Pdu& other) const { return std::ranges::equal(bytes(), other.bytes()); }

Request read_request(std::uint8_t unit, Function function, std::uint16_t address, std::uint16_t count) {
  Request request = begin(unit, function, address);
  const std::size_t most = reads_bits(static_cast<std::uint8_t>(function)) ? max_bits : max_registers;
  request.pdu.put_word(static_cast<std::uint16_t>(std::min<std::size_t>(count, most)));
  return request;
}

Request write_coil(std::uint8_t unit, std::uint16_t address, bool on) {
  Request request = begin(unit, Function::write_coil, address);
  request.pdu.put_word(on ? 0xFF00 : 0x0000);
  return request;
}

Request write_register(std::uint8_t unit, std::uint16_t address, std::uint16_t value) {
  Request request = begin(unit, Function::write_register, address);
  request.pdu.put_word(value);
  return request;
}

Request write_coils(std::uint8_t unit, std::uint16_t address, std::span<const bool> values) {
  Request request = begin(unit, Function::write_coils, address);
  values = values.first(std::min<std::size_t>(values.size(), 1968));
  request.pdu.put_word(static_cast<std::uint16_t>(values.size()));
  request.pdu.put(static_cast<std::uint8_t>((values.size() + 7) / 8));
  for (std::size_t i = 0; i < values.size(); i += 8) {
    unsigned packed = 0;
    for (std::size_t bit = 0; bit < 8 && i + bit < values.size(); ++bit)
      if (values[i + bit]) packed |= 1U << bit;
    request.pdu.put(static_cast<std::uint8_t>(packed));
  }
  return request;
}

Request write_registers(std::uint8_t unit, std::uint16_t address, std::span<const std::uint16_t> values) {
  Request request = begin(unit, Function::write_registers, address);
  values = values.first(std::min<std::size_t>(values.size(), 123));
  request.pdu.put_word(static_cast<std::uint16_t>(values.size()));
  request.pdu.put(static_cast<std::uint8_t>(values.size() * 2));
  for (const std::uint16_t value : values) request.pdu.put_word(value);
  return request;
}

Request mask_register(std::uint8_t unit, std::uint16_t address, std::uint16_t and_mask,
                      std::uint16_t or_mask) {
  Request request = begin(unit, Function::mask_register, address);
  request.pdu.put_word(and_mask);
  request.pdu.put_word(or_mask);
  return request;
}

Request read_write(std::uint8_t unit, std::uint16_t read_address, std::uint16_t read_count,
                   std::uint16_t write_address, std::span<const std::uint16_t> values) {
  Request request = begin(unit, Function::read_write, read_address);
  request.pdu.put_word(static_cast<std::uint16_t>(std::min<std::size_t>(read_count, max_registers)));
  request.pdu.put_word(write_address);
  values = values.first(std::min<std::size_t>(values.size(), 121));
  request.pdu.put_word(static_cast<std::uint16_t>(values.size()));
  request.pdu.put(static_cast<std::uint8_t>(values.size() * 2));
  for (const std::uint16_t value : values) request.pdu.put_word(value);
  return request;
}

Request read_identification(std::uint8_t unit, std::uint8_t level, std::uint8_t object) {
  Request request;
  request.unit = unit;
  request.pdu.put(static_cast<std::uint8_t>(Function::identification));
  request.pdu.put(mei_identification);
  request.pdu.put(level);
  request.pdu.put(object);
  return request;
}

bool answers(const Pdu& request, std::span<const std::uint8_t> reply) {
  if (reply.empty() || request.size() < 4) return false;
  const std::uint8_t code = request.code();
  if (reply[0] == (code | error_flag)) return reply.size() == 2 && reply[1] != 0;
  if (reply[0] != code) return false;
  const auto repeats = [&](std::size_t bytes) {
    return reply.size() == bytes && std::ranges::equal(reply, request.bytes().first(bytes));
  };
  if (reads_bits(code) || reads_registers(code)) {
    const std::size_t expected = answer_bytes(request);
    return reply.size() == 2 + expected && reply[1] == expected;
  }
  switch (static_cast<Function>(code)) {
    case Function::write_coil:
    case Function::write_register:
    case Function::write_coils:
    case Function::write_registers:
      return repeats(5);
    case Function::mask_register:
      return repeats(7);
    case Function::identification:
      // The level comes back, and of a single object its number.
      return reply.size() >= 7 && reply[1] == mei_identification && reply[2] == request.byte(2) &&
             answer_size(reply) == reply.size() &&
             (reply[2] != 4 || (reply.size() > 7 && reply[7] == request.byte(3)));
    default:
      return false;
  }
}

bool alike(const Request& one, const Request& other) {
  if (one.unit != other.unit || one.pdu.code() != other.pdu.code()) return false;
  const std::uint8_t code = one.pdu.code();
  if (reads_bits(code) || reads_registers(code)) return answer_bytes(one.pdu) == answer_bytes(other.pdu);
  if (code == 15 || code == 16)
    return std::ranges::equal(one.pdu.bytes().first(5), other.pdu.bytes().first(5));
  if (code == 43) return one.pdu.byte(2) == other.pdu.byte(2);
  return one.pdu == other.pdu;
}

Exception exception_of(std::span<const std::uint8_t> reply) {
  if (reply.size() < 2 || (reply[0] & error_flag) == 0) return Exception::none;
  return static_cast<Exception>(reply[1]);
}

std::uint16_t register_at(std::span<const std::uint8_t> reply, std::size_t index) {
  const std::size_t at = 2 + index * 2;
  if (at + 1 >= reply.size()) return 0;
  return static_cast<std::uint16_t>(reply[at] << 8U | reply[at + 1]);
}

bool bit_at(std::span<const std::uint8_t> reply, std::size_t index) {
  const std::size_t at = 2 + index / 8;
  return at < reply.size() && (reply[at] >> (index % 8) & 1U) != 0;
}

std::size_t registers_in(std::span<const std::uint8_t> reply) {
  return reply.size() < 2 ? 0 : (reply.size() - 2) / 2;
}

std::optional<std::string_view> identification_object(std::span<const std::uint8_t> reply,
                                                      std::uint8_t object) {
  for (std::size_t at = 7; at + 2 <= reply.size(); at += 2U + reply[at + 1]) {
    const std::size_t length = reply[at + 1];
    if (at + 2 + length > reply.size()) return std::nullopt;
    if (reply[at] == object)
      return std::string_view(reinterpret_cast<const char*>(reply.data() + at + 2), length);
  }
  return std::nullopt;
}

std::optional<std::size_t> answer_size(std::span<const std::uint8_t> begun) {
  if (begun.empty()) return std::nullopt;
  const std::uint8_t code = begun[0];
  if ((code & error_flag) != 0) return 2;
  if (reads_bits(code) || reads_registers(code)) {
    if (begun.size() < 2) return std::nullopt;
    return begun[1] == 0 || begun[1] > 250 ? 0U : 2U + begun[1];
  }
  switch (static_cast<Function>(code)) {
    case Function::write_coil:
    case Function::write_register:
    case Function::write_coils:
    case Function::write_registers:
      return 5;
    case Function::mask_register:
      return 7;
    case Function::identification: {
      if (begun.size() >= 2 && begun[1] != mei_identification) return 0;
      if (begun.size() < 7) return std::nullopt;
      std::size_t size = 7;
      for (unsigned object = 0; object < begun[6]; ++object) {
        if (size + 2 > max_pdu) return 0;
        if (begun.size() < size + 2) return std::nullopt;
        size += 2U + begun[size + 1];
      }
      return size > max_pdu ? 0U : size;
    }
    default:
      return 0;
  }
}

std::optional<std::size_t> request_size(std::span<const std::uint8_t> begun) {
  if (begun.empty()) return std::nullopt;
  const auto with_bytes = [&](std::size_t at) -> std::optional<std::size_t> {
    if (begun.size() <= at) return std::nullopt;
    const std::size_t size = at + 1 + begun[at];
    return size > max_pdu ? 0U : size;
  };
  switch (begun[0]) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
      return 5;
    case 15:
    case 16:
      return with_bytes(5);
    case 22:
      return 7;
    case 23:
      return with_bytes(9);
    case 43:
      return 4;
    default:
      return 0;
  }
}

}  // namespace standstill::modbus
