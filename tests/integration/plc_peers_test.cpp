// Peers that others wrote: the real snap7 client and nodes7 against our simulated PLC, our tools against the
// real snap7 server. They come from npm (tests/peers/s7); where they are not installed, these tests are
// skipped and say so.
#include <array>
#include <cstdio>
#include <filesystem>

#include "support/cli_rig.hpp"
#include "support/plc_peer.hpp"

namespace standstill::test {
namespace {

std::filesystem::path peers() {
  if (const char* elsewhere = std::getenv("STANDSTILL_S7_PEERS")) return elsewhere;
  return std::filesystem::path(SOURCE_DIR) / "build/peers/s7";
}

bool missing() {
  return !std::filesystem::exists(peers() / "node_modules/node-snap7/build/Release/node_snap7.node");
}
constexpr const char* not_installed = "the foreign S7 peers are not installed (./dev test installs them)";

std::string command(const std::string& script, const std::string& arguments) {
  return "NODE_PATH=" + (peers() / "node_modules").string() + " timeout 120 node " + SOURCE_DIR +
         "/tests/peers/s7/" + script + " " + arguments;
}

// What a script prints: one JSON object.
json script(const std::string& name, const std::string& arguments) {
  FILE* pipe = ::popen((command(name, arguments) + " 2>&1").c_str(), "re");
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), count);
  ::pclose(pipe);
  auto answer = json::parse(text, nullptr, false);
  EXPECT_TRUE(answer.is_object()) << text;
  return answer.is_object() ? answer : json::object();
}

// The real snap7 server on a port that was free a moment ago; it ends with its input.
class Snap7Server {
 public:
  explicit Snap7Server(int pdu) {
    for (int attempt = 0; attempt < 5 && !serving_; ++attempt) {
      port_ = PlcPeer().port();
      start(pdu);
    }
  }
  ~Snap7Server() { end(); }
  Snap7Server(const Snap7Server&) = delete;
  Snap7Server& operator=(const Snap7Server&) = delete;
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  [[nodiscard]] bool serving() const { return serving_; }

 private:
  void start(int pdu) {
    int in[2], out[2];
    EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    std::vector<std::string> words{"env",  "NODE_PATH=" + (peers() / "node_modules").string(),
                                   "node", std::string(SOURCE_DIR) + "/tests/peers/s7/snap7_server.js",
                                   port(), std::to_string(pdu)};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    EXPECT_EQ(posix_spawn(&pid_, "/usr/bin/env", &files, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    char first = 0;
    serving_ = ::read(out[0], &first, 1) == 1;  // "listening", or the end
    ::close(out[0]);
    if (!serving_) end();
  }
  void end() {
    if (pid_ < 0) return;
    ::close(input_);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  int input_ = -1;
  bool serving_ = false;
};

class PlcPeers : public Cli {};

TEST_F(PlcPeers, TheRealSnap7ClientAgainstOurSimulatedPlc) {
  if (missing()) GTEST_SKIP() << not_installed;
  for (const int pdu : {240, 480, 960}) {
    PlcPeer peer({.pdu = static_cast<std::uint16_t>(pdu),
                  .outstanding = 1,
                  .put_get = true,
                  .writable = true,
                  .bit_writes = true,
                  .password = {}},
                 100ms);
    const auto answer = script("snap7_client.js", std::to_string(peer.port()) + " 960");
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
  if (missing()) GTEST_SKIP() << not_installed;
  PlcPeer peer;
  const auto answer = script("nodes7_client.js", std::to_string(peer.port()));
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
  if (missing()) GTEST_SKIP() << not_installed;
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
