#include "plant/station/redis_session.hpp"

#include "wire/estop/names.hpp"

namespace standstill::station {

namespace {

constexpr int values_a_slice = 64;
constexpr std::size_t most_unsent = 8UL * 1024 * 1024;
constexpr std::size_t most_waiting = 8UL * 1024 * 1024;

std::string in_words(const std::string& refused) {
  if (refused.starts_with("NOAUTH") || refused.starts_with("WRONGPASS"))
    return "the server refuses the user or the password ([bus] user, password_file): " + refused;
  if (refused.starts_with("NOPERM"))
    return "the server's access list does not allow this user what the bus needs: " + refused;
  if (refused.starts_with("LOADING")) return "the server is still reading its data";
  if (refused.starts_with("ERR unknown command"))
    return "the server is too old: the bus needs Redis 6 or later";
  return "the server refuses the connection: " + refused;
}

}  // namespace

void RedisSession::connected(Instant) {
  reader_.reset();
  output_.clear();
  sent_ = 0;
  awaited_.clear();
  error_.clear();
  proven_ = false;
  connected_ = true;
  last_heard_ = {};
  if (settings_.user.empty() && settings_.password.empty())
    resp::write_command(output_, {"HELLO", "3"});
  else
    resp::write_command(output_, {"HELLO", "3", "AUTH", settings_.user.empty() ? "default" : settings_.user,
                                  settings_.password});
  awaited_.push_back({Awaited::What::hello, {}});
  std::vector<std::string_view> words{"SUBSCRIBE"};
  words.insert(words.end(), settings_.channels.begin(), settings_.channels.end());
  unconfirmed_ = settings_.channels.size();
  resp::write_command(output_, words);
  awaited_.push_back({Awaited::What::subscribe, {}});
}

bool RedisSession::ask(std::initializer_list<std::string_view> words, Answer answer) {
  if (!connected_ || output_.size() - sent_ > most_unsent) return false;
  resp::write_command(output_, words);
  awaited_.push_back({Awaited::What::answer, std::move(answer)});
  return true;
}

bool RedisSession::feed(std::span<const std::byte> bytes, Instant) {
  reader_.feed(bytes);
  if (reader_.waiting() > most_waiting) error_ = "more arrives than can be taken in";
  return error_.empty();
}

bool RedisSession::work(Instant now) {
  for (int i = 0; i < values_a_slice && error_.empty(); ++i) {
    const auto value = reader_.next();
    if (!value) {
      if (!reader_.error().empty()) error_ = reader_.error();
      return false;
    }
    last_heard_ = now;
    take(*value);
  }
  return error_.empty();
}

void RedisSession::take(const resp::Value& value) {
  if (value.type == resp::Value::Type::push) return pushed(value);
  if (awaited_.empty()) {
    error_ = "the server answered what nobody had asked";
    return;
  }
  const Awaited awaited = std::move(awaited_.front());
  awaited_.pop_front();
  if (awaited.what == Awaited::What::answer) {
    // A primary that lost its replicas, or became one, is not the one that everybody hears any more.
    if (value.is_error() && (value.text.starts_with("READONLY") || value.text.starts_with("NOREPLICAS")))
      error_ = "the server takes nothing any more, another one may be the primary: " + value.text;
    if (awaited.answer) awaited.answer(value);
    return;
  }
  if (value.is_error())
    error_ = in_words(value.text);
  else if (awaited.what == Awaited::What::hello)
    check_role(value);
  else if (awaited.what == Awaited::What::subscribe)
    error_ = "the server answered a subscription with something else";
}

// The latch is read from the primary: a replica may be behind, and takes nothing.
void RedisSession::check_role(const resp::Value& hello) {
  for (std::size_t i = 0; i + 1 < hello.items.size(); i += 2)
    if (hello.items[i].text == "role" && hello.items[i + 1].text != "master")
      error_ = "this server is a replica, and the bus needs the primary";
}

void RedisSession::pushed(const resp::Value& value) {
  const auto& items = value.items;
  if (items.size() < 3 || !items[0].is_text() || !items[1].is_text()) return;
  if (items[0].text == "message" && items[2].is_text()) {
    heard_(items[1].text, items[2].text);
  } else if (items[0].text == "subscribe" && unconfirmed_ > 0 && --unconfirmed_ == 0) {
    if (awaited_.empty() || awaited_.front().what != Awaited::What::subscribe) {
      error_ = "the server confirmed what nobody had asked";
      return;
    }
    awaited_.pop_front();
    proven_ = true;
  } else if (items[0].text == "unsubscribe") {
    error_ = "the server ended a subscription";
  }
}

std::span<const std::byte> RedisSession::output() const {
  return std::as_bytes(std::span(output_)).subspan(sent_);
}

void RedisSession::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < output_.size()) return;
  output_.clear();
  sent_ = 0;
}

void RedisSession::probe(Instant) { ask({"PING"}); }

// S9: what arrived on the stop channel is a stop, also with the end of the connection, cut off by it, or
// longer than can be taken in. The engine reads before it decodes, and comes here with what is not decoded
// yet.
link::Ending RedisSession::ended(Instant) {
  connected_ = proven_ = false;  // nothing is asked any more
  awaited_.clear();
  const auto on_stop_channel = [](const resp::Value& value) {
    return value.type == resp::Value::Type::push && value.items.size() >= 2 &&
           value.items[0].text == "message" && value.items[1].text == estop::stop_channel;
  };
  while (const auto value = reader_.next())
    if (on_stop_channel(*value)) pushed(*value);
  if (const resp::Value* cut_off = reader_.under_way(); cut_off != nullptr && on_stop_channel(*cut_off))
    heard_(estop::stop_channel, "");
  return link::Ending::crash;
}

}  // namespace standstill::station
