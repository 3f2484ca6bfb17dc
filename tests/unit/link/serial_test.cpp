// The engine on a serial device: pseudo terminals that are unplugged and plugged in again.
#include "link/serial.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/file.h>
#include <termios.h>

#include "support.hpp"

namespace standstill::link::test {
namespace {

namespace fs = std::filesystem;

// A device with its peer: the symbolic link is what /dev/serial/by-id holds, the pseudo terminal is the
// adapter.
class Adapter {
 public:
  Adapter(os::Loop& loop, fs::path path) : loop_(loop), path_(std::move(path)) { plug_in(); }
  ~Adapter() { unplug(); }

  void plug_in() {
    std::array<char, 128> name{};
    int master = -1;
    int slave = -1;
    ASSERT_EQ(::openpty(&master, &slave, name.data(), nullptr, nullptr), 0);
    master_.reset(master);
    // A hang-up may be over (the device open again) before it is read.
    ASSERT_EQ(::fcntl(master, F_SETFL, O_NONBLOCK), 0);
    ::close(slave);
    fs::create_symlink(name.data(), path_);
    watch();
  }
  void unplug() {
    watch_ = {};
    fs::remove(path_);
    master_.reset();
  }
  void say(std::string_view text) {
    ASSERT_EQ(::write(master_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  bool answers = true;
  std::string received;

 private:
  // While nobody has the device open its master only ever says "hung up": look again a little later.
  void watch() {
    watch_ = {};
    again_ = loop_.after(2ms, [this] {
      again_.cancel();
      if (!master_) return;
      watch_ = loop_.watch(master_.get(), EPOLLIN, [this](std::uint32_t) { readable(); });
    });
  }
  void readable() {
    std::array<char, 256> buffer{};
    const auto got = ::read(master_.get(), buffer.data(), buffer.size());
    if (got <= 0) return watch();
    const std::string text(buffer.data(), static_cast<std::size_t>(got));
    received += text;
    if (!answers) return;
    if (text.find("HELLO\n") != std::string::npos) say("WORLD\n");
    if (text.find("PING\n") != std::string::npos) say("PONG\n");
  }
  os::Loop& loop_;
  fs::path path_;
  os::Fd master_;
  os::Loop::Watch watch_;
  os::Loop::Timer again_;
};

struct SerialTest : testing::Test {
  SerialTest() {
    std::array<char, 64> name{"/tmp/standstill-serial-XXXXXX"};
    root = ::mkdtemp(name.data());
    fs::create_directories(folder());
  }
  ~SerialTest() override { fs::remove_all(root); }

  [[nodiscard]] fs::path folder() const { return root / "serial" / "by-id"; }
  [[nodiscard]] fs::path device(const char* name) const { return folder() / name; }
  std::unique_ptr<Transport> serial(std::vector<std::string> devices) {
    return std::make_unique<SerialTransport>(loop, SerialTransport::Settings{.devices = std::move(devices)});
  }
  static Timing
  only_when_it_returns() {  // nothing but the device's return may bring the link back within this test
    Timing timing = patient();
    timing.reconnect = {.first = 1h, .factor_permille = 1000, .max = 1h, .jitter_permille = 0};
    return timing;
  }
  fs::path root;
  os::Loop loop;
};

TEST_F(SerialTest, UnpluggedIsLostAndPluggedInAgainIsDialedAtOnce) {
  Adapter adapter(loop, device("usb-A"));
  Watched meter(loop, serial({device("usb-A")}), only_when_it_returns());
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  EXPECT_EQ(meter.link.status().peer, device("usb-A"));
  for (int i = 0; i < 5; ++i) {
    adapter.unplug();
    ASSERT_TRUE(until(loop, [&] { return meter.state() == State::lost; }));
    EXPECT_EQ(meter.link.status().last_error, "the serial device is gone");
    EXPECT_EQ(meter.link.native_handle(), -1);  // closed, or it would come back under another name
    adapter.plug_in();
    ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  }
}

TEST_F(SerialTest, TheFolderItselfMayGoWithTheLastAdapterAndReturn) {
  Adapter adapter(loop, device("usb-A"));
  Watched meter(loop, serial({device("usb-A")}), only_when_it_returns());
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  adapter.unplug();
  fs::remove_all(root / "serial");
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::lost; }));
  pass(loop, 20ms);
  fs::create_directory(root / "serial");
  pass(loop, 20ms);
  fs::create_directory(folder());
  adapter.plug_in();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
}

TEST_F(SerialTest, StartingWithoutTheAdapterWaitsForIt) {
  Watched meter(loop, serial({device("usb-A")}), only_when_it_returns());
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::lost; }));
  EXPECT_EQ(meter.link.status().last_error,
            device("usb-A").string() + " is not there: is the adapter plugged in?");
  Adapter adapter(loop, device("usb-A"));
  EXPECT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
}

TEST_F(SerialTest, ADeviceThatReturnsClosesTheBreaker) {
  Timing timing = patient();
  timing.breaker = {.failures = 3, .open_for = 1h};
  Watched meter(loop, serial({device("usb-A")}), timing);
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::suspended; }));
  Adapter adapter(loop, device("usb-A"));
  EXPECT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
}

TEST_F(SerialTest, TheSecondPathIsTriedWhenTheFirstIsNotThere) {
  Adapter second(loop, device("usb-B"));
  Watched meter(loop, serial({device("usb-A"), device("usb-B")}), only_when_it_returns());
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  EXPECT_EQ(meter.link.status().peer, device("usb-B"));
}

