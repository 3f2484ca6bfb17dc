#include "config/formats.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "wire/s7/address.hpp"

namespace standstill::config {

namespace {

constexpr std::size_t longest_id = 40;  // a cause's source holds 47 bytes

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(family, text.c_str(), bytes.data()) == 1;
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= longest_id && is_alnum(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}

std::optional<std::uint16_t> parse_port(std::string_view text, unsigned lowest) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port > 65535 || port < lowest)
    return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

std::optional<Complaint> complain_url(std::string_view text, const std::vector<std::string_view>& schemes) {
  const std::optional<Url> url = parse_url(text);
  if (!url)
    return Complaint{Fault::bad_url, "is no URL",
                     "write it as " + std::string(schemes[0]) + "://HOST:PORT/…"};
  if (std::ranges::find(schemes, url->scheme) == schemes.end()) {
    std::string allowed;
    for (const std::string_view scheme : schemes)
      allowed += (allowed.empty() ? "" : " or ") + std::string(scheme);
    return Complaint{Fault::bad_url, "has the scheme '" + url->scheme + "'", "use " + allowed};
  }
  if (url->has_user)
    return Complaint{
        Fault::url_with_password, "carries a user name or password",
        "remove it from the URL, use 'user' with 'password_file' or 'password_env', or a 'url_file'"};
  return std::nullopt;
}

std::optional<Complaint> complain_timezone(std::string_view text) {
  const bool well_formed = !text.empty() && text.size() <= 64 && is_alnum(text.front()) &&
                           !text.ends_with('/') && std::ranges::all_of(text, [](char c) {
                             return is_alnum(c) || c == '_' || c == '-' || c == '+' || c == '/';
                           });
  std::error_code error;
  const std::filesystem::path zones = "/usr/share/zoneinfo";
  // a machine without the database cannot tell, and falls back to UTC
  if (well_formed &&
      (!std::filesystem::is_directory(zones, error) || std::filesystem::is_regular_file(zones / text, error)))
    return std::nullopt;
  return Complaint{Fault::bad_timezone, "is no time zone of this machine",
                   "write it as \"Europe/Berlin\"; `timedatectl list-timezones` lists them"};
}

std::optional<Complaint> complain_email(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool good = at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
                    text.find('@', at + 1) == std::string_view::npos && is_host(text.substr(at + 1)) &&
                    text.find_first_of(" <>,;\"") == std::string_view::npos;
  if (good) return std::nullopt;
  return Complaint{Fault::bad_email, "is no mail address", "write it as name@example.org"};
}

std::optional<Complaint> complain_host(std::string_view text) {
  if (is_host(text)) return std::nullopt;
  if (parse_host_port(text))
    return Complaint{Fault::bad_host, "is no host name", "the port has a key of its own"};
  if (text.find("://") != std::string_view::npos)
    return Complaint{Fault::bad_host, "is no host name",
                     "write the name or address only, without scheme and path"};
  return Complaint{Fault::bad_host, "is no host name",
                   "write a name or an address, for example 192.168.1.20"};
}

bool is_environment_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && !(text.front() >= '0' && text.front() <= '9') &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '_'; });
}

bool is_tag(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && is_id(text.substr(0, dot)) && dot + 1 < text.size() &&
         text.size() <= 160;
}

std::optional<Complaint> when(bool bad, Fault fault, std::string message, std::string hint) {
  if (!bad) return std::nullopt;
  return Complaint{fault, std::move(message), std::move(hint)};
}

}  // namespace

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  const std::string copy(text);
  if (text.find(':') != std::string_view::npos) return is_address(AF_INET6, copy);
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return is_address(AF_INET, copy);
  std::size_t label = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      const bool final_dot = i == text.size() && label == 0 && i > 1;
      if (!final_dot && (label == 0 || label > 63 || text[i - 1] == '-' || text[i - label] == '-'))
        return false;
      label = 0;
    } else if (is_alnum(text[i]) || text[i] == '-' || text[i] == '_') {
      ++label;
    } else {
      return false;
    }
  }
  return true;
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1), 0);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool ipv6 = host.find(':') != std::string_view::npos;
  if (!port || ipv6 != bracketed || !is_host(host)) return std::nullopt;
  return HostPort{std::string(host), *port};
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && is_address(AF_INET, std::string(host)));
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0 || text.size() > 2048) return std::nullopt;
  if (has_control(text) || text.find_first_of(" \"<>\\^`{|}") != std::string_view::npos) return std::nullopt;
  for (const char c : text.substr(0, scheme))
    url.scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  text.remove_prefix(scheme + 3);
  const std::size_t path = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, path);
  url.target = std::string(text.substr(path));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.has_user = true;
    authority.remove_prefix(at + 1);
  }
  const bool has_port = authority.ends_with(']') ? false : authority.find(':') != std::string_view::npos;
  if (has_port) {
    const std::optional<HostPort> host_port = parse_host_port(authority);
    if (!host_port || host_port->port == 0) return std::nullopt;
    url.host = host_port->host;
    url.port = host_port->port;
    return url;
  }
  const bool bracketed = authority.size() > 2 && authority.starts_with('[') && authority.ends_with(']');
  if (bracketed) authority = authority.substr(1, authority.size() - 2);
  if (!is_host(authority)) return std::nullopt;
  url.host = std::string(authority);
  return url;
}

