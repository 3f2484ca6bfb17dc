// The simulated PLC as a process that must outlive whatever its clients do.
#include "sim/plc_server.hpp"

#include <gtest/gtest.h>

#include "unit/sim/raw_client.hpp"

namespace standstill::sim {
namespace {

using test::RawClient;
using test::turn_until;

// Connect and setup as recorded from a real client.
const std::string connect_bytes(
    "\x03\x00\x00\x16\x11\xE0\x00\x00\x00\x01\x00\xC0\x01\x0A\xC1\x02\x01\x00\xC2\x02\x01\x02", 22);

bool answered(os::Loop& loop, RawClient& client) {
  return turn_until(loop,
                    [&] {
                      client.read();
                      return client.got.size() >= connect_bytes.size() || client.ended;
                    }) &&
         !client.ended;
}

TEST(PlcServer, AClientThatIsResetDuringAHangIsForgottenWhenThePlcWakesUp) {
  os::Loop loop;
  PlcOptions options;
  options.port = 0;
  auto server = PlcServer::start(loop, options);
  ASSERT_TRUE(server) << server.error();
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons((*server)->port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  ASSERT_TRUE(turn_until(loop, [&] { return (*server)->clients() == 1; }));
  (*server)->hang();
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  fd.reset();
  for (int turn = 0; turn < 5; ++turn) loop.turn(5ms);  // it is told of the reset, and does not look
  (*server)->resume();
  EXPECT_TRUE(turn_until(loop, [&] { return (*server)->clients() == 0; }));
  RawClient next(loop, (*server)->port());
  next.send(connect_bytes);
  EXPECT_TRUE(answered(loop, next)) << "it serves nobody any more";
}

}  // namespace
}  // namespace standstill::sim
