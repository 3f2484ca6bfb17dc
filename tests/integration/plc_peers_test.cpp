// Peers that others wrote: the real snap7 client and nodes7 against our simulated PLC, our tools against the
// real snap7 server. They come from npm (tests/peers/s7); where they are not installed, these tests are
// skipped and say so.
#include "support/cli_rig.hpp"
#include "support/snap7_server.hpp"

namespace standstill::test {
namespace {

class PlcPeers : public Cli {};

TEST_F(PlcPeers, TheRealSnap7ClientAgainstOurSimulatedPlc) {
  if (s7_peers_missing()) GTEST_SKIP() << s7_peers_not_installed;
  for (const int pdu : {240, 480, 960}) {
    PlcPeer peer({.pdu = static_cast<std::uint16_t>(pdu),
                  .outstanding = 1,
                  .put_get = true,
                  .writable = true,
                  .bit_writes = true,
                  .password = {}},
                 100ms);
    const auto answer = s7_script("snap7_client.js", std::to_string(peer.port()) + " 960");
    EXPECT_EQ(answer["pdu"], pdu);
    for (const char* good :
         {"write", "write_big", "read_big", "bit", "flags_write", "outputs", "stop", "start", "cold"})
      EXPECT_EQ(answer[good], true) << good << ' ' << pdu;
    EXPECT_EQ(answer["read"], "11223344");
    EXPECT_EQ(answer["read_bit_byte"], "51");
    EXPECT_EQ(answer["text"], "140a5374616e647374696c6c");
    EXPECT_EQ(answer["flags"], "5a");
    EXPECT_EQ(answer["missing"], "error: CPU : Item not available");
    EXPECT_EQ(answer["beyond"], "error: CPU : Address out of range");
    EXPECT_EQ(answer["many"], json({"51223344", "01", "error", "5a"}));
    EXPECT_EQ(answer["wrote"], json({"good", "good", "error", "good"}));
    EXPECT_EQ(answer["after_many"], "0102030005");
    EXPECT_EQ(answer["status"], 8);
    EXPECT_EQ(answer["status_stopped"], 4);
    EXPECT_EQ(answer["status_started"], 8);
    EXPECT_EQ(answer["module"], "CPU simulated") << "a status list in several parts";
    EXPECT_EQ(answer["dbs"], json({1, 2, 10}));
    EXPECT_EQ(answer["about"], 1024);
  }
}

TEST_F(PlcPeers, Nodes7AgainstOurSimulatedPlc) {
  if (s7_peers_missing()) GTEST_SKIP() << s7_peers_not_installed;
  PlcPeer peer;
  const auto answer = s7_script("nodes7_client.js", std::to_string(peer.port()));
  EXPECT_EQ(answer["bad"], false);
  EXPECT_EQ(answer["text"], "Standstill");
  EXPECT_EQ(answer["bit"], true);
  EXPECT_EQ(answer["flag"], true);
  EXPECT_EQ(answer["word"], -1234);
  EXPECT_EQ(answer["output"], 9);
  EXPECT_EQ(answer["bytes"].size(), 60U);
  EXPECT_EQ(answer["missing"], true);
  EXPECT_EQ(answer["still"], -1234);
}

TEST_F(PlcPeers, OurToolsAgainstTheRealSnap7Server) {
  if (s7_peers_missing()) GTEST_SKIP() << s7_peers_not_installed;
  for (const int pdu : {240, 480, 960}) {
    Snap7Server server(pdu);
    ASSERT_TRUE(server.serving());
    const std::vector<std::string> to{"--host", "127.0.0.1", "--port",     server.port(),
                                      "--slot", "2",         "--time-out", "60s"};
    const auto s7 = [&](std::vector<std::string> words) {
      words.insert(words.begin(), "s7");
      words.insert(words.end(), to.begin(), to.end());
      return standstill(words);
    };
    const auto read = s7({"read", "DB2.DBD0:DINT", "DB2.DBD4:REAL", "DB2.DBX8.3", "DB2.DBB20:STRING[20]",
                          "C0", "DB1.DBB0:BYTE[2000]", "--json"});
    ASSERT_EQ(read.code, 0) << read.err;
    const auto list = json::parse(read.out);
    EXPECT_EQ(list[0], json({{"address", "DB2.DBD0:DINT"}, {"value", -123456}}));
    EXPECT_EQ(list[1]["value"], 21.5);
    EXPECT_EQ(list[2]["value"], true);
    EXPECT_EQ(list[3]["value"], "Standstill");
    EXPECT_EQ(list[4]["value"], 127);
    for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ(list[5]["value"][i], i % 251) << pdu;
    EXPECT_EQ(s7({"write", "DB2.DBX8.5", "true"}).code, 0);
    EXPECT_EQ(s7({"read", "DB2.DBB8"}).out, "40\n");
    EXPECT_EQ(s7({"write", "DB2.DBB20:STRING[20]", "Hallo"}).code, 0);
    EXPECT_EQ(s7({"read", "DB2.DBB20:STRING[20]"}).out, "Hallo\n");
    const auto missing_block = s7({"read", "DB99.DBW0"});
    EXPECT_EQ(missing_block.code, 4);
    EXPECT_TRUE(
        has_text(missing_block.err, "127.0.0.1:" + server.port() + ": DB99.DBW0: the PLC has no such block"))
        << missing_block.err;
    EXPECT_EQ(s7({"status"}).code, 0);
  }
}

}  // namespace
}  // namespace standstill::test
