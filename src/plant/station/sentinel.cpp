#include "plant/station/sentinel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <utility>

#include "link/resolve.hpp"
#include "link/stream.hpp"
#include "os/clock.hpp"
#include "wire/resp/reader.hpp"

namespace standstill::station {

namespace {

// One Sentinel that is being asked.
struct Question {
  os::Fd socket;
  std::string unsent;
  resp::Reader reader;
};

os::Fd dial_now(const Endpoint& one) {
  const auto found = link::resolve(one.host, one.port, false);
  if (!found) return {};
  os::Fd socket(::socket(found->front().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket && ::connect(socket.get(), found->front().get(), found->front().length) != 0 &&
      errno != EINPROGRESS)
    socket.reset();
  return socket;
}

// What it answered; an error of the connection closes the socket.
std::optional<resp::Value> serve(Question& question, short ready) {
  if ((ready & POLLOUT) != 0 && !question.unsent.empty()) {
    const auto io = link::write_stream(question.socket.get(), std::as_bytes(std::span(question.unsent)));
    if (io.did == link::Io::Did::ended) return question.socket.reset(), std::nullopt;
    question.unsent.erase(0, io.bytes);
  }
  if ((ready & (POLLIN | POLLHUP | POLLERR)) == 0) return std::nullopt;
  std::array<std::byte, 4096> bytes{};
  const auto io = link::read_stream(question.socket.get(), bytes);
  if (io.did == link::Io::Did::ended) return question.socket.reset(), std::nullopt;
  question.reader.feed(std::span(bytes).first(io.bytes));
  auto value = question.reader.next();
  if (!question.reader.error().empty()) question.socket.reset();
  return value;
}

std::optional<Endpoint> endpoint_of(const resp::Value& value) {
  if (value.items.size() != 2 || !value.items[0].is_text() || !value.items[1].is_text()) return std::nullopt;
  Endpoint made{value.items[0].text, 0};
  const std::string& port = value.items[1].text;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), made.port);
  if (error != std::errc{} || end != port.data() + port.size() || made.port == 0) return std::nullopt;
  return made;
}

}  // namespace

std::expected<Endpoint, std::string> ask_sentinels(const std::vector<Endpoint>& sentinels,
                                                   const std::string& primary, Duration time_out) {
  std::vector<Question> questions(sentinels.size());
  for (std::size_t i = 0; i < sentinels.size(); ++i) {
    questions[i].socket = dial_now(sentinels[i]);
    resp::write_command(questions[i].unsent, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", primary});
  }
  const Instant until = os::now() + time_out;
  std::map<Endpoint, std::size_t> votes;
  std::size_t answers = 0;
  bool unknown = false;
  for (;;) {
    std::vector<pollfd> asked;
    std::vector<Question*> who;
    for (Question& one : questions)
      if (one.socket) {
        asked.push_back(
            {one.socket.get(), static_cast<short>(one.unsent.empty() ? POLLIN : POLLIN | POLLOUT), 0});
        who.push_back(&one);
      }
    const auto left = to_ms(until - os::now());
    if (asked.empty() || left <= 0) break;
    if (::poll(asked.data(), asked.size(), static_cast<int>(left)) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto value = asked[i].revents == 0 ? std::nullopt : serve(*who[i], asked[i].revents);
      if (!value) continue;
      who[i]->socket.reset();
      ++answers;
      const auto endpoint = endpoint_of(*value);
      unknown = unknown || !endpoint;
      if (endpoint && ++votes[*endpoint] > sentinels.size() / 2) return *endpoint;
    }
  }
  const std::string count = std::to_string(answers) + " of " + std::to_string(sentinels.size());
  if (unknown && votes.empty())
    return std::unexpected("the sentinels know no primary called \"" + primary +
                           "\": check the key primary of [bus]");
  return std::unexpected("no majority of the sentinels names the same primary (" + count + " answered)");
}

void SentinelTransport::dial(Duration time_out, Dialed done) {
  close();
  done_ = std::move(done);
  deadline_ = loop_.now() + time_out;
  const bool started =
      question_.start([sentinels = sentinels_, primary = primary_,
                       share = time_out / 2] { return ask_sentinels(sentinels, primary, share); },
                      [this](const std::expected<Endpoint, std::string>& primary) { found(primary); });
  // Names that nobody resolves take longer than they may; and done() is never called from in here.
  give_up_ = loop_.at(started ? deadline_ : loop_.now(), [this, started] {
    question_.abandon();
    finish(std::unexpected(started ? "the sentinels do not answer in time: is the network up?"
                                   : "the system gives no thread to ask the sentinels"));
  });
}

void SentinelTransport::found(const std::expected<Endpoint, std::string>& primary) {
  give_up_.cancel();
  if (!primary) return finish(std::unexpected(primary.error()));
  below_ = make_(*primary);
  below_->dial(std::max<Duration>(deadline_ - loop_.now(), 100ms),
               [this](std::expected<void, std::string> result) { finish(std::move(result)); });
}

void SentinelTransport::finish(std::expected<void, std::string> result) {
  give_up_.cancel();
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

void SentinelTransport::close() {
  done_ = nullptr;
  give_up_.cancel();
  question_.abandon();
  if (below_) below_->close();
}

std::string SentinelTransport::peer() const {
  if (below_) return below_->peer();
  std::string text = "the sentinels";
  for (const auto& one : sentinels_)
    text += (text.ends_with('s') ? " " : ", ") + one.host + ":" + std::to_string(one.port);
  return text;
}

}  // namespace standstill::station
