// Which server the Sentinels name. They are played here: each answers once what it is told, in the bytes that
// redis.io, "Sentinel client spec", shows; real ones are in tests/integration.
#include "plant/station/sentinel.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "os/fd.hpp"

namespace standstill::station {
namespace {

constexpr auto at_one = "*2\r\n$8\r\n10.0.0.1\r\n$4\r\n6379\r\n";
constexpr auto at_two = "*2\r\n$8\r\n10.0.0.2\r\n$4\r\n6380\r\n";

class Played {
 public:
  explicit Played(std::string answer) : answer_(std::move(answer)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener_.get(), 4);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      const os::Fd client(::accept(listener_.get(), nullptr, nullptr));
      if (!client) return;
      char bytes[1024];
      if (const auto count = ::recv(client.get(), bytes, sizeof bytes, 0); count > 0)
        asked.assign(bytes, static_cast<std::size_t>(count));
      // In two pieces, as a network may deliver it.
      const std::size_t half = answer_.size() / 2;
      ::send(client.get(), answer_.data(), half, MSG_NOSIGNAL);
      ::usleep(1000);
      ::send(client.get(), answer_.data() + half, answer_.size() - half, MSG_NOSIGNAL);
      ::recv(client.get(), bytes, sizeof bytes, 0);
    });
  }
  ~Played() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port = 0;
  std::string asked;

 private:
  std::string answer_;
  os::Fd listener_;
  std::thread thread_;
};

std::expected<Endpoint, std::string> ask(const std::vector<std::string>& answers, Duration time_out = 30s) {
  std::vector<std::unique_ptr<Played>> played;
  std::vector<Endpoint> sentinels;
  for (const auto& answer : answers) {
    played.push_back(std::make_unique<Played>(answer));
    sentinels.push_back({"127.0.0.1", played.back()->port});
  }
  return ask_sentinels(sentinels, "layout", time_out);
}

TEST(Sentinels, TheMajoritysPrimaryIsTaken) {
  const auto found = ask({at_one, at_two, at_one});
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->host, "10.0.0.1");
  EXPECT_EQ(found->port, 6379);
}

TEST(Sentinels, AMinorityIsNotBelieved) {
  EXPECT_FALSE(ask({at_one, at_two}));
  const Played lonely(at_one);
  const auto found =
      ask_sentinels({{"127.0.0.1", 1}, {"127.0.0.1", 2}, {"127.0.0.1", lonely.port}}, "layout", 300ms);
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().find("no majority"), std::string::npos) << found.error();
}

TEST(Sentinels, ANameThatNobodyKnowsIsNamed) {
  const auto found = ask({"*-1\r\n", "*-1\r\n"});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().find("\"layout\""), std::string::npos) << found.error();
}

TEST(Sentinels, AnswersThatAreNoneAreNone) {
  EXPECT_FALSE(ask({"$5\r\nhello\r\n", "*2\r\n$8\r\n10.0.0.1\r\n$2\r\n-1\r\n", "SSH-2.0-OpenSSH\r\n"}, 2s));
}

TEST(Sentinels, AreAskedInTheirWords) {
  auto played = std::make_unique<Played>(at_one);
  const std::vector<Endpoint> one{{"127.0.0.1", played->port}};
  EXPECT_TRUE(ask_sentinels(one, "layout", 30s));
  EXPECT_EQ(played->asked, "*3\r\n$8\r\nSENTINEL\r\n$23\r\nGET-MASTER-ADDR-BY-NAME\r\n$6\r\nlayout\r\n");
}

}  // namespace
}  // namespace standstill::station
