// The bus of one machine, spoken to by redis-cli, which knows nothing of us.
#include "plant/station/local_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "support/temporary_folder.hpp"

namespace standstill::station {
namespace {

constexpr auto client = "/usr/bin/redis-cli";

class LocalBus : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(client, X_OK) != 0) GTEST_SKIP() << "no redis-cli here: ./dev test installs redis-tools";
    ASSERT_TRUE(server.begin());
    thread = std::thread([this] { loop.run(); });
  }
  void TearDown() override {
    loop.stop();
    if (thread.joinable()) thread.join();
  }
  // What redis-cli prints, line ends as they are.
  std::string say(const std::string& words) {
    const std::string command =
        std::string("timeout 60 ") + client + " -s " + path + " " + words + " 2>&1 < /dev/null";
    std::string text;
    FILE* out = ::popen(command.c_str(), "r");
    for (int c = 0; (c = std::fgetc(out)) != EOF;) text += static_cast<char>(c);
    ::pclose(out);
    return text;
  }
  test::TemporaryFolder folder;
  std::string path = folder / "bus.sock";
  os::Loop loop;
  LocalServer server{loop, path};
  std::thread thread;
};

TEST_F(LocalBus, AnswersWhatMembersAsk) {
  EXPECT_EQ(say("PING"), "PONG\n");
  EXPECT_EQ(say("GET estop:latch"), "\n");
  EXPECT_EQ(say("SET estop:latch tripped"), "OK\n");
  EXPECT_EQ(say("GET estop:latch"), "tripped\n");
  EXPECT_EQ(say("-3 GET estop:latch"), "tripped\n") << "in RESP3, too";
  // As redis.io has them ("GETRANGE"): both ends belong to it, what lies beyond is left out.
  EXPECT_EQ(say("GETRANGE estop:latch 0 3"), "trip\n");
  EXPECT_EQ(say("GETRANGE estop:latch 4 99"), "ped\n");
  EXPECT_EQ(say("GETRANGE estop:latch 7 9"), "\n");
  EXPECT_EQ(say("GETRANGE nothing 0 3"), "\n");
  EXPECT_EQ(say("GETRANGE estop:latch x 3").substr(0, 3), "ERR");
  EXPECT_EQ(say("PUBLISH events:emergency_stop x"), "0\n");
  EXPECT_EQ(say("SET alive running EX 1"), "OK\n");
  std::string gone = "running\n";
  for (int i = 0; i < 600 && gone == "running\n"; ++i) {
    ::usleep(100'000);
    gone = say("GET alive");
  }
  EXPECT_EQ(gone, "\n");
}

TEST_F(LocalBus, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(say("FLUSHALL").find("ERR"), std::string::npos);
  EXPECT_NE(say("SET a b PX 5").find("ERR"), std::string::npos);
  EXPECT_NE(say("SET a b EX zero").find("ERR"), std::string::npos);
  EXPECT_EQ(say("PING"), "PONG\n") << "and goes on";
}

TEST_F(LocalBus, HandsOnWhatIsPublished) {
  const std::string command = std::string("timeout 20 ") + client + " -s " + path + " SUBSCRIBE news 2>&1";
  FILE* out = ::popen(command.c_str(), "r");
  const auto line = [&] {
    std::string text;
    for (int c = 0; (c = std::fgetc(out)) != EOF && c != '\n';) text += static_cast<char>(c);
    return text;
  };
  EXPECT_EQ(line(), "subscribe");
  EXPECT_EQ(line(), "news");
  EXPECT_EQ(line(), "1");
  EXPECT_EQ(say("PUBLISH news hello"), "1\n");
  EXPECT_EQ(line(), "message");
  EXPECT_EQ(line(), "news");
  EXPECT_EQ(line(), "hello");
  EXPECT_EQ(say("PUBLISH news again"), "1\n");
  std::fclose(out);  // it ends at the latest with its own time-out, and nothing waits for it
}

TEST_F(LocalBus, S9_AStopThatIsTooLongOrCutOffIsHandedOn) {
  const auto connect = [&] {
    os::Fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_EQ(::connect(made.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return made;
  };
  const auto send = [](const os::Fd& to, std::string_view text) {
    EXPECT_EQ(::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  };
  // Until it has come; nobody waits in vain for ever.
  const auto expect = [](const os::Fd& from, std::string_view wanted) {
    std::string text(wanted.size(), ' ');
    EXPECT_EQ(::recv(from.get(), text.data(), text.size(), MSG_WAITALL), static_cast<ssize_t>(text.size()));
    EXPECT_EQ(text, wanted);
  };
  const os::Fd listener = connect();
  const timeval limit{.tv_sec = 60, .tv_usec = 0};
  ASSERT_EQ(::setsockopt(listener.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  send(listener, "*2\r\n$9\r\nSUBSCRIBE\r\n$21\r\nevents:emergency_stop\r\n");
  expect(listener, "*3\r\n$9\r\nsubscribe\r\n$21\r\nevents:emergency_stop\r\n:1\r\n");
  for (const char* const rest : {"$3000000\r\nxxx", "$700\r\n{"}) {
    const os::Fd who = connect();
    send(who, std::string("*3\r\n$7\r\nPUBLISH\r\n$21\r\nevents:emergency_stop\r\n") + rest);
    ::shutdown(who.get(), SHUT_WR);
    expect(listener, "*3\r\n$7\r\nmessage\r\n$21\r\nevents:emergency_stop\r\n$0\r\n\r\n");
  }
}

TEST_F(LocalBus, OthersThanOwnerAndGroupCannotOpenIt) {
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);
}

TEST_F(LocalBus, ASecondControllerIsToldAndTheFirstGoesOn) {
  LocalServer second(loop, path);
  const auto begun = second.begin();
  ASSERT_FALSE(begun);
  EXPECT_NE(begun.error().find("another controller"), std::string::npos) << begun.error();
  EXPECT_EQ(say("PING"), "PONG\n");
}

TEST(LocalBusAgain, ASocketThatNobodyServesIsReplaced) {
  test::TemporaryFolder folder;
  const std::string path = folder / "bus.sock";
  os::Loop loop;
  {
    LocalServer first(loop, path);
    ASSERT_TRUE(first.begin());
    ASSERT_EQ(::link(path.c_str(), (folder / "kept").c_str()), 0);
  }
  ASSERT_EQ(::rename((folder / "kept").c_str(), path.c_str()), 0) << "as a kill leaves it";
  LocalServer next(loop, path);
  const auto begun = next.begin();
  EXPECT_TRUE(begun) << begun.error();
}

}  // namespace
}  // namespace standstill::station
