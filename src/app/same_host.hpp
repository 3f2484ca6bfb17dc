// Whether two names mean the same machine: "localhost" is a way to 127.0.0.1 that a comparison of words lets
// by.
#pragma once

#include <string>

namespace standstill::app {

// Asks the resolver when the words differ; a name that does not resolve is no other's.
[[nodiscard]] bool same_host(const std::string& one, const std::string& other);

}  // namespace standstill::app
