// A serial relay behind a USB adapter that comes and goes. The relay has its own supply and keeps its last
// state.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "hil/guest/chain.hpp"
#include "hil/guest/host.hpp"
#include "hil/guest/sim_chip.hpp"
#include "hil/guest/usb.hpp"

namespace standstill::hil {
namespace {

bool relay_is(const std::string& state) {
  return until([&] { return ask_host("relay") == state; }, 60s);
}

std::string relay(const std::string& device) {
  return "[[output]]\nid = \"relay\"\nkind = \"serial\"\ndevice = \"" + device +
         "\"\nsafe = \"RELAY_OFF\\n\"\nrun = \"RELAY_ON\\n\"\nescalate = \"mains\"\n"
         "[[output]]\nid = \"mains\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n"
         // only an escalation cuts the mains within the first minute
         "[[stage]]\nat_ms = 60000\noutput = \"mains\"\n";
}

class Usb : public testing::Test {
 protected:
  void SetUp() override {
    if (!plugged) plug();  // an earlier scenario failed half-way
    ASSERT_TRUE(until([] { return !by_id().empty() && there(by_id()); }, 60s)) << "no USB serial device";
    name_ = by_id();
  }
  void plug() {
    ask_host("plug relay");
    plugged = true;
    ASSERT_TRUE(until([] { return !by_id().empty(); }, 60s));
  }
  void unplug() {
    ask_host("unplug relay");
    plugged = false;
    ASSERT_TRUE(until([] { return by_id().empty(); }, 60s));
  }
  void run(Chain& chain) {
    chain.start_and_wait();
    ASSERT_TRUE(chain.to_running()) << chain.about();
    ASSERT_TRUE(relay_is("closed")) << chain.about();
    ASSERT_TRUE(until([&] { return chip_.high(0); }));
  }
  static inline bool plugged = true;
  SimChip chip_;
  std::string name_;
};

TEST_F(Usb, UnpluggedWhileSafeRefusesStart) {
  Chain chain(relay(name_));
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_ready()) << chain.about();
  unplug();
  EXPECT_TRUE(until([&] { return chain.is("tripped") && chain.has_cause("output_failed"); }))
      << chain.about();
  EXPECT_NE(chain.word("start").status, 200);
  plug();
  EXPECT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(relay_is("closed"));
}

TEST_F(Usb, UnpluggedWhileRunningTripsAndEscalates) {
  Chain chain(relay(name_));
  run(chain);
  unplug();
  EXPECT_TRUE(until([&] { return chain.is("tripped"); })) << chain.about();
  EXPECT_TRUE(until([&] { return !chip_.high(0); })) << "not escalated: " << chain.about();
  EXPECT_EQ(chain.first_out(), "output_failed");
  EXPECT_EQ(ask_host("relay"), "closed") << "nobody can tell it anything";
  plug();
  EXPECT_TRUE(relay_is("open")) << "the first thing it hears when it is back is that it shall be safe";
  EXPECT_TRUE(stays([&] { return ask_host("relay") == "open" && !chip_.high(0); }, 2s)) << "S4";
  EXPECT_TRUE(chain.to_running()) << chain.about();
}

TEST_F(Usb, UnpluggedWhileTripping) {
  Chain chain(relay(name_));
  run(chain);
  ask_host("unplug relay");
  plugged = false;
  chain.stop();  // it may know of the unplugging, or not
  EXPECT_TRUE(until([&] { return !chip_.high(0); })) << "not escalated: " << chain.about();
  ASSERT_TRUE(until([] { return by_id().empty(); }, 60s));
  plug();
  EXPECT_TRUE(relay_is("open"));
}

TEST_F(Usb, ReturnsUnderAnotherName) {
  Chain chain(relay(name_));
  run(chain);
  const int clinging =
      ::open("/dev/ttyUSB0", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);  // the name stays taken
  ASSERT_GE(clinging, 0);
  unplug();
  EXPECT_TRUE(until([&] { return chain.is("tripped"); }));
  plug();
  EXPECT_TRUE(there("/dev/ttyUSB1"));
  ::close(clinging);
  EXPECT_TRUE(relay_is("open"));
  EXPECT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(relay_is("closed"));
  chain.end();
  unplug();
  plug();
}

TEST_F(Usb, NobodyClingsToADeviceThatWasUnplugged) {
  Chain chain(relay("/dev/ttyUSB0"));
  run(chain);
  unplug();
  EXPECT_TRUE(until([&] { return chain.is("tripped"); }));
  (void)stays([] { return true; }, 2s);
  plug();
  EXPECT_TRUE(there("/dev/ttyUSB0")) << "it came back under another name: somebody holds the old one";
  EXPECT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(relay_is("closed"));
}

}  // namespace
}  // namespace standstill::hil