TEST_F(SerialTest, AnAdapterWithoutAMeterBehindItGivesWayToTheOther) {
  Adapter mute(loop, device("usb-A"));
  mute.answers = false;
  Adapter second(loop, device("usb-B"));
  Timing timing = curt();
  timing.probe = 30s;
  Watched meter(loop, serial({device("usb-A"), device("usb-B")}), timing);
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  EXPECT_EQ(meter.link.status().peer, device("usb-B"));
  EXPECT_NE(meter.link.status().last_error.find("usb-A"), std::string::npos);
}

// Devices that say how often they were read.
struct CountedSerial : SerialTransport {
  using SerialTransport::SerialTransport;
  Io read(std::span<std::byte> into) override {
    ++reads;
    return SerialTransport::read(into);
  }
  int reads = 0;
};

TEST_F(SerialTest, AnAnswerIsTakenWithOneCallAndNothingThatFollowsIsMissed) {
  Adapter adapter(loop, device("usb-A"));
  auto transport =
      std::make_unique<CountedSerial>(loop, SerialTransport::Settings{.devices = {device("usb-A")}});
  CountedSerial& counted = *transport;
  Watched meter(loop, std::move(transport), patient());
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  counted.reads = 0;
  for (int i = 1; i <= 20; ++i) {
    adapter.say("WORLD\n");
    ASSERT_TRUE(until(loop, [&] { return meter.session.lines == i + 1; }));
  }
  // The kernel may hand over six bytes in more than one piece, but an empty line is not asked again each
  // time.
  EXPECT_LT(counted.reads, 30);
  // More than one read holds, while the other end goes on writing: all of it comes.
  std::string burst;
  for (int i = 0; i < 500; ++i) burst += "WORLD\n";
  for (int i = 0; i < 20; ++i) {
    for (std::size_t at = 0; at < burst.size(); at += 700) {
      adapter.say(burst.substr(at, 700));
      loop.turn(0s);
    }
    ASSERT_TRUE(until(loop, [&] { return meter.session.lines == 21 + 500 * (i + 1); })) << i;
  }
  adapter.unplug();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::lost; }));
}

TEST_F(SerialTest, RawSoThatEveryByteArrivesAsItIs) {
  Adapter adapter(loop, device("usb-A"));
  Watched meter(loop, serial({device("usb-A")}), patient());
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  adapter.answers = false;
  adapter.received.clear();
  meter.session.say(all);
  meter.link.send_now();
  ASSERT_TRUE(until(loop, [&] { return adapter.received.size() >= all.size(); }));
  EXPECT_EQ(adapter.received, all);
}

TEST_F(SerialTest, ADeviceThatSomebodyElseHoldsIsNamed) {
  Adapter adapter(loop, device("usb-A"));
  const auto held = open_serial(device("usb-A"), {});
  ASSERT_TRUE(held.has_value()) << held.error();
  const auto second = open_serial(device("usb-A"), {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), device("usb-A").string() + " is in use by another program: end that one first");
}

TEST_F(SerialTest, WhatIsNoSerialDeviceIsNamed) {
  std::ofstream(device("file")) << "x";
  const auto opened = open_serial(device("file"), {});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error(), device("file").string() + " is no serial device");
}

TEST_F(SerialTest, TheRateIsSet) {
  Adapter adapter(loop, device("usb-A"));
  const auto opened = open_serial(device("usb-A"), {.baud = 57600});
  ASSERT_TRUE(opened.has_value());
  termios mode{};
  tcgetattr(opened->get(), &mode);
  EXPECT_EQ(cfgetospeed(&mode), static_cast<speed_t>(B57600));
}

// A pseudo terminal has no direction to switch: its refusal is what is to be seen here.
TEST_F(SerialTest, APortThatCannotSwitchAnRs485LineIsNamed) {
  Adapter adapter(loop, device("usb-A"));
  SerialFormat format;
  ASSERT_TRUE(open_serial(device("usb-A"), format));
  format.rs485 = true;
  const auto opened = open_serial(device("usb-A"), format);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("cannot switch the direction of an RS-485 line"), std::string::npos)
      << opened.error();
}

TEST_F(SerialTest, ManyReplugsLeakNeitherDescriptorNorThread) {
  Adapter adapter(loop, device("usb-A"));
  Watched meter(loop, serial({device("usb-A")}), only_when_it_returns());
  meter.link.begin();
  ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  ASSERT_TRUE(no_thread_left(loop));
  const auto descriptors = entries("/proc/self/fd");
  for (int i = 0; i < 50; ++i) {
    adapter.unplug();
    ASSERT_TRUE(until(loop, [&] { return meter.state() == State::lost; }));
    adapter.plug_in();
    ASSERT_TRUE(until(loop, [&] { return meter.state() == State::online; }));
  }
  EXPECT_TRUE(no_thread_left(loop));
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

TEST(SerialFormat, S16_SaysWhatIsWrongAndWhatThereIs) {
  EXPECT_EQ(serial_format(9600, "8E1").value().parity, 'E');
  EXPECT_EQ(serial_format(9600, "8N2").value().stop_bits, 2);
  EXPECT_EQ(serial_format(9600, "7E1").error(),
            "\"7E1\" is no serial format; use 8N1, 8E1, 8O1, 8N2, 8E2 or 8O2");
  EXPECT_NE(serial_format(9601, "8N1").error().find("9600"), std::string::npos);
}

}  // namespace
}  // namespace standstill::link::test
