// Serial relays on real pseudo terminals; the bytes at the far end are the oracle.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "os/clock.hpp"
#include "output/peer/serial_output.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::output {
namespace {

// The far end of a cable, by hand.
class Cable {
 public:
  explicit Cable(const std::string& link) {
    std::array<char, 128> name{};
    int slave = -1;
    if (openpty(&master_, &slave, name.data(), nullptr, nullptr) != 0)
      throw std::runtime_error("no pseudo terminal");
    close(slave);
    fcntl(master_, F_SETFL, O_NONBLOCK);
    std::filesystem::remove(link);
    std::filesystem::create_symlink(name.data(), link);
  }
  ~Cable() { unplug(); }
  void unplug() {
    if (master_ >= 0) close(master_);
    master_ = -1;
  }
  // What has arrived once `until` holds at its end, or after two seconds.
  std::string hear(const std::string& until) {
    for (const Instant end = os::now() + 2s; os::now() < end && !heard_.ends_with(until);) {
      pollfd ask{master_, POLLIN, 0};
      poll(&ask, 1, 10);
      std::array<char, 4096> bytes{};
      const ssize_t count = read(master_, bytes.data(), bytes.size());
      if (count > 0) heard_.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return std::exchange(heard_, {});
  }
  void say(const std::string& text) const {
    ASSERT_EQ(write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

 private:
  int master_ = -1;
  std::string heard_;
};

class Serial : public testing::Test {
 protected:
  plan::Output relay(int number = 0, const char* reply = "") const {
    plan::Output output;
    const std::string suffix = number == 0 ? "" : std::to_string(number);
    output.kind = plan::OutputKind::serial;
    output.device.assign(device);
    output.safe_bytes.assign("RELAY" + suffix + "_OFF\n");
    output.run_bytes.assign("RELAY" + suffix + "_ON\n");
    output.reply = reply;
    output.reply_run = reply;
    output.timeout_ms = 10000;  // what is expected to happen may take its time
    return output;
  }
  static bool never_abort() { return false; }
  int open_descriptors() const {
    const std::string target = std::filesystem::read_symlink(device);
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code ignored;
      if (std::filesystem::read_symlink(entry.path(), ignored) == target) ++count;
    }
    return count;
  }

  test::TemporaryFolder folder;
  const std::string device =
      folder / "usb-relay";  // like /dev/serial/by-id: the name stays when the device returns
  std::optional<Cable> cable{device};
};

TEST_F(Serial, SaysSafeAndRun) {
  const auto plan = relay();
  SerialOutput output(plan);
  EXPECT_EQ(output.shareable_fd(), -1);
  ASSERT_TRUE(output.probe().good);
  const Instant before = os::now();
  const Outcome safe = output.apply(false, never_abort);
  EXPECT_TRUE(safe.good) << safe.trouble.view();
  EXPECT_GE(safe.commanded, before);
  EXPECT_EQ(cable->hear("\n"), "RELAY_OFF\n");
  EXPECT_TRUE(output.apply(true, never_abort).good);
  EXPECT_EQ(cable->hear("\n"), "RELAY_ON\n");
  EXPECT_GE(output.shareable_fd(), 0);
}

TEST_F(Serial, IsRawAtTheBaudAndFramingOfThePlan) {
  auto plan = relay();
  plan.baud = 115200;
  plan.framing = "7E2";
  SerialOutput output(plan);
  ASSERT_TRUE(output.probe().good);
  termios settings{};
  ASSERT_EQ(tcgetattr(output.shareable_fd(), &settings), 0);
  EXPECT_EQ(cfgetospeed(&settings), static_cast<speed_t>(B115200));
  EXPECT_EQ(settings.c_lflag & static_cast<tcflag_t>(ECHO | ICANON | ISIG), 0U);
  EXPECT_EQ(settings.c_oflag & static_cast<tcflag_t>(OPOST), 0U);
  EXPECT_NE(settings.c_cflag & static_cast<tcflag_t>(CSTOPB), 0U);
  EXPECT_EQ(settings.c_cflag & static_cast<tcflag_t>(HUPCL), 0U) << "closing must not drop DTR";
}

TEST_F(Serial, S12_AReplyConfirmsAndSilenceDoesNot) {
  auto plan = relay(0, "OK");
  SerialOutput output(plan);
  auto outcome = std::async([&] { return output.apply(false, never_abort); });
  EXPECT_EQ(cable->hear("\n"), "RELAY_OFF\n");
  cable->say("noise\r\nO");
  cable->say("K\r\n");
  EXPECT_TRUE(outcome.get().good);

  plan.timeout_ms = 300;
  const Instant before = os::now();
  const Outcome silent = output.apply(false, never_abort);
  EXPECT_FALSE(silent.good);
  EXPECT_NE(silent.trouble.view().find("did not confirm safe"), std::string_view::npos);
  EXPECT_NE(silent.commanded, Instant{}) << "it was said, only not confirmed";
  EXPECT_GE(os::now() - before, 300ms);
}

TEST_F(Serial, S12_AnOldAnswerConfirmsNothing) {
  auto plan = relay(0, "OK");
  plan.timeout_ms = 300;
  SerialOutput output(plan);
  ASSERT_TRUE(output.probe().good);
  cable->say("OK\n");  // lies in the buffer from before
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(output.apply(false, never_abort).good);
}

TEST_F(Serial, ACutEndsARunThatWaitsForItsReply) {
  auto plan = relay(0, "OK");
  plan.timeout_ms = 60000;
  SerialOutput output(plan);
  std::atomic<bool> cut = false;
  auto run = std::async([&] { return output.apply(true, [&] { return cut.load(); }); });
  EXPECT_EQ(cable->hear("\n"), "RELAY_ON\n");
  cut = true;
  EXPECT_EQ(run.wait_for(10s), std::future_status::ready);
  EXPECT_FALSE(run.get().good);
  // The answer to the run that was given up comes late: it must not confirm the cut.
  plan.timeout_ms = 3000;
  auto safe = std::async([&] { return output.apply(false, never_abort); });
  EXPECT_EQ(cable->hear("\n"), "RELAY_OFF\n");
  cable->say("OK\n");
  EXPECT_FALSE(safe.get().good);
  plan.timeout_ms = 10000;
  auto again = std::async([&] { return output.apply(false, never_abort); });
  EXPECT_EQ(cable->hear("\n"), "RELAY_OFF\n");
  cable->say("OK\n");
  EXPECT_TRUE(again.get().good);
}

TEST_F(Serial, ATakeoverEndsTheLineThatMayBeHalfSaid) {
  const auto plan = relay();
  SerialOutput output(plan);
  output.take_over();
  ASSERT_TRUE(output.apply(false, never_abort).good);
  ASSERT_TRUE(output.apply(false, never_abort).good);
  EXPECT_EQ(cable->hear("\nRELAY_OFF\nRELAY_OFF\n"), "\nRELAY_OFF\nRELAY_OFF\n") << "once";
}

TEST_F(Serial, ALineThatTakesNoBytesIsTroubleAndIsEndedFirstAfterwards) {
  auto plan = relay();
  const auto other = relay(2);
  plan.timeout_ms = 200;
  SerialOutput output(plan), second(other);
  ASSERT_TRUE(output.probe().good);
  ASSERT_TRUE(second.probe().good);
  // The kernel moves what it took on to the other end for a while: full is what stays full.
  const std::string filler(512, '.');
  for (int quiet = 0; quiet < 60; std::this_thread::sleep_for(5ms))
    quiet = write(output.shareable_fd(), filler.data(), filler.size()) > 0 ? 0 : quiet + 1;
  const Outcome stuck = output.apply(false, never_abort);
  EXPECT_FALSE(stuck.good);
  EXPECT_NE(stuck.trouble.view().find("takes no bytes"), std::string_view::npos) << stuck.trouble.view();
  EXPECT_EQ(stuck.commanded, Instant{});
  // What was left half said is a matter of the line, whoever speaks next.
  auto later = std::async([&] { return second.apply(false, never_abort); });
  const std::string heard = cable->hear("RELAY2_OFF\n");
  EXPECT_TRUE(later.get().good);
  EXPECT_TRUE(heard.ends_with("\nRELAY2_OFF\n")) << heard.substr(heard.size() > 40 ? heard.size() - 40 : 0);
}

TEST_F(Serial, ADeviceThatIsGoneIsClosedAtOnceAndSaidOnceAlsoWhenItIsBackAlready) {
  const auto plan = relay();
  SerialOutput output(plan);
  ASSERT_TRUE(output.probe().good);
  EXPECT_EQ(open_descriptors(), 1);
  const std::string old = std::filesystem::read_symlink(device);
  cable.reset();
  cable.emplace(device);  // back within one probe interval
  const Outcome gone = output.probe();
  EXPECT_FALSE(gone.good) << "a relay that lost its power has forgotten what it was told";
  EXPECT_EQ(output.shareable_fd(), -1);
  EXPECT_TRUE(output.probe().good);
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_TRUE(cable->hear("RELAY_OFF\n").ends_with("\nRELAY_OFF\n"))
      << "half of something may have been said before";
}

TEST_F(Serial, ADeviceThatIsNotThereSaysSo) {
  std::filesystem::remove(device);
  const auto plan = relay();
  SerialOutput output(plan);
  for (const Outcome& outcome : {output.probe(), output.apply(false, never_abort)}) {
    EXPECT_FALSE(outcome.good);
    EXPECT_NE(outcome.trouble.view().find("not there"), std::string_view::npos);
    EXPECT_NE(outcome.trouble.view().find(device.substr(0, 20)), std::string_view::npos);
    EXPECT_EQ(outcome.commanded, Instant{});
  }
}

}  // namespace
}  // namespace standstill::output
