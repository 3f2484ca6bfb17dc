// TLS over real sockets, against the command `openssl s_server`, with authorities and certificates made by
// `openssl req` for each run.
#include "link/tls/tls.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "support/free_port.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::link {
namespace {

constexpr auto program = "/usr/bin/openssl";

pid_t spawn(std::vector<std::string> words, int input = -1, int output = -1) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (input >= 0) ::dup2(input, 0);
  if (output >= 0) ::dup2(output, 1);
  if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(127);
  ::execv(program, argv.data());
  ::_exit(127);
}
bool run(std::vector<std::string> words) {
  int status = -1;
  ::waitpid(spawn(std::move(words)), &status, 0);
  return status == 0;
}

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as the programs do: tls.hpp
    if (::access(program, X_OK) != 0) GTEST_SKIP() << "no openssl here: ./dev test installs it";
    for (const char* who : {"server", "other"})
      ASSERT_TRUE(run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                       "-nodes", "-days", "2", "-subj", std::string("/CN=") + who, "-addext",
                       "subjectAltName=DNS:bus.example,IP:127.0.0.1", "-keyout",
                       folder / (std::string(who) + ".key"), "-out", folder / (std::string(who) + ".pem")}));
    port = test::free_port();
    int in[2], out[2];
    ASSERT_EQ(::pipe2(in, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
    server = spawn({"openssl", "s_server", "-quiet", "-accept", "127.0.0.1:" + std::to_string(port), "-cert",
                    folder / "server.pem", "-key", folder / "server.key"},
                   in[0], out[1]);
    ::close(in[0]);
    ::close(out[1]);
    to_server.reset(in[1]);
    from_server.reset(out[0]);
  }
  void TearDown() override {
    if (server <= 0) return;
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
  }
  std::unique_ptr<TlsTransport> transport(const std::string& name, const std::string& authority) {
    return std::make_unique<TlsTransport>(
        loop, std::make_unique<TcpTransport>(loop, TcpTransport::Settings{"127.0.0.1", port, 3s}),
        TlsTransport::Settings{name, folder / authority, "", ""});
  }
  template <class Condition>
  bool until(Condition condition) {
    const Instant limit = os::now() + 60s;
    while (!condition() && os::now() < limit) loop.turn(20ms);
    return condition();
  }
  // "" when it stands, else why not. The server may take its time to listen.
  std::string dial(Transport& transport) {
    std::string result = "nothing";
    for (const Instant limit = os::now() + 60s; os::now() < limit;) {
      bool done = false;
      transport.dial(30s, [&](const std::expected<void, std::string>& got) {
        done = true;
        result = got ? "" : got.error();
      });
      if (!until([&] { return done; })) return "never called";
      if (result.find("refused by") == std::string::npos) break;
      ::usleep(20'000);
    }
    return result;
  }

  test::TemporaryFolder folder;
  os::Loop loop;
  std::uint16_t port = 0;
  pid_t server = -1;
  os::Fd to_server, from_server;
};

TEST_F(Tls, CarriesBytesBothWays) {
  const auto tls = transport("bus.example", "server.pem");
  ASSERT_EQ(dial(*tls), "");
  const std::string question = "PING\n";
  std::size_t written = 0;
  ASSERT_TRUE(until([&] {
    const auto rest = std::as_bytes(std::span(question)).subspan(written);
    if (!rest.empty()) written += tls->write(rest).bytes;
    return written == question.size();
  }));
  std::array<char, 64> heard{};
  ASSERT_EQ(::read(from_server.get(), heard.data(), heard.size()), 5);
  EXPECT_EQ(std::string_view(heard.data(), 5), question);
  // More than one record, read in small pieces: what the library holds back is announced.
  const std::string answer(40000, 'x');
  ASSERT_EQ(::write(to_server.get(), answer.data(), answer.size()), 40000);
  std::size_t got = 0;
  bool announced = false;
  ASSERT_TRUE(until([&] {
    std::array<std::byte, 1000> piece{};
    for (Io io = tls->read(piece); io.did == Io::Did::some; io = tls->read(piece)) {
      got += io.bytes;
      announced = announced || tls->buffered();
    }
    return got == answer.size();
  })) << got;
  EXPECT_TRUE(announced);
  EXPECT_FALSE(tls->buffered());
}

TEST_F(Tls, ACertificateForAnAddressIsAsGood) {
  const auto tls = transport("127.0.0.1", "server.pem");
  EXPECT_EQ(dial(*tls), "");
}

TEST_F(Tls, ACertificateOfNobodyKnownIsRefused) {
  const auto tls = transport("bus.example", "other.pem");
  const std::string why = dial(*tls);
  EXPECT_NE(why.find("is not to be trusted"), std::string::npos) << why;
  EXPECT_EQ(tls->native_handle(), -1);
}

TEST_F(Tls, ACertificateForAnotherNameIsRefused) {
  const auto tls = transport("evil.example", "server.pem");
  const std::string why = dial(*tls);
  EXPECT_NE(why.find("is not to be trusted"), std::string::npos) << why;
}

TEST_F(Tls, AnAuthorityThatCannotBeReadIsNamed) {
  const auto tls = transport("bus.example", "missing.pem");
  const std::string why = dial(*tls);
  EXPECT_NE(why.find("missing.pem"), std::string::npos) << why;
}

TEST_F(Tls, AServerThatSpeaksNoTlsIsGivenUpInTime) {
  const os::Fd deaf(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(deaf.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(deaf.get(), 4), 0);
  ::getsockname(deaf.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  const auto tls = transport("bus.example", "server.pem");
  std::string result;
  bool done = false;
  tls->dial(500ms, [&](const std::expected<void, std::string>& got) {
    done = true;
    result = got ? "" : got.error();
  });
  ASSERT_TRUE(until([&] { return done; }));
  EXPECT_NE(result.find("over TLS"), std::string::npos) << result;
}

TEST_F(Tls, TheEndOfTheConnectionIsSeen) {
  const auto tls = transport("bus.example", "server.pem");
  ASSERT_EQ(dial(*tls), "");
  ::kill(server, SIGKILL);
  std::array<std::byte, 100> piece{};
  EXPECT_TRUE(until([&] { return tls->read(piece).did == Io::Did::ended; }));
  tls->close();
  EXPECT_EQ(tls->native_handle(), -1);
}

}  // namespace
}  // namespace standstill::link
