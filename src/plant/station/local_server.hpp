// The bus of one machine, without a server of its own: the controller serves those few commands of Redis that
// members use (HELLO, PING, SUBSCRIBE, PUBLISH, GET, GETRANGE, SET with EX), in RESP2 and RESP3, on a Unix
// socket.
//
// It keeps nothing on disk: what a new controller finds is an empty bus, and that is a stop for every
// station, as with a Redis server that lost its memory. Whoever may open the socket (its group may) may use
// all of it, as with a Redis server without users; a release needs the key all the same.
//
// Bounded: 64 clients, 1024 keys, 8 MiB that one of them does not take.
#pragma once

#include <expected>
#include <list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"
#include "wire/resp/reader.hpp"

namespace standstill::station {

class LocalServer {
 public:
  LocalServer(os::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {}
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  // The error is a sentence that names the path. A socket that nobody serves any more is replaced.
  [[nodiscard]] std::expected<void, std::string> begin();
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }

 private:
  struct Client {
    os::Fd socket;
    os::Loop::Watch watch;
    resp::Reader reader;
    std::string output;
    std::set<std::string, std::less<>> channels;
    bool resp3 = false;
    bool blocked = false;
  };
  struct Kept {
    std::string value;
    Instant until = never;
  };
  using Words = std::vector<resp::Value>;

  void accept();
  void ready(Client& client, std::uint32_t events);
  void carry_out(Client& client, const Words& words);
  void subscribe(Client& client, const Words& words);
  void publish(Client& client, const std::string& channel, const std::string& text);
  void stop_for(Client& client);
  void keep(Client& client, const Words& words);
  [[nodiscard]] const std::string* kept(const std::string& key) const;  // none, or none any more: null
  void flush(Client& client);
  void sweep();  // forgets clients that have ended

  os::Loop& loop_;
  std::string path_;
  os::Fd listener_;
  os::Loop::Watch watch_;
  std::list<Client> clients_;
  std::map<std::string, Kept, std::less<>> keys_;
};

}  // namespace standstill::station
