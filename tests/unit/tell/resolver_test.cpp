// A name server that does not answer holds nobody up. The system's resolver is replaced for one name, which
// hangs until the test lets it go.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <thread>

#include "os/clock.hpp"
#include "support/mosquitto.hpp"
#include "tell/publisher.hpp"
#include "unit/tell/alert_fixture.hpp"

namespace {
std::atomic<bool> hangs = false;
std::atomic<int> hanging = 0;
}  // namespace

// Stands in front of the C library's; what libmosquitto calls.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (host == nullptr || std::string_view(host) != "hangs.test") return real(host, service, hints, found);
  ++hanging;
  while (hangs) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  --hanging;
  return EAI_AGAIN;
}

namespace standstill::tell {
namespace {

class LettingGo {  // also when a test fails half-way
 public:
  LettingGo() { hangs = true; }
  ~LettingGo() {
    hangs = false;
    while (hanging > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
};

TEST(HangingResolver, S14_a_publisher_ends_without_it_and_loses_nothing) {
  test::TemporaryFolder folder;
  PublisherSettings settings;
  settings.id = "meter";
  settings.broker = [] { return MqttBroker{.host = "hangs.test", .port = 1883}; };
  settings.folder = folder / "publish";
  {
    const LettingGo letting_go;
    Instant ending{};
    {
      Publisher publisher(settings, {});
      ASSERT_TRUE(eventually([] { return hanging > 0; }));
      for (int i = 0; i < 3; ++i)
        publisher.submit([i] { return MqttMessage{"meters/x", std::to_string(i), false}; });
      ASSERT_TRUE(eventually([&] { return publisher.status().waiting == 3; })) << "it goes on taking them in";
      ending = os::now();
    }
    EXPECT_LT(os::now() - ending, 20s) << "and the lookup would have taken for ever";
    EXPECT_GT(hanging, 0) << "it still hangs";
  }
  test::Mosquitto broker;
  test::Subscriber subscriber(broker);
  settings.broker = [port = broker.port()] { return MqttBroker{.host = "127.0.0.1", .port = port}; };
  const Publisher next(settings, {});
  ASSERT_TRUE(eventually([&] { return subscriber.on("meters/x").size() == 3; }));
  EXPECT_EQ(subscriber.on("meters/x"), (std::vector<std::string>{"0", "1", "2"}));
}

TEST(HangingResolver, a_name_that_cannot_be_looked_up_is_told) {
  test::TemporaryFolder folder;
  PublisherSettings settings;
  settings.id = "meter";
  settings.broker = [] { return MqttBroker{.host = "hangs.test", .port = 1883}; };  // refuses at once here
  settings.folder = folder / "publish";
  const Publisher publisher(settings, {});
  EXPECT_TRUE(
      eventually([&] { return publisher.status().last_error.find("hangs.test:1883") != std::string::npos; }));
}

}  // namespace
}  // namespace standstill::tell