std::optional<std::string> socket_path(std::string_view url) {
  constexpr std::string_view scheme = "unix://";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  if (!url.starts_with('/') || url.size() > 107 || has_control(url)) return std::nullopt;
  return std::string(url);
}

std::optional<Complaint> complain(Format format, std::string_view text) {
  switch (format) {
    case Format::any:
      return when(text.find('\0') != std::string_view::npos, Fault::bad_text, "contains a NUL", "remove it");
    case Format::id:
      return when(!is_id(text), Fault::bad_id, "cannot be an id",
                  "use letters, digits, '-' and '_', at most 40, beginning with a letter or digit");
    case Format::host:
      return complain_host(text);
    case Format::http_url:
      return complain_url(text, {"http", "https"});
    case Format::redis_url:
      if (text.starts_with("unix:"))
        return when(!socket_path(text), Fault::bad_url, "names no socket",
                    "write it as \"unix:///run/redis/redis-server.sock\", at most 107 bytes of path");
      return complain_url(text, {"redis", "rediss"});
    case Format::mqtt_url:
      return complain_url(text, {"mqtt", "mqtts"});
    case Format::listen:
      return when(!parse_host_port(text), Fault::bad_listen, "is no address with a port",
                  "write it as \"127.0.0.1:8080\" or \"[::1]:8080\"");
    case Format::timezone:
      return complain_timezone(text);
    case Format::path:
      return when(has_control(text) || text.empty() || text.size() > 1024, Fault::bad_path, "is no file name",
                  "write a path without control characters");
    case Format::program:
      return when(text.empty() || text.front() != '/', Fault::bad_program, "is no absolute path",
                  "name the program with its whole path, no shell looks it up");
    case Format::email:
      return complain_email(text);
    case Format::environment_name:
      return when(!is_environment_name(text), Fault::bad_environment_name,
                  "is no name of an environment variable", "write the variable's name, not its value");
    case Format::tag:
      return when(!is_tag(text), Fault::bad_tag_reference, "names no value", "write it as LINK.TAG");
    case Format::link:
    case Format::output:
      return std::nullopt;  // looked up once everything is known
    case Format::s7_address: {
      const auto address = s7::parse_address(text);
      if (address && !s7::is_one_number(*address))
        return when(true, Fault::bad_s7_address, "is text or several values, and a tag is one number",
                    "name one number or bit");
      return when(!address, Fault::bad_s7_address,
                  "is no S7 address" + (address ? "" : " (" + address.error() + ")"),
                  "write it as DB1.DBX4.0 (a bit), DB1.DBW2:INT or MD10:REAL");
    }
    case Format::s7_bit: {
      const auto address = s7::parse_address(text);
      return when(!address || address->type != s7::Type::boolean || address->count > 1, Fault::bad_s7_address,
                  "is no S7 bit", "write it as DB1.DBX4.0 or M10.3");
    }
  }
  return std::nullopt;
}

std::string_view nearest(std::string_view written, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t best_distance = written.size() / 3 + 1;  // further away is a different word
  for (const std::string_view candidate : known) {
    // optimal string alignment: swapped neighbours are the commonest slip and cost one
    std::vector<std::size_t> before, last(candidate.size() + 1), row(candidate.size() + 1);
    for (std::size_t j = 0; j <= candidate.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= written.size(); ++i) {
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t change = written[i - 1] == candidate[j - 1] ? 0 : 1;
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
        if (i > 1 && j > 1 && written[i - 1] == candidate[j - 2] && written[i - 2] == candidate[j - 1])
          row[j] = std::min(row[j], before[j - 2] + 1);
      }
      before = last;
      last = row;
    }
    if (last.back() <= best_distance && (best.empty() || last.back() < best_distance)) {
      best = candidate;
      best_distance = last.back();
    }
  }
  return best;
}

}  // namespace standstill::config
