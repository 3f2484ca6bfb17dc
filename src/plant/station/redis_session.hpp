// One connection to a Redis server, in RESP3, so that what is published and what is asked for share it and
// keep their order (redis.io, "HELLO", "SUBSCRIBE").
//
// On every connection: HELLO with the user's secret, then SUBSCRIBE; it is proven when the server has
// confirmed each channel. The probe is PING. A server older than 6 refuses HELLO, and the error says so.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "link/session.hpp"
#include "wire/resp/reader.hpp"

namespace standstill::station {

class RedisSession final : public link::Session {
 public:
  struct Settings {
    std::string user;      // empty: the server's default user
    std::string password;  // empty: none; a user without one must be allowed that by the server
    std::vector<std::string> channels;
  };
  using Heard = std::function<void(std::string_view channel, const std::string& text)>;
  using Answer = std::function<void(const resp::Value& answer)>;

  RedisSession(Settings settings, Heard heard) : settings_(std::move(settings)), heard_(std::move(heard)) {}

  // Queues a command; `answer` comes once, unless the connection ends before. Only while connected, and it
  // says false otherwise. Whoever calls must have the link write: Link::send_now().
  bool ask(std::initializer_list<std::string_view> words, Answer answer = {});

  void connected(Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  [[nodiscard]] bool work(Instant now) override;
  [[nodiscard]] std::span<const std::byte> output() const override;
  void sent(std::size_t bytes) override;
  [[nodiscard]] std::size_t portion() const override { return std::size_t{16} * 1024; }
  void probe(Instant now) override;
  [[nodiscard]] Instant last_heard() const override { return last_heard_; }
  [[nodiscard]] bool proven() const override { return proven_; }
  [[nodiscard]] link::Ending ended(Instant now) override;
  [[nodiscard]] Instant deadline() const override { return error_.empty() ? never : Instant{}; }
  [[nodiscard]] std::string error() const override { return error_; }

 private:
  struct Awaited {
    enum class What { hello, subscribe, answer } what;
    Answer answer;
  };
  void take(const resp::Value& value);
  void pushed(const resp::Value& value);
  void check_role(const resp::Value& hello);

  Settings settings_;
  Heard heard_;
  resp::Reader reader_;
  std::string output_;
  std::size_t sent_ = 0;
  std::deque<Awaited> awaited_;
  std::size_t unconfirmed_ = 0;  // channels
  bool connected_ = false;
  bool proven_ = false;
  Instant last_heard_{};
  std::string error_;
};

}  // namespace standstill::station
