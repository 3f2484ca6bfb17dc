// One who follows the plant over a WebSocket (RFC 6455). Everything here runs on the server's I/O thread.
//
// What waits for it is bounded: a newer state takes the place of one that is still waiting, anything else
// counts against 1 MiB and 1024 messages, and one message may take 10 s to go out. Beyond either it is told
// "too slow" (close code 1008) where it still reads, and dropped in any case within 5 s more. What it sends
// is read and ignored, up to 4 KiB a message. A peer that vanished is found by pings within 30 s.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "terminal/connected.hpp"
#include "terminal/feed.hpp"
#include "terminal/stream.hpp"

namespace standstill::terminal {

class Follower : public Connected, public std::enable_shared_from_this<Follower> {
 public:
  using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;

  Follower(Stream stream, Shared& shared, bool local, Topics topics);
  ~Follower() override;
  void start(Upgrade request);
  void begin(const std::vector<MessagePtr>& whole);    // from here on it is told what changes
  void take(const std::vector<MessagePtr>& messages);  // also with none: looks at how long the last one takes

  [[nodiscard]] const Topics& topics() const { return topics_; }

  void close() override;
  [[nodiscard]] Phase phase() const override { return Phase::following; }
  [[nodiscard]] Instant since() const override { return since_; }
  [[nodiscard]] bool local() const override { return local_; }

 private:
  using ErrorCode = boost::beast::error_code;
  template <class Layer>
  using WebSocket = boost::beast::websocket::stream<Layer>;

  void read();
  void add(const MessagePtr& message);
  void write();
  void say_too_slow();
  [[nodiscard]] Plain& bottom();

  std::variant<WebSocket<Plain>, WebSocket<Secure>> socket_;
  Shared& shared_;
  const bool local_;
  const Topics topics_;
  const Instant since_;
  Upgrade request_;
  boost::beast::flat_buffer incoming_;
  boost::asio::steady_timer timer_;
  std::deque<MessagePtr> waiting_;
  std::size_t waiting_bytes_ = 0;
  MessagePtr writing_;
  Instant writing_since_{};
  bool begun_ = false;
  bool too_slow_ = false;
};

}  // namespace standstill::terminal
