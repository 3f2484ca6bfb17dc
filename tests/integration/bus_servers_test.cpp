// The bus over servers that are not one plain Redis: three Sentinels that fail over, one behind cables that
// are pulled, and TLS.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "support/bus_rig.hpp"
#include "support/places.hpp"

namespace standstill::test {
namespace {

class BusSentinel : public BusRig {
 protected:
  BusSentinel() { lease_ms = 60000; }
  void SetUp() override {
    BusRig::SetUp();
    if (IsSkipped()) return;
    replica = std::make_unique<RedisServer>(
        std::vector<std::string>{"--replicaof", "127.0.0.1", std::to_string(redis->port())});
    for (auto& one : sentinels) one = std::make_unique<RedisServer>(RedisServer::Sentinel{redis->port(), 2});
  }
  std::string where(bool) override {
    std::string list;
    for (const auto& one : sentinels)
      list += (list.empty() ? "" : ", ") + ("\"127.0.0.1:" + std::to_string(one->port()) + "\"");
    return "kind = \"redis\"\nurl = \"redis://primary\"\nsentinels = [" + list + "]\nprimary = \"layout\"\n";
  }
  std::unique_ptr<RedisServer> replica;
  std::array<std::unique_ptr<RedisServer>, 3> sentinels;
};

TEST_F(BusSentinel, S11_AfterAFailOverTheStopIsObeyedAndTheReleaseWorks) {
  start_running();
  if (HasFatalFailure()) return;
  // They look for replicas and for each other on their own time.
  ASSERT_TRUE(controller->until(
      [&] {
        return std::all_of(sentinels.begin(), sentinels.end(), [](const auto& one) {
          return one->say({"SENTINEL", "REPLICAS", "layout"}) == "*1" &&
                 one->say({"SENTINEL", "SENTINELS", "layout"}) == "*2";
        });
      },
      120s));
  const auto starts = station->run_commands();
  redis->stop();
  // Each hears what is said to it alone at the new primary.
  for (const char* channel : {"commands:ctrl-01", "commands:bench-1"})
    ASSERT_TRUE(controller->until([&] { return replica->publish(channel, "are you there?") == ":1"; }, 150s))
        << controller->get("/api/v1/links").body << station->get("/api/v1/links").body;
  ASSERT_EQ(replica->publish("events:emergency_stop", stop_by_hand), ":2");
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(station->run_commands(), starts) << "nothing was energised on the way";
  release();
}

// The server in a network namespace of its own: one cable to the controller's address, one to the station's.
class BusPartition : public BusRig {
 protected:
  BusPartition() { lease_ms = 4000; }
  void SetUp() override {
    if (!network.made())
      GTEST_SKIP() << "no network namespace can be made here: that needs root and iproute2";
    BusRig::SetUp();
  }
  std::unique_ptr<RedisServer> server() override {
    return std::make_unique<RedisServer>(RedisServer::Elsewhere{&network});
  }
  std::string where(bool leads) override {
    return "kind = \"redis\"\nurl = \"redis://" + network.there(leads ? 0 : 1) + ":" +
           std::to_string(redis->port()) + "\"\n";
  }
  NetworkNamespace network;
};

TEST_F(BusPartition, S9_S10_S11_WhoIsCutOffGoesSafeAndLearnsOfTheStopBeforeAnythingElse) {
  start_running();
  if (HasFatalFailure()) return;
  const auto starts = station->run_commands();
  ASSERT_TRUE(network.plug(1, false));
  // Nothing says so: no end of a connection, no refusal. The lease does.
  ASSERT_TRUE(station->until([&] { return station->state() == "tripped" && station->all_safe(); })) << both();
  EXPECT_EQ(station->first_out(), "link_lost");
  EXPECT_TRUE(controller->until([&] {
    return event(*controller, "missing").find("bench-1") != std::string::npos;
  })) << bus_journal(*controller);
  const auto epoch = controller->epoch();
  redis->publish("events:emergency_stop", stop_by_hand);
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(controller->epoch(), epoch + 1);
  ASSERT_TRUE(network.plug(1, true));
  ASSERT_TRUE(confirmed()) << both() << bus_journal(*station);
  EXPECT_TRUE(all_safe()) << "what comes back energises nothing";
  EXPECT_EQ(station->run_commands(), starts);
  release();
}

TEST_F(BusPartition, S11_AControllerThatIsCutOffStopsTheStationsStraight) {
  start_running();
  if (HasFatalFailure()) return;
  const auto starts = station->run_commands();
  ASSERT_TRUE(network.plug(0, false));
  ASSERT_TRUE(become_safe()) << both();
  ASSERT_TRUE(network.plug(0, true));
  ASSERT_TRUE(confirmed()) << both() << bus_journal(*controller);
  EXPECT_EQ(station->run_commands(), starts) << "nothing was energised on the way";
  release();
}

// The users of packaging/redis/standstill.acl, as they are shipped; what this test says by hand it says as
// somebody who may.
class BusUsers : public BusRig {
 protected:
  void SetUp() override {
    std::ifstream shipped(source_folder() + "/packaging/redis/standstill.acl");
    std::ofstream list(folder / "users.acl");
    for (std::string line; std::getline(shipped, line);)
      list << (line == "user default off" ? "user default on nopass ~* &* +@all" : line) << '\n';
    list.close();
    write("leads.secret", "change-me-1");
    write("station.secret", "change-me-2");
    BusRig::SetUp();
  }
  std::vector<std::string> server_words() override { return {"--aclfile", folder / "users.acl"}; }
  std::string where(bool leads) override {
    return BusRig::where(leads) + "user = \"standstill-" + (leads ? "controller" : "bench-1") +
           "\"\npassword_file = \"" + (folder / (leads ? "leads.secret" : "station.secret")) + "\"\n";
  }
  bool may(const std::string& user, std::vector<std::string> words) {
    words.insert(words.begin(), {"ACL", "DRYRUN", user});
    return redis->say(words) == "+OK";
  }
};

TEST_F(BusUsers, S9_TheShippedListAllowsWhatTheBusNeedsAndNoMore) {
  start_running();
  if (HasFatalFailure()) return;
  redis->publish("events:emergency_stop", stop_by_hand);
  ASSERT_TRUE(become_safe()) << both();
  release();
  if (HasFatalFailure()) return;
  const std::string refused = redis->ask({"ACL", "LOG"});
  EXPECT_TRUE(refused.starts_with("*0\r\n")) << "something that a member needs is not allowed: " << refused;
  const std::string station_user = "standstill-bench-1";
  EXPECT_TRUE(may(station_user, {"PUBLISH", "events:emergency_stop", "x"}));
  EXPECT_FALSE(may(station_user, {"SET", "estop:latch", "x"}));
  EXPECT_FALSE(may(station_user, {"SET", "estop:paths", "x"}));
  EXPECT_FALSE(may(station_user, {"PUBLISH", "release:bench-2", "x"}));
  EXPECT_FALSE(may(station_user, {"PUBLISH", "commands:bench-2", "x"}));
  EXPECT_FALSE(may(station_user, {"FLUSHALL"}));
  EXPECT_FALSE(may("standstill-controller", {"CONFIG", "SET", "save", ""}));
  // Somebody at any machine, with shaking hands; as any member, and not with another one's secret.
  const auto stop = [&](const std::string& secret) {
    const std::string command = program_folder() + "/standstill bus stop now! --url " + redis->url() +
                                " --user standstill-bench-1 --password-file " + (folder / secret) +
                                " >/dev/null 2>&1";
    return WEXITSTATUS(std::system(command.c_str()));
  };
  EXPECT_EQ(stop("leads.secret"), 3);
  EXPECT_EQ(controller->state(), "running");
  EXPECT_EQ(stop("station.secret"), 0);
  ASSERT_TRUE(become_safe()) << both();
}

class BusTls : public BusRig {
 protected:
  void SetUp() override {
    if (::access("/usr/bin/openssl", X_OK) != 0) GTEST_SKIP() << "no openssl here: ./dev test installs it";
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=redis "
        "-addext "
        "subjectAltName=DNS:localhost -keyout " +
        (folder / "redis.key") + " -out " + (folder / "redis.pem") + " 2>/dev/null";
    ASSERT_EQ(std::system(make.c_str()), 0);
    BusRig::SetUp();
  }
  std::vector<std::string> server_words() override {
    tls_port = free_port();
    return {"--tls-port",     std::to_string(tls_port), "--tls-cert-file",    folder / "redis.pem",
            "--tls-key-file", folder / "redis.key",     "--tls-ca-cert-file", folder / "redis.pem"};
  }
  // The server asks for a certificate, too, as it does unless it is told otherwise.
  std::string where(bool) override {
    return "kind = \"redis\"\nurl = \"rediss://" + host + ":" + std::to_string(tls_port) +
           "\"\ntls_ca_file = \"" + (folder / "redis.pem") + "\"\ntls_certificate_file = \"" +
           (folder / "redis.pem") + "\"\ntls_key_file = \"" + (folder / "redis.key") + "\"\n";
  }
  std::string host = "localhost";
  std::uint16_t tls_port = 0;
};

TEST_F(BusTls, IsAsGoodAsPlain) {
  start_running();
  if (HasFatalFailure()) return;
  redis->publish("events:emergency_stop", stop_by_hand);
  ASSERT_TRUE(become_safe()) << both();
}

TEST_F(BusTls, AServerWithACertificateForAnotherNameIsNotBelieved) {
  host = "127.0.0.1";
  controller = member("ctrl-01", true, peers[0]);
  ASSERT_TRUE(controller->until([&] {
    return controller->look("/links/1/last_error").find("is not to be trusted") != std::string::npos;
  })) << controller->get("/api/v1/links").body;
  EXPECT_EQ(redis->say({"EXISTS", "estop:latch"}), ":0");
}

}  // namespace
}  // namespace standstill::test
