// How an S7 PLC is reached: links and outputs have the same rows.
#include <array>

#include "config/keys.hpp"
#include "config/keys_secret.hpp"

namespace standstill::config {

namespace {

constexpr auto rows(std::string_view section, std::string_view kinds) {
  return std::to_array<Key>({
      {.section = section,
       .name = "rack",
       .type = Type::integer,
       .meaning = "Rack of the CPU.",
       .example = "0",
       .initial = "0",
       .kinds = kinds,
       .min = 0,
       .max = 7},
      {.section = section,
       .name = "slot",
       .type = Type::integer,
       .meaning = "Slot of the CPU: 1 for S7-1200 and S7-1500, 2 for S7-300.",
       .example = "1",
       .initial = "1",
       .kinds = kinds,
       .min = 0,
       .max = 31},
      {.section = section,
       .name = "connection",
       .meaning = "Which of the PLC's kinds of connections it takes: `pg`, `op` or `basic`.",
       .example = "\"op\"",
       .initial = "\"pg\"",
       .kinds = kinds,
       .choices = "pg op basic"},
      {.section = section,
       .name = "remote_tsap",
       .type = Type::integer,
       .meaning = "The PLC's access point, instead of `connection`, `rack` and `slot` (LOGO!, configured "
                  "connections).",
       .example = "0x0200",
       .kinds = kinds,
       .min = 1,
       .max = 65535},
      {.section = section,
       .name = "local_tsap",
       .type = Type::integer,
       .meaning = "Our own access point.",
       .example = "0x0100",
       .initial = "256",
       .kinds = kinds,
       .min = 0,
       .max = 65535},
      secret_file(section, "password_file",
                  "File that holds the password of a protected CPU, at most 8 characters.",
                  "\"/etc/standstill/plc.secret\"", kinds),
      secret_variable(section, "password_env", "\"PLC_PASSWORD\"", kinds),
  });
}

constexpr auto of_links = rows("link", "s7");
constexpr auto of_outputs = rows("output", "s7-bit");

}  // namespace

std::span<const Key> plc_link_keys() { return of_links; }
std::span<const Key> plc_output_keys() { return of_outputs; }

}  // namespace standstill::config
