// HTTP relays against a real socket server that can be told how to misbehave.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "os/clock.hpp"
#include "output/peer/http_output.hpp"

namespace standstill::output {
namespace {

// Answers the n-th request (from 0) with what `answer` says; empty: closes without a word; "hang": says
// nothing.
class Relay {
 public:
  using Answer = std::function<std::string(int)>;
  explicit Relay(Answer answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    socklen_t length = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Relay() {
    ending_ = true;
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::atomic<bool> closes_idle = false;
  std::atomic<int> connections = 0;

 private:
  void serve() {
    struct Peer {
      os::Fd fd;
      std::string heard;
    };
    std::vector<Peer> peers;
    while (!ending_) {
      std::vector<pollfd> asks{{listener_.get(), POLLIN, 0}};
      for (const auto& peer : peers) asks.push_back({peer.fd.get(), POLLIN, 0});
      ::poll(asks.data(), asks.size(), 5);
      for (std::size_t i = peers.size(); i-- > 0;) {
        if (closes_idle && peers[i].heard.empty() && (asks[i + 1].revents & POLLIN) == 0) {
          peers[i].fd.reset();
        } else if ((asks[i + 1].revents & (POLLIN | POLLHUP)) != 0) {
          char bytes[1024];
          const ssize_t count = ::recv(peers[i].fd.get(), bytes, sizeof bytes, 0);
          if (count <= 0)
            peers[i].fd.reset();
          else
            peers[i].heard.append(bytes, static_cast<std::size_t>(count));
          if (peers[i].fd && peers[i].heard.ends_with("\r\n\r\n")) reply(peers[i].fd, peers[i].heard);
        }
        if (!peers[i].fd) peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if ((asks[0].revents & POLLIN) != 0) {
        peers.push_back({os::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), {}});
        ++connections;
      }
    }
  }
  void reply(os::Fd& fd, std::string& heard) {
    std::string text;
    {
      const std::lock_guard lock(mutex_);
      text = answer_(static_cast<int>(requests_.size()));
      requests_.push_back(heard);
    }
    heard.clear();
    if (text == "hang") return;
    if (!text.empty()) [[maybe_unused]]
      const auto sent = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    fd.reset();
  }

  Answer answer_;
  os::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

constexpr const char* ok = "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"ison\":false}";

plan::Output output_of(const Relay& relay) {
  plan::Output output;
  output.kind = plan::OutputKind::http;
  output.host = "127.0.0.1";
  output.port = relay.port();
  output.safe_request = "POST /power/off HTTP/1.1\r\nHost: relay\r\n\r\n";
  output.run_request = "POST /power/on HTTP/1.1\r\nHost: relay\r\n\r\n";
  output.timeout_ms = 10000;
  return output;
}
bool never_abort() { return false; }

TEST(Http, SaysSafeAndRunAndA2xxConfirms) {
  Relay relay([](int n) { return n == 0 ? ok : "HTTP/1.0 204 No Content\r\n\r\n"; });
  const auto plan = output_of(relay);
  HttpOutput output(plan);
  const Outcome safe = output.apply(false, never_abort);
  EXPECT_TRUE(safe.good) << safe.trouble.view();
  EXPECT_NE(safe.commanded, Instant{});
  EXPECT_TRUE(output.apply(true, never_abort).good);
  EXPECT_EQ(relay.requests(), (std::vector<std::string>{"POST /power/off HTTP/1.1\r\nHost: relay\r\n\r\n",
                                                        "POST /power/on HTTP/1.1\r\nHost: relay\r\n\r\n"}));
}

TEST(Http, ItIsConnectedBeforeItIsAsked) {
  Relay relay([](int) { return ok; });
  const auto plan = output_of(relay);
  HttpOutput output(plan);
  ASSERT_TRUE(output.probe().good);
  while (relay.connections == 0) std::this_thread::sleep_for(1ms);
  ASSERT_TRUE(output.apply(false, never_abort).good);
  EXPECT_EQ(relay.connections, 1) << "the cut had to dial";
}

TEST(Http, S12_WhatIsNotA2xxDoesNotConfirm) {
  for (const char* answer :
       {"HTTP/1.1 500 Internal Server Error\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 2"}) {
    Relay relay([&](int) { return answer; });
    const auto plan = output_of(relay);
    HttpOutput output(plan);
    const Outcome outcome = output.apply(false, never_abort);
    EXPECT_FALSE(outcome.good) << answer;
    EXPECT_FALSE(outcome.trouble.empty());
    EXPECT_EQ(relay.requests().size(), 1U);
  }
  Relay relay([](int) { return "HTTP/1.1 503 Busy\r\n\r\n"; });
  const auto plan = output_of(relay);
  HttpOutput output(plan);
  EXPECT_NE(output.apply(false, never_abort).trouble.view().find("503"), std::string_view::npos);
}

TEST(Http, S12_TheExpectedTextMustBeInTheAnswer) {
  Relay relay([](int) { return ok; });
  auto plan = output_of(relay);
  plan.reply = "\"ison\":false";
  plan.reply_run = "\"ison\":true";
  HttpOutput output(plan);
  EXPECT_TRUE(output.apply(false, never_abort).good);
  const Outcome run = output.apply(true, never_abort);
  EXPECT_FALSE(run.good);
  EXPECT_NE(run.trouble.view().find("expected text"), std::string_view::npos);
}

TEST(Http, AServerThatHangsEndsInTheTimeOut) {
  Relay relay([](int) { return "hang"; });
  auto plan = output_of(relay);
  plan.timeout_ms = 200;
  HttpOutput output(plan);
  const Instant before = os::now();
  const Outcome outcome = output.apply(false, never_abort);
  EXPECT_FALSE(outcome.good);
  EXPECT_GE(os::now() - before, 200ms);
  EXPECT_NE(outcome.trouble.view().find("in time"), std::string_view::npos);
  EXPECT_EQ(relay.requests().size(), 1U)
      << "what may have been heard is not said again within the same attempt";
}

TEST(Http, ACutEndsARunThatWaits) {
  Relay relay([](int) { return "hang"; });
  auto plan = output_of(relay);
  plan.timeout_ms = 60000;
  HttpOutput output(plan);
  EXPECT_FALSE(output.apply(true, [&] { return !relay.requests().empty(); }).good);
}

TEST(Http, AnIdleConnectionThatWasClosedIsDialledAgain) {
  Relay relay([](int) { return ok; });
  const auto plan = output_of(relay);
  HttpOutput output(plan);
  relay.closes_idle = true;
  ASSERT_TRUE(output.probe().good);
  while (relay.connections == 0) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(30ms);
  relay.closes_idle = false;
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_TRUE(output.apply(true, never_abort).good);
}

TEST(Http, SafeIsSaidAgainWhenTheConnectionEndsWithoutAnAnswerAndRunIsNot) {
  Relay relay([](int n) { return n % 2 == 0 ? "" : ok; });
  const auto plan = output_of(relay);
  HttpOutput output(plan);
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_EQ(relay.requests().size(), 2U);
  const Outcome run = output.apply(true, never_abort);
  EXPECT_FALSE(run.good);
  EXPECT_EQ(relay.requests().size(), 3U)
      << "the relay may have heard it: energising twice is not ours to decide";
}

TEST(Http, ARefusedConnectionAndAnUnknownNameAreTroubleAndNothingWasCommanded) {
  std::uint16_t closed = 0;
  {
    Relay gone([](int) { return ok; });
    closed = gone.port();
  }
  Relay relay([](int) { return ok; });
  auto plan = output_of(relay);
  plan.port = closed;
  HttpOutput refused(plan);
  for (const Outcome& outcome : {refused.probe(), refused.apply(false, never_abort)}) {
    EXPECT_FALSE(outcome.good);
    EXPECT_EQ(outcome.commanded, Instant{});
    EXPECT_NE(outcome.trouble.view().find("127.0.0.1:" + std::to_string(closed)), std::string_view::npos);
  }
  auto nameless = output_of(relay);
  nameless.host = "no-such-relay.invalid";
  HttpOutput unknown(nameless);
  EXPECT_NE(unknown.apply(false, never_abort).trouble.view().find("does not resolve"),
            std::string_view::npos);
}

PeerAddress loopback(std::uint16_t port) {
  PeerAddress made;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  std::memcpy(&made.storage, &address, sizeof address);
  made.length = sizeof address;
  return made;
}

// Listens, and answers no further dial: its queue is full, as that of a relay that is half dead.
struct DeafHost {
  DeafHost() : listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    PeerAddress any = loopback(0);
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&any.storage), any.length), 0);
    EXPECT_EQ(::listen(listener.get(), 0), 0);
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(callers.back().get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length);
    }
  }
  os::Fd listener;
  PeerAddress address = loopback(0);
  std::vector<os::Fd> callers;
};

