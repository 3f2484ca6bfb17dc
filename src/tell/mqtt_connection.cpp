#include "tell/mqtt_connection.hpp"

#include <mosquitto.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "os/detached_thread.hpp"
#include "os/fd.hpp"

namespace standstill::tell {
namespace {

constexpr int keep_alive_seconds = 15;  // a broker that says nothing for one and a half of these is gone

std::string words(int code, int saved_errno) {
  if (code == MOSQ_ERR_ERRNO) return std::strerror(saved_errno);
  return ::mosquitto_strerror(code);
}

}  // namespace

// While it is under way the client belongs to the dialing thread.
struct MqttConnection::Dialing {
  os::Fd bell{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> done = false;
  int code = 0, error = 0;  // once done
};

bool good_topic(const std::string& topic) { return ::mosquitto_pub_topic_check(topic.c_str()) == 0; }

std::expected<std::unique_ptr<MqttConnection>, std::string> MqttConnection::dial(
    const MqttBroker& broker, const std::optional<MqttMessage>& will) {
  static const int initialised = ::mosquitto_lib_init();
  std::unique_ptr<MqttConnection> made(new MqttConnection);
  made->place_ = broker.host + ":" + std::to_string(broker.port);
  const auto failed = [&](const std::string& why) { return std::unexpected(made->place_ + ": " + why); };
  if (initialised != MOSQ_ERR_SUCCESS) return failed(words(initialised, errno));
  made->client_.reset(
      ::mosquitto_new(broker.client_id.empty() ? nullptr : broker.client_id.c_str(), true, made.get()),
      [](mosquitto* one) {
        if (one != nullptr) ::mosquitto_destroy(one);
      });
  mosquitto* client = made->client_.get();
  if (client == nullptr) return failed(std::strerror(errno));
  ::mosquitto_connect_callback_set(client, [](mosquitto*, void* self, int code) {
    auto& connection = *static_cast<MqttConnection*>(self);
    connection.online_ = code == 0;
    if (code != 0) connection.refused_ = ::mosquitto_connack_string(code);
  });
  ::mosquitto_publish_callback_set(client, [](mosquitto*, void* self, int number) {
    static_cast<MqttConnection*>(self)->confirmed_.push_back(number);
  });
  if (!broker.user.empty())
    if (const int code = ::mosquitto_username_pw_set(
            client, broker.user.c_str(), broker.password.empty() ? nullptr : broker.password.c_str());
        code != MOSQ_ERR_SUCCESS)
      return failed(words(code, errno));
  if (broker.tls) {
    const int code = broker.ca_file.empty() ? ::mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1)
                                            : ::mosquitto_tls_set(client, broker.ca_file.c_str(), nullptr,
                                                                  nullptr, nullptr, nullptr);
    if (code != MOSQ_ERR_SUCCESS)
      return failed("the certificates" + (broker.ca_file.empty() ? "" : " in " + broker.ca_file) +
                    " cannot be used: " + words(code, errno));
  }
  if (will)
    if (const int code =
            ::mosquitto_will_set(client, will->topic.c_str(), static_cast<int>(will->payload.size()),
                                 will->payload.data(), 1, will->retained);
        code != MOSQ_ERR_SUCCESS)
      return failed("the last will is not accepted: " + words(code, errno));
  // The publisher keeps its own window, and sends in order.
  ::mosquitto_max_inflight_messages_set(client, 0);
  ::mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
  auto dialing = std::make_shared<Dialing>();
  const bool spawned =
      dialing->bell &&
      os::spawn_detached([dialing, client = made->client_, host = broker.host, port = broker.port] {
        dialing->code = ::mosquitto_connect_async(client.get(), host.c_str(), port, keep_alive_seconds);
        dialing->error = errno;
        dialing->done = true;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(dialing->bell.get(), &one, sizeof one);
      });
  if (!spawned) return failed("the system gives no thread to look the name up");
  made->dialing_ = std::move(dialing);
  return made;
}

// Whether the name has been looked up, waited for at most `longest`.
std::expected<bool, std::string> MqttConnection::dialed(Duration longest, int wake) {
  if (!dialing_) return true;
  const auto ms = [](Duration length) { return static_cast<int>(std::max<std::int64_t>(0, to_ms(length))); };
  pollfd entries[2] = {{dialing_->bell.get(), POLLIN, 0}, {wake, POLLIN, 0}};
  ::poll(entries, 2, ms(std::min<Duration>(longest, 1s)));
  // Whoever was woken for something else comes back at once: not without a pause, or it would spin.
  if (entries[0].revents == 0 && entries[1].revents != 0)
    ::poll(entries, 1, ms(std::min<Duration>(longest, 20ms)));
  if (!dialing_->done) return false;
  const auto ended = std::exchange(dialing_, nullptr);
  if (ended->code != MOSQ_ERR_SUCCESS)
    return std::unexpected(place_ + ": " + words(ended->code, ended->error));
  return true;
}

MqttConnection::~MqttConnection() = default;

std::expected<void, std::string> MqttConnection::turn(Duration longest, int wake) {
  if (const auto ready = dialed(longest, wake); !ready || !*ready)
    return ready ? std::expected<void, std::string>{} : std::unexpected(ready.error());
  const int socket = ::mosquitto_socket(client_.get());
  if (socket < 0)
    return std::unexpected(place_ + ": " + (refused_.empty() ? "the connection ended" : refused_));
  const bool writing = online_ && ::mosquitto_want_write(client_.get());
  pollfd entries[2] = {{socket, static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0},
                       {wake, POLLIN, 0}};
  // Until it stands it may have to write at any moment, and would look ready all the time: it looks now and
  // then.
  const Duration at_most = std::min<Duration>(longest, online_ ? Duration(1s) : Duration(20ms));
  ::poll(entries, 2, static_cast<int>(std::max<std::int64_t>(0, to_ms(at_most))));
  int code = MOSQ_ERR_SUCCESS;
  if ((entries[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0)
    code = ::mosquitto_loop_read(client_.get(), 64);
  if (code == MOSQ_ERR_SUCCESS && (!online_ || (entries[0].revents & POLLOUT) != 0))
    code = ::mosquitto_loop_write(client_.get(), 64);
  if (code == MOSQ_ERR_SUCCESS) code = ::mosquitto_loop_misc(client_.get());
  if (code == MOSQ_ERR_SUCCESS && refused_.empty()) return {};
  const int saved = errno;
  online_ = false;
  if (!refused_.empty()) return std::unexpected(place_ + ": the broker refuses: " + refused_);
  if (code == MOSQ_ERR_CONN_LOST) return std::unexpected(place_ + ": the connection ended");
  if (code == MOSQ_ERR_KEEPALIVE) return std::unexpected(place_ + ": the broker went silent");
  return std::unexpected(place_ + ": " + words(code, saved));
}

std::expected<int, std::string> MqttConnection::publish(const MqttMessage& message) {
  int number = 0;
  const int code = ::mosquitto_publish(client_.get(), &number, message.topic.c_str(),
                                       static_cast<int>(message.payload.size()), message.payload.data(), 1,
                                       message.retained);
  if (code == MOSQ_ERR_SUCCESS) return number;
  return std::unexpected(place_ + ": " + words(code, errno));
}

void MqttConnection::goodbye() {
  if (online_) ::mosquitto_disconnect(client_.get());
  online_ = false;
}

}  // namespace standstill::tell
