// Everything that can go wrong on a real socket, at every step of a connection: the right value, or one error
// that names the PLC and the cause. Never another question's answer.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "standstill/plc.hpp"
#include "support/plc_peer.hpp"

namespace standstill {
namespace {

using namespace std::chrono_literals;
using test::PlcPeer;
using Clock = std::chrono::steady_clock;

int listen_somewhere(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd, 64), 0);
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return fd;
}

// Stands between client and PLC. On demand it holds what the PLC says on today's connections from its n-th
// packet on, until it is let go: the PLC that is stopped past the time-out and resumed, at any step.
class Between {
 public:
  explicit Between(std::uint16_t behind) : behind_(behind) {
    listener_ = listen_somewhere(port);
    thread_ = std::thread([this] { run(); });
  }
  ~Between() {
    ending_ = true;
    thread_.join();
    for (const auto& pair : pairs_) {
      ::close(pair.client);
      ::close(pair.server);
    }
    ::close(listener_);
  }
  Between(const Between&) = delete;
  Between& operator=(const Between&) = delete;

  // The next connection's packets from the PLC after the first `steps` come `late`.
  void stop_after(int steps, std::chrono::milliseconds late) {
    late_ms_ = static_cast<int>(late.count());
    stop_after_ = steps;
  }
  std::uint16_t port = 0;

 private:
  struct Pair {
    int client = -1, server = -1;
    int steps_left = -1;  // -1: never stops
    std::chrono::milliseconds late{};
    std::vector<std::pair<Clock::time_point, std::string>> held{};
    bool over = false;
  };

