// The one table of everything that can be configured. It validates, it fills defaults, and it writes
// docs/configuration.md and packaging/standstill.schema.json, so that these cannot disagree.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace standstill::config {

enum class Type : std::uint8_t { text, integer, number, boolean, texts, numbers, table, tables, free_table };

// What a text must look like beyond its length.
enum class Format : std::uint8_t {
  any,
  id,
  host,
  http_url,
  redis_url,
  mqtt_url,
  listen,
  timezone,
  path,
  program,  // a list: absolute path, then arguments
  email,
  environment_name,
  link,        // the id of a link
  tag,         // LINK.TAG
  output,      // the id of an output
  s7_address,  // "DB1.DBD0:DINT", "DB1.DBX4.0"
  s7_bit,
};

struct Key {
  std::string_view section;  // "site", "link", "link.reconnect"
  std::string_view name;
  Type type = Type::text;
  std::string_view meaning = {};
  std::string_view example = {};  // a TOML value
  std::string_view initial = {};  // the default as a TOML value; empty: none
  bool required = false;
  std::string_view kinds = {};  // which kinds of the section have it, separated by spaces; empty: all
  Format format = Format::any;
  std::string_view choices = {};  // separated by spaces; empty: any
  std::string_view unit = {};
  double min = -std::numeric_limits<double>::infinity();  // of a number; of the length of a text or list
  double max = std::numeric_limits<double>::infinity();
  std::string_view nested = {};  // the section that describes a table or the tables of a list
};

struct Section {
  std::string_view name;   // "link.reconnect"
  std::string_view title;  // as people write it: "[[link]] reconnect"
  std::string_view intro;
  bool repeated = false;  // [[name]]
  bool required = false;
  bool optional = false;     // left out, there is none: no section of defaults
  bool environment = false;  // STANDSTILL_<SECTION>_<KEY> overrides its scalar keys
};

enum class Support : std::uint8_t {
  runs,
  later,     // validated in full; this version does not run it
  reserved,  // the name is taken, the contents are not settled: refused
};

struct Kind {
  std::string_view section;
  std::string_view name;
  Support support = Support::runs;
  std::string_view meaning = {};
};

[[nodiscard]] std::span<const Section> sections();
[[nodiscard]] std::span<const Kind> kinds();
[[nodiscard]] std::span<const Key> keys();

[[nodiscard]] const Section* find_section(std::string_view name);
[[nodiscard]] const Kind* find_kind(std::string_view section, std::string_view name);
[[nodiscard]] std::vector<const Kind*> kinds_of(std::string_view section);
[[nodiscard]] std::vector<const Key*> keys_of(std::string_view section);
[[nodiscard]] bool applies(const Key& key, std::string_view kind);
// The row for this key in a section of this kind; nullptr when there is none.
[[nodiscard]] const Key* find_key(std::string_view section, std::string_view name, std::string_view kind);
[[nodiscard]] std::vector<std::string_view> split(std::string_view words);

// The parts of the table, one a file.
[[nodiscard]] std::span<const Key> plant_keys();  // [site], [guard], [bus], [terminal]
[[nodiscard]] std::span<const Key> link_keys();
[[nodiscard]] std::span<const Key> link_table_keys();
[[nodiscard]] std::span<const Key> watch_keys();
[[nodiscard]] std::span<const Key> output_keys();
[[nodiscard]] std::span<const Key> plc_link_keys();
[[nodiscard]] std::span<const Key> plc_output_keys();
[[nodiscard]] std::span<const Key> output_table_keys();
[[nodiscard]] std::span<const Key> alert_keys();
[[nodiscard]] std::span<const Key> loco_keys();
[[nodiscard]] std::span<const Key> watchdog_keys();

}  // namespace standstill::config
