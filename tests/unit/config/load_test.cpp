// What a loaded configuration says, file by file and with the environment over it.
#include "config/load.hpp"
#include "support/places.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/keys.hpp"
#include "config/validate.hpp"

namespace standstill::config {
namespace {

namespace fs = std::filesystem;

const fs::path valid = fs::path(test::test_data()) / "config/valid";

Config must_load(const fs::path& path) {
  Loaded loaded = load(path, {});
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error().front());
    return {};
  }
  return std::move(*loaded);
}

Config must_parse(std::string_view text, const Environment& environment = {}) {
  Loaded loaded = load_text(text, "t.toml", "/etc/standstill", environment);
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error().front());
    return {};
  }
  return std::move(*loaded);
}

std::string first_problem(const Loaded& loaded) {
  return loaded ? "accepted" : to_string(loaded.error().front());
}

TEST(Load, DefaultsOfTheSmallestConfiguration) {
  const Config config = must_load(valid / "smallest.toml");
  EXPECT_EQ(config.site.name, "club-layout");
  EXPECT_EQ(config.site.state_dir, "/var/lib/standstill");
  EXPECT_EQ(config.guard.permit_timeout, milliseconds(500));
  EXPECT_EQ(config.guard.settle, milliseconds(2000));
  EXPECT_EQ(config.guard.heartbeat_timeout, milliseconds(100));
  EXPECT_EQ(config.terminal.host, "127.0.0.1");
  EXPECT_EQ(config.terminal.port, 8080);
  EXPECT_FALSE(config.bus);
  ASSERT_EQ(config.links.size(), 1U);
  const Link& link = config.links[0];
  EXPECT_TRUE(link.critical);
  EXPECT_EQ(link.probe, milliseconds(1000));
  EXPECT_EQ(link.silence, milliseconds(3000));
  EXPECT_EQ(link.reconnect.first, milliseconds(2000));
  EXPECT_EQ(link.reconnect.factor, 1.5);
  EXPECT_EQ(link.reconnect.longest, milliseconds(60000));
  EXPECT_EQ(link.reconnect.jitter, 0.1);
  EXPECT_EQ(link.reconnect.max_tries, 0U);
  EXPECT_EQ(link.breaker.failures, 10U);
  EXPECT_EQ(link.breaker.open, milliseconds(300000));
  EXPECT_EQ(std::get<RocrailLink>(link.peer).port, 8051);
  EXPECT_EQ(std::get<RocrailLink>(link.peer).on_goodbye, OnGoodbye::safe);
  const auto& relay = std::get<SerialOutput>(config.outputs.at(0).device);
  EXPECT_EQ(relay.safe, "RELAY_OFF\n");
  EXPECT_EQ(relay.port.baud, 9600U);
  EXPECT_TRUE(config.unsupported().empty());
}

