#include "os/service_notice.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string>

#include "support/temporary_folder.hpp"

namespace standstill::os {
namespace {

// The manager's side, as systemd opens it.
struct Listening {
  test::TemporaryFolder folder;
  std::string path = folder / "notify";
  Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};

  Listening() {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  std::string heard() const {
    std::array<char, 64> text{};
    const auto count = ::recv(socket.get(), text.data(), text.size(), 0);
    return count < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(count));
  }
};

TEST(ServiceNotice, says_ready_alive_and_stopping_where_somebody_listens) {
  const Listening manager;
  ::setenv("NOTIFY_SOCKET", manager.path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  const ServiceNotice notice;
  EXPECT_EQ(::getenv("NOTIFY_SOCKET"), nullptr) << "a child must not speak for us";
  EXPECT_EQ(notice.beat(), Duration(1500ms));
  notice.ready();
  notice.alive();
  notice.stopping();
  EXPECT_EQ(manager.heard(), "READY=1");
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
  EXPECT_EQ(manager.heard(), "STOPPING=1");
}

TEST(ServiceNotice, another_process_watchdog_is_not_ours) {
  const Listening manager;
  ::setenv("NOTIFY_SOCKET", manager.path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(ServiceNotice().beat());
}

TEST(ServiceNotice, is_quiet_without_a_manager_and_never_blocks_on_one_that_does_not_read) {
  const ServiceNotice nobody;
  nobody.ready();
  EXPECT_FALSE(nobody.beat());
  const Listening manager;
  ::setenv("NOTIFY_SOCKET", manager.path.c_str(), 1);
  const ServiceNotice notice;
  for (int i = 0; i < 10'000; ++i) notice.alive();
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
}

}  // namespace
}  // namespace standstill::os
