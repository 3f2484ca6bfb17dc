#include "config/validate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "config/formats.hpp"
#include "config/values.hpp"

namespace standstill::config {

namespace {

// Default values, read once from the table of keys.
const std::map<const Key*, Value>& defaults() {
  static const std::map<const Key*, Value> all = [] {
    std::map<const Key*, Value> result;
    for (const Key& key : keys()) {
      if (key.initial.empty()) continue;
      auto parsed = parse_toml("v = " + std::string(key.initial), "");
      if (parsed && parsed->find("v") != nullptr) result.emplace(&key, parsed->find("v")->value);
    }
    return result;
  }();
  return all;
}

class Validator : private Values {
 public:
  Validator(const std::string& file, std::vector<Problem>& problems) : Values(problems), file_(file) {}

  Table root(const Table& written) {
    Table result;
    for (const Member& member : written.members) top_level(member, result);
    for (const Section& section : sections()) {
      if (section.name.find('.') != std::string_view::npos || written.find(section.name) != nullptr) continue;
      if (section.required)
        report(Fault::missing_section, {file_, 1, 1}, std::string(section.title) + " is missing", "add it");
      if (section.optional || section.repeated) continue;
      std::vector<Problem> known_already;  // what a missing required section lacks is said once
      result.members.push_back(
          {std::string(section.name),
           {file_, 1, 1},
           Value{Validator(file_, known_already).table(section, Table{}, {file_, 1, 1}), {file_, 1, 1}}});
    }
    return result;
  }

 private:
  void top_level(const Member& member, Table& result) {
    const Section* section = member.name.find('.') == std::string::npos ? find_section(member.name) : nullptr;
    if (section == nullptr) {
      std::vector<std::string_view> known;
      for (const Section& candidate : sections())
        if (candidate.name.find('.') == std::string_view::npos) known.push_back(candidate.name);
      report(Fault::unknown_section, member.where, "unknown section " + quoted(member.name),
             did_you_mean(member.name, known));
      return;
    }
    const SourceLocation& where = member.where;
    if (!section->repeated) {
      const Table* written = member.value.as<Table>();
      if (written == nullptr)
        return report(Fault::section_shape, where, quoted(member.name) + " is written once, as a table",
                      "begin it with " + std::string(section->title));
      result.members.push_back(
          {member.name, where, Value{table(*section, *written, member.value.where), where}});
      return;
    }
    const List* written = member.value.as<List>();
    List checked;
    for (std::size_t i = 0; written != nullptr && i < written->size(); ++i) {
      const Table* element = (*written)[i].as<Table>();
      if (element == nullptr) {
        written = nullptr;
        break;
      }
      checked.push_back({table(*section, *element, (*written)[i].where), (*written)[i].where});
    }
    if (written == nullptr)
      return report(Fault::section_shape, where,
                    quoted(member.name) + " can stand several times, as tables in a list",
                    "begin each with " + std::string(section->title) + ", two brackets");
    result.members.push_back({member.name, where, Value{std::move(checked), where}});
  }

  // The kind of this table; empty when its section has none. nullopt when what is written is no kind.
  std::optional<std::string> kind_of(const Section& section, const Table& written,
                                     const SourceLocation& where) {
    const std::vector<const Kind*> all = kinds_of(section.name);
    if (all.empty()) return "";
    std::vector<std::string_view> names;
    for (const Kind* kind : all)
      if (kind->support != Support::reserved) names.push_back(kind->name);
    const Member* member = written.find("kind");
    if (member == nullptr) {
      report(Fault::missing_key, where, "'kind' is missing in " + std::string(section.title),
             "use one of " + list_of(names));
      return std::nullopt;
    }
    const std::string* name = member->value.as<std::string>();
    if (name == nullptr) {
      wrong_type(*member, Type::text);
      return std::nullopt;
    }
    const Kind* kind = find_kind(section.name, *name);
    if (kind == nullptr) {
      const std::string hint = did_you_mean(*name, names);
      report(Fault::unknown_kind, member->value.where,
             "unknown kind " + quoted(*name) + " of " + std::string(section.title),
             hint.empty() ? "use one of " + list_of(names) : hint);
      return std::nullopt;
    }
    if (kind->support == Support::reserved) {
      report(Fault::reserved_kind, member->value.where,
             "kind " + quoted(*name) + " of " + std::string(section.title) +
                 " is reserved, its keys are not settled yet",
             "use one of " + list_of(names));
      return std::nullopt;
    }
    return *name;
  }

  Table table(const Section& section, const Table& written, const SourceLocation& where) {
    Table result;
    const std::optional<std::string> kind = kind_of(section, written, where);
    if (!kind) {  // which keys it may have is unknown; its id is kept, others may refer to it
      if (const Member* id = written.find("id"); id != nullptr && id->value.as<std::string>() != nullptr)
        result.members.push_back(*id);
      return result;
    }
    for (const Member& member : written.members) {
      const Key* key = find_key(section.name, member.name, *kind);
      if (key == nullptr)
        unknown(section, *kind, member);
      else  // what is wrong stays as an empty date, so that nobody also calls it missing
        result.members.push_back(
            {member.name, member.where, check(*key, member).value_or(Value{Date{}, member.value.where})});
    }
    for (const Key* key : keys_of(section.name)) {
      if (!applies(*key, *kind) || written.find(key->name) != nullptr) continue;
      if (key->required) {
        report(Fault::missing_key, where,
               "'" + std::string(key->name) + "' is missing in " + titled(section, *kind),
               "for example " + std::string(key->name) + " = " + std::string(key->example));
        continue;
      }
      if (!key->nested.empty() && key->initial == "{}") {
        const Section& nested = *find_section(key->nested);
        result.members.push_back({std::string(key->name), where, {table(nested, Table{}, where), where}});
      } else if (const auto found = defaults().find(key); found != defaults().end()) {
        Member member{std::string(key->name), where, found->second};
        if (key->type == Type::number && member.value.as<std::int64_t>() != nullptr)
          member.value.data = static_cast<double>(*member.value.as<std::int64_t>());
        member.value.where = where;
        result.members.push_back(std::move(member));
      }
    }
    return result;
  }