TEST(Load, TheContractsExampleMeansWhatItSays) {
  const Config config = must_load(valid / "contract.toml");
  EXPECT_EQ(config.site.timezone, "Europe/Berlin");
  ASSERT_EQ(config.site.metadata.size(), 2U);
  EXPECT_EQ(config.site.metadata[1].name, "operator");
  EXPECT_TRUE(config.site.metadata[1].from_environment);
  ASSERT_EQ(config.links.size(), 3U);
  EXPECT_EQ(std::get<ModbusLink>(config.links[1].peer).devices.size(), 2U);
  const auto& press = std::get<S7Link>(config.links[2].peer);
  EXPECT_EQ(press.tags.at(1).address, "DB1.DBX4.0");
  EXPECT_EQ(press.heartbeat->changes_within, milliseconds(1000));
  EXPECT_EQ(config.links[2].reconnect.max_tries, 5U);
  const auto& oil = std::get<LimitWatch>(config.watches.at(0).rule);
  EXPECT_EQ(oil.source.text(), "press.counter");
  EXPECT_EQ(oil.high, 80000.0);
  EXPECT_EQ(oil.valid->highest, 150000.0);
  const auto& button = std::get<DemandWatch>(config.watches.at(1).rule);
  EXPECT_EQ(button.closed, Level::low);
  EXPECT_EQ(button.bias, Bias::pull_up);
  EXPECT_EQ(button.line_b, 23U);
  const Output& track = *config.output("track-power");
  EXPECT_EQ(std::get<GpioOutput>(track.device).safe, Level::low);
  EXPECT_EQ(track.escalate, "mains");
  EXPECT_EQ(track.readback->within, milliseconds(50));
  EXPECT_FALSE(std::get<GpioReadback>(track.readback->input).check_run);
  EXPECT_EQ(std::get<HttpOutput>(config.output("mains")->device).run->url, "http://192.168.1.100/power/on");
  EXPECT_EQ(std::get<Send>(config.stages.at(0).act).command, "ebreak");
  EXPECT_EQ(std::get<std::string>(config.stages.at(1).act), "mains");
  EXPECT_EQ(std::get<WebhookAlert>(config.alerts.at(0).channel).url_source.file, "/etc/standstill/slack-url");
  EXPECT_EQ(config.alerts[0].on, std::vector<std::string>{"trip"});
  EXPECT_TRUE(config.bus->controller);
  EXPECT_TRUE(config.unsupported().empty()) << "everything in it runs";
}

// Every word that decides a level or a way, in the sense opposite to its default.
TEST(Load, LevelsAndWaysAreTakenAsWritten) {
  const Config config = must_parse(R"(
[site]
name = "x"
[[link]]
id = "layout"
kind = "rocrail"
host = "h"
on_goodbye = "hold"
[[watch]]
id = "button"
kind = "demand"
chip = "c"
line = 1
closed = "high"
[[watch]]
id = "other"
kind = "demand"
chip = "c"
line = 2
closed = "low"
bias = "external"
[[output]]
id = "brake"
kind = "gpio"
chip = "c"
line = 3
safe = "high"
drive = "open-source"
readback = { kind = "gpio", chip = "c", line = 4, bias = "pull-down", expect = "high", expect_run = "low" }
[[output]]
id = "lamp"
kind = "indicator"
chip = "c"
line = 5
active = "low"
patterns = { running = "rapid", ready = "on", tripped = "slow", acknowledged = "off" }
[[output]]
id = "plug"
kind = "s7-bit"
host = "h"
address = "M0.1"
safe = true
[[alert]]
id = "mail"
kind = "smtp"
host = "h"
tls = "none"
from = "a@b"
to = ["c@d"]
)");
  EXPECT_EQ(std::get<RocrailLink>(config.links.at(0).peer).on_goodbye, OnGoodbye::hold);
  EXPECT_EQ(std::get<DemandWatch>(config.watches.at(0).rule).closed, Level::high);
  EXPECT_EQ(std::get<DemandWatch>(config.watches.at(0).rule).bias, Bias::pull_down);
  EXPECT_EQ(std::get<DemandWatch>(config.watches.at(1).rule).bias, Bias::external);
  const Output& brake = *config.output("brake");
  EXPECT_EQ(std::get<GpioOutput>(brake.device).safe, Level::high);
  EXPECT_EQ(std::get<GpioOutput>(brake.device).drive, Drive::open_source);
  const auto& input = std::get<GpioReadback>(brake.readback->input);
  EXPECT_EQ(input.expect, Level::high);
  EXPECT_EQ(input.bias, Bias::pull_down);
  EXPECT_TRUE(input.check_run);
  const auto& lamp = std::get<IndicatorOutput>(config.output("lamp")->device);
  EXPECT_EQ(lamp.active, Level::low);
  EXPECT_EQ(lamp.running, Pattern::rapid);
  EXPECT_EQ(lamp.ready, Pattern::on);
  EXPECT_EQ(lamp.tripped, Pattern::slow);
  EXPECT_EQ(lamp.acknowledged, Pattern::off);
  EXPECT_TRUE(std::get<S7BitOutput>(config.output("plug")->device).safe);
  EXPECT_EQ(std::get<SmtpAlert>(config.alerts.at(0).channel).tls, MailTls::none);
  EXPECT_EQ(std::get<SmtpAlert>(config.alerts.at(0).channel).port, 25);
}

