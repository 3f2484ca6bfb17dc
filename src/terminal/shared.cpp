#include "terminal/shared.hpp"

#include <tuple>

#include "terminal/connection.hpp"

namespace standstill::terminal {
namespace {

constexpr std::size_t most_held_bytes = 16UL * 1024UL * 1024UL;

}  // namespace

bool Shared::make_room(bool local) {
  const std::size_t most = local ? config.most_local : config.most_tcp;
  std::size_t count = 0;
  Connection* least = nullptr;
  for (Connection* connection : connections) {
    if (connection->local() != local) continue;
    ++count;
    if (connection->phase() == Connection::Phase::calling) continue;
    const auto rank = [](const Connection* one) { return std::tuple(one->phase(), one->since()); };
    if (least == nullptr || rank(connection) < rank(least)) least = connection;
  }
  if (count < most) return true;
  if (least == nullptr) return false;
  least->close();
  connections.erase(least);
  return true;
}

void Shared::hold(std::size_t bytes, const Connection* keep) {
  held_bytes += bytes;
  if (held_bytes <= most_held_bytes) return;
  Connection* oldest = nullptr;
  for (Connection* connection : connections) {
    if (connection == keep || connection->phase() != Connection::Phase::writing) continue;
    if (oldest == nullptr || connection->since() < oldest->since()) oldest = connection;
  }
  if (oldest != nullptr) oldest->close();
}

}  // namespace standstill::terminal
