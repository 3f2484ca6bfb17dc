// Reads a secret from where the configuration says it is kept.
#pragma once

#include <expected>
#include <string>

#include "config/common.hpp"

namespace standstill::config {

struct Secret {
  std::string value;    // without the line end that editors add; may be empty only when the source is
  std::string warning;  // a sentence; empty when there is nothing to say
};

// The file is read anew each time, so that a secret can be changed while running. At most 64 KiB. Errors are
// sentences that name the file or variable and never its contents. A file that others may read gives a
// warning.
[[nodiscard]] std::expected<Secret, std::string> resolve_secret(const SecretSource& source);

}  // namespace standstill::config
