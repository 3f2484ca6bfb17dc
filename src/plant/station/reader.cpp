#include "plant/station/reader.hpp"

#include <charconv>
#include <optional>

#include "link/resolve.hpp"

namespace standstill::station {

namespace {

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

const estop::HeardStop& Reader::stop(const std::string& text, bool straight) {
  if (!stop_text_ || text != *stop_text_) {
    stop_ = estop::judge_stop(text);
    stop_text_ = std::make_shared<const std::string>(text);
  }
  stop_.straight = straight;
  return stop_;
}

const Reader::Text& Reader::datagram(std::string_view text) {
  if (text != datagram_text_ || datagram_text_.empty()) {
    datagram_ = estop::read_direct(text, keys_);
    datagram_text_ = text;
  }
  return datagram_;
}

std::shared_ptr<const Reader::Others> Reader::others(std::vector<estop::Path> paths) {
  auto made = std::make_shared<Others>();
  for (const auto& path : paths)
    if (const auto address = address_of(path.address)) {
      made->addresses.push_back(*address);
      made->instances.push_back(path.instance);
    }
  made->paths = std::move(paths);
  return made;
}

std::expected<std::shared_ptr<const Reader::Others>, std::string> Reader::paths(const std::string& text) {
  if (paths_ && text == paths_text_) return paths_;
  auto read = estop::read_paths(text, keys_);
  if (!read) return std::unexpected(read.error());
  paths_ = others(std::move(*read));
  paths_text_ = text;
  return paths_;
}

}  // namespace standstill::station
