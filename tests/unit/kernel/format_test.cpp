#include "kernel/format.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace standstill {
namespace {

std::string number(double value) { return std::string{Sentence{}.number(value).view()}; }

TEST(Format, NumbersReadAsPeopleWriteThem) {
  EXPECT_EQ(number(80012), "80012.0");
  EXPECT_EQ(number(0), "0.0");
  EXPECT_EQ(number(-17.25), "-17.25");
  EXPECT_EQ(number(230.1), "230.1");
  EXPECT_EQ(number(0.05), "0.05");
  EXPECT_EQ(number(0.000001), "0.000001");
  EXPECT_EQ(number(99.9999999), "100.0");
  EXPECT_EQ(number(999999999999999.0), "999999999999999.0");
  EXPECT_EQ(number(1e15), "1.0e15");
  EXPECT_EQ(number(-2.5e300), "-2.5e300");
}

TEST(Format, WhatIsNoNumberSaysSo) {
  EXPECT_EQ(number(std::nan("")), "not a number");
  EXPECT_EQ(number(HUGE_VAL), "infinite");
  EXPECT_EQ(number(-HUGE_VAL), "-infinite");
  EXPECT_FALSE(is_finite(std::nan("")));
  EXPECT_FALSE(is_finite(-HUGE_VAL));
  EXPECT_TRUE(is_finite(0.0));
}

TEST(Format, NumbersReadBackToTheSameValueWithinTheirLastDecimal) {
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> digits{-9.0, 14.9};
  for (int i = 0; i < 20000; ++i) {
    const double value = std::pow(10.0, digits(random)) * (i % 2 == 0 ? 1 : -1);
    const std::string text = number(value);
    const double back = std::strtod(text.c_str(), nullptr);
    EXPECT_NEAR(back, value, std::max(0.51e-6, std::fabs(value) * 1e-13)) << text;
  }
}

TEST(Format, IntegersAndTimes) {
  EXPECT_EQ(Sentence{}.integer(0).text("/").integer(-12).text("/").integer(INT64_MAX).view(),
            "0/-12/9223372036854775807");
  EXPECT_EQ(Sentence{}.ms(1500ms).view(), "1500 ms");
}

TEST(Format, TooLongIsCutNotOverrun) {
  const std::string longer(Sentence::capacity + 50, 'x');
  EXPECT_EQ(Sentence{}.text(longer).integer(5).view(), longer.substr(0, Sentence::capacity));
}

}  // namespace
}  // namespace standstill
