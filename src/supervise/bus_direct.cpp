#include "supervise/bus_direct.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "link/resolve.hpp"

namespace standstill::supervise {

namespace {

constexpr std::array<Duration, 2> rounds{20ms, 100ms};  // after the one before

// "10.0.0.7:40312", "[fd00::7]:40312": numbers only, so that nothing has to be looked up.
std::optional<link::Address> address_of(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto found = link::resolve(host, port, true);
  return found && !found->empty() ? std::optional(found->front()) : std::nullopt;
}

}  // namespace

BusDirect::BusDirect(os::Loop& loop, const estop::Keys& keys, std::string own, std::uint16_t port,
                     Heard heard, Said said)
    : loop_(loop),
      keys_(keys),
      own_(std::move(own)),
      wanted_(port),
      heard_(std::move(heard)),
      said_(std::move(said)),
      port_(loop, {.longest = estop::longest_datagram},
            [this](std::string_view datagram) { arrived(datagram); }) {}

void BusDirect::connected(int connection) {
  if (keys_.of(estop::everyone).empty()) {
    if (port_.bound().empty())
      said_(
          "problem",
          "the key file has no key for stops by datagram, so there is no second path: derive this station's "
          "key anew (`standstill bus keygen`)");
    return;
  }
  const auto local = link::local_address(connection, wanted_);
  if (!local) return said_("problem", local.error());
  // The same address as before: what others know of this member stays right.
  const std::string text = local->text();
  const auto host = [](std::string_view address) { return address.substr(0, address.rfind(':')); };
  if (!port_.bound().empty() && host(port_.bound()) == host(text)) return;
  if (const auto opened = port_.open(*local); !opened) return said_("problem", opened.error());
  said_("second_path", "stops are also taken by datagram at " + port_.bound());
}

void BusDirect::know(const std::vector<estop::Path>& paths) {
  if (paths == paths_) return;
  paths_ = paths;
  addresses_.clear();
  for (const auto& path : paths_)
    if (path.instance != own_)
      if (const auto address = address_of(path.address)) addresses_.push_back(*address);
  said_("paths", "others that can be told of a stop directly: " + std::to_string(addresses_.size()));
}

void BusDirect::send(const std::string& stop) {
  const bool fresh = stop != last_;
  if (fresh) {
    last_ = stop;
    datagram_ = estop::write_direct(stop, keys_);
  }
  port_.send(datagram_, addresses_);
  if (fresh) again(0);
}

void BusDirect::again(std::size_t round) {
  if (round == rounds.size()) return again_.cancel();
  again_ = loop_.after(rounds.at(round), [this, round] {
    port_.send(datagram_, addresses_);
    again(round + 1);
  });
}

void BusDirect::arrived(std::string_view datagram) {
  const auto stop = estop::read_direct(datagram, keys_);
  if (stop) return heard_(*stop);
  said_("datagram_refused", stop.error());
}

}  // namespace standstill::supervise
