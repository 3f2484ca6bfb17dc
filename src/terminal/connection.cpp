#include "terminal/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/detect_ssl.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "os/clock.hpp"
#include "terminal/message.hpp"
#include "terminal/page.hpp"
#include "terminal/routes.hpp"
#include "terminal/server.hpp"
#include "terminal/shared.hpp"

namespace standstill::terminal {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::uint32_t most_header = 8U * 1024U;
constexpr std::uint64_t most_body = 64U * 1024U;
constexpr std::size_t most_drained = 256UL * 1024UL;

}  // namespace

Connection::Connection(Socket socket, Shared& shared, Caller caller)
    : stream_(std::in_place_type<Plain>, std::move(socket)),
      shared_(shared),
      caller_(std::move(caller)),
      timer_(shared.io) {
  buffer_.max_size(most_header + most_body);
  enter(Phase::reading);
  shared_.connections.insert(this);
}

Connection::~Connection() {
  shared_.held_bytes -= answer_bytes_;
  shared_.connections.erase(this);
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  since_ = os::now();
}

void Connection::start() {
  if (shared_.tls && !caller_.local) return begin_tls();
  read_request();
}

void Connection::close() {
  timer_.cancel();
  lowest(stream_).close();
}

// One port for both: what comes in the clear may stop (S9), and is sent on to TLS with everything else.
void Connection::begin_tls() {
  lowest(stream_).expires_after(shared_.config.request_time);
  boost::beast::async_detect_ssl(
      lowest(stream_), buffer_, [self = shared_from_this()](ErrorCode error, bool is_tls) {
        if (error && self->buffer_.size() == 0) return self->close();
        if (error || !is_tls) return self->read_request();
        Plain plain = std::move(std::get<Plain>(self->stream_));
        auto& secure = self->stream_.emplace<Secure>(std::move(plain), *self->shared_.tls);
        secure.async_handshake(asio::ssl::stream_base::server, self->buffer_.data(),
                               [self](ErrorCode failed, std::size_t used = 0) {
                                 if (failed) return self->close();
                                 self->buffer_.consume(used);
                                 self->read_request();
                               });
      });
}

void Connection::read_request() {
  parser_.emplace();
  parser_->header_limit(most_header);
  parser_->body_limit(most_body);
  stop_answer_.reset();
  head_ = false;
  if (buffer_.size() > 0) return read_header();
  // Beast's own deadline runs per read: waiting for the first byte apart keeps slow senders from stretching
  // theirs.
  lowest(stream_).expires_after(phase_ == Phase::idle ? shared_.config.idle_time
                                                      : shared_.config.request_time);
  std::visit(
      [this](auto& stream) {
        stream.async_read_some(buffer_.prepare(4096),
                               [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
                                 if (error) return self->close();
                                 self->buffer_.commit(bytes);
                                 self->read_header();
                               });
      },
      stream_);
}

void Connection::read_header() {
  enter(Phase::reading);
  lowest(stream_).expires_after(shared_.config.request_time);
  std::visit(
      [this](auto& stream) {
        http::async_read_header(
            stream, buffer_, *parser_,
            [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_header(error); });
      },
      stream_);
}