TEST(Load, HowAPlcIsReachedAndWhatMayBeDoneToIt) {
  const Config config = must_parse(R"(
[site]
name = "x"
[[link]]
id = "press"
kind = "s7"
host = "h"
connection = "op"
slot = 2
password_env = "PLC"
allow_write = true
allow_control = true
write_heartbeat = { address = "DB9.DBW0:INT", every_ms = 250 }
[[link]]
id = "logo"
kind = "s7"
host = "h"
local_tsap = 0x0300
remote_tsap = 0x0200
[[output]]
id = "valve"
kind = "s7-bit"
host = "h"
rack = 1
address = "Q0.1"
connection = "basic"
)");
  const auto& press = std::get<S7Link>(config.links.at(0).peer);
  EXPECT_EQ(press.plc.connection, "op");
  EXPECT_EQ(press.plc.slot, 2U);
  EXPECT_EQ(press.plc.local_tsap, 0x0100);
  EXPECT_EQ(press.plc.remote_tsap, 0);
  EXPECT_EQ(press.plc.password.variable, "PLC");
  EXPECT_TRUE(press.allow_write);
  EXPECT_TRUE(press.allow_control);
  EXPECT_EQ(press.write_heartbeat->address, "DB9.DBW0:INT");
  EXPECT_EQ(press.write_heartbeat->every, milliseconds(250));
  const auto& logo = std::get<S7Link>(config.links.at(1).peer);
  EXPECT_EQ(logo.plc.local_tsap, 0x0300);
  EXPECT_EQ(logo.plc.remote_tsap, 0x0200);
  EXPECT_FALSE(logo.allow_write);
  EXPECT_FALSE(logo.allow_control);
  EXPECT_FALSE(logo.write_heartbeat);
  const auto& valve = std::get<S7BitOutput>(config.output("valve")->device);
  EXPECT_EQ(valve.plc.rack, 1U);
  EXPECT_EQ(valve.plc.connection, "basic");
  EXPECT_EQ(valve.probe, milliseconds(10000));
}

TEST(Load, DevicesBehindOneAddressShareTheLargestAtOnce) {
  const auto link = [](const std::string& id, const std::string& more) {
    return "[[link]]\nid = \"" + id + "\"\nkind = \"modbus-tcp\"\nprofile = \"em340\"\n" + more + "\n";
  };
  const Config config =
      must_parse("site.name = \"x\"\n" + link("a", "host = \"gate\"\nat_once = 8") +
                 link("b", "host = \"gate\"\nunit = 2") + link("c", "host = \"gate\"\nport = 503"));
  ASSERT_EQ(config.links.size(), 3U);
  const auto at_once = [&](std::size_t i) { return std::get<ModbusLink>(config.links[i].peer).at_once; };
  EXPECT_EQ(at_once(0), 8U);
  EXPECT_EQ(at_once(1), 8U) << "the same connection";
  EXPECT_EQ(at_once(2), 1U) << "another one";
}

