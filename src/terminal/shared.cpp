#include "terminal/shared.hpp"

#include <tuple>

namespace standstill::terminal {
namespace {

constexpr std::size_t most_held_bytes = 16UL * 1024UL * 1024UL;

}  // namespace

bool Shared::make_room(bool local) {
  const std::size_t most = local ? config.most_local : config.most_tcp;
  std::size_t count = 0;
  Connected* least = nullptr;
  for (Connected* connection : connections) {
    if (connection->local() != local) continue;
    ++count;
    if (connection->phase() == Connected::Phase::calling) continue;
    const auto rank = [](const Connected* one) { return std::tuple(one->phase(), one->since()); };
    if (least == nullptr || rank(connection) < rank(least)) least = connection;
  }
  if (count < most) return true;
  if (least == nullptr) return false;
  least->close();
  connections.erase(least);
  return true;
}

void Shared::hold(std::size_t bytes, const Connected* keep) {
  held_bytes += bytes;
  if (held_bytes <= most_held_bytes) return;
  Connected* oldest = nullptr;
  for (Connected* connection : connections) {
    if (connection == keep || connection->phase() != Connected::Phase::writing) continue;
    if (oldest == nullptr || connection->since() < oldest->since()) oldest = connection;
  }
  if (oldest != nullptr) oldest->close();
}

}  // namespace standstill::terminal
