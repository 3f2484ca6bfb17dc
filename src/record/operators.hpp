// Who may release: the file `operators` in state_dir, mode 0600, replaced whole.
//
// A line an operator: NAME:ROLE:scrypt:N:r:p:SALT:HASH:ADDED:LOOK (SALT, HASH and LOOK in hex, ADDED in
// seconds since 1970 UTC). Secrets are 160 random bits in base 32 (RFC 4648, section 6), shown once and
// stored only as scrypt (RFC 7914, N=16384 r=8 p=1, 16 bytes of salt), and as the 16 bits of LOOK, by which
// nearly every guess is known for one without the cost of scrypt: who steals the file still has 144 bits to
// find. Every check reads the file, so adding and removing act at once.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::record {

enum class Role : std::uint8_t { viewer, operator_, engineer };  // each may do what the ones before it may
[[nodiscard]] std::string_view name(Role role);                  // "viewer", "operator", "engineer"
[[nodiscard]] std::optional<Role> role(std::string_view text);
[[nodiscard]] constexpr bool may_release(Role role) { return role >= Role::operator_; }

struct Operator {
  std::string name;
  Role role = Role::viewer;
  std::int64_t added_wall_s = 0;
};

// ^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$
[[nodiscard]] bool is_operator_name(std::string_view name);

class Operators {
 public:
  struct Refusal {
    bool unavailable =
        false;         // the file cannot be read or is damaged: nobody can be checked (HTTP 503, not 401)
    std::string text;  // for an unknown name and for a wrong secret the same
  };

  explicit Operators(const std::filesystem::path& state_dir) : file_(state_dir / "operators") {}

  // "NAME:SECRET", to be shown once. An existing name is refused: remove it first.
  [[nodiscard]] std::expected<std::string, std::string> add(std::string_view name, Role role,
                                                            std::int64_t wall_ns) const;
  [[nodiscard]] std::expected<void, std::string> remove(std::string_view name) const;
  [[nodiscard]] std::expected<std::vector<Operator>, std::string> list() const;  // by name; no file: none

  // False: verify() would refuse. Takes microseconds, and says so of 65 535 in 65 536 wrong secrets; of none
  // for a line without LOOK, which earlier versions wrote, nor while the file cannot be read.
  [[nodiscard]] bool could_be(std::string_view name, std::string_view secret) const;
  // Takes some 50 ms and 16 MB whoever asks, so run it off every loop, and few at a time. Compares in
  // constant time. Case, spaces and hyphens in the secret do not matter: people copy it from paper.
  [[nodiscard]] std::expected<Operator, Refusal> verify(std::string_view name, std::string_view secret) const;
  // "NAME:SECRET", as a token file or an Authorization header has it; surrounding white space is ignored.
  [[nodiscard]] std::expected<Operator, Refusal> verify_token(std::string_view name_colon_secret) const;

  // A sentence when others can read or change the file; nothing when it is private or does not exist.
  [[nodiscard]] std::optional<std::string> warning() const;

 private:
  struct Entry;
  [[nodiscard]] std::expected<std::vector<Entry>, std::string> load() const;
  [[nodiscard]] std::expected<void, std::string> store(const std::vector<Entry>& entries) const;

  std::filesystem::path file_;
};

}  // namespace standstill::record
