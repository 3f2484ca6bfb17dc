#include <utility>

#include "config/build.hpp"

namespace standstill::config {

std::string Reader::text(std::string_view key) const {
  const Member* member = table_.find(key);
  const auto* text = member == nullptr ? nullptr : member->value.as<std::string>();
  return text == nullptr ? "" : *text;
}

std::string Reader::absolute(const std::string& written) const {
  if (written.empty()) return "";
  return (folder_ / written).lexically_normal().string();
}

std::string Reader::path(std::string_view key) const { return absolute(text(key)); }

std::int64_t Reader::integer(std::string_view key) const {
  const Member* member = table_.find(key);
  const auto* integer = member == nullptr ? nullptr : member->value.as<std::int64_t>();
  return integer == nullptr ? 0 : *integer;
}

std::optional<double> Reader::number(std::string_view key) const {
  const Member* member = table_.find(key);
  const auto* number = member == nullptr ? nullptr : member->value.as<double>();
  return number == nullptr ? std::nullopt : std::optional(*number);
}

bool Reader::flag(std::string_view key) const {
  const Member* member = table_.find(key);
  const auto* flag = member == nullptr ? nullptr : member->value.as<bool>();
  return flag != nullptr && *flag;
}

milliseconds Reader::ms(std::string_view key) const { return milliseconds(integer(key)); }

std::vector<std::string> Reader::texts(std::string_view key) const {
  std::vector<std::string> result;
  const Member* member = table_.find(key);
  const auto* list = member == nullptr ? nullptr : member->value.as<List>();
  if (list == nullptr) return result;
  for (const Value& element : *list)
    if (const auto* text = element.as<std::string>()) result.push_back(*text);
  return result;
}

std::optional<ValueRange> Reader::range(std::string_view key) const {
  const Member* member = table_.find(key);
  const auto* list = member == nullptr ? nullptr : member->value.as<List>();
  if (list == nullptr || list->size() != 2) return std::nullopt;
  const auto* lowest = (*list)[0].as<double>();
  const auto* highest = (*list)[1].as<double>();
  if (lowest == nullptr || highest == nullptr) return std::nullopt;
  if (*lowest >= *highest) {
    report(Fault::contradiction, member->value.where, "'" + std::string(key) + "' begins at or above its end",
           "write the lower value first");
    return std::nullopt;
  }
  return ValueRange{*lowest, *highest};
}

SecretSource Reader::secret(std::string_view stem) const {
  const std::string file_key = std::string(stem) + "_file";
  const std::string env_key = std::string(stem) + "_env";
  if (has(file_key) && has(env_key))
    report(Fault::one_of, where(env_key), "'" + file_key + "' and '" + env_key + "' are both set",
           "keep one of them");
  return {path(file_key), text(env_key)};
}

TagReference Reader::tag(std::string_view key) const {
  const std::string written = text(key);
  const std::size_t dot = written.find('.');
  if (dot == std::string::npos) return {};
  return {written.substr(0, dot), written.substr(dot + 1)};
}

std::optional<Reader> Reader::nested(std::string_view key) const {
  const Member* member = table_.find(key);
  const auto* table = member == nullptr ? nullptr : member->value.as<Table>();
  if (table == nullptr) return std::nullopt;
  return Reader(*table, folder_, problems_);
}

std::vector<std::pair<Reader, SourceLocation>> Reader::list(std::string_view key) const {
  std::vector<std::pair<Reader, SourceLocation>> result;
  const Member* member = table_.find(key);
  const auto* list = member == nullptr ? nullptr : member->value.as<List>();
  if (list == nullptr) return result;
  for (const Value& element : *list)
    if (const auto* table = element.as<Table>())
      result.emplace_back(Reader(*table, folder_, problems_), element.where);
  return result;
}

SourceLocation Reader::where(std::string_view key) const {
  const Member* member = table_.find(key);
  return member == nullptr ? SourceLocation{} : member->value.where;
}

void Reader::report(Fault fault, const SourceLocation& where, std::string message, std::string hint) const {
  problems_.push_back({fault, where, std::move(message), std::move(hint)});
}

bool Reader::exactly_one(const SourceLocation& place, const std::string& title, std::string_view a,
                         std::string_view b) const {
  if (has(a) != has(b)) return true;
  const std::string names = "'" + std::string(a) + "' and '" + std::string(b) + "'";
  if (has(a))
    report(Fault::one_of, where(b), title + " has both " + names, "keep one of them");
  else
    report(Fault::one_of, place, title + " has neither of " + names, "give one of them");
  return false;
}

}  // namespace standstill::config
