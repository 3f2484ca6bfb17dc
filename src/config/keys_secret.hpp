// The two rows of every secret: it comes from a file or from the environment, and never stands in the
// configuration.
#pragma once

#include "config/keys.hpp"

namespace standstill::config {

// `name`: "password_file".
[[nodiscard]] constexpr Key secret_file(std::string_view section, std::string_view name,
                                        std::string_view meaning, std::string_view example,
                                        std::string_view kinds = {}) {
  return {.section = section,
          .name = name,
          .meaning = meaning,
          .example = example,
          .kinds = kinds,
          .format = Format::path};
}

// `name`: "password_env".
[[nodiscard]] constexpr Key secret_variable(std::string_view section, std::string_view name,
                                            std::string_view example, std::string_view kinds = {}) {
  return {.section = section,
          .name = name,
          .meaning = "Environment variable that holds it instead.",
          .example = example,
          .kinds = kinds,
          .format = Format::environment_name};
}

}  // namespace standstill::config
