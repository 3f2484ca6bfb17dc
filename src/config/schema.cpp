// JSON Schema of the configuration. Editors read it; the loader does not, it knows more (references, order,
// hardware).
#include <cmath>
#include <nlohmann/json.hpp>

#include "config/keys.hpp"
#include "config/reference.hpp"
#include "config/tree.hpp"

namespace standstill::config {

namespace {

using Json = nlohmann::ordered_json;

Json section_schema(const Section& section);

Json to_json(const Value& value) {
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* integer = value.as<std::int64_t>()) return *integer;
  if (const auto* number = value.as<double>()) return *number;
  if (const auto* flag = value.as<bool>()) return *flag;
  if (const auto* list = value.as<List>()) {
    Json result = Json::array();
    for (const Value& element : *list) result.push_back(to_json(element));
    return result;
  }
  Json result = Json::object();
  if (const auto* table = value.as<Table>())
    for (const Member& member : table->members) result[member.name] = to_json(member.value);
  return result;
}

Json literal(std::string_view toml) {
  const auto parsed = parse_toml("v = " + std::string(toml), "");
  return parsed ? to_json(parsed->find("v")->value) : Json();
}

// 20 rather than 20.0 where a bound is whole.
Json bound(double number) {
  if (number == std::floor(number)) return static_cast<std::int64_t>(number);
  return number;
}

Json choices_of(const Key& key) {
  Json result = Json::array();
  for (const std::string_view choice : split(key.choices)) {
    if (key.type == Type::integer)
      result.push_back(std::stoi(std::string(choice)));
    else
      result.push_back(choice);
  }
  return result;
}

void add_bounds(Json& schema, const Key& key, const char* low, const char* high) {
  if (std::isfinite(key.min)) schema[low] = bound(key.min);
  if (std::isfinite(key.max)) schema[high] = bound(key.max);
}

Json key_schema(const Key& key) {
  Json schema;
  schema["description"] = key.meaning;
  switch (key.type) {
    case Type::text:
      schema["type"] = "string";
      add_bounds(schema, key, "minLength", "maxLength");
      if (key.format == Format::id) schema["pattern"] = "^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$";
      break;
    case Type::integer:
    case Type::number:
      schema["type"] = key.type == Type::integer ? "integer" : "number";
      add_bounds(schema, key, "minimum", "maximum");
      break;
    case Type::boolean:
      schema["type"] = "boolean";
      break;
    case Type::texts:
    case Type::numbers:
      schema["type"] = "array";
      schema["items"]["type"] = key.type == Type::texts ? "string" : "number";
      if (!key.choices.empty()) schema["items"]["enum"] = choices_of(key);
      add_bounds(schema, key, "minItems", "maxItems");
      break;
    case Type::tables:
      schema["type"] = "array";
      schema["items"] = section_schema(*find_section(key.nested));
      add_bounds(schema, key, "minItems", "maxItems");
      break;
    case Type::table:
      schema.update(section_schema(*find_section(key.nested)));
      schema["description"] = key.meaning;
      break;
    case Type::free_table:
      schema["type"] = "object";
      schema["additionalProperties"]["type"] = {"string", "number", "boolean"};
      break;
  }
  if (!key.choices.empty() && key.type != Type::texts) schema["enum"] = choices_of(key);
  if (!key.initial.empty()) schema["default"] = literal(key.initial);
  schema["examples"] = Json::array({literal(key.example)});
  return schema;
}

Json keys_schema(const Section& section, std::string_view kind) {
  Json schema;
  schema["type"] = "object";
  schema["properties"] = Json::object();
  Json required = Json::array();
  for (const Key* key : keys_of(section.name)) {
    if (!applies(*key, kind)) continue;
    schema["properties"][std::string(key->name)] = key_schema(*key);
    if (key->required) required.push_back(key->name);
  }
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Json section_schema(const Section& section) {
  const std::vector<const Kind*> all = kinds_of(section.name);
  if (all.empty()) return keys_schema(section, "");
  Json schema;
  schema["type"] = "object";
  Json names = Json::array();
  Json cases = Json::array();
  for (const Kind* kind : all) {
    if (kind->support == Support::reserved) continue;
    names.push_back(kind->name);
    Json one;
    one["if"]["properties"]["kind"]["const"] = kind->name;
    one["then"] = keys_schema(section, kind->name);
    cases.push_back(std::move(one));
  }
  schema["properties"]["kind"]["enum"] = std::move(names);
  schema["required"] = {"kind"};
  schema["allOf"] = std::move(cases);
  return schema;
}

}  // namespace

std::string reference_schema() {
  Json schema;
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "Standstill configuration";
  schema["type"] = "object";
  schema["properties"] = Json::object();
  Json required = Json::array();
  for (const Section& section : sections()) {
    if (section.name.find('.') != std::string_view::npos) continue;
    Json one = section_schema(section);
    if (section.repeated) {
      Json list;
      list["type"] = "array";
      list["items"] = std::move(one);
      one = std::move(list);
    }
    one["description"] = section.intro;
    schema["properties"][std::string(section.name)] = std::move(one);
    if (section.required) required.push_back(section.name);
  }
  schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema.dump(1) + "\n";
}

}  // namespace standstill::config
