#include "sim/listener.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace standstill::sim {
namespace {

// As any other program would ask for it. 0, or why it does not get it.
int bind_like_others(std::uint16_t port) {
  const os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
}

TEST(Listener, AHeldPortIsForItsListenerAlone) {
  const auto held = hold_tcp("127.0.0.1", 0);
  ASSERT_TRUE(held) << held.error();
  const std::uint16_t port = port_of(*held);
  ASSERT_NE(port, 0);
  for (int life = 0; life < 3; ++life) {
    EXPECT_EQ(bind_like_others(port), EADDRINUSE) << "between two lives of its listener";
    const auto listener = listen_tcp("127.0.0.1", port);
    ASSERT_TRUE(listener) << listener.error();
    EXPECT_FALSE(listen_tcp("127.0.0.1", port)) << "one at a time";
    EXPECT_FALSE(hold_tcp("127.0.0.1", port)) << "a taken one is known";
  }
}

}  // namespace
}  // namespace standstill::sim
