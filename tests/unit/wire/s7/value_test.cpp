#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "unit/wire/s7/hex.hpp"
#include "wire/s7/value.hpp"
#include "wire/s7/value_times.hpp"

namespace standstill::s7 {
namespace {

Address at(std::string_view text) {
  const auto address = parse_address(text);
  EXPECT_TRUE(address) << text << ": " << (address ? "" : address.error());
  return address.value_or(Address{});
}

std::string decoded(std::string_view address, std::string_view bytes) {
  const auto value = decode(at(address), hex(bytes));
  return value ? to_text(*value) : "error: " + value.error();
}

std::string encoded(std::string_view address, std::string_view text) {
  const auto value = parse_value(at(address), text);
  if (!value) return "error: " + value.error();
  return shown(encode(at(address), *value).value());
}

TEST(S7Address, ReadsWhatPeopleWriteAndWritesItBack) {
  for (const char* text : {"DB1.DBX4.0", "DB1.DBD0:DINT", "M10.2", "I0.0", "DB2.DBB0:STRING[20]", "MW20:INT",
                           "QB4", "T5", "C7", "DB3.DBW10:INT[8]", "DB65535.DBB65535", "DB1.DBX0.3:BOOL[12]",
                           "DB4.DBB0:DTL", "DB4.DBB0:WSTRING[254]", "MD10:REAL", "DB1.DBB8:LREAL"})
    EXPECT_EQ(to_text(at(text)), text);
  EXPECT_EQ(to_text(at("E0.7")), "I0.7");
  EXPECT_EQ(to_text(at("AW2")), "QW2");
  EXPECT_EQ(to_text(at("Z3")), "C3");
  EXPECT_EQ(to_text(at("DB2.DBB0:STRING")), "DB2.DBB0:STRING[254]");
  EXPECT_EQ(at("DB12.DBW30:INT").db, 12);
  EXPECT_EQ(at("DB12.DBW30:INT").byte, 30U);
  for (const char* bad : {"",
                          "DB",
                          "DB0.DBX0.0",
                          "DB1.DBX0",
                          "DB1.DBX0.8",
                          "DB1.DBW0:REAL",
                          "DB1.DBW0:",
                          "DB1.DBD0.1",
                          "DB99999.DBW0",
                          "M",
                          "M1.0x",
                          "X1.0",
                          "DB1.DBW-1",
                          "MW70000",
                          "DB1.DBW65535",
                          "DB1.DBW0:INT[0]",
                          "DB1.DBB0:STRING[255]",
                          "DB1.DBB0:STRING[5",
                          "T",
                          "T5:INT",
                          "DB1.DBB0:COUNTER"})
    EXPECT_FALSE(parse_address(bad)) << bad;
}

// Numbers: IEC 61131-3 and IEEE 754, big-endian; texts and times: Siemens, "SIMATIC STEP 7 data types".
TEST(S7Values, BytesOfEveryType) {
  EXPECT_EQ(decoded("DB1.DBX0.3", "08"), "true");
  EXPECT_EQ(decoded("DB1.DBX0.4", "08"), "false");
  EXPECT_EQ(decoded("DB1.DBX0.7:BOOL[3]", "80 02"), "true,false,true");
  EXPECT_EQ(decoded("DB1.DBB0", "ff"), "255");
  EXPECT_EQ(decoded("DB1.DBB0:SINT", "ff"), "-1");
  EXPECT_EQ(decoded("DB1.DBB0:CHAR", "41"), "A");
  EXPECT_EQ(decoded("DB1.DBB0:CHAR", "e4"), "ä");
  EXPECT_EQ(decoded("DB1.DBW0", "12 34"), "4660");
  EXPECT_EQ(decoded("DB1.DBW0:INT", "ff fe"), "-2");
  EXPECT_EQ(decoded("DB1.DBD0:DINT", "80 00 00 00"), "-2147483648");
  EXPECT_EQ(decoded("DB1.DBD0:UDINT", "80 00 00 00"), "2147483648");
  EXPECT_EQ(decoded("DB1.DBD0:REAL", "42 f6 e9 79"), "123.456");
  EXPECT_EQ(decoded("DB1.DBB0:LREAL", "40 09 21 fb 54 44 2d 18"), "3.14159265358979");
  EXPECT_EQ(decoded("DB1.DBB0:ULINT", "ff ff ff ff ff ff ff ff"), "18446744073709551615");
  EXPECT_EQ(decoded("DB1.DBB0:STRING[5]", "05 03 61 62 63 78 78"), "abc");
  EXPECT_EQ(decoded("DB1.DBB0:WSTRING[2]", "00 02 00 01 20 ac 00 00"), "€");
  EXPECT_EQ(decoded("DB1.DBD0:TIME", "ff ff fc 18"), "-1000");
  EXPECT_EQ(decoded("DB1.DBW0:S5TIME", "21 27"), "127000");
  EXPECT_EQ(decoded("DB1.DBW0:DATE", "00 00"), "1990-01-01");
  EXPECT_EQ(decoded("DB1.DBW0:DATE", "33 ad"), "2026-03-22");
  EXPECT_EQ(decoded("DB1.DBD0:TOD", "05 26 5b ff"), "23:59:59.999");
  EXPECT_EQ(decoded("DB1.DBB0:DT", "26 01 31 23 59 58 12 37"), "2026-01-31 23:59:58.123");
  EXPECT_EQ(decoded("DB1.DBB0:DT", "93 12 25 08 12 34 56 77"), "1993-12-25 08:12:34.567");
  EXPECT_EQ(decoded("DB1.DBB0:DTL", "07 ea 01 1f 07 17 3b 3a 07 54 d4 c0"), "2026-01-31 23:59:58.123000000");
  EXPECT_EQ(decoded("C1", "01 27"), "127");
  EXPECT_EQ(decoded("DB1.DBW0:INT[3]", "00 01 00 02 ff ff"), "1,2,-1");
}

TEST(S7Values, WhatCannotBeIsAnErrorAndNoGuess) {
  EXPECT_EQ(decoded("DB1.DBB0:STRING[3]", "fe 04 61 62 63"),
            "error: there is no text: its length of 4 is more than its room of 3");
  EXPECT_EQ(decoded("DB1.DBB0:STRING[3]", "02 03 61 62 63"),
            "error: there is no text: its length of 3 is more than its room of 2");
  EXPECT_EQ(decoded("DB1.DBB0:DT", "26 13 31 23 59 58 12 37"),
            "error: it is no DATE_AND_TIME: there is no such date or time");
  EXPECT_EQ(decoded("DB1.DBW0:S5TIME", "0a 00"), "error: it is no S5TIME: it holds a digit above 9");
  EXPECT_EQ(decoded("DB1.DBD0:TOD", "05 26 5c 00"), "error: it is no TIME_OF_DAY: the day has 86400000 ms");
  EXPECT_EQ(decoded("DB1.DBD0", "00"), "error: the PLC sent 1 bytes instead of 4");
  EXPECT_EQ(encoded("DB1.DBW0:INT", "32768"), "error: 32768 is not in -32768 to 32767");
  EXPECT_EQ(encoded("DB1.DBX0.0", "2"), "error: a BOOL is true or false");
  EXPECT_EQ(encoded("DB1.DBD0:REAL", "1e39"), "error: 1e+39 is too large for a REAL");
  EXPECT_EQ(encoded("DB1.DBB0:STRING[3]", "abcd"), "error: the text has 4 characters, there is room for 3");
  EXPECT_EQ(encoded("DB1.DBB0:STRING[3]", "€"),
            "error: the text has a character that a STRING cannot hold (only Latin-1)");
  EXPECT_EQ(encoded("DB1.DBX0.0:BOOL[2]", "1,0"),
            "error: bits are written one at a time: whole bytes would take their neighbours with them");
  EXPECT_EQ(encoded("DB1.DBW0:INT[2]", "1"), "error: there are 1 values for 2 elements");
}

TEST(S7Values, WhatPeopleType) {
  EXPECT_EQ(encoded("DB1.DBX0.3", "true"), "01");
  EXPECT_EQ(encoded("DB1.DBW0:INT", "-2"), "ff fe");
  EXPECT_EQ(encoded("DB1.DBW0", "0x12AB"), "12 ab");
  EXPECT_EQ(encoded("DB1.DBD0:REAL", "123.456"), "42 f6 e9 79");
  EXPECT_EQ(encoded("DB1.DBB0:STRING[5]", "äb"), "05 02 e4 62 00 00 00");
  EXPECT_EQ(encoded("DB1.DBB0:WSTRING[2]", "€"), "00 02 00 01 20 ac 00 00");
  EXPECT_EQ(encoded("DB1.DBW0:S5TIME", "127000"), "21 27");
  EXPECT_EQ(encoded("DB1.DBW0:DATE", "2026-03-22"), "33 ad");
  EXPECT_EQ(encoded("DB1.DBD0:TOD", "23:59:59.999"), "05 26 5b ff");
  EXPECT_EQ(encoded("DB1.DBB0:DT", "2026-01-31 23:59:58.123"), "26 01 31 23 59 58 12 37");
  EXPECT_EQ(encoded("DB1.DBB0:DTL", "2026-01-31 23:59:58.123"), "07 ea 01 1f 07 17 3b 3a 07 54 d4 c0");
  EXPECT_EQ(encoded("DB1.DBW0:INT[3]", "1,2,-1"), "00 01 00 02 ff ff");
}

TEST(S7Values, AnyBytesGiveAValueOrAnErrorAndEveryValueItsBytesAgain) {
  for (const char* text :
       {"DB1.DBB0", "DB1.DBB0:SINT", "DB1.DBW0:INT", "DB1.DBD0:DINT", "DB1.DBB0:LINT", "DB1.DBB0:ULINT",
        "DB1.DBD0:TIME", "DB1.DBW0:DATE", "DB1.DBD0:TOD", "DB1.DBB0:DT", "DB1.DBB0:DTL", "C1",
        "DB1.DBB0:STRING[6]", "DB1.DBB0:WSTRING[3]", "DB1.DBB0:CHAR"}) {
    const Address address = at(text);
    EXPECT_TRUE(rc::check(text, [&] {
      Bytes bytes;
      for (std::size_t i = 0; i < total_bytes(address); ++i) put8(bytes, *rc::gen::inRange(0U, 256U));
      const auto value = decode(address, bytes);
      if (!value) return;
      const auto back = encode(address, *value);
      if (!back) return;  // a date of the years that only DATE can hold, a lone surrogate …
      const auto again = decode(address, *back);
      RC_ASSERT(again.has_value());
      RC_ASSERT(*again == *value);
    }));
  }
}

}  // namespace
}  // namespace standstill::s7
