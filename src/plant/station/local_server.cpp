#include "plant/station/local_server.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>

#include "link/stream.hpp"
#include "os/clock.hpp"
#include "wire/estop/names.hpp"

namespace standstill::station {

namespace {

constexpr std::size_t most_clients = 64;
constexpr std::size_t most_keys = 1024;
constexpr std::size_t most_unsent = 8UL * 1024 * 1024;
constexpr std::size_t most_waiting = 8UL * 1024 * 1024;
constexpr int reads_a_turn = 16;

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}
std::string integer(std::size_t number) { return ":" + std::to_string(number) + "\r\n"; }

std::optional<std::size_t> place_in(const std::string& text) {
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), place);
  return error == std::errc{} && end == text.data() + text.size() && place < most_unsent
             ? std::optional(place)
             : std::nullopt;
}

bool is(const resp::Value& word, std::string_view name) {
  return word.text.size() == name.size() &&
         std::equal(name.begin(), name.end(), word.text.begin(),
                    [](char a, char b) { return a == (b >= 'a' && b <= 'z' ? b - 'a' + 'A' : b); });
}

}  // namespace

LocalServer::~LocalServer() {
  if (listener_) ::unlink(path_.c_str());
}

std::expected<void, std::string> LocalServer::begin() {
  sockaddr_un here{};
  here.sun_family = AF_UNIX;
  if (path_.size() >= sizeof here.sun_path)
    return std::unexpected(path_ + ": the path of a socket has at most 107 bytes");
  std::memcpy(here.sun_path, path_.c_str(), path_.size());
  const auto* address = reinterpret_cast<const sockaddr*>(&here);
  const os::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe && ::connect(probe.get(), address, sizeof here) == 0)
    return std::unexpected(path_ + ": another controller serves there");
  if (errno == ECONNREFUSED) ::unlink(path_.c_str());
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Nobody gets in before the permissions are right: there is no listening until then.
  if (!listener_ || ::bind(listener_.get(), address, sizeof here) != 0 || ::chmod(path_.c_str(), 0660) != 0 ||
      ::listen(listener_.get(), static_cast<int>(most_clients)) != 0) {
    const std::string why = std::generic_category().message(errno);
    listener_.reset();
    return std::unexpected(path_ + ": no bus can be served there: " + why);
  }
  watch_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  return {};
}

void LocalServer::accept() {
  for (;;) {
    os::Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (clients_.size() >= most_clients) continue;
    Client& client = clients_.emplace_back();
    client.socket = std::move(socket);
    client.watch = loop_.watch(client.socket.get(), EPOLLIN,
                               [this, &client](std::uint32_t events) { ready(client, events); });
  }
}

void LocalServer::ready(Client& client, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush(client);
  std::array<std::byte, 16384> bytes;
  for (int i = 0; i < reads_a_turn && client.socket; ++i) {
    const auto io = link::read_stream(client.socket.get(), bytes);
    if (io.did == link::Io::Did::again) break;
    if (io.did == link::Io::Did::ended) {
      stop_for(client);
      client.watch = {};
      client.socket.reset();
      break;
    }
    client.reader.feed(std::span(bytes).first(io.bytes));
    while (const auto value = client.reader.next()) {
      const bool command = value->type == resp::Value::Type::list && !value->items.empty() &&
                           std::all_of(value->items.begin(), value->items.end(),
                                       [](const resp::Value& word) { return word.is_text(); });
      if (command)
        carry_out(client, value->items);
      else
        client.output += "-ERR a command is a list of texts\r\n";
    }
    if (!client.reader.error().empty() || client.reader.waiting() > most_waiting) {
      stop_for(client);
      client.watch = {};
      client.socket.reset();
    }
  }
  flush(client);
  sweep();
}

