// Checks of one value against its row in the table of keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"
#include "config/tree.hpp"

namespace standstill::config {

// Words for messages: 'text' (control characters and what is too long left out), "a list of texts", "a, b or
// c".
[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] std::string_view type_name(Type type);
[[nodiscard]] std::string did_you_mean(std::string_view written, const std::vector<std::string_view>& known);
[[nodiscard]] std::string list_of(const std::vector<std::string_view>& words);

class Values {
 public:
  explicit Values(std::vector<Problem>& problems) : problems_(problems) {}

  void report(Fault fault, const SourceLocation& where, std::string message, std::string hint = "");
  void wrong_type(const Member& member, Type type);
  // limited: the row's min and max are lengths of this text (and not of the list it stands in).
  bool good_text(const Key& key, const std::string& name, const std::string& text,
                 const SourceLocation& where, bool limited);
  std::optional<Value> check_integer(const Key& key, std::int64_t integer, const Value& value);
  std::optional<Value> check_number(const Key& key, double number, const SourceLocation& where);

 private:
  bool in_range(const Key& key, double number, const std::string& written, const SourceLocation& where);

  std::vector<Problem>& problems_;
};

}  // namespace standstill::config
