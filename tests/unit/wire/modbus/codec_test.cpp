// Every expected byte is an example printed in the specifications:
//   [A] MODBUS Application Protocol Specification V1.1b3, section 6
//   [S] MODBUS over Serial Line V1.02, section 6.2.2
//   [T] MODBUS Messaging on TCP/IP Implementation Guide V1.0b, appendix A
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "bytes.hpp"
#include "wire/modbus/rtu.hpp"
#include "wire/modbus/server.hpp"
#include "wire/modbus/tcp.hpp"

namespace standstill::modbus::test {
namespace {

std::vector<std::uint8_t> pdu(const Request& request) {
  const auto bytes = request.pdu.bytes();
  return {bytes.begin(), bytes.end()};
}

struct Memory : Bank {
  std::map<std::uint16_t, bool> bits;
  std::map<std::uint16_t, std::uint16_t> words;
  std::uint16_t refused = 0xFFFF;  // an address that exists for nobody
  std::vector<std::string> names;
  int writes = 0;

  std::expected<bool, Exception> bit(Function, std::uint16_t address) override {
    if (address == refused) return std::unexpected(Exception::illegal_address);
    return bits[address];
  }
  std::expected<std::uint16_t, Exception> word(Function, std::uint16_t address) override {
    if (address == refused) return std::unexpected(Exception::illegal_address);
    return words[address];
  }
  Exception may_write(Function, std::uint16_t address) override {
    return address == refused ? Exception::illegal_address : Exception::none;
  }
  void write_bit(std::uint16_t address, bool value) override {
    bits[address] = value;
    ++writes;
  }
  void write_word(std::uint16_t address, std::uint16_t value) override {
    words[address] = value;
    ++writes;
  }
  std::vector<std::string> identification() override { return names; }