void LocalServer::carry_out(Client& client, const Words& words) {
  const std::size_t count = words.size();
  if (is(words[0], "PING")) {
    client.output += "+PONG\r\n";
  } else if (is(words[0], "HELLO")) {
    client.resp3 = count > 1 && words[1].text == "3";
    client.output += (client.resp3 ? "%2\r\n" : "*4\r\n") + bulk("proto") +
                     (client.resp3 ? ":3\r\n" : ":2\r\n") + bulk("role") + bulk("master");
  } else if (is(words[0], "SUBSCRIBE") && count > 1) {
    subscribe(client, words);
  } else if (is(words[0], "PUBLISH") && count == 3) {
    publish(client, words[1].text, words[2].text);
  } else if (is(words[0], "GET") && count == 2) {
    const std::string* value = kept(words[1].text);
    client.output += value != nullptr ? bulk(*value) : client.resp3 ? "_\r\n" : "$-1\r\n";
  } else if (is(words[0], "GETRANGE") && count == 4) {
    const std::string* value = kept(words[1].text);
    const auto first = place_in(words[2].text), last = place_in(words[3].text);
    if (!first || !last)
      client.output += "-ERR a place is a whole number, 0 or more\r\n";
    else if (value == nullptr || *first > *last || *first >= value->size())
      client.output += bulk("");
    else
      client.output += bulk(value->substr(*first, *last - *first + 1));
  } else if (is(words[0], "SET") && (count == 3 || count == 5)) {
    keep(client, words);
  } else {
    client.output += "-ERR unknown command, or wrong number of words: the local bus knows few\r\n";
  }
}

const std::string* LocalServer::kept(const std::string& key) const {
  const auto found = keys_.find(key);
  return found != keys_.end() && os::now() < found->second.until ? &found->second.value : nullptr;
}

void LocalServer::subscribe(Client& client, const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    client.channels.insert(words[i].text);
    client.output += (client.resp3 ? ">3\r\n" : "*3\r\n") + bulk("subscribe") + bulk(words[i].text) +
                     integer(client.channels.size());
  }
}

void LocalServer::publish(Client& client, const std::string& channel, const std::string& text) {
  std::size_t listeners = 0;
  for (Client& one : clients_) {
    if (!one.socket || !one.channels.contains(channel)) continue;
    ++listeners;
    one.output += (one.resp3 ? ">3\r\n" : "*3\r\n") + bulk("message") + bulk(channel) + bulk(text);
    if (&one != &client) flush(one);
  }
  client.output += integer(listeners);
}

// S9: what is meant for the stop channel is a stop, also when it is too long to be taken in, or cut off.
void LocalServer::stop_for(Client& client) {
  const resp::Value* const cut_off = client.reader.under_way();
  if (cut_off != nullptr && cut_off->items.size() == 2 && is(cut_off->items[0], "PUBLISH") &&
      cut_off->items[1].text == estop::stop_channel)
    publish(client, std::string(estop::stop_channel), "");
}

void LocalServer::keep(Client& client, const Words& words) {
  const Instant now = os::now();
  Kept kept{words[2].text};
  if (words.size() == 5) {
    unsigned seconds = 0;
    const std::string& text = words[4].text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (!is(words[3], "EX") || error != std::errc{} || end != text.data() + text.size() || seconds == 0) {
      client.output += "-ERR only EX with whole seconds is known\r\n";
      return;
    }
    kept.until = now + std::chrono::seconds(seconds);
  }
  if (keys_.size() >= most_keys)
    std::erase_if(keys_, [&](const auto& one) { return now >= one.second.until; });
  if (keys_.size() >= most_keys && !keys_.contains(words[1].text)) {
    client.output += "-OOM too many keys for the local bus\r\n";
    return;
  }
  keys_[words[1].text] = std::move(kept);
  client.output += "+OK\r\n";
}

void LocalServer::flush(Client& client) {
  while (client.socket && !client.output.empty()) {
    const auto io = link::write_stream(client.socket.get(), std::as_bytes(std::span(client.output)));
    if (io.did == link::Io::Did::again) break;
    if (io.did == link::Io::Did::ended) client.output.clear();  // its end is read next
    client.output.erase(0, io.bytes);
  }
  if (client.output.size() > most_unsent) {
    client.watch = {};
    client.socket.reset();
    client.output.clear();
  }
  const bool blocked = client.socket && !client.output.empty();
  if (blocked == client.blocked || !client.socket) return;
  client.blocked = blocked;
  client.watch.change(blocked ? std::uint32_t{EPOLLIN | EPOLLOUT} : std::uint32_t{EPOLLIN});
}

void LocalServer::sweep() {
  std::erase_if(clients_, [](const Client& one) { return !one.socket; });
}

}  // namespace standstill::station
