// The folder of one demo: a configuration as a user would write it, the supervisor's files, and who may
// release.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "kernel/time.hpp"
#include "wire/estop/keys.hpp"

namespace standstill::app {

class DemoFolder {
 public:
  // `wanted` empty: a temporary one, removed at the end. Another one must be empty, or left by an earlier
  // demo.
  [[nodiscard]] static std::expected<DemoFolder, std::string> make(const std::string& wanted);
  DemoFolder(DemoFolder&& other) noexcept;
  DemoFolder& operator=(DemoFolder&&) = delete;
  ~DemoFolder();

  struct Plant {
    std::uint16_t terminal_port = 0, rocrail_port = 0, relay_port = 0;
    Duration settle = 2s;
  };
  [[nodiscard]] std::expected<void, std::string> write_configuration(const Plant& plant) const;
  // The master key of the demo's bus, anew, in key_file().
  [[nodiscard]] std::expected<estop::Keys, std::string> make_key() const;
  // The demo's operator, anew; "NAME:SECRET", which is also written to token_file().
  [[nodiscard]] std::expected<std::string, std::string> add_operator() const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool temporary() const { return temporary_; }
  [[nodiscard]] std::string configuration() const { return path_ + "/standstill.toml"; }
  [[nodiscard]] std::string state_dir() const { return path_ + "/state"; }
  [[nodiscard]] std::string socket() const { return state_dir() + "/standstill.sock"; }
  [[nodiscard]] std::string control(const std::string& peer) const { return path_ + "/" + peer + ".ctl"; }
  [[nodiscard]] std::string relay_link() const { return path_ + "/relay"; }
  [[nodiscard]] std::string alert_file() const { return path_ + "/alerts.jsonl"; }
  [[nodiscard]] std::string log_file() const { return path_ + "/supervisor.log"; }
  [[nodiscard]] std::string token_file() const { return path_ + "/token"; }
  [[nodiscard]] std::string key_file() const { return path_ + "/bus.key"; }
  [[nodiscard]] std::string bus_socket() const { return path_ + "/bus.sock"; }

 private:
  DemoFolder(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
  std::string path_;
  bool temporary_ = false;
};

}  // namespace standstill::app
