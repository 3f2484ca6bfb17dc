// The control socket, through a real Unix socket.
#include "sim/control.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "raw_client.hpp"
#include "sim/rocrail_server.hpp"

namespace standstill::sim::test {
namespace {

class SimControl : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/sim-control-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder + "/control";
  }
  void TearDown() override {
    control.reset();
    ::unlink(path.c_str());
    ::rmdir(folder.c_str());
  }
  os::Fd dial() {
    os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.data(), path.size());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fd.reset();
    return fd;
  }
  void start() {
    auto made =
        Control::start(loop, path, [](std::string_view line) { return "<" + std::string(line) + ">"; });
    ASSERT_TRUE(made) << made.error();
    control = std::move(*made);
  }

  os::Loop loop;
  std::string folder;
  std::string path;
  std::unique_ptr<Control> control;
};

TEST_F(SimControl, AnswersEveryLineInOrderHoweverItIsCut) {
  start();
  RawClient client(loop, dial());
  client.send("one\ntwo\r\nth");
  ASSERT_TRUE(client.until("<two>\n"));
  client.send("ree\n");
  ASSERT_TRUE(client.until("<three>\n"));
  EXPECT_EQ(client.got, "<one>\n<two>\n<three>\n");
}

TEST_F(SimControl, OnlyItsUserMayTalkToIt) {
  start();
  struct stat about{};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(SimControl, ReplacesADeadSocketAndNothingElse) {
  start();
  const auto second = Control::start(loop, path, [](std::string_view) { return std::string(); });
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another simulated peer"), std::string::npos) << second.error();
  control.reset();
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "removed at the end";
  {  // a socket file whose owner died
    const os::Fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  start();
  control.reset();
  std::ofstream(path) << "precious";
  EXPECT_FALSE(Control::start(loop, path, [](std::string_view) { return std::string(); }));
  EXPECT_EQ(file_text(path), "precious");
}

TEST_F(SimControl, EndsAClientThatSendsAnEndlessLine) {
  start();
  RawClient client(loop, dial());
  const std::string much(32768, 'x');
  for (int i = 0; i < 4 && !client.ended; ++i) {
    (void)::send(client.fd(), much.data(), much.size(), MSG_NOSIGNAL);
    client.listen_for(10ms);
  }
  EXPECT_TRUE(client.until_end());
}

TEST_F(SimControl, CommandsAnswerJsonAndSayWhatWouldHaveBeenRight) {
  auto server = RocrailServer::start(loop, {});
  ASSERT_TRUE(server) << server.error();
  const auto tell = [&](const std::string& line) { return nlohmann::json::parse((*server)->command(line)); };
  EXPECT_TRUE(tell("status").at("ok"));
  EXPECT_EQ(tell("status").at("state"), "serving");
  EXPECT_GT(tell("help").at("commands").size(), 15U);
  for (const char* bad :
       {"", "explode", "power", "power maybe", "auto on off", "slow", "slow fast", "big 0", "move -1",
        "restart soon", "restart stale soon", "rubbish", "set", "set sw1", "set BR\xff 5"}) {
    const auto answer = tell(bad);
    EXPECT_FALSE(answer.at("ok")) << bad;
    EXPECT_FALSE(answer.at("error").get<std::string>().empty()) << bad;
  }
  bool quit = false;
  (*server)->on_quit([&] { quit = true; });
  EXPECT_TRUE(tell("quit").at("ok"));
  EXPECT_TRUE(quit);
}

}  // namespace
}  // namespace standstill::sim::test