TEST(Load, AProgramThatIsLookedAfter) {
  const Config unit =
      must_parse("site.name = \"x\"\n[watchdog]\nunit = \"logger.service\"\ndevices = [\"usb-A\"]\n");
  ASSERT_TRUE(unit.watchdog);
  EXPECT_EQ(unit.watchdog->check,
            (std::vector<std::string>{"/usr/bin/systemctl", "is-active", "--quiet", "logger.service"}));
  EXPECT_EQ(unit.watchdog->restart,
            (std::vector<std::string>{"/usr/bin/systemctl", "restart", "logger.service"}));
  EXPECT_EQ(unit.watchdog->devices, std::vector<std::string>{"/etc/standstill/usb-A"});
  EXPECT_EQ(unit.watchdog->interval, milliseconds(30'000));
  EXPECT_EQ(unit.watchdog->failures, 3U);
  EXPECT_EQ(unit.watchdog->restarts_per_hour, 4U);
  EXPECT_FALSE(must_parse("site.name = \"x\"\n").watchdog) << "without the section there is none";
}

TEST(Load, LaterKindsAreValidButNamedWithTheirPlaces) {
  const Config config = must_load(valid / "later.toml");
  std::vector<std::string> told;
  for (const Problem& problem : config.unsupported()) told.push_back(problem.message);
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(config.unsupported().front().where.line, 22U);
  EXPECT_EQ(told.front(), "[[watch]] of kind 'remote' needs a later version of Standstill");
  EXPECT_TRUE(must_load(valid / "exhibition.toml").unsupported().empty());
}

TEST(Load, FilesOfTheFolderAddInNameOrder) {
  const Config config = must_load(valid / "several-files/standstill.toml");
  ASSERT_EQ(config.files.size(), 3U);
  EXPECT_EQ(config.files[1].filename(), "10-site.toml");
  ASSERT_EQ(config.outputs.size(), 2U);
  EXPECT_EQ(config.outputs[0].id, "mains");
  EXPECT_EQ(config.outputs[1].id, "track-power");
  EXPECT_EQ(config.site.metadata.size(), 2U);
  EXPECT_EQ(config.guard.settle, milliseconds(3000));
  EXPECT_TRUE(config.outputs[1].where.file.ends_with("standstill.d/20-relay.toml"));
}

TEST(Load, RelativePathsStartAtTheConfigurationsFolder) {
  const Config config = must_load(valid / "exhibition.toml");
  EXPECT_EQ(config.site.state_dir, valid / "state");
  EXPECT_EQ(std::get<WebhookAlert>(config.alerts.at(0).channel).url_source.file,
            (valid / "chat-url").string());
}

TEST(Load, ARunReplyIsTheSafeOneUnlessWrittenAndNeedsARun) {
  const Config config = must_load(valid / "exhibition.toml");
  EXPECT_EQ(std::get<SerialOutput>(config.output("relay-1")->device).expect_reply_run, "OK");
  EXPECT_EQ(std::get<HttpOutput>(config.output("mains")->device).expect_reply_run, "on");
  EXPECT_EQ(std::get<SerialOutput>(config.output("relay-2")->device).run, "");
}

TEST(Load, AMissingFileAFolderAndAHugeFileAreNamed) {
  EXPECT_EQ(first_problem(load("/nowhere/standstill.toml", {})),
            "/nowhere/standstill.toml: cannot be read: No such file or directory: name another one with -c "
            "FILE, or "
            "create it");
  EXPECT_EQ(first_problem(load("/", {})), "/: cannot be read: it is a folder: name the file in it");
  const fs::path huge =
      fs::temp_directory_path() / ("standstill-huge-" + std::to_string(::getpid()) + ".toml");
  std::ofstream(huge) << std::string((1U << 20U) + 1, '#');
  EXPECT_EQ(first_problem(load(huge, {})),
            huge.string() + ": is larger than 1 MiB: this is no configuration");
  fs::remove(huge);
}

TEST(Load, NothingToSecureIsAWarningAndNoRefusal) {
  const Config config = must_parse("[site]\nname = \"x\"\n");
  ASSERT_EQ(config.warnings.size(), 2U);
  EXPECT_EQ(to_string(config.warnings[1]),
            "t.toml:1:2: there is no [[output]] that secures anything: add one");
}

TEST(Load, ASecretInAChatsAddressIsAWarning) {
  const Config config = must_parse(
      "[site]\nname = \"x\"\n[[output]]\nid = \"o\"\nkind = \"program\"\nsafe = [\"/bin/true\"]\n"
      "[[watch]]\nid = \"b\"\nkind = \"demand\"\nchip = \"c\"\nline = 1\nclosed = \"low\"\n"
      "[[alert]]\nid = \"a\"\nkind = \"webhook\"\nurl = \"https://hooks.slack.com/services/T0/B0/x\"\n");
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_EQ(config.warnings[0].hint, "keep it in a file and use 'url_file'");
}

TEST(Environment, WinsOverTheFileAndFillsWhatIsMissing) {
  const Config config = must_parse("[site]\nname = \"x\"\n[guard]\nsettle_ms = 1000\n",
                                   {{"STANDSTILL_GUARD_SETTLE_MS", "4000"},
                                    {"STANDSTILL_TERMINAL_LISTEN", "127.0.0.1:9000"},
                                    {"STANDSTILL_TERMINAL_INSECURE", "true"},
                                    {"STANDSTILL_SITE_NAME", "container"},
                                    {"STANDSTILL_SITE_TIMEZONE", ""}});
  EXPECT_EQ(config.guard.settle, milliseconds(4000));
  EXPECT_EQ(config.terminal.port, 9000);
  EXPECT_TRUE(config.terminal.insecure);
  EXPECT_EQ(config.site.name, "container");
  EXPECT_EQ(config.site.timezone, "");
}

TEST(Environment, IsHeldAgainstTheSameTable) {  // S15: no variable reaches beyond the documented range
  const std::string text = "[site]\nname = \"x\"\n";
  EXPECT_EQ(first_problem(load_text(text, "t", "/", {{"STANDSTILL_GUARD_PERMIT_TIMEOUT_MS", "999999"}})),
            "environment variable STANDSTILL_GUARD_PERMIT_TIMEOUT_MS: 'permit_timeout_ms' = 999999 is out of "
            "range: "
            "use 20 to 2000 ms");
  EXPECT_EQ(first_problem(load_text(text, "t", "/", {{"STANDSTILL_GUARD_SETTLE_MS", "soon"}})),
            "environment variable STANDSTILL_GUARD_SETTLE_MS: 'settle_ms' is a text, not a whole number");
}

TEST(Environment, AVariableThatSetsNothingIsAWarning) {
  const Config config = must_parse("[site]\nname = \"x\"\n", {{"STANDSTILL_GUARD_SETLE_MS", "4000"}});
  EXPECT_EQ(to_string(config.warnings.back()),
            "environment variable STANDSTILL_GUARD_SETLE_MS: it sets nothing: did you mean "
            "'STANDSTILL_GUARD_SETTLE_MS'?");
  EXPECT_EQ(must_parse("[site]\nname = \"x\"\n", {{"STANDSTILL_TOKEN", "ada:secret"}}).warnings.size(), 2U);
}

// S15: whatever stands in the file, an accepted critical link notices silence in a bounded, positive time.
TEST(Limits, NoNumberTurnsAWatchOff) {
  EXPECT_TRUE(rc::check(
      "accepted values are in range", [](std::int64_t probe, std::int64_t silence, std::int64_t permit) {
        const std::string text =
            "[site]\nname = \"x\"\n[guard]\npermit_timeout_ms = " + std::to_string(permit) +
            "\n[[link]]\nid = \"l\"\nkind = \"rocrail\"\nhost = \"h\"\nprobe_ms = " + std::to_string(probe) +
            "\nsilence_ms = " + std::to_string(silence) + "\n";
        const Loaded loaded = load_text(text);
        const bool good = probe >= 50 && probe <= 600000 && silence >= 50 && silence <= 600000 &&
                          permit >= 20 && permit <= 2000;
        RC_ASSERT(loaded.has_value() == good);
      }));
}

TEST(Limits, EveryNumberHasBothEndsOrIsACount) {
  for (const Key& key : keys()) {
    if (key.type != Type::integer || !key.choices.empty()) continue;
    EXPECT_GT(key.max, key.min) << key.section << "." << key.name;
    EXPECT_LT(key.max, 1e9) << key.section << "." << key.name;
    EXPECT_GE(key.min, 0) << key.section << "." << key.name;
  }
}

}  // namespace
}  // namespace standstill::config
