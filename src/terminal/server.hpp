// The HTTP/1.1 server: one I/O thread of ordinary priority, a TCP listener and a unix socket, the same
// requests on both.
//
// A stop is answered on the I/O thread itself and waits for nothing; every other call of the backend runs on
// a small pool, so that neither a slow call nor a flood of them delays it. Limits: header 8 KiB, body 64 KiB,
// a request within 10 s, 512 TCP and 128 local connections (the one idle longest makes room), 256 of them
// followers of the feed, 16 MiB of answers not yet read.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "kernel/time.hpp"
#include "terminal/backend.hpp"

namespace standstill::terminal {

struct ServerConfig {
  std::string listen = "127.0.0.1:8080";        // "ADDRESS:PORT", "[::1]:8080", "localhost:0"; empty: no TCP
  bool insecure = false;                        // allow an address that is not loopback without TLS
  std::filesystem::path certificate_file = {};  // both, PEM: TLS on the TCP address
  std::filesystem::path key_file = {};
  std::vector<std::string> hosts = {};  // names it may be asked under over TCP, beside those KnownHosts has
  std::string socket_path = {};         // the unix socket, mode 0660; empty: none
  std::size_t most_tcp = 512;
  std::size_t most_followers = 256;
  std::size_t most_local = 128;
  Duration request_time = 10s;      // from the first byte of a request to its last
  Duration idle_time = 60s;         // a kept-alive connection without a request
  Duration answer_time = 60s;       // to read an answer
  Duration stop_body_time = 100ms;  // a stop whose body has not come by then trips without it
  Duration slow_time = 10s;         // for one message to a follower to go out
  Duration session_idle = std::chrono::minutes(30);
  Duration session_longest = std::chrono::hours(12);
};

class Server {
 public:
  // The backend must live longer. Errors name the address or path, the reason, and what to do.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, std::string> start(const ServerConfig& config,
                                                                                 Backend& backend);
  // Waits for calls of the backend that are under way: have them return (503) before, when their loop has
  // ended.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;  // the TCP port in use, 0 when there is none

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace standstill::terminal
