// A configuration that has passed every check. Users' view of it: docs/configuration.md.
#pragma once

#include "config/alert_settings.hpp"
#include "config/link_settings.hpp"
#include "config/loco_settings.hpp"
#include "config/output_settings.hpp"
#include "config/watch_settings.hpp"
#include "config/watchdog_settings.hpp"

namespace standstill::config {

inline constexpr std::size_t max_outputs = 32;
inline constexpr std::size_t max_stages = 16;
inline constexpr std::size_t max_links = 64;
inline constexpr std::size_t max_watches = 256;
inline constexpr std::size_t max_alerts = 32;

struct Metadata {
  std::string name;  // without "_env"
  std::variant<std::string, std::int64_t, double, bool> value;
  bool from_environment = false;  // value is then the variable's name, read when a snapshot is taken
};

struct Site {
  SourceLocation where;
  std::string name;
  std::filesystem::path state_dir = "/var/lib/standstill";  // absolute
  std::string timezone;                                     // empty: the machine's own
  std::vector<Metadata> metadata;
};

struct Guard {
  SourceLocation where;
  milliseconds permit_timeout{500};
  milliseconds settle{2000};
  milliseconds heartbeat_timeout{100};
};

struct VisitorTexts {  // empty: the page's own words
  std::string running, ready, tripped, unknown;
};

struct RehearsalPeer {  // a simulated peer that the page may break
  std::string id;
  std::string control;  // its control socket
};

struct Terminal {
  SourceLocation where;
  std::string host = "127.0.0.1";  // IPv6 without brackets
  std::uint16_t port = 8080;       // 0: any free one
  bool insecure = false;
  std::string certificate_file;  // both or none
  std::string key_file;
  std::vector<std::string> hosts;
  VisitorTexts visitors;
  std::vector<RehearsalPeer> rehearsal;
};

struct BusTls {                  // of rediss://; absolute paths
  std::string ca_file;           // empty: the system's authorities
  std::string certificate_file;  // both or none
  std::string key_file;
};

struct Bus {
  SourceLocation where;
  std::string kind;  // "redis", "local"
  std::string url;   // redis://, rediss://, unix:///PATH; with "local" always the last
  BusTls tls;
  std::vector<std::string> sentinels;
  std::string primary;
  std::string user;
  SecretSource password;
  std::string instance;
  bool controller = false;
  milliseconds lease{3000};
  std::string key_file;
  std::uint16_t direct_port = 0;  // 0: any free one
  bool whole_seconds = false;     // in the time stamps that this member sends
};

struct Config {
  std::vector<std::filesystem::path> files;  // read for it, in this order
  Site site;
  Guard guard;
  std::vector<Link> links;
  std::vector<Watch> watches;
  std::vector<Output> outputs;
  std::vector<Stage> stages;
  std::vector<Alert> alerts;
  Terminal terminal;
  std::optional<Bus> bus;
  std::optional<Loco> loco;
  std::optional<Watchdog> watchdog;
  std::vector<Problem> warnings;

  [[nodiscard]] const Link* link(std::string_view id) const;
  [[nodiscard]] const Output* output(std::string_view id) const;

  // What is correct but needs a later version: `run` refuses to start while there is any, `check` lists it.
  [[nodiscard]] std::vector<Problem> unsupported() const;
};

}  // namespace standstill::config
