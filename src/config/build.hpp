// From a validated tree to typed settings.
#pragma once

#include <filesystem>

#include "config/config.hpp"
#include "config/tree.hpp"

namespace standstill::config {

// Reads one validated table: keys that may be missing have a default, so that what is asked for without
// "optional" is there, or was reported already.
class Reader {
 public:
  Reader(const Table& table, const std::filesystem::path& folder, std::vector<Problem>& problems)
      : table_(table), folder_(folder), problems_(problems) {}

  [[nodiscard]] bool has(std::string_view key) const { return table_.find(key) != nullptr; }
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::string path(std::string_view key) const;  // absolute; empty when not set
  [[nodiscard]] std::string absolute(const std::string& written) const;
  [[nodiscard]] std::optional<double> number(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] milliseconds ms(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  [[nodiscard]] std::optional<ValueRange> range(std::string_view key) const;
  [[nodiscard]] SecretSource secret(std::string_view stem) const;  // STEM_file, STEM_env
  [[nodiscard]] TagReference tag(std::string_view key) const;
  [[nodiscard]] std::optional<Reader> nested(std::string_view key) const;
  [[nodiscard]] std::vector<std::pair<Reader, SourceLocation>> list(std::string_view key) const;
  [[nodiscard]] SourceLocation where(std::string_view key) const;  // of its value
  void report(Fault fault, const SourceLocation& where, std::string message, std::string hint = "") const;
  // Exactly one of these keys, which must be keys of this table.
  bool exactly_one(const SourceLocation& where, const std::string& title, std::string_view a,
                   std::string_view b) const;

  template <class Integer = unsigned>
  [[nodiscard]] Integer whole(std::string_view key) const {
    return static_cast<Integer>(integer(key));
  }
  // The place of a word in a list of words that has the order of an enum.
  template <class Enum>
  [[nodiscard]] Enum choice(std::string_view key, std::initializer_list<std::string_view> words) const {
    const std::string written = text(key);
    std::size_t index = 0;
    for (const std::string_view word : words) {
      if (word == written) return static_cast<Enum>(index);
      ++index;
    }
    return Enum{};
  }

 private:
  [[nodiscard]] std::int64_t integer(std::string_view key) const;

  const Table& table_;
  const std::filesystem::path& folder_;
  std::vector<Problem>& problems_;
};

[[nodiscard]] Link build_link(const Reader& reader, const SourceLocation& where);
[[nodiscard]] Watch build_watch(const Reader& reader, const SourceLocation& where);
[[nodiscard]] PlcPeer build_plc(const Reader& reader);  // of a link or an output
[[nodiscard]] Stage build_stage(const Reader& reader, const SourceLocation& where);
[[nodiscard]] Output build_output(const Reader& reader, const SourceLocation& where);
[[nodiscard]] Loco build_loco(const Reader& reader, const SourceLocation& where);
[[nodiscard]] Alert build_alert(const Reader& reader, const SourceLocation& where);
[[nodiscard]] Watchdog build_watchdog(const Reader& reader, const SourceLocation& where);
[[nodiscard]] Config build(const Table& validated, const std::filesystem::path& folder,
                           std::vector<Problem>& problems);

// What only shows when everything is known: references, ids, order, shared hardware.
void check_references(const Config& config, const Table& validated, std::vector<Problem>& problems);

}  // namespace standstill::config
