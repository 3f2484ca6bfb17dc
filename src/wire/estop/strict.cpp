#include "wire/estop/strict.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "wire/estop/message.hpp"

namespace standstill::estop {

namespace {
constexpr int deepest = 8;
}  // namespace

std::expected<Json, std::string> parse_object(std::string_view text) {
  if (text.size() > longest_message)
    return std::unexpected("the message has " + std::to_string(text.size()) + " bytes, more than " +
                           std::to_string(longest_message));
  std::vector<std::set<std::string>> open;
  std::string trouble;
  const auto look = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > deepest && trouble.empty()) trouble = "the message is nested too deep";
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end && !open.empty()) open.pop_back();
    if (event == Json::parse_event_t::key && !open.empty() &&
        !open.back().insert(parsed.get<std::string>()).second && trouble.empty())
      trouble = "'" + parsed.get<std::string>() + "' is there twice";
    return trouble.empty();
  };
  Json parsed = Json::parse(text, look, false);
  if (!trouble.empty()) return std::unexpected(trouble);
  if (parsed.is_discarded()) return std::unexpected("it is not JSON");
  if (!parsed.is_object()) return std::unexpected("it is JSON, but not an object");
  return parsed;
}

Members::Members(const Json& object, std::string path, std::initializer_list<std::string_view> known)
    : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) {
    problem_ = path_ + " is not an object";
    return;
  }
  for (const auto& [name, value] : object_.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      wrong(name, "is not a member of this format");
}

bool Members::has(std::string_view name) const { return object_.is_object() && object_.contains(name); }

const Json* Members::find(std::string_view name, bool required) {
  if (has(name)) return &object_.at(std::string(name));
  if (required) wrong(name, "is missing");
  return nullptr;
}

void Members::wrong(std::string_view name, std::string_view what) {
  take((path_.empty() ? std::string() : path_ + ".") + std::string(name) + " " + std::string(what));
}

std::string Members::text(std::string_view name, bool required, std::size_t shortest, std::size_t longest) {
  const Json* found = find(name, required);
  if (found == nullptr) return {};
  if (!found->is_string()) {
    wrong(name, "is not a text");
    return {};
  }
  const auto& value = found->get_ref<const std::string&>();
  if (const std::size_t length = characters(value); length < shortest || length > longest)
    wrong(name, "has " + std::to_string(length) + " characters, and may have " + std::to_string(shortest) +
                    " to " + std::to_string(longest));
  return value;
}

std::string Members::matching(std::string_view name, bool required, bool (*right)(std::string_view),
                              std::string_view rule) {
  const Json* found = find(name, required);
  if (found == nullptr) return {};
  if (!found->is_string() || !right(found->get_ref<const std::string&>())) {
    wrong(name, "is not " + std::string(rule));
    return {};
  }
  return found->get<std::string>();
}

std::int64_t Members::whole(std::string_view name, bool required, std::int64_t lowest, std::int64_t highest) {
  const Json* found = find(name, required);
  if (found == nullptr) return 0;
  const bool fits =
      found->is_number_integer() &&
      (!found->is_number_unsigned() || found->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  if (!fits || found->get<std::int64_t>() < lowest || found->get<std::int64_t>() > highest) {
    wrong(name, "is not a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
    return 0;
  }
  return found->get<std::int64_t>();
}

bool Members::flag(std::string_view name) {
  const Json* found = find(name, true);
  if (found == nullptr) return false;
  if (!found->is_boolean()) {
    wrong(name, "is neither true nor false");
    return false;
  }
  return found->get<bool>();
}

const Json* Members::object(std::string_view name, bool required) {
  const Json* found = find(name, required);
  if (found != nullptr && !found->is_object()) wrong(name, "is not an object");
  return found != nullptr && found->is_object() ? found : nullptr;
}

const Json* Members::list(std::string_view name, bool required, std::size_t longest) {
  const Json* found = find(name, required);
  if (found == nullptr) return nullptr;
  if (!found->is_array() || found->size() > longest) {
    wrong(name, "is not a list of at most " + std::to_string(longest));
    return nullptr;
  }
  return found;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace standstill::estop
