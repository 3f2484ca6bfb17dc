// One client: reads a request, has it answered, writes the answer, again until either side has had enough.
// Everything here runs on the server's I/O thread.
//
// connection.cpp: bytes in and out. connection_door.cpp: who may, and who is signed in.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "terminal/connected.hpp"
#include "terminal/request.hpp"
#include "terminal/stream.hpp"

namespace standstill::terminal {

class Pool;
struct Route;
struct Shared;

class Connection : public Connected, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Shared& shared, Caller caller);
  ~Connection() override;
  void start();
  void close() override;
  [[nodiscard]] Phase phase() const override { return phase_; }
  [[nodiscard]] Instant since() const override { return since_; }
  [[nodiscard]] bool local() const override { return caller_.local; }

 private:
  using ErrorCode = boost::beast::error_code;

  void enter(Phase phase);
  void begin_tls();
  void read_request();
  void read_header();
  void on_header(ErrorCode error);
  void on_unreadable(ErrorCode error);
  void read_body();
  void on_body(ErrorCode error);
  void answer_continue();

  [[nodiscard]] Request take_request();
  [[nodiscard]] bool stop_begun() const;  // whatever came so far names the stop request
  void trip_now(const std::string& warning);
  void handle(Request request);
  void call(Request request);
  void write(Answer answer);
  void on_written(ErrorCode error);
  void linger();

  // connection_door.cpp
  using Verified = std::function<void(Request request, Role role)>;  // the caller's name is in the request
  [[nodiscard]] bool in_the_clear() const;                           // and should not be
  void to_tls(const Request& request);
  void door(const Route& route, Request request);
  void let_in(Request request);  // what needs an operator: by secret, or by session
  void ask_role(Pool& pool, std::size_t most_waiting, std::function<std::optional<Role>()> question,
                std::function<void(std::optional<Role>)> answered, const std::function<void()>& ended = {});
  void verify(Request request, Bearer bearer, Verified verified);
  void look_closely(Request request, Bearer bearer, Verified verified);
  void judged(const Request& request, std::optional<Role> role, const Verified& verified);
  void sign_in(Request request);
  void sign_out(const Request& request);
  void tell_session(const Request& request);
  void by_session(Request request);
  void follow(const Request& request);
  [[nodiscard]] std::string cookie_of(const Request& request) const;

  Stream stream_;
  Shared& shared_;
  const Caller caller_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::asio::steady_timer timer_;
  std::optional<Answer> stop_answer_;  // set when a stop has tripped before its request was complete
  Phase phase_ = Phase::idle;
  Instant since_{};
  std::size_t answer_bytes_ = 0;
  std::size_t drained_ = 0;
  bool keep_alive_ = true;
  bool head_ = false;
};

}  // namespace standstill::terminal
