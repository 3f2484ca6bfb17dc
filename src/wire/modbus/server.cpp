#include "wire/modbus/server.hpp"

#include <algorithm>

namespace standstill::modbus {

namespace {

class Answering {
 public:
  Answering(Bank& bank, std::span<const std::uint8_t> request) : bank_(bank), in_(request) {}

  Pdu run() {
    const Exception problem = in_.empty() ? Exception::illegal_function : carry_out();
    if (problem == Exception::none) return out_;
    Pdu refusal;
    refusal.put(static_cast<std::uint8_t>((in_.empty() ? 0U : in_[0]) | error_flag));
    refusal.put(static_cast<std::uint8_t>(problem));
    return refusal;
  }

 private:
  [[nodiscard]] std::uint16_t word(std::size_t at) const {
    return static_cast<std::uint16_t>(in_[at] << 8U | in_[at + 1]);
  }
  void repeat(std::size_t bytes) {
    for (const std::uint8_t byte : in_.first(bytes)) out_.put(byte);
  }

  Exception carry_out() {
    const auto size = request_size(in_);
    if (size == 0U) {
      const bool known = in_[0] == 15 || in_[0] == 16 || in_[0] == 23;
      return known ? Exception::illegal_value : Exception::illegal_function;
    }
    if (!size || *size != in_.size()) return Exception::illegal_value;
    switch (const auto function = static_cast<Function>(in_[0])) {
      case Function::read_coils:
      case Function::read_inputs:
        return read_bits(function);
      case Function::read_holding:
      case Function::read_input_registers:
        return read_words(function, word(1), word(3));
      case Function::write_coil:
        return write_coil();
      case Function::write_register:
        return write_words(word(1), in_.subspan(3, 2), 5);
      case Function::write_coils:
        return write_coils();
      case Function::write_registers:
        if (word(3) == 0 || word(3) > 123 || in_[5] != word(3) * 2) return Exception::illegal_value;
        return write_words(word(1), in_.subspan(6), 5);
      case Function::mask_register:
        return mask();
      case Function::read_write:
        if (word(7) == 0 || word(7) > 121 || in_[9] != word(7) * 2) return Exception::illegal_value;
        if (word(3) == 0 || word(3) > max_registers) return Exception::illegal_value;
        if (const auto refused = write_words(word(5), in_.subspan(10), 0); refused != Exception::none)
          return refused;
        return read_words(function, word(1), word(3));
      case Function::identification:
        return identify();
    }
    return Exception::illegal_function;
  }

  Exception read_bits(Function table) {
    const std::uint16_t first = word(1), count = word(3);
    if (count == 0 || count > max_bits) return Exception::illegal_value;
    if (first + count > 0x10000) return Exception::illegal_address;
    out_.put(in_[0]);
    out_.put(static_cast<std::uint8_t>((count + 7) / 8));
    for (unsigned i = 0; i < count; i += 8) {
      unsigned packed = 0;
      for (unsigned bit = 0; bit < 8 && i + bit < count; ++bit) {
        const auto value = bank_.bit(table, static_cast<std::uint16_t>(first + i + bit));
        if (!value) return value.error();
        if (*value) packed |= 1U << bit;
      }
      out_.put(static_cast<std::uint8_t>(packed));
    }
    return Exception::none;
  }

  Exception read_words(Function function, std::uint16_t first, std::uint16_t count) {
    if (count == 0 || count > max_registers) return Exception::illegal_value;
    if (first + count > 0x10000) return Exception::illegal_address;
    const Function table = function == Function::read_write ? Function::read_holding : function;
    out_.put(in_[0]);
    out_.put(static_cast<std::uint8_t>(count * 2));
    for (unsigned i = 0; i < count; ++i) {
      const auto value = bank_.word(table, static_cast<std::uint16_t>(first + i));
      if (!value) return value.error();
      out_.put_word(*value);
    }
    return Exception::none;
  }

  Exception write_coil() {
    if (word(3) != 0xFF00 && word(3) != 0) return Exception::illegal_value;
    if (const auto refused = bank_.may_write(Function::write_coil, word(1)); refused != Exception::none)
      return refused;
    bank_.write_bit(word(1), word(3) != 0);
    repeat(5);
    return Exception::none;
  }

  Exception write_coils() {
    const std::uint16_t first = word(1), count = word(3);
    if (count == 0 || count > 1968 || in_[5] != (count + 7) / 8) return Exception::illegal_value;
    if (first + count > 0x10000) return Exception::illegal_address;
    for (unsigned i = 0; i < count; ++i)
      if (const auto refused = bank_.may_write(Function::write_coil, static_cast<std::uint16_t>(first + i));
          refused != Exception::none)
        return refused;
    for (unsigned i = 0; i < count; ++i)
      bank_.write_bit(static_cast<std::uint16_t>(first + i), (in_[6 + i / 8] >> (i % 8) & 1U) != 0);
    repeat(5);
    return Exception::none;
  }

  Exception write_words(std::uint16_t first, std::span<const std::uint8_t> values, std::size_t repeated) {
    const std::size_t count = values.size() / 2;
    if (first + count > 0x10000) return Exception::illegal_address;
    for (std::size_t i = 0; i < count; ++i)
      if (const auto refused =
              bank_.may_write(Function::write_register, static_cast<std::uint16_t>(first + i));
          refused != Exception::none)
        return refused;
    for (std::size_t i = 0; i < count; ++i)
      bank_.write_word(static_cast<std::uint16_t>(first + i),
                       static_cast<std::uint16_t>(values[2 * i] << 8U | values[2 * i + 1]));
    repeat(repeated);
    return Exception::none;
  }

  Exception mask() {
    const auto now = bank_.word(Function::read_holding, word(1));
    if (!now) return now.error();
    if (const auto refused = bank_.may_write(Function::write_register, word(1)); refused != Exception::none)
      return refused;
    const unsigned kept = *now & word(3);
    const unsigned set = word(5) & ~unsigned{word(3)};
    bank_.write_word(word(1), static_cast<std::uint16_t>(kept | set));
    repeat(7);
    return Exception::none;
  }

  Exception identify() {
    const auto objects = bank_.identification();
    if (objects.empty() || in_[1] != 14) return Exception::illegal_function;
    const std::uint8_t level = in_[2];
    if (level < 1 || level > 4) return Exception::illegal_value;
    const bool single = level == 4;
    const std::size_t first = in_[3] < objects.size() ? in_[3] : 0;
    if (single && in_[3] >= objects.size()) return Exception::illegal_address;
    const std::size_t last = single ? first + 1 : objects.size();
    repeat(3);
    out_.put(0x81);  // conformity: basic, as a list or one by one
    out_.put(0);     // nothing more follows
    out_.put(0);
    out_.put(static_cast<std::uint8_t>(last - first));
    for (std::size_t i = first; i < last; ++i) {
      out_.put(static_cast<std::uint8_t>(i));
      const std::size_t length = std::min<std::size_t>(objects[i].size(), 60);
      out_.put(static_cast<std::uint8_t>(length));
      for (const char c : objects[i].substr(0, length)) out_.put(static_cast<std::uint8_t>(c));
    }
    return Exception::none;
  }

  Bank& bank_;
  std::span<const std::uint8_t> in_;
  Pdu out_;
};

}  // namespace

Pdu answer(Bank& bank, std::span<const std::uint8_t> request) { return Answering(bank, request).run(); }

}  // namespace standstill::modbus