bool Connection::stop_begun() const {
  const auto& head = parser_->get();
  const std::string_view target(head.target().data(), head.target().size());
  if (head.method() == http::verb::post && target.substr(0, target.find('?')) == stop_path) return true;
  // A header that never became readable: look at the raw bytes.
  const std::string_view raw(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  const std::string line = "POST " + std::string(stop_path);
  return raw.starts_with(line) &&
         (raw.size() == line.size() ||
          std::string_view(" ?\r\n\t").find(raw[line.size()]) != std::string_view::npos);
}

void Connection::on_header(ErrorCode error) {
  if (error) return on_unreadable(error);
  keep_alive_ = parser_->keep_alive();
  head_ = parser_->get().method() == http::verb::head;
  if (stop_begun()) {
    timer_.expires_after(shared_.config.stop_body_time);
    timer_.async_wait([self = shared_from_this()](ErrorCode cancelled) {
      if (cancelled || self->phase_ != Phase::reading || self->stop_answer_) return;
      self->trip_now("the body had not arrived in full: it was ignored");
      lowest(self->stream_).cancel();  // the read ends with an error, and the answer goes out
    });
  }
  const auto expect = parser_->get()[http::field::expect];
  if (boost::beast::iequals(expect, "100-continue") && !parser_->is_done()) return answer_continue();
  read_body();
}

void Connection::answer_continue() {
  static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  std::visit(
      [this](auto& stream) {
        asio::async_write(stream, asio::buffer(text.data(), text.size()),
                          [self = shared_from_this()](ErrorCode error, std::size_t) {
                            if (error && !self->stop_begun()) return self->close();
                            self->read_body();
                          });
      },
      stream_);
}

void Connection::read_body() {
  std::visit(
      [this](auto& stream) {
        http::async_read(stream, buffer_, *parser_,
                         [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_body(error); });
      },
      stream_);
}

void Connection::on_body(ErrorCode error) {
  timer_.cancel();
  if (error) return on_unreadable(error);
  if (stop_answer_) return write(std::move(*stop_answer_));
  handle(take_request());
}

// S9: an unreadable stop is a stop, also when nobody is left to hear the answer.
void Connection::on_unreadable(ErrorCode error) {
  timer_.cancel();
  keep_alive_ = false;
  const bool gone = error == http::error::end_of_stream && buffer_.size() == 0;
  if (!gone && stop_begun()) {
    if (!stop_answer_)
      trip_now("the request was not readable (" + error.message() + "): its body was ignored");
    return write(std::move(*stop_answer_));
  }
  if (error == http::error::body_limit)
    return write(problem(413, "the body is longer than 64 KiB", "send less"));
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return write(problem(431, "the header is longer than 8 KiB", "send fewer or shorter header lines"));
  if (error.category() == http::make_error_code(http::error::bad_target).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message)
    return write(
        problem(400, "this is not a readable HTTP/1.1 request: " + error.message(), "use an HTTP client"));
  close();
}

Request Connection::take_request() {
  auto& message = parser_->get();
  const auto text = [](boost::beast::string_view view) { return std::string(view.data(), view.size()); };
  Request request;
  request.method = text(message.method_string());
  request.authorization = text(message[http::field::authorization]);
  request.origin = text(message[http::field::origin]);
  request.host = text(message[http::field::host]);
  request.cookie = text(message[http::field::cookie]);
  request.token = text(message["X-Standstill-Token"]);
  request.accept_encoding = text(message[http::field::accept_encoding]);
  request.if_none_match = text(message[http::field::if_none_match]);
  request.body = std::move(message.body());
  request.caller = caller_;
  return request;
}

void Connection::trip_now(const std::string& warning) {
  Request request;
  request.caller = caller_;
  try {
    stop_answer_ = trip(shared_.backend, request, {warning});
  } catch (const std::exception& error) {
    stop_answer_ = failed(error.what());
  }
}

void Connection::handle(Request request) {
  const auto target = parser_->get().target();
  if (!read_target({target.data(), target.size()}, request)) {
    if (stop_begun()) {
      trip_now("the query was not readable");
      return write(std::move(*stop_answer_));
    }
    return write(
        problem(400, "the path of the request is not readable", "begin it with '/', without '..' or '//'"));
  }
  if (!caller_.local && request.path != stop_path && !shared_.hosts.knows(request.host))
    return write(problem(421, "this supervisor is not known as '" + request.host + "'",
                         "use its address, or put the name into 'hosts' of [terminal]"));
  if (in_the_clear() && request.path != stop_path) return to_tls(request);
  if (auto page = page_answer(request)) return write(std::move(*page));
  auto found = find_route(request);
  if (auto* answer = std::get_if<Answer>(&found)) return write(std::move(*answer));
  const Route& route = *std::get<Match>(found).route;
  if (route.path != stop_path && route.method == "POST" && !same_origin(request.origin, request.host))
    return write(problem(403, "this request comes from another page (" + request.origin + ")",
                         "use the supervisor's own address; only a stop may come from anywhere"));
  if (route.where == Where::door) return door(route, std::move(request));
  const bool needs_login =
      route.access == Access::operator_ || (route.access == Access::local_or_operator && !caller_.local);
  if (needs_login) return let_in(std::move(request));
  if (route.where == Where::pool) return call(std::move(request));
  try {
    write(route.call(shared_.backend, request, {}));
  } catch (const std::exception& error) {
    write(failed(error.what()));
  }
}

void Connection::call(Request request) {
  enter(Phase::calling);
  const bool taken = shared_.calls.post(
      [self = shared_from_this(), request = std::move(request)]() mutable {
        Answer answer;
        try {
          const auto found = std::get<Match>(find_route(request));
          answer = found.route->call(self->shared_.backend, request, found.id);
        } catch (const std::exception& error) {
          answer = failed(error.what());
        }
        auto& io = self->shared_.io;
        asio::post(io, [self = std::move(self), answer = std::move(answer)]() mutable {
          self->write(std::move(answer));
        });
      },
      caller_.local ? most_calls_waiting_local : most_calls_waiting_tcp);
  if (!taken) write(busy());
}

void Connection::write(Answer answer) {
  if (!lowest(stream_).socket().is_open()) return;
  enter(Phase::writing);
  answer_bytes_ = head_ ? 0 : answer.body.size();
  shared_.hold(answer_bytes_, this);
  lowest(stream_).expires_after(shared_.config.answer_time);
  std::visit(
      [&](auto& stream) {
        boost::beast::async_write(
            stream, message_of(std::move(answer), keep_alive_, head_),
            [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_written(error); });
      },
      stream_);
}

void Connection::on_written(ErrorCode error) {
  shared_.held_bytes -= std::exchange(answer_bytes_, 0);
  if (error) return close();
  if (!keep_alive_) return linger();
  enter(Phase::idle);
  read_request();
}

// Closing with unread bytes would reset the connection, and the client might never see the answer.
void Connection::linger() {
  ErrorCode ignored;
  Plain& bottom = lowest(stream_);
  bottom.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  enter(Phase::idle);
  bottom.expires_after(2s);
  buffer_.clear();
  bottom.async_read_some(buffer_.prepare(4096),
                         [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
                           self->drained_ += bytes;
                           if (error || self->drained_ > most_drained) return self->close();
                           self->linger();
                         });
}

}  // namespace standstill::terminal
