#include "app/same_host.hpp"

#include <algorithm>

#include "link/resolve.hpp"

namespace standstill::app {

bool same_host(const std::string& one, const std::string& other) {
  if (one == other) return true;
  const auto here = link::resolve(one, 1, false);
  const auto there = link::resolve(other, 1, false);
  return here && there && std::ranges::any_of(*here, [&](const auto& address) {
           return std::ranges::any_of(*there,
                                      [&](const auto& also) { return also.text() == address.text(); });
         });
}

}  // namespace standstill::app
