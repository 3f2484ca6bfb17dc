// What the second path says of itself: whom it reaches, and whom it does not.
#include "plant/station/direct.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "os/fd.hpp"
#include "unit/plant/station/bus_keys.hpp"

namespace standstill::station {
namespace {

class DirectPath : public testing::Test {
 protected:
  // A Unix socket leads to a server on this machine: the port is at 127.0.0.1.
  DirectPath() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    here_ = os::Fd(pair[0]);
    there_ = os::Fd(pair[1]);
    direct_.connected(here_.get());
  }
  std::string newest(std::string_view code) {
    std::string found;
    for (const auto& [one, detail] : said_)
      if (one == code) found = detail;
    return found;
  }

  os::Loop loop_;
  std::vector<std::pair<std::string, std::string>> said_;
  estop::Keys keys_ = keys_of("a");
  std::shared_ptr<Reader> reader_ = std::make_shared<Reader>(keys_);
  Direct direct_{
      loop_,
      keys_,
      reader_,
      "a",
      std::uint16_t{0},
      [](const std::string&) {},
      [this](std::string_view code, const std::string& detail) { said_.emplace_back(code, detail); }};
  os::Fd here_, there_;
};

TEST_F(DirectPath, CountsWhomItReaches) {
  direct_.know(Reader::others({{"a", direct_.address()}, {"b", "127.0.0.1:7381"}, {"c", "127.0.0.1:7382"}}));
  EXPECT_TRUE(newest("paths").ends_with(": 2")) << newest("paths");
  EXPECT_EQ(newest("problem"), "");
}

// A server on the controller's machine, which the controller calls 127.0.0.1 and the stations by its address.
TEST_F(DirectPath, NamesWhomItDoesNotReachFromALoopbackAddress) {
  direct_.know(Reader::others({{"a", direct_.address()}, {"b", "10.0.0.7:7380"}, {"c", "10.0.0.8:7380"}}));
  EXPECT_TRUE(newest("paths").ends_with(": 0")) << newest("paths");
  EXPECT_NE(newest("problem").find("b and 1 more"), std::string::npos) << newest("problem");
  EXPECT_NE(newest("problem").find("url of [bus]"), std::string::npos) << newest("problem");
}

}  // namespace
}  // namespace standstill::station
