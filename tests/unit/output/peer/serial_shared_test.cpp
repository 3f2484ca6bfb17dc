// Several outputs on one serial device: one descriptor, whole lines, and as many confirmations as commands.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "os/clock.hpp"
#include "output/peer/serial_output.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::output {
namespace {

bool never_abort() { return false; }

// A board with several relays that answers every line with OK, or only the lines about some of them.
class Board {
 public:
  Board() {
    std::array<char, 128> name{};
    if (openpty(&master_, &slave_, name.data(), nullptr, nullptr) != 0)
      throw std::runtime_error("no pseudo terminal");
    name_ = name.data();
    thread_ = std::thread([this] { listen(); });
  }
  ~Board() { unplug(); }
  void unplug() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
    if (master_ >= 0) close(master_);
    if (slave_ >= 0) close(slave_);
    master_ = slave_ = -1;
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string name_;
  std::atomic<bool> deaf_for_2 = false, mute = false;

 private:
  void listen() {
    std::string line;
    while (!ending_) {
      pollfd ask{master_, POLLIN, 0};
      if (poll(&ask, 1, 5) <= 0) continue;
      std::array<char, 64> bytes{};
      const ssize_t count = read(master_, bytes.data(), bytes.size());
      for (ssize_t i = 0; i < count; ++i) {
        const char c = bytes[static_cast<std::size_t>(i)];
        if (c != '\n') {
          line += c;
          continue;
        }
        const bool answers = !mute && !(deaf_for_2 && line.starts_with("R2"));
        {
          const std::lock_guard lock(mutex_);  // first, or who was answered may look too early
          lines_.push_back(std::exchange(line, {}));
        }
        if (answers) [[maybe_unused]]
          const auto written = write(master_, "OK\n", 3);
      }
    }
  }
  int master_ = -1, slave_ = -1;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::thread thread_;
};

plan::Output output_of(const std::string& device, int number) {
  plan::Output output;
  output.kind = plan::OutputKind::serial;
  output.device.assign(device);
  output.safe_bytes.assign("R" + std::to_string(number) + "_OFF\n");
  output.run_bytes.assign("R" + std::to_string(number) + "_ON\n");
  output.reply = output.reply_run = "OK";
  output.timeout_ms = 1500;
  return output;
}

TEST(SerialShared, TwoOutputsOfOneDeviceShareItsDescriptorByAnyName) {
  Board board;
  test::TemporaryFolder folder;
  std::filesystem::create_symlink(board.name_, folder / "by-id");
  const auto first = output_of(board.name_, 1), second = output_of(folder / "by-id", 2);
  SerialOutput one(first), two(second);
  ASSERT_TRUE(one.probe().good);
  ASSERT_TRUE(two.probe().good) << two.probe().trouble.view();
  EXPECT_EQ(one.shareable_fd(), two.shareable_fd());
  int exclusive = 0;
  ASSERT_EQ(ioctl(one.shareable_fd(), TIOCGEXCL, &exclusive), 0);
  EXPECT_EQ(exclusive, 1) << "nobody else may speak in between";
}

TEST(SerialShared, ItWorksForAUserWhoIsNotRoot) {
  if (getuid() != 0) GTEST_SKIP() << "every test here runs as such a user already";
  Board board;
  std::filesystem::permissions(board.name_,
                               std::filesystem::perms::others_read | std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(9);
    const auto first = output_of(board.name_, 1), second = output_of(board.name_, 2);
    SerialOutput one(first), two(second);
    if (!one.probe().good) _exit(1);
    if (!two.probe().good) _exit(2);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SerialShared, CommandsOfManyThreadsNeverMixAndAllAreConfirmed) {
  Board board;
  constexpr int outputs = 8, rounds = 20;
  std::vector<plan::Output> plans;
  for (int i = 0; i < outputs; ++i) plans.push_back(output_of(board.name_, i));
  for (auto& plan : plans) plan.timeout_ms = 10000;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (const auto& plan : plans)
    threads.emplace_back([&] {
      SerialOutput output(plan);
      for (int i = 0; i < rounds; ++i) good += output.apply(i % 2 == 0, never_abort).good ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, outputs * rounds);
  const auto lines = board.lines();
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(outputs * rounds));
  for (const auto& line : lines)
    EXPECT_TRUE(line.size() >= 5 && line.size() <= 6 && line[0] == 'R' && line[2] == '_') << line;
}

TEST(SerialShared, S12_OneConfirmationDoesNotServeTwo) {
  Board board;
  board.deaf_for_2 = true;
  const auto first = output_of(board.name_, 1), second = output_of(board.name_, 2);
  SerialOutput one(first), two(second);
  ASSERT_TRUE(one.probe().good);
  auto a = std::async([&] { return one.apply(false, never_abort); });
  auto b = std::async([&] { return two.apply(false, never_abort); });
  EXPECT_EQ((a.get().good ? 1 : 0) + (b.get().good ? 1 : 0), 1) << "two commands, one answer";
}

TEST(SerialShared, ACutOfOneDoesNotWaitForTheAnswerToAnother) {
  Board board;
  board.mute = true;
  auto slow = output_of(board.name_, 2), fast = output_of(board.name_, 1);
  slow.timeout_ms = 60000;
  fast.reply = "";
  SerialOutput two(slow), one(fast);
  std::atomic<bool> give_up = false;
  auto waits = std::async([&] { return two.apply(false, [&] { return give_up.load(); }); });
  while (board.lines().empty()) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(one.apply(false, never_abort).good);
  EXPECT_EQ(waits.wait_for(0s), std::future_status::timeout) << "it was said while the other still waited";
  give_up = true;
  waits.get();
}

TEST(SerialShared, WhenTheDeviceGoesItIsClosedForAllAtOnce) {
  Board board;
  const std::string name = board.name_;
  const auto first = output_of(name, 1), second = output_of(name, 2);
  SerialOutput one(first), two(second);
  ASSERT_TRUE(one.probe().good);
  ASSERT_TRUE(two.probe().good);
  board.unplug();
  EXPECT_FALSE(one.probe().good);
  // `two` has not looked yet, and holds nothing all the same.
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    EXPECT_FALSE(std::filesystem::read_symlink(entry.path(), ignored).string().starts_with(name))
        << "still open: " << entry.path();
  }
  const Outcome outcome = two.apply(false, never_abort);
  EXPECT_FALSE(outcome.good) << "bytes that nobody hears are no cut";
  EXPECT_EQ(outcome.commanded, Instant{});
}

TEST(SerialShared, AnAdoptedDescriptorIsUsedAndServesTheOthersToo) {
  Board board;
  const auto first = output_of(board.name_, 1), second = output_of(board.name_, 2);
  int duplicate = -1;
  {
    SerialOutput theirs(first);  // stands for the other cutter's
    ASSERT_TRUE(theirs.probe().good);
    duplicate = fcntl(theirs.shareable_fd(), F_DUPFD_CLOEXEC, 0);
  }
  SerialOutput one(first), two(second);
  one.adopt(os::Fd(duplicate));
  EXPECT_EQ(one.shareable_fd(), duplicate);
  EXPECT_TRUE(one.apply(false, never_abort).good);
  EXPECT_TRUE(two.probe().good);
  EXPECT_EQ(one.shareable_fd(), two.shareable_fd());
}

TEST(SerialShared, TheLastOutputThatLetsGoClosesTheDevice) {
  Board board;
  const auto plan = output_of(board.name_, 1);
  int fd = -1;
  {
    SerialOutput one(plan);
    ASSERT_TRUE(one.probe().good);
    fd = one.shareable_fd();
  }
  EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

}  // namespace
}  // namespace standstill::output
