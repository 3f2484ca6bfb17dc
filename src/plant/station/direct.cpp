#include "plant/station/direct.hpp"

#include <algorithm>
#include <array>

namespace standstill::station {

namespace {

constexpr std::array<Duration, 2> rounds{20ms, 100ms};  // after the one before

}  // namespace

Direct::Direct(os::Loop& loop, const estop::Keys& keys, std::shared_ptr<Reader> reader, std::string own,
               std::uint16_t port, Heard heard, Said said)
    : loop_(loop),
      keys_(keys),
      reader_(std::move(reader)),
      own_(std::move(own)),
      wanted_(port),
      heard_(std::move(heard)),
      said_(std::move(said)),
      port_(loop, {.longest = estop::longest_datagram},
            [this](std::string_view datagram) { arrived(datagram); }) {}

void Direct::connected(int connection) {
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

void Direct::know(std::shared_ptr<const Reader::Others> others) {
  if (others == others_ || (others_ && others->paths == others_->paths)) return;
  others_ = std::move(others);
  const bool listens = !port_.bound().empty(), inside = link::is_loopback(port_.local());
  std::vector<std::string> beyond;  // of loopback addresses and others, neither is reached from the other
  std::size_t reached = 0;
  for (std::size_t i = 0; i < others_->addresses.size(); ++i) {
    if (others_->instances[i] == own_ || !listens) continue;
    if (link::is_loopback(others_->addresses[i]) == inside)
      ++reached;
    else
      beyond.push_back(others_->instances[i]);
  }
  said_("paths", "others that can be told of a stop directly: " + std::to_string(reached));
  if (beyond.empty()) return;
  const std::string whom =
      beyond.front() + (beyond.size() == 1 ? "" : " and " + std::to_string(beyond.size() - 1) + " more");
  said_("problem", "no stop goes straight between this member and " + whom + ": " +
                       (inside ? "here" : "there") +
                       " the server was reached at a loopback address; on the server's own machine, too, the "
                       "url of [bus] must name the address that the others use");
}

void Direct::send(const std::string& stop) {
  const bool fresh = stop != last_;
  if (fresh) {
    last_ = stop;
    datagram_ = estop::write_direct(stop, keys_);
  }
  send_to_others();
  if (fresh) again(0);
}

void Direct::send_to_others() {
  if (!others_) return;
  const std::span<const link::Address> all = others_->addresses;
  const auto own =
      static_cast<std::size_t>(std::ranges::find(others_->instances, own_) - others_->instances.begin());
  port_.send(datagram_, all.first(std::min(own, all.size())));
  if (own < all.size()) port_.send(datagram_, all.subspan(own + 1));
}

void Direct::again(std::size_t round) {
  if (round == rounds.size()) return again_.cancel();
  again_ = loop_.after(rounds.at(round), [this, round] {
    send_to_others();
    again(round + 1);
  });
}

void Direct::arrived(std::string_view datagram) {
  const auto& stop = reader_->datagram(datagram);
  if (stop) return heard_(*stop);
  said_("datagram_refused", stop.error());
}

}  // namespace standstill::station
