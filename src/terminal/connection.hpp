// One client: reads a request, has it answered, writes the answer, again until either side has had enough.
// Everything here runs on the server's I/O thread.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "terminal/request.hpp"

namespace standstill::terminal {

struct ServerConfig;
struct Shared;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  // In the order in which a connection makes room for a new one; a call under way never does.
  enum class Phase { idle, reading, writing, calling };

  Connection(Socket socket, Shared& shared, Caller caller);
  ~Connection();
  void start();
  void close();
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] Instant since() const { return since_; }
  [[nodiscard]] bool local() const { return caller_.local; }

 private:
  using ErrorCode = boost::beast::error_code;

  void enter(Phase phase);
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
  void log_in(Request request);
  void call(Request request);
  void write(Answer answer);
  void on_written(ErrorCode error);
  void linger();

  boost::beast::basic_stream<boost::asio::generic::stream_protocol> stream_;
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