TEST(Http, EveryAddressOfTheHostIsTriedAndTheOneThatAnsweredFirstNextTime) {
  std::uint16_t closed = 0;
  {
    Relay gone([](int) { return ok; });
    closed = gone.port();
  }
  Relay relay([](int) { return ok; });
  auto plan = output_of(relay);
  plan.timeout_ms = 3000;
  const DeafHost deaf;
  std::vector<PeerAddress> addresses{loopback(closed), deaf.address, loopback(relay.port())};
  int asked = 0;
  HttpOutput output(plan, [&](const char*, std::uint16_t) {
    ++asked;
    return addresses;
  });
  const Outcome first = output.apply(false, never_abort);
  EXPECT_TRUE(first.good) << first.trouble.view();
  EXPECT_EQ(asked, 1);
  // Now it knows which one answers: without a word to the one that costs its share of the time.
  plan.timeout_ms = 600'000;
  const Instant before = os::now();
  EXPECT_TRUE(output.apply(false, never_abort).good);
  std::swap(addresses[0], addresses[2]);
  std::swap(addresses[0], addresses[1]);
  EXPECT_TRUE(output.probe().good);
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_LT(os::now() - before, 150s);
  EXPECT_EQ(relay.requests().size(), 3U);
}

TEST(Http, NothingToSayForRunIsDoneAtOnce) {
  Relay relay([](int) { return ok; });
  auto plan = output_of(relay);
  plan.run_request = "";
  HttpOutput output(plan);
  EXPECT_TRUE(output.apply(true, never_abort).good);
  EXPECT_TRUE(relay.requests().empty());
}

}  // namespace
}  // namespace standstill::output
