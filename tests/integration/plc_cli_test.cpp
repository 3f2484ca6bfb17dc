// `s7 …` and `sim plc` as a beginner types them.
#include "support/cli_rig.hpp"
#include "support/plc_peer.hpp"

namespace standstill::test {
namespace {

class PlcCli : public Cli {
 protected:
  Ran s7(std::vector<std::string> words) {
    words.insert(words.begin(), "s7");
    for (const auto& more : {std::string("--host"), std::string("127.0.0.1"), std::string("--port"),
                             std::to_string(peer.port())})
      words.push_back(more);
    return standstill(words);
  }
  PlcPeer peer;
};

TEST_F(PlcCli, ReadsWritesAndDumps) {
  EXPECT_EQ(s7({"read", "DB2.DBB0:STRING[20]"}).out, "Standstill\n");
  const auto both = s7({"read", "DB1.DBD0:DINT", "DB1.DBX4.0", "--json"});
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_EQ(json::parse(both.out), json({{{"address", "DB1.DBD0:DINT"}, {"value", 0}},
                                         {{"address", "DB1.DBX4.0"}, {"value", false}}}));
  EXPECT_EQ(s7({"write", "DB1.DBX4.0", "true"}).code, 0);
  EXPECT_EQ(s7({"read", "DB1.DBX4.0"}).out, "true\n");
  EXPECT_EQ(s7({"write", "DB1.DBD20:DINT", "-5"}).code, 0);
  const auto dump = s7({"dump", "DB1", "--from", "20", "--bytes", "4", "--json"});
  EXPECT_EQ(json::parse(dump.out)["hex"], "fffffffb") << dump.err;
}

TEST_F(PlcCli, ErrorsNameHostAddressAndCause) {
  const auto place = "127.0.0.1:" + std::to_string(peer.port());
  const auto missing = s7({"read", "DB99.DBW0"});
  EXPECT_EQ(missing.code, 4);
  EXPECT_TRUE(has_text(missing.err, place + ": DB99.DBW0: the PLC has no such block")) << missing.err;
  EXPECT_EQ(s7({"read", "DB1.DBX0.9"}).code, 2);
  EXPECT_EQ(s7({"write", "DB1.DBW0:INT", "99999"}).code, 2);
  peer.tell("writable off");
  EXPECT_EQ(s7({"write", "DB1.DBW20", "1"}).code, 4);
  peer.tell("crash");
  const auto gone = s7({"read", "DB1.DBW0"});
  EXPECT_EQ(gone.code, 3);
  EXPECT_TRUE(has_text(gone.err, place)) << gone.err;
}

TEST_F(PlcCli, StatusTellsTheTruthAboutTheCpu) {
  const auto running = s7({"status", "--json"});
  EXPECT_EQ(running.code, 0) << running.err;
  EXPECT_EQ(json::parse(running.out)["cpu"], "running");
  peer.tell("cpu-stop");
  const auto stopped = s7({"status", "--json"});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_EQ(json::parse(stopped.out)["cpu"], "stopped");
}

TEST_F(PlcCli, WhatTheLoggerCannotUnderstandItSaysAtOnceAndLogsNothing) {
  for (const auto& words : {std::vector<std::string>{"log", "NONSENSE", "DB1.DBD0:DINT"},
                            {"watch", "NONSENSE"},
                            {"log", "DB1.DBD0:DINT", "--heartbeat", "NONSENSE"}}) {
    const auto log = s7(words);
    EXPECT_EQ(log.code, 2) << log.out;
    EXPECT_EQ(log.out, "");
    EXPECT_TRUE(has_text(log.err, "'NONSENSE': it begins with none of")) << log.err;
  }
  const auto text = s7({"log", "DB1.DBD0:DINT", "--heartbeat", "DB2.DBB0:STRING[20]"});
  EXPECT_EQ(text.code, 2);
  EXPECT_TRUE(has_text(text.err, "one number beats")) << text.err;
}

// What a row says is true: a PLC that answers too late has a connection, and each refusal is told once.
TEST_F(PlcCli, ARowWithoutAValueSaysWhyAndWhatHelps) {
  peer.tell("delay 1500");
  const auto slow = s7({"log", "DB1.DBD0:DINT", "--every", "500ms", "--count", "12"});
  EXPECT_EQ(slow.code, 1);
  EXPECT_TRUE(has_text(slow.out, "DB1.DBD0:DINT = (no answer)")) << slow.out << slow.err;
  EXPECT_TRUE(has_text(slow.err, "a row waits 450 ms; a PLC that is slower needs a longer --every"))
      << slow.err;
  peer.tell("delay 0");
  const auto refused = s7({"log", "DB99.DBW0", "DB98.DBW0", "--every", "100ms", "--count", "5"});
  const auto times = [&](const std::string& what) {
    int count = 0;
    for (std::size_t at = 0; (at = refused.err.find(what, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_EQ(times("DB99.DBW0: the PLC has no such block"), 1) << refused.err;
  EXPECT_EQ(times("DB98.DBW0: the PLC has no such block"), 1) << refused.err;
}

TEST_F(PlcCli, WritingAgainAndAgainWritesAnEmptyTextAndTellsOfABitWrittenWithItsByte) {
  const auto empty = s7({"write", "DB2.DBB0:STRING[20]", "", "--every", "100ms", "--count", "2"});
  EXPECT_EQ(empty.code, 0) << empty.err;
  EXPECT_TRUE(has_text(empty.out, "DB2.DBB0:STRING[20] := ")) << empty.out;
  EXPECT_EQ(s7({"read", "DB2.DBB0:STRING[20]"}).out, "\n");
  peer.tell("bit-writes off");
  const auto bit = s7({"write", "DB1.DBX20.3", "true", "--every", "100ms", "--count", "3"});
  EXPECT_EQ(bit.code, 0) << bit.err;
  const std::string told = "the PLC refuses bit writes: the bit's byte was read, changed and written back";
  const auto first = bit.err.find(told);
  ASSERT_NE(first, std::string::npos) << bit.err;
  EXPECT_EQ(bit.err.find(told, first + 1), std::string::npos) << "it is told once: " << bit.err;
  EXPECT_EQ(s7({"read", "DB1.DBB20"}).out, "8\n");
}

TEST_F(PlcCli, SeveralAttemptsAreReportedAsTheyFail) {
  peer.tell("crash");
  const auto gone = s7({"read", "DB1.DBW0", "--tries", "3", "--time-out", "60s"});
  EXPECT_EQ(gone.code, 3);
  EXPECT_TRUE(has_text(gone.err, "attempt 1 of 3 failed: ")) << gone.err;
  EXPECT_TRUE(has_text(gone.err, "gave up after 3 dials")) << gone.err;
}

TEST_F(PlcCli, TheLoggerGoesOnThroughAnOutage) {
  peer.tell("restart 1500");
  const auto log = s7({"log", "DB2.DBB0:STRING[20]", "--every", "500ms", "--count", "12", "--json"});
  EXPECT_TRUE(log.code == 0 || log.code == 1) << log.err;
  int rows = 0;
  std::string last;
  std::istringstream lines(log.out);
  for (std::string line; std::getline(lines, line); ++rows) last = line;
  EXPECT_EQ(rows, 12);
  EXPECT_TRUE(has_text(log.err, "12 rows")) << log.err;
  ASSERT_TRUE(json::accept(last)) << last;
}

}  // namespace
}  // namespace standstill::test