  void run() {
    while (!ending_) {
      std::vector<pollfd> ask{{listener_, POLLIN, 0}};
      for (const auto& pair : pairs_) {
        ask.push_back({pair.over ? -1 : pair.client, POLLIN, 0});
        ask.push_back({pair.over ? -1 : pair.server, POLLIN, 0});
      }
      ::poll(ask.data(), ask.size(), 5);
      const std::size_t known = pairs_.size();
      if (ask[0].revents != 0) accept();
      for (std::size_t i = 0; i < known; ++i) {
        Pair& pair = pairs_[i];
        if (!pair.over && ask[1 + 2 * i].revents != 0) forward(pair);
        if (!pair.over && ask[2 + 2 * i].revents != 0) back(pair);
        release(pair);
      }
    }
  }
  void accept() {
    Pair pair;
    pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    pair.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(behind_);
    if (pair.client < 0 || ::connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      pair.over = true;
    pair.steps_left = stop_after_.exchange(-1);
    pair.late = std::chrono::milliseconds(late_ms_);
    pairs_.push_back(std::move(pair));
  }
  static void forward(Pair& pair) {
    char bytes[4096];
    const ssize_t count = ::recv(pair.client, bytes, sizeof bytes, 0);
    if (count <= 0 || ::send(pair.server, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) < 0)
      end(pair);
  }
  static void back(Pair& pair) {
    char bytes[4096];
    const ssize_t count = ::recv(pair.server, bytes, sizeof bytes, 0);
    if (count <= 0) return end(pair);
    if (pair.steps_left > 0) --pair.steps_left;
    const auto at = pair.steps_left == 0 ? Clock::now() + pair.late : Clock::time_point{};
    pair.held.emplace_back(at, std::string(bytes, static_cast<std::size_t>(count)));
  }
  static void release(Pair& pair) {
    while (!pair.over && !pair.held.empty() && pair.held.front().first <= Clock::now()) {
      const std::string bytes = std::move(pair.held.front().second);
      pair.held.erase(pair.held.begin());
      if (::send(pair.client, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) end(pair);
    }
  }
  static void end(Pair& pair) {
    ::shutdown(pair.client, SHUT_RDWR);
    ::shutdown(pair.server, SHUT_RDWR);
    pair.over = true;
  }

  const std::uint16_t behind_;
  int listener_ = -1;
  std::atomic<bool> ending_ = false;
  std::atomic<int> stop_after_ = -1;
  std::atomic<int> late_ms_ = 0;
  std::vector<Pair> pairs_;  // the thread's
  std::thread thread_;
};

PlcOptions options_for(std::uint16_t port) {
  PlcOptions options;
  options.port = port;
  options.allow_write = true;
  options.retry_first = 5ms;
  options.retry_longest = 20ms;
  options.time_out = 60s;
  options.probe = 60s;
  return options;
}

// Places that each hold a number of their own: the i-th DWORD is i times 7919.
std::vector<std::byte> numbers(unsigned count) {
  std::vector<std::byte> bytes;
  for (unsigned i = 0; i < count; ++i)
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      bytes.push_back(static_cast<std::byte>(i * 7919U >> shift));
  return bytes;
}

// 1: the confirm, 2: the setup, 3: the password, 4 and more: answers.
TEST(PlcFaults, StoppedPastTheTimeOutAndResumedAtEveryStep) {
  PlcPeer peer;
  peer.tell("password geheim");
  Between between(peer.port());
  auto options = options_for(between.port);
  options.password = "geheim";
  {
    auto direct = options;
    direct.port = peer.port();
    const Plc plc("127.0.0.1", direct);
    ASSERT_TRUE(plc.write_db(10, 0, numbers(2048)));
  }
  options.answer_within = 200ms;
  options.connect_timeout = 200ms;
  std::mt19937 random(3);
  int all = 0;
  for (int step = 1; step <= 10; ++step) {
    between.stop_after(step, 450ms);  // what is held comes when the next connection is at work
    const Plc plc("127.0.0.1", options);
    int good = 0;
    const auto limit = Clock::now() + 60s;
    while (good < 200 && Clock::now() < limit) {
      const unsigned i = random() % 2048;
      const auto read = plc.read("DB10.DBD" + std::to_string(4 * i));
      if (!read) {
        EXPECT_NE(read.error().text.find("127.0.0.1:" + std::to_string(between.port)), std::string::npos)
            << read.error().text;
        continue;
      }
      ++good;
      ASSERT_EQ(read->text(), std::to_string(i * 7919U)) << "step " << step;
    }
    if (step > 3) {
      EXPECT_GE(plc.status().disconnects, 1U) << "step " << step << ": it was never stopped";
    }
    all += good;
  }
  EXPECT_EQ(all, 2000);
}

// Two thousand reads of places that each hold their own number, while answers are late, lost and wrong.
TEST(PlcFaults, TwoThousandRandomReadsAndNoAnswerToTheWrongOne) {
  PlcPeer peer;
  auto options = options_for(peer.port());
  const Plc plc("127.0.0.1", options);
  ASSERT_TRUE(plc.write_db(10, 0, numbers(2048)));
  options.answer_within = 100ms;
  const Plc hasty("127.0.0.1", options);
  std::mt19937 random(9);
  int good = 0;
  for (int round = 0; round < 2000; ++round) {
    if (round % 100 == 20) peer.tell("late 130");
    if (round % 100 == 50) peer.tell("lose");
    if (round % 100 == 70) peer.tell("wrong-sequence");
    if (round % 100 == 90) peer.tell("garbage");
    const unsigned i = random() % 2048;
    const auto read = hasty.read("DB10.DBD" + std::to_string(4 * i));
    if (!read) continue;
    ++good;
    ASSERT_EQ(read->text(), std::to_string(i * 7919U)) << round;
  }
  EXPECT_GT(good, 1900);
}

TEST(PlcFaults, EndedAfterEachByteOfEachAnswer) {
  PlcPeer peer;
  auto options = options_for(peer.port());
  const Plc plc("127.0.0.1", options);
  ASSERT_TRUE(plc.write("DB10.DBD0:DINT", "123456789"));
  for (int at = 0; at <= 28; ++at) {
    peer.tell("cut " + std::to_string(at));
    const auto read = plc.read("DB10.DBD0:DINT");
    ASSERT_TRUE(read) << at << ": " << read.error().text;
    EXPECT_EQ(read->text(), "123456789") << at;
  }
  // A write that was cut may have happened: it is said, and not repeated.
  for (int at = 0; at <= 21; at += 7) {
    peer.tell("cut " + std::to_string(at));
    const auto written = plc.write("DB10.DBD4:DINT", std::to_string(at));
    ASSERT_FALSE(written) << at;
    EXPECT_EQ(written.error().kind, PlcError::Kind::uncertain);
    EXPECT_NE(written.error().text.find("it is not known whether the write happened"), std::string::npos)
        << written.error().text;
    ASSERT_TRUE(plc.wait_online(60s));
  }
}

// Each error is one sentence with host and cause.
TEST(PlcFaults, OneErrorThatNamesHostAndCause) {
  PlcPeer peer;
  auto options = options_for(peer.port());
  options.max_tries = 1;
  options.answer_within = 1500ms;
  options.time_out = 60s;
  const std::string place = "127.0.0.1:" + std::to_string(peer.port()) + ": ";
  const auto error_of = [&](const std::string& fault, const std::string& cure) {
    const Plc plc("127.0.0.1", options);
    EXPECT_TRUE(plc.wait_online(60s));
    EXPECT_TRUE(plc.read("DB1.DBD0"));
    peer.tell(fault);
    const auto read = plc.read("DB1.DBD0");
    peer.tell(cure);
    EXPECT_FALSE(read) << fault;
    return read ? std::string() : read.error().text;
  };
  const auto names = [&](const std::string& text, const std::string& cause) {
    EXPECT_EQ(text.find(place), 0U) << text;
    EXPECT_NE(text.find(cause), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  };
  names(error_of("crash", "restart 0"), "refused");
  names(error_of("hang", "resume"), "1500 ms");
  names(error_of("put-get off", "put-get on"), "PUT/GET");
}

// A peer that is connected to and never answers is an attempt that failed like any other.
TEST(PlcFaults, APlcThatHangsUsesUpItsAttemptsToo) {
  std::uint16_t port = 0;
  const int listener = listen_somewhere(port);  // the system accepts, and nobody serves
  auto options = options_for(port);
  options.max_tries = 2;
  options.answer_within = 100ms;
  std::mutex mutex;
  std::vector<std::string> attempts;
  options.on_attempt = [&](const PlcAttempt& attempt) {
    const std::lock_guard lock(mutex);
    attempts.push_back(attempt.text());
  };
  std::string error;
  {
    const Plc plc("127.0.0.1", options);
    const auto read = plc.read("DB1.DBD0");
    ASSERT_FALSE(read);
    error = read.error().text;
    options.time_out = 150ms;
    options.max_tries = 0;
    options.on_attempt = {};
    const Plc hasty("127.0.0.1", options);
    const auto late = hasty.read("DB1.DBD0");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, PlcError::Kind::unreachable);
    const auto limit = Clock::now() + 60s;
    for (bool all = false; !all && Clock::now() < limit; std::this_thread::sleep_for(5ms)) {
      const std::lock_guard lock(mutex);
      all = attempts.size() >= 2;
    }
  }
  EXPECT_NE(error.find("nothing there answered within 100 ms"), std::string::npos) << error;
  const std::lock_guard lock(mutex);
  ASSERT_GE(attempts.size(), 2U);
  EXPECT_NE(attempts[0].find("attempt 1 of 2 failed: "), std::string::npos) << attempts[0];
  EXPECT_NE(attempts[1].find("attempt 2 of 2 failed: "), std::string::npos) << attempts[1];
  ::close(listener);
}

TEST(PlcFaults, GarbageWithoutEndTakesNoMemory) {
  std::uint16_t port = 0;
  const int listener = listen_somewhere(port);
  std::atomic<bool> ending = false;
  std::thread flood([&] {
    // A well-formed head and a body that never becomes a message, as fast as it is taken.
    const std::string confirm(
        "\x03\x00\x00\x16\x11\xD0\x00\x01\x00\x01\x00\xC0\x01\x0A\xC1\x02\x01\x00\xC2\x02\x01\x01", 22);
    const std::string part("\x03\x00\x04\x00\x02\xF0\x00", 7);  // a data unit that says: more follows
    while (!ending) {
      pollfd ask{listener, POLLIN, 0};
      if (::poll(&ask, 1, 20) <= 0) continue;
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      static_cast<void>(::send(fd, confirm.data(), confirm.size(), MSG_NOSIGNAL));
      const std::string unit = part + std::string(1024 - part.size(), 'x');
      while (!ending && ::send(fd, unit.data(), unit.size(), MSG_NOSIGNAL) > 0) {
      }
      ::close(fd);
    }
  });
  const auto resident = [] {
    std::ifstream in("/proc/self/statm");
    long all = 0;
    long pages = 0;
    in >> all >> pages;
    return pages * ::sysconf(_SC_PAGESIZE);
  };
  {
    auto options = options_for(port);
    options.time_out = 1500ms;
    const Plc plc("127.0.0.1", options);
    const long before = resident();
    const auto read = plc.read("DB1.DBD0");
    EXPECT_FALSE(read);
    EXPECT_EQ(read.error().kind, PlcError::Kind::unreachable);
    EXPECT_LT(resident() - before, 64L << 20U);
  }
  ending = true;
  flood.join();
  ::close(listener);
}

TEST(PlcFaults, AsynchronousCallsOfEveryKind) {
  PlcPeer peer;
  const auto options = options_for(peer.port());
  std::mutex mutex;
  std::vector<std::string> got;
  const auto note = [&](const std::string& what) {
    const std::lock_guard lock(mutex);
    got.push_back(what);
  };
  const auto here = std::this_thread::get_id();
  std::atomic<int> inline_calls = 0;
  {
    const Plc plc("127.0.0.1", options);
    ASSERT_TRUE(plc.wait_online(60s));
    plc.write_db_async(10, 0, {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{0}},
                       [&](const PlcResult<PlcDone>& done) { note(done ? "written" : done.error().text); });
    plc.write_bit_async("DB10.DBX3.7", true, [&](const PlcResult<PlcBitWritten>& done) {
      note(done && !done->by_whole_byte ? "bit" : "no bit");
    });
    plc.read_db_async(10, 0, 4, [&](const PlcResult<Plc::Bytes>& bytes) {
      note(bytes && *bytes == Plc::Bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{0x80}}
               ? "bytes"
               : "other bytes");
    });
    plc.read_async({"DB10.DBW0", "DB99.DBW0", "nonsense"},
                   [&](const std::vector<PlcResult<PlcValue>>& values) {
                     note(values[0]->text() + " " + (values[1] ? "?" : "refused") + " " +
                          (values[2].error().kind == PlcError::Kind::unusable ? "unusable" : "?"));
                   });
    // What cannot be asked is told in the same way as an answer.
    plc.read_async("nonsense", [&](const PlcResult<PlcValue>& value) {
      if (std::this_thread::get_id() == here) ++inline_calls;
      note(value ? "?" : "unusable");
    });
    const auto limit = Clock::now() + 60s;
    for (;;) {
      {
        const std::lock_guard lock(mutex);
        if (got.size() == 5 || Clock::now() > limit) break;
      }
      std::this_thread::sleep_for(5ms);
    }
  }
  std::ranges::sort(got);
  EXPECT_EQ(got, (std::vector<std::string>{"258 refused unusable", "bit", "bytes", "unusable", "written"}));
  EXPECT_EQ(inline_calls, 0);
}

}  // namespace
}  // namespace standstill
