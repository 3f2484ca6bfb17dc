// Who is signed in at a browser. Kept in memory only: a supervisor that starts anew knows nobody.
//
// A session is known by a cookie of 256 random bits, of which only the SHA-256 is kept, and proves with a
// second random word (sent as the header X-Standstill-Token) that a page of this server asks, not another one
// to which the browser also sends the cookie. Used by one thread; time is an argument.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/time.hpp"
#include "terminal/backend.hpp"

namespace standstill::terminal {

struct Session {
  std::string name = {};
  Role role = Role::viewer;  // when it began; the backend is asked again before anything is done
  std::string token = {};    // for X-Standstill-Token
  Instant begun{};
  Instant used{};
};

class Sessions {
 public:
  // A session ends after `idle` without a use, and after `longest` in any case.
  Sessions(Duration idle, Duration longest) : idle_(idle), longest_(longest) {}

  // The cookie's value; nothing when the system has no random numbers to give. The oldest of this operator
  // makes room beyond 16, the oldest of all beyond 256: nobody is kept out by others who are in.
  [[nodiscard]] std::optional<std::string> open(const std::string& name, Role role, Instant now);
  // Counts as a use. nullptr: none, or it has ended.
  [[nodiscard]] const Session* find(std::string_view cookie, Instant now);
  void close(std::string_view cookie);
  void close_all_of(std::string_view name);
  [[nodiscard]] std::size_t count() const { return sessions_.size(); }

 private:
  using Key = std::array<unsigned char, 32>;
  [[nodiscard]] static Key key_of(std::string_view cookie);
  [[nodiscard]] bool ended(const Session& session, Instant now) const {
    return now - session.used >= idle_ || now - session.begun >= longest_;
  }
  void make_room(const std::string& name);

  static constexpr std::size_t most_of_one = 16;
  static constexpr std::size_t most = 256;
  const Duration idle_;
  const Duration longest_;
  std::map<Key, Session> sessions_;
};

// Two secrets, without telling by the time it takes where they differ.
[[nodiscard]] bool same_text(std::string_view a, std::string_view b);

// The value of a cookie in a Cookie header (RFC 6265, section 4.2); "" when it is not there.
[[nodiscard]] std::string cookie_value(std::string_view header, std::string_view name);

}  // namespace standstill::terminal
