// What is wrong with a configuration, where, and what to do about it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace standstill::config {

// Lines and columns count from 1; 0 where there is none (a file that cannot be read, an environment
// variable).
struct SourceLocation {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool operator==(const SourceLocation&) const = default;
};

// "standstill.toml:12:3"
[[nodiscard]] std::string to_string(const SourceLocation& where);

// Every kind of message that the loader can give. Each but unreadable, too_large and warning has a file in
// tests/data/config/invalid.
enum class Fault : std::uint8_t {
  unreadable,
  too_large,
  syntax,
  defined_twice,
  unknown_section,
  section_shape,
  missing_section,
  unknown_key,
  key_of_another_kind,
  wrong_type,
  out_of_range,
  bad_length,
  bad_choice,
  missing_key,
  unknown_kind,
  reserved_kind,
  bad_id,
  reserved_id,
  duplicate_id,
  bad_host,
  bad_url,
  url_with_password,
  bad_listen,
  bad_timezone,
  bad_path,
  bad_program,
  bad_text,
  bad_email,
  bad_environment_name,
  bad_tag_reference,
  bad_s7_address,
  bad_metadata,
  inline_secret,
  unknown_reference,
  unfit_reference,
  escalation_cycle,
  stage_order,
  one_of,
  contradiction,
  line_used_twice,
  device_shared,
  broken_wire_unseen,
  exposed_terminal,
  too_many,
  warning,  // never refuses: shown by `check` and `run`
};

inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::warning) + 1;

struct Problem {
  Fault fault = Fault::syntax;
  SourceLocation where;
  std::string message;  // what is wrong
  std::string hint;     // what to do; may be empty
};

// "standstill.toml:12:3: unknown key 'slience_ms' in [[link]]: did you mean 'silence_ms'?"
[[nodiscard]] std::string to_string(const Problem& problem);

}  // namespace standstill::config
