#include "terminal/follower.hpp"

#include <algorithm>
#include <boost/asio/socket_base.hpp>
#include <utility>

#include "os/clock.hpp"
#include "terminal/message.hpp"
#include "terminal/shared.hpp"

namespace standstill::terminal {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr std::size_t most_waiting_bytes = 1024UL * 1024UL;
constexpr std::size_t most_waiting = 1024;
constexpr std::size_t most_incoming = 4096;
constexpr int most_in_kernel = 128 * 1024;  // else the kernel takes megabytes for each that does not read
constexpr Duration last_words = 5s;

websocket::stream_base::timeout time_outs() {
  return {.handshake_timeout = std::chrono::seconds(10),
          .idle_timeout = std::chrono::seconds(30),
          .keep_alive_pings = true};
}

}  // namespace

Follower::Follower(Stream stream, Shared& shared, bool local, Topics topics)
    : socket_(std::visit(
          [](auto& layer) {
            using Layer = std::remove_reference_t<decltype(layer)>;
            return std::variant<WebSocket<Plain>, WebSocket<Secure>>(std::in_place_type<WebSocket<Layer>>,
                                                                     std::move(layer));
          },
          stream)),
      shared_(shared),
      local_(local),
      topics_(std::move(topics)),
      since_(os::now()),
      timer_(shared.io) {
  incoming_.max_size(most_incoming);
  shared_.connections.insert(this);
}

Follower::~Follower() {
  shared_.feed.leave(this);
  shared_.connections.erase(this);
}

Plain& Follower::bottom() {
  return std::visit([](auto& socket) -> Plain& { return boost::beast::get_lowest_layer(socket); }, socket_);
}

void Follower::start(Upgrade request) {
  request_ = std::move(request);
  ErrorCode ignored;
  bottom().socket().set_option(asio::socket_base::send_buffer_size(most_in_kernel), ignored);
  bottom().expires_never();  // from here on the WebSocket's own deadlines
  std::visit(
      [this](auto& socket) {
        socket.set_option(time_outs());
        socket.auto_fragment(false);  // a text in one frame, and in few calls
        socket.set_option(websocket::stream_base::decorator(
            [](websocket::response_type& response) { response.set(http::field::server, "standstill"); }));
        socket.read_message_max(most_incoming);
        socket.async_accept(request_, [self = shared_from_this()](ErrorCode error) {
          self->request_ = {};
          if (error) return self->close();
          self->shared_.feed.join(self);
          self->read();
        });
      },
      socket_);
}

void Follower::read() {
  std::visit(
      [this](auto& socket) {
        socket.async_read(incoming_, [self = shared_from_this()](ErrorCode error, std::size_t) {
          if (error) return self->close();
          self->incoming_.clear();
          self->read();
        });
      },
      socket_);
}

void Follower::begin(const std::vector<MessagePtr>& whole) {
  if (begun_) return;
  begun_ = true;
  take(whole);
}

void Follower::take(const std::vector<MessagePtr>& messages) {
  if (!begun_ || too_slow_) return;
  for (const auto& message : messages)
    if (topics_.contains(message->topic)) add(message);
  const bool stuck = writing_ && os::now() - writing_since_ > shared_.config.slow_time;
  if (stuck || waiting_bytes_ > most_waiting_bytes || waiting_.size() > most_waiting) return say_too_slow();
  if (!writing_) write();
}

void Follower::add(const MessagePtr& message) {
  if (message->topic == Topic::state) {
    const auto older = std::find_if(waiting_.begin(), waiting_.end(),
                                    [](const MessagePtr& one) { return one->topic == Topic::state; });
    if (older != waiting_.end()) {
      waiting_bytes_ -= (*older)->text.size();
      waiting_.erase(older);
    }
  }
  waiting_.push_back(message);
  waiting_bytes_ += message->text.size();
}

void Follower::write() {
  if (waiting_.empty()) return;
  writing_ = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= writing_->text.size();
  writing_since_ = os::now();
  std::visit(
      [this](auto& socket) {
        socket.text(true);
        socket.async_write(asio::buffer(writing_->text),
                           [self = shared_from_this()](ErrorCode error, std::size_t) {
                             self->writing_.reset();
                             if (error) return self->close();
                             if (!self->too_slow_) return self->write();
                             self->say_too_slow();
                           });
      },
      socket_);
}

// A close frame cannot overtake the message that is stuck: it follows when that has gone out after all.
void Follower::say_too_slow() {
  if (!too_slow_) {
    too_slow_ = true;
    shared_.feed.leave(this);
    waiting_.clear();
    waiting_bytes_ = 0;
    timer_.expires_after(last_words);
    timer_.async_wait([self = shared_from_this()](ErrorCode cancelled) {
      if (!cancelled) self->close();
    });
  }
  if (writing_) return;
  std::visit(
      [this](auto& socket) {
        socket.async_close({websocket::close_code::policy_error, "too slow: connect again"},
                           [self = shared_from_this()](ErrorCode) { self->close(); });
      },
      socket_);
}

void Follower::close() {
  timer_.cancel();
  shared_.feed.leave(this);
  bottom().close();
}

}  // namespace standstill::terminal
