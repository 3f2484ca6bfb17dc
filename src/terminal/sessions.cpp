#include "terminal/sessions.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

namespace standstill::terminal {
namespace {

std::optional<std::string> random_word() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return std::nullopt;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string word;
  for (const unsigned char byte : bytes) {
    word += digits[byte >> 4U];
    word += digits[byte & 15U];
  }
  return word;
}

}  // namespace

Sessions::Key Sessions::key_of(std::string_view cookie) {
  Key key{};
  SHA256(reinterpret_cast<const unsigned char*>(cookie.data()), cookie.size(), key.data());
  return key;
}

std::optional<std::string> Sessions::open(const std::string& name, Role role, Instant now) {
  std::erase_if(sessions_, [&](const auto& entry) { return ended(entry.second, now); });
  auto cookie = random_word();
  auto token = random_word();
  if (!cookie || !token) return std::nullopt;
  make_room(name);
  sessions_[key_of(*cookie)] = {name, role, std::move(*token), now, now};
  return cookie;
}

void Sessions::make_room(const std::string& name) {
  const auto drop_oldest = [&](auto counts, std::size_t limit) {
    std::size_t count = 0;
    auto oldest = sessions_.end();
    for (auto one = sessions_.begin(); one != sessions_.end(); ++one) {
      if (!counts(one->second)) continue;
      ++count;
      if (oldest == sessions_.end() || one->second.used < oldest->second.used) oldest = one;
    }
    if (count >= limit) sessions_.erase(oldest);
  };
  drop_oldest([&](const Session& session) { return session.name == name; }, most_of_one);
  drop_oldest([](const Session&) { return true; }, most);
}

const Session* Sessions::find(std::string_view cookie, Instant now) {
  const auto found = sessions_.find(key_of(cookie));
  if (found == sessions_.end()) return nullptr;
  if (ended(found->second, now)) {
    sessions_.erase(found);
    return nullptr;
  }
  found->second.used = now;
  return &found->second;
}

void Sessions::close(std::string_view cookie) { sessions_.erase(key_of(cookie)); }

void Sessions::close_all_of(std::string_view name) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.name == name; });
}

bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    auto pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return std::string(pair.substr(name.size() + 1));
  }
  return {};
}

}  // namespace standstill::terminal
