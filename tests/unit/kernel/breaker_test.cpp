#include "kernel/breaker.hpp"

#include <gtest/gtest.h>

namespace standstill {
namespace {

constexpr Instant t0 = instant_from_ns(0) + 100s;

constexpr bool opens_tries_once_and_opens_again() {
  Breaker breaker({.failures = 3, .open_for = 300s});
  Instant time = t0;
  breaker.failed(time);
  breaker.failed(time);
  if (breaker.open(time)) return false;
  breaker.failed(time);
  if (!breaker.open(time) || breaker.until() != time + 300s) return false;
  time += 300s;
  if (breaker.open(time)) return false;  // one trial
  breaker.failed(time);
  return breaker.open(time) && breaker.until() == time + 300s;
}
static_assert(opens_tries_once_and_opens_again());

TEST(Breaker, ASuccessCountsFromTheStartAgain) {
  Breaker breaker({.failures = 2, .open_for = 10s});
  breaker.failed(t0);
  breaker.close();
  breaker.failed(t0);
  EXPECT_FALSE(breaker.open(t0));
  breaker.failed(t0);
  EXPECT_TRUE(breaker.open(t0));
}

TEST(Breaker, ADeviceThatReturnsClosesItAtOnce) {
  Breaker breaker({.failures = 1, .open_for = 300s});
  breaker.failed(t0);
  ASSERT_TRUE(breaker.open(t0 + 1s));
  breaker.close();
  EXPECT_FALSE(breaker.open(t0 + 1s));
}

TEST(Breaker, ZeroFailuresMeansThatItNeverOpens) {
  Breaker breaker({.failures = 0, .open_for = 300s});
  for (int i = 0; i < 1000; ++i) breaker.failed(t0);
  EXPECT_FALSE(breaker.open(t0));
}

}  // namespace
}  // namespace standstill