  void set_bits(std::uint16_t first, const std::string& packed, unsigned count) {
    const auto bytes = hex(packed);
    for (unsigned i = 0; i < count; ++i)
      bits[static_cast<std::uint16_t>(first + i)] = (bytes[i / 8] >> (i % 8) & 1U) != 0;
  }
};

std::vector<std::uint8_t> ask(Bank& bank, const std::string& request) {
  const auto in = hex(request);
  const Pdu out = answer(bank, in);
  return {out.bytes().begin(), out.bytes().end()};
}

TEST(ModbusPdu, asks_as_the_specification_prints_it) {
  EXPECT_EQ(pdu(read_request(1, Function::read_coils, 0x13, 0x13)), hex("01 00 13 00 13"));
  EXPECT_EQ(pdu(read_request(1, Function::read_inputs, 0xC4, 0x16)), hex("02 00 C4 00 16"));
  EXPECT_EQ(pdu(read_request(1, Function::read_holding, 0x6B, 3)), hex("03 00 6B 00 03"));
  EXPECT_EQ(pdu(read_request(1, Function::read_input_registers, 8, 1)), hex("04 00 08 00 01"));
  EXPECT_EQ(pdu(write_coil(1, 0xAC, true)), hex("05 00 AC FF 00"));
  EXPECT_EQ(pdu(write_register(1, 1, 3)), hex("06 00 01 00 03"));
  const std::array<bool, 10> coils{true, false, true, true, false, false, true, true, true, false};
  EXPECT_EQ(pdu(write_coils(1, 0x13, coils)), hex("0F 00 13 00 0A 02 CD 01"));
  const std::array<std::uint16_t, 2> two{0x000A, 0x0102};
  EXPECT_EQ(pdu(write_registers(1, 1, two)), hex("10 00 01 00 02 04 00 0A 01 02"));
  EXPECT_EQ(pdu(mask_register(1, 4, 0xF2, 0x25)), hex("16 00 04 00 F2 00 25"));
  const std::array<std::uint16_t, 3> three{0xFF, 0xFF, 0xFF};
  EXPECT_EQ(pdu(read_write(1, 3, 6, 0x0E, three)), hex("17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF"));
  EXPECT_EQ(pdu(read_identification(1)), hex("2B 0E 01 00"));
}

TEST(ModbusServer, answers_as_the_specification_prints_it) {
  Memory memory;
  memory.set_bits(0x13, "CD 6B 05", 19);
  EXPECT_EQ(ask(memory, "01 00 13 00 13"), hex("01 03 CD 6B 05"));
  memory.set_bits(0xC4, "AC DB 35", 22);
  EXPECT_EQ(ask(memory, "02 00 C4 00 16"), hex("02 03 AC DB 35"));
  memory.words = {{0x6B, 0x022B}, {0x6C, 0}, {0x6D, 0x64}, {8, 0x0A}};
  EXPECT_EQ(ask(memory, "03 00 6B 00 03"), hex("03 06 02 2B 00 00 00 64"));
  EXPECT_EQ(ask(memory, "04 00 08 00 01"), hex("04 02 00 0A"));
  EXPECT_EQ(ask(memory, "05 00 AC FF 00"), hex("05 00 AC FF 00"));
  EXPECT_TRUE(memory.bits[0xAC]);
  EXPECT_EQ(ask(memory, "06 00 01 00 03"), hex("06 00 01 00 03"));
  EXPECT_EQ(memory.words[1], 3);
  EXPECT_EQ(ask(memory, "0F 00 13 00 0A 02 CD 01"), hex("0F 00 13 00 0A"));
  EXPECT_TRUE(memory.bits[0x1B]);
  EXPECT_FALSE(memory.bits[0x1C]);
  EXPECT_EQ(ask(memory, "10 00 01 00 02 04 00 0A 01 02"), hex("10 00 01 00 02"));
  EXPECT_EQ(memory.words[2], 0x0102);
  memory.words[4] = 0x12;
  EXPECT_EQ(ask(memory, "16 00 04 00 F2 00 25"), hex("16 00 04 00 F2 00 25"));
  EXPECT_EQ(memory.words[4], 0x17);
  memory.words = {{3, 0xFE}, {4, 0x0ACD}, {5, 1}, {6, 3}, {7, 0x0D}, {8, 0xFF}};
  EXPECT_EQ(ask(memory, "17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF"),
            hex("17 0C 00 FE 0A CD 00 01 00 03 00 0D 00 FF"));
  memory.names = {"Company identification"};
  auto expected = hex("2B 0E 01 81 00 00 01 00 16");
  for (const char c : std::string("Company identification")) expected.push_back(static_cast<std::uint8_t>(c));
  EXPECT_EQ(ask(memory, "2B 0E 01 00"), expected);
}

TEST(ModbusServer, S16_refuses_with_the_exception_the_specification_has_for_it) {
  Memory memory;
  memory.refused = 0x6C;
  EXPECT_EQ(ask(memory, "03 00 6B 00 03"), hex("83 02"));
  EXPECT_EQ(ask(memory, "03 00 6B 00 00"), hex("83 03"));
  EXPECT_EQ(ask(memory, "03 00 6B 00 7E"), hex("83 03"));
  EXPECT_EQ(ask(memory, "03 FF FF 00 02"), hex("83 02"));
  EXPECT_EQ(ask(memory, "07"), hex("87 01"));
  EXPECT_EQ(ask(memory, "2B 0E 01 00"), hex("AB 01"));
  EXPECT_EQ(ask(memory, "05 00 AC 12 34"), hex("85 03"));
  // Nothing of a refused write happens, also when only its last register is refused.
  EXPECT_EQ(ask(memory, "10 00 6B 00 02 04 00 0A 01 02"), hex("90 02"));
  EXPECT_EQ(ask(memory, "10 00 01 00 02 03 00 0A 01 02"), hex("90 03"));
  EXPECT_EQ(memory.writes, 0);
}

TEST(ModbusPdu, an_answer_must_fit_its_request) {
  const Request read = read_request(1, Function::read_holding, 0x6B, 3);
  EXPECT_TRUE(answers(read.pdu, hex("03 06 02 2B 00 00 00 64")));
  EXPECT_TRUE(answers(read.pdu, hex("83 02")));
  EXPECT_FALSE(answers(read.pdu, hex("04 06 02 2B 00 00 00 64")));
  EXPECT_FALSE(answers(read.pdu, hex("03 04 02 2B 00 00")));
  EXPECT_FALSE(answers(read.pdu, hex("03 06 02 2B 00 00 00")));
  EXPECT_FALSE(answers(read.pdu, hex("84 02")));
  EXPECT_FALSE(answers(read.pdu, hex("83 00")));
  const Request write = write_register(1, 1, 3);
  EXPECT_TRUE(answers(write.pdu, hex("06 00 01 00 03")));
  EXPECT_FALSE(answers(write.pdu, hex("06 00 01 00 04")));
  EXPECT_FALSE(answers(write.pdu, hex("06 00 02 00 03")));
  const auto named = hex("2B 0E 01 01 00 00 02 00 02 41 42 01 01 43");
  EXPECT_TRUE(answers(read_identification(1).pdu, named));
  EXPECT_FALSE(answers(read_identification(1, 2).pdu, named));
  EXPECT_EQ(identification_object(named, 1), "C");
  EXPECT_FALSE(identification_object(named, 2));
}

TEST(ModbusPdu, reads_of_one_length_are_alike_and_nothing_else) {
  const auto read = [](std::uint8_t unit, Function function, std::uint16_t address, std::uint16_t count) {
    return read_request(unit, function, address, count);
  };
  const Request one = read(1, Function::read_holding, 0, 2);
  EXPECT_TRUE(alike(one, read(1, Function::read_holding, 40, 2)));
  EXPECT_FALSE(alike(one, read(1, Function::read_holding, 0, 3)));
  EXPECT_FALSE(alike(one, read(2, Function::read_holding, 0, 2)));
  EXPECT_FALSE(alike(one, read(1, Function::read_input_registers, 0, 2)));
  EXPECT_TRUE(alike(read(1, Function::read_coils, 0, 9), read(1, Function::read_coils, 50, 16)));
  EXPECT_FALSE(alike(write_register(1, 1, 3), write_register(1, 1, 4)));
}

TEST(ModbusRtu, the_crc_of_the_specification) {
  EXPECT_EQ(crc16(hex("02 07")), 0x1241);  // [S]: sent as 41 12
  std::vector<std::byte> out;
  append_rtu(out, 2, *Pdu::from(hex("07")));
  EXPECT_EQ(plain(out), hex("02 07 41 12"));
}

TEST(ModbusRtu, silence_between_frames) {
  EXPECT_EQ(frame_silence(9600), character_time(9600) * 7 / 2);
  EXPECT_EQ(to_ms(frame_silence(9600)), 4);
  EXPECT_EQ(frame_silence(115200), 1'750us);
}

TEST(ModbusRtu, a_frame_is_found_however_it_is_cut) {
  std::vector<std::byte> line;
  append_rtu(line, 17, *Pdu::from(hex("03 06 02 2B 00 00 00 64")));
  append_rtu(line, 17, *Pdu::from(hex("83 02")));
  for (std::size_t piece = 1; piece < line.size(); ++piece) {
    RtuReader reader(RtuReader::Side::answers);
    int frames = 0;
    for (std::size_t at = 0; at < line.size(); at += piece) {
      auto bytes = std::span<const std::byte>(line).subspan(at, std::min(piece, line.size() - at));
      while (!bytes.empty()) {
        const auto result = reader.read(bytes);
        ASSERT_NE(result, RtuReader::Result::bad);
        if (result == RtuReader::Result::frame) ++frames;
      }
    }
    EXPECT_EQ(frames, 2) << "in pieces of " << piece;
  }
}

TEST(ModbusRtu, every_flipped_bit_is_seen) {
  std::vector<std::byte> line;
  append_rtu(line, 17, *Pdu::from(hex("03 06 02 2B 00 00 00 64")));
  for (std::size_t bit = 0; bit < line.size() * 8; ++bit) {
    auto spoilt = line;
    spoilt[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    RtuReader reader(RtuReader::Side::answers);
    std::span<const std::byte> bytes = spoilt;
    while (!bytes.empty()) ASSERT_NE(reader.read(bytes), RtuReader::Result::frame) << "bit " << bit;
  }
}

TEST(ModbusTcp, the_envelope_of_the_guide) {
  std::vector<std::byte> out;
  append_tcp(out, 0x1501, 0xFF, read_request(0xFF, Function::read_input_registers, 4, 1).pdu);
  EXPECT_EQ(plain(out), hex("15 01 00 00 00 06 FF 04 00 04 00 01"));
  const auto reply = hex("15 01 00 00 00 05 FF 04 02 00 05");
  TcpReader reader;
  auto bytes = raw(reply);
  ASSERT_EQ(reader.read(bytes), TcpReader::Result::frame);
  EXPECT_EQ(reader.transaction(), 0x1501);
  EXPECT_EQ(reader.unit(), 0xFF);
  EXPECT_EQ(register_at(reader.pdu(), 0), 5);
}

TEST(ModbusTcp, S16_a_stream_that_is_no_modbus_is_named) {
  for (const char* text :
       {"00 01 00 01 00 06 01", "00 01 00 00 00 01 01", "00 01 00 00 01 00 01", "48 54 54 50 2F 31"}) {
    TcpReader reader;
    const auto in = hex(text);
    auto bytes = raw(in);
    EXPECT_EQ(reader.read(bytes), TcpReader::Result::failed) << text;
    EXPECT_FALSE(reader.error().empty());
  }
}

TEST(ModbusProperty, no_bytes_upset_the_readers_or_the_server) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& bytes) {
    Memory memory;
    const Pdu out = answer(memory, bytes);
    RC_ASSERT(out.size() >= 2U);
    RtuReader answers_reader(RtuReader::Side::answers), requests_reader(RtuReader::Side::requests);
    TcpReader tcp;
    for (auto left = raw(bytes); !left.empty();)
      if (answers_reader.read(left) == RtuReader::Result::bad) break;
    for (auto left = raw(bytes); !left.empty();)
      if (requests_reader.read(left) == RtuReader::Result::bad) break;
    for (auto left = raw(bytes); !left.empty();)
      if (tcp.read(left) == TcpReader::Result::failed) break;
  }));
}

}  // namespace
}  // namespace standstill::modbus::test