  static std::string titled(const Section& section, const std::string& kind) {
    return std::string(section.title) + (kind.empty() ? "" : " of kind '" + kind + "'");
  }

  void unknown(const Section& section, const std::string& kind, const Member& member) {
    std::vector<std::string_view> known;
    std::string others;
    for (const Key* key : keys_of(section.name)) {
      if (applies(*key, kind)) known.push_back(key->name);
      if (key->name == member.name) others += (others.empty() ? "" : " ") + std::string(key->kinds);
    }
    if (!others.empty()) {
      const std::vector<std::string_view> kinds = split(others);
      return report(Fault::key_of_another_kind, member.where,
                    "key " + quoted(member.name) + " does not belong to " + titled(section, kind),
                    "it is a key of " + list_of(kinds));
    }
    static constexpr std::string_view secrets[] = {"password", "passwd", "token",     "secret",
                                                   "api_key",  "key",    "passphrase"};
    if (std::ranges::find(secrets, member.name) != std::end(secrets)) {
      // the key that was meant, or else any that takes a secret
      std::vector<std::string_view> right;
      for (const std::string_view name : known)
        if (name.starts_with(member.name + "_")) right.push_back(name);
      const bool meant = !right.empty();
      for (const std::string_view name : known)
        if (!meant && (name.starts_with("password_") || name.starts_with("token_"))) right.push_back(name);
      return report(
          Fault::inline_secret, member.where,
          quoted(member.name) + " in " + std::string(section.title) + ": a secret never stands in the file",
          right.empty() ? "remove it"
                        : "use '" + std::string(right.front()) + "'" +
                              (right.size() > 1 ? " or '" + std::string(right.back()) + "'" : ""));
    }
    report(Fault::unknown_key, member.where,
           "unknown key " + quoted(member.name) + " in " + std::string(section.title),
           did_you_mean(member.name, known));
  }

  std::optional<Value> check(const Key& key, const Member& member) {
    const Value& value = member.value;
    switch (key.type) {
      case Type::text:
        if (const auto* text = value.as<std::string>())
          return good_text(key, member.name, *text, value.where, true) ? std::optional(value) : std::nullopt;
        break;
      case Type::integer:
        if (const auto* integer = value.as<std::int64_t>()) return check_integer(key, *integer, value);
        break;
      case Type::number:
        if (const auto* integer = value.as<std::int64_t>())
          return check_number(key, static_cast<double>(*integer), value.where);
        if (const auto* number = value.as<double>()) return check_number(key, *number, value.where);
        break;
      case Type::boolean:
        if (value.as<bool>() != nullptr) return value;
        break;
      case Type::texts:
      case Type::numbers:
      case Type::tables:
        if (const auto* list = value.as<List>()) return check_list(key, member, *list);
        break;
      case Type::free_table:
        if (value.as<Table>() != nullptr) return value;
        break;
      case Type::table:
        if (const auto* nested = value.as<Table>())
          return Value{table(*find_section(key.nested), *nested, value.where), value.where};
        break;
    }
    wrong_type(member, key.type);
    return std::nullopt;
  }

  std::optional<Value> check_list(const Key& key, const Member& member, const List& list) {
    const auto count = static_cast<double>(list.size());
    if (count < key.min || count > key.max) {
      report(Fault::bad_length, member.value.where,
             quoted(member.name) + " has " + std::to_string(list.size()) +
                 (list.size() == 1 ? " entry, not " : " entries, not ") +
                 (key.min == key.max ? number_text(key.min)
                                     : number_text(key.min) + " to " + number_text(key.max)));
      return std::nullopt;
    }
    List checked;
    bool good = true;
    for (const Value& element : list) {
      const auto* text = element.as<std::string>();
      const auto* nested = element.as<Table>();
      if (key.type == Type::texts && text != nullptr) {
        // only the program is a path, its arguments are anything
        Key each = key;
        if (key.format == Format::program && !checked.empty()) each.format = Format::any;
        good = good_text(each, member.name, *text, element.where, false) && good;
        checked.push_back(element);
      } else if (key.type == Type::tables && nested != nullptr) {
        checked.push_back({table(*find_section(key.nested), *nested, element.where), element.where});
      } else if (key.type == Type::numbers &&
                 (element.as<double>() != nullptr || element.as<std::int64_t>() != nullptr)) {
        const double number = element.as<double>() != nullptr
                                  ? *element.as<double>()
                                  : static_cast<double>(*element.as<std::int64_t>());
        if (!std::isfinite(number)) {
          report(Fault::out_of_range, element.where,
                 quoted(member.name) + " = " + number_text(number) + " is out of range",
                 "use a finite number");
          good = false;
        }
        checked.push_back({number, element.where});
      } else {
        report(Fault::wrong_type, element.where,
               "an entry of " + quoted(member.name) + " is " + std::string(shape_name(element)) +
                   ", not what " + std::string(type_name(key.type)) + " takes");
        good = false;
      }
    }
    if (!good) return std::nullopt;
    return Value{std::move(checked), member.value.where};
  }

  const std::string& file_;
};

}  // namespace

Table validate(const Table& written, const std::string& file, std::vector<Problem>& problems) {
  return Validator(file, problems).root(written);
}

}  // namespace standstill::config
