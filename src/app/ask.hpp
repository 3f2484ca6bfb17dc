// Asks the running supervisor, over the socket in its state_dir. What goes wrong is printed; the exit code
// comes back.
#pragma once

#include <expected>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/context.hpp"
#include "kernel/time.hpp"
#include "terminal/client.hpp"

namespace standstill::app {

class Ask {
 public:
  explicit Ask(const std::filesystem::path& state_dir) : client_((state_dir / "standstill.sock").string()) {}

  using Answer = std::expected<nlohmann::ordered_json, int>;
  [[nodiscard]] Answer get(const std::string& path, Duration time_out = 10s) const;
  // `body`: JSON, or empty. `bearer`: "NAME:SECRET", or empty.
  [[nodiscard]] Answer post(const std::string& path, const std::string& body, const std::string& bearer = {},
                            Duration time_out = 10s) const;

  // Nothing printed: for commands that go on without a supervisor. judge() then says what went wrong.
  [[nodiscard]] std::expected<terminal::Response, terminal::ClientError> raw(const std::string& path) const {
    return client_.request("GET", path);
  }
  [[nodiscard]] static Answer judge(const std::expected<terminal::Response, terminal::ClientError>& response);

 private:
  terminal::Client client_;
};

}  // namespace standstill::app
