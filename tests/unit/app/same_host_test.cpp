// A link is refused by whatever name it is called.
#include "app/same_host.hpp"

#include <gtest/gtest.h>

namespace standstill::app {
namespace {

TEST(SameHost, AMachineIsTheSameByEachOfItsNames) {
  EXPECT_TRUE(same_host("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(same_host("localhost", "127.0.0.1"));
  EXPECT_TRUE(same_host("127.0.0.1", "localhost"));
  EXPECT_TRUE(same_host("127.1", "127.0.0.1")) << "as it may be written too";
  EXPECT_FALSE(same_host("127.0.0.1", "127.0.0.2"));
  EXPECT_FALSE(same_host("192.168.0.10", "192.168.0.11"));
}

}  // namespace
}  // namespace standstill::app
