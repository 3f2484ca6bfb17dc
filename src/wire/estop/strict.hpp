// JSON read strictly: what is not asked for is an error, and so is what is there twice. For the files of this
// folder only.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace standstill::estop {

using Json = nlohmann::json;

inline constexpr std::int64_t unbounded = INT64_MAX;

// Where the word stands among the names; their number when it is none of them.
template <std::size_t N>
[[nodiscard]] std::size_t place(const std::array<std::string_view, N>& names, std::string_view word) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), word) - names.begin());
}

// An object, nested at most eight deep, without a member that is there twice.
[[nodiscard]] std::expected<Json, std::string> parse_object(std::string_view text);

// Reads one object, member by member, and remembers the first thing that is wrong.
class Members {
 public:
  // `known`: every member that may be there.
  Members(const Json& object, std::string path, std::initializer_list<std::string_view> known);

  [[nodiscard]] bool has(std::string_view name) const;
  // A missing member gives an empty one; `required` makes that an error.
  std::string text(std::string_view name, bool required, std::size_t shortest, std::size_t longest);
  std::string matching(std::string_view name, bool required, bool (*right)(std::string_view),
                       std::string_view rule);
  std::int64_t whole(std::string_view name, bool required, std::int64_t lowest, std::int64_t highest);
  bool flag(std::string_view name);
  const Json* object(std::string_view name, bool required);
  const Json* list(std::string_view name, bool required, std::size_t longest);
  void wrong(std::string_view name, std::string_view what);
  void take(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const Json* find(std::string_view name, bool required);
  const Json& object_;
  std::string path_;
  std::string problem_;
};

[[nodiscard]] std::size_t characters(std::string_view utf8);

}  // namespace standstill::estop
