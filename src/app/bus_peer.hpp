// A connection to the bus for a tool by hand: the same session and the same transport as a member's, waited
// for. It is no member: it signs nothing and supervises nothing.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "link/link.hpp"
#include "os/loop.hpp"
#include "plant/station/redis_session.hpp"

namespace standstill::app {

class BusPeer {
 public:
  // Of `bus`: where and as whom. Errors are sentences that name the server.
  BusPeer(const config::Bus& bus, std::string password, std::vector<std::string> channels,
          station::RedisSession::Heard heard);

  // Until it is online, or `time_out` is over.
  [[nodiscard]] std::expected<void, std::string> connect(Duration time_out);
  // What the server answered.
  [[nodiscard]] std::expected<resp::Value, std::string> ask(std::initializer_list<std::string_view> words,
                                                            Duration time_out);
  // Serves the connection for so long; what is heard is handed on meanwhile.
  void serve(Duration time) { loop_.turn(time); }
  [[nodiscard]] const link::Status& status() const { return link_.status(); }

 private:
  os::Loop loop_;
  station::RedisSession session_;
  link::Link link_;
};

}  // namespace standstill::app
