// What the connections of one server have in common. Used on the I/O thread only, but for the pools.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <set>

#include "terminal/backend.hpp"
#include "terminal/failed_logins.hpp"
#include "terminal/pool.hpp"
#include "terminal/server.hpp"

namespace standstill::terminal {

class Connection;

struct Shared {
  Shared(const ServerConfig& settings, Backend& used) : config(settings), backend(used) {}

  // Makes room for one more: closes the connection that has been of least use for longest. False: all are in
  // a call.
  [[nodiscard]] bool make_room(bool local);
  // Answers are held in memory until they are read: clients that ask and do not read are closed, longest
  // first.
  void hold(std::size_t bytes, const Connection* keep);

  const ServerConfig config;
  Backend& backend;
  // Destroyed from the bottom: first the pools, whose tasks hold connections, then the loop, whose handlers
  // do.
  std::set<Connection*> connections;
  std::size_t held_bytes = 0;
  FailedLogins failed_logins;
  boost::asio::io_context io{1};
  Pool calls{"http call", 2};
  Pool logins{"http log-in", 1};  // hashing a secret costs 50 ms and 16 MB on purpose: one at a time
};

}  // namespace standstill::terminal
