// How the command line asks the supervisor: HTTP over the unix socket in state_dir. Blocks the calling
// thread.
#pragma once

#include <expected>
#include <string>

#include "kernel/time.hpp"

namespace standstill::terminal {

struct Response {
  int status = 0;
  std::string body;
};

struct ClientError {
  bool unreachable =
      false;         // nobody answers (exit code 3), as opposed to an answer that never came or broke off
  std::string text;  // a sentence with what to do next
};

class Client {
 public:
  explicit Client(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  // `path` as it goes on the wire ("/api/v1/journal?after=17"; percent-encode values with encoded()).
  // `bearer`: "NAME:SECRET" or empty. Follow the journal by asking again with after = the last sequence
  // number.
  [[nodiscard]] std::expected<Response, ClientError> request(const std::string& method,
                                                             const std::string& path,
                                                             const std::string& body = {},
                                                             const std::string& bearer = {},
                                                             Duration time_out = 10s) const;

  [[nodiscard]] static std::string encoded(const std::string& value);  // for one part of a path or query

 private:
  std::string socket_path_;
};

}  // namespace standstill::terminal
