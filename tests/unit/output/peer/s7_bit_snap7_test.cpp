// A PLC's bit as an output of the real snap7 server; what it holds is read by snap7's own client.
#include <gtest/gtest.h>

#include "os/clock.hpp"
#include "output/peer/s7_bit_output.hpp"
#include "support/snap7_server.hpp"

namespace standstill::output {
namespace {

using test::Snap7Server;

bool never_abort() { return false; }

plan::Output bit_of(const Snap7Server& server) {
  plan::Output output;
  output.kind = plan::OutputKind::s7_bit;
  output.host.assign("127.0.0.1");
  output.port = server.number();
  output.timeout_ms = 20000;
  output.plc.remote_tsap = 0x0102;
  output.plc.db = 2;
  output.plc.byte = 8;  // holds 0x08
  output.plc.bit = 5;
  return output;
}

int byte_in(const Snap7Server& server) {
  return test::s7_script("snap7_byte.js", server.port() + " 2 8").value("byte", -1);
}

TEST(S7BitSnap7, IsWrittenAndReadBackAndItsNeighboursAreNotTouched) {
  if (test::s7_peers_missing()) GTEST_SKIP() << test::s7_peers_not_installed;
  const Snap7Server server(480);
  ASSERT_TRUE(server.serving());
  const plan::Output settings = bit_of(server);
  S7BitOutput output(settings);
  EXPECT_TRUE(output.probe().good);
  const auto run = output.apply(true, never_abort);
  EXPECT_TRUE(run.good) << run.trouble.view();
  EXPECT_EQ(byte_in(server), 0x28);
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_EQ(byte_in(server), 0x08);
  EXPECT_TRUE(output.probe().good);
}

TEST(S7BitSnap7, ABitThatIsNotThereIsSaid) {
  if (test::s7_peers_missing()) GTEST_SKIP() << test::s7_peers_not_installed;
  const Snap7Server server(240);
  ASSERT_TRUE(server.serving());
  plan::Output settings = bit_of(server);
  settings.plc.db = 99;
  S7BitOutput missing(settings);
  const auto probed = missing.probe();
  EXPECT_FALSE(probed.good);
  EXPECT_NE(probed.trouble.view().find("DB99.DBX8.5: the PLC has no such block"), std::string_view::npos)
      << probed.trouble.view();
  settings.plc.db = 2;
  settings.plc.byte = 4000;
  S7BitOutput beyond(settings);
  EXPECT_FALSE(beyond.probe().good);
  EXPECT_FALSE(beyond.apply(true, never_abort).good);
}

// A server that stands still past the time-out and goes on: what it does then is what was said last.
TEST(S7BitSnap7, StoppedAndResumedItHoldsWhatWasSaidLast) {
  if (test::s7_peers_missing()) GTEST_SKIP() << test::s7_peers_not_installed;
  const Snap7Server server(480);
  ASSERT_TRUE(server.serving());
  plan::Output settings = bit_of(server);
  S7BitOutput output(settings);
  ASSERT_TRUE(output.apply(true, never_abort).good);
  settings.timeout_ms = 300;
  server.stop();
  const auto cut = output.apply(false, never_abort);
  EXPECT_FALSE(cut.good) << "nobody can have answered";
  server.resume();
  settings.timeout_ms = 20000;
  const auto again = output.apply(false, never_abort);
  EXPECT_TRUE(again.good) << again.trouble.view();
  EXPECT_EQ(byte_in(server), 0x08);
}

}  // namespace
}  // namespace standstill::output
