#include "terminal/known_hosts.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

namespace standstill::terminal {
namespace {

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return made;
}

bool is_address(const std::string& text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  return !error;
}

// "NAME", "NAME:PORT", "[ADDRESS]:PORT"; a dot at the end says only that the name is complete.
std::string name_of(std::string_view header) {
  if (header.starts_with('[')) {
    const auto end = header.find(']');
    return end == std::string_view::npos ? std::string(header) : lower(header.substr(1, end - 1));
  }
  std::string name = lower(header.substr(0, header.find(':')));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

KnownHosts::KnownHosts(std::vector<std::string> more) : names_{"localhost"} {
  std::array<char, 256> own{};
  if (::gethostname(own.data(), own.size() - 1) == 0 && own.front() != '\0') {
    more.emplace_back(own.data());
    more.push_back(std::string(own.data()) + ".local");
  }
  for (const auto& name : more) names_.push_back(name_of(name));
}

bool KnownHosts::knows(std::string_view header) const {
  if (header.empty()) return true;
  const std::string name = name_of(header);
  return is_address(name) || std::ranges::find(names_, name) != names_.end();
}

}  // namespace standstill::terminal
