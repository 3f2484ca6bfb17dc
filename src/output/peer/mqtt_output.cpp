#include "output/peer/mqtt_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "os/clock.hpp"
#include "wire/mqtt/packet.hpp"

namespace standstill::output {

bool MqttOutput::fail(std::string why) {
  fd_.reset();
  heard_.clear();
  why_ = std::move(why);
  return false;
}

bool MqttOutput::send(std::string_view bytes, Instant until, const Abort& abort) {
  switch (send_all(fd_, bytes.data(), bytes.size(), until, abort)) {
    case Sent::all:
      return true;
    case Sent::late:
      return fail("the broker takes no bytes");
    case Sent::closed:
      break;
  }
  return fail("the broker closed the connection");
}

bool MqttOutput::hear(int kind, std::uint16_t number, Instant until, const Abort& abort) {
  for (;;) {
    while (const auto packet = mqtt::read(heard_)) {
      if (packet->size == 0) return fail("what answers speaks no MQTT");
      heard_.erase(0, packet->size);
      if (static_cast<int>(packet->kind) != kind) continue;
      if (packet->kind == mqtt::Kind::connack && packet->code != 0)
        return fail("the broker refuses: " + std::string(mqtt::refusal(packet->code)));
      if (packet->kind != mqtt::Kind::puback || packet->number == number) return true;
    }
    if (os::now() >= until) return fail("no answer in time");
    if (abort()) return fail("given up, because a cut came");
    pollfd ask{fd_.get(), POLLIN, 0};
    if (::poll(&ask, 1, slice(until)) <= 0) continue;
    std::array<char, 512> bytes{};
    const ssize_t count = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return fail("the broker closed the connection");
    heard_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

bool MqttOutput::connected(Instant until, const Abort& abort) {
  if (fd_) {
    // An idle connection may have ended; bytes that wait are the broker's and are read by hear().
    char ignored = 0;
    if (::recv(fd_.get(), &ignored, 1, MSG_PEEK | MSG_DONTWAIT) != 0) return true;
    fd_.reset();
  }
  heard_.clear();
  fd_ = dialer_.dial(until, abort);
  if (!fd_) return fail(dialer_.why());
  const std::string name =
      "standstill-" + std::string(output_.name.view()) + "-" + std::to_string(::getpid());
  mqtt::Connect hello;
  hello.client_id = name;
  // Pinged at every probe: two that are missed, and the broker speaks the will.
  hello.keep_alive_s = static_cast<std::uint16_t>(std::max<std::uint32_t>(2, 2 * output_.probe_ms / 1000));
  hello.user = output_.user.view();
  hello.password = output_.password.view();
  hello.will_topic = output_.topic.view();
  hello.will_message = output_.safe_request.view();
  return send(mqtt::connect(hello), until, abort) &&
         hear(static_cast<int>(mqtt::Kind::connack), 0, until, abort);
}

Outcome MqttOutput::probe() {
  const Abort never_abort = [] { return false; };
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  if (!fd_ && !dialer_.resolve()) return dialer_.trouble(dialer_.why());
  if (!connected(until, never_abort) || !send(mqtt::ping(), until, never_abort) ||
      !hear(static_cast<int>(mqtt::Kind::pingresp), 0, until, never_abort))
    return dialer_.trouble(why_);
  Outcome outcome;
  outcome.good = true;
  return outcome;
}

Outcome MqttOutput::apply(bool run, const Abort& abort) {
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  const std::string_view message = (run ? output_.run_request : output_.safe_request).view();
  Outcome outcome;
  if (message.empty()) {  // nothing to do for `run`: energising happens elsewhere
    outcome.good = true;
    outcome.commanded = os::now();
    return outcome;
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool fresh = !fd_;
    if (!connected(until, abort)) break;
    const std::uint16_t number = number_ = static_cast<std::uint16_t>(number_ % 0xFFFFU + 1);
    const bool sent = send(mqtt::publish(output_.topic.view(), message, number), until, abort);
    if (sent) outcome.commanded = os::now();
    if (sent && hear(static_cast<int>(mqtt::Kind::puback), number, until, abort)) {
      outcome.good = true;
      return outcome;
    }
    // A connection that was idle may have ended unseen: safe is said again on a new one, run is not.
    if (run || fresh || os::now() >= until) break;
  }
  const Instant commanded = outcome.commanded;
  outcome = dialer_.trouble(why_);
  outcome.commanded = commanded;
  return outcome;
}

}  // namespace standstill::output
