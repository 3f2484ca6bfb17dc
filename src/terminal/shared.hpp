// What the connections of one server have in common. Used on the I/O thread only, but for the pools.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <set>
#include <string>

#include "terminal/backend.hpp"
#include "terminal/connected.hpp"
#include "terminal/failed_logins.hpp"
#include "terminal/feed.hpp"
#include "terminal/known_hosts.hpp"
#include "terminal/pool.hpp"
#include "terminal/server.hpp"
#include "terminal/sessions.hpp"
#include "terminal/tls.hpp"
#include "terminal/turns.hpp"

namespace standstill::terminal {

// A flood over TCP leaves the command line its share of the queue.
inline constexpr std::size_t most_calls_waiting_tcp = 48;
inline constexpr std::size_t most_calls_waiting_local = 64;
inline constexpr std::size_t most_logins_waiting = 32;

struct Shared {
  Shared(const ServerConfig& settings, Backend& used)
      : config(settings),
        backend(used),
        hosts(settings.hosts),
        sessions(settings.session_idle, settings.session_longest) {}

  // Makes room for one more: closes the connection that has been of least use for longest. False: all are in
  // a call.
  [[nodiscard]] bool make_room(bool local);
  // Answers are held in memory until they are read: clients that ask and do not read are closed, longest
  // first.
  void hold(std::size_t bytes, const Connected* keep);

  const ServerConfig config;
  Backend& backend;
  const KnownHosts hosts;
  // Destroyed from the bottom: first the pools, whose tasks hold connections, then the loop, whose handlers
  // do.
  std::set<Connected*> connections;
  std::size_t held_bytes = 0;
  FailedLogins failed_logins;
  Sessions sessions;
  TlsContext tls;              // empty: in the clear
  std::string session_cookie;  // its name; browsers keep those of all ports of a host together
  Feed feed{*this};            // its thread ends before `io` does: see Server
  boost::asio::io_context io{1};
  Pool calls{"http call", 2};
  Pool first_looks{"http first look", 1};
  Pool logins{"http log-in", 1};  // hashing a secret costs 50 ms and 16 MB on purpose: one at a time
  // A crowd over TCP never stands in the command line's way.
  Turns tcp_logins{most_logins_waiting};
  Turns local_logins{most_logins_waiting};
};

}  // namespace standstill::terminal
