#include "config/reference.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <vector>

#include "config/keys.hpp"
#include "config/validate.hpp"

namespace standstill::config {

namespace {

constexpr std::string_view intro = R"(# Configuration

<!-- Written from the table that validates (src/config/keys_*.cpp). Change that, then run
     UPDATE_REFERENCE=1 build/release/bin/test_unit_config -->

Everything Standstill needs to know stands in one text file: `standstill.toml` in the folder you start it from, or
`/etc/standstill/standstill.toml`, or the one you name with `-c FILE`. Lines that begin with `#` are for you.

These few lines protect a layout: when the Rocrail server falls silent, the relay board cuts the track.

```toml
[site]
name = "club-layout"
[[link]]
id = "layout"
kind = "rocrail"
host = "127.0.0.1"
[[output]]
id = "track-power"
kind = "serial"
device = "/dev/serial/by-id/usb-relay"
safe = "RELAY_OFF\n"
run = "RELAY_ON\n"
```

Then ask `standstill check`: it reads the file, looks at the machine, and says in milliseconds who cuts what when
something fails. Every mistake is named with its place, all of them at once:

```
standstill.toml:7:1: unknown key 'slience_ms' in [[link]]: did you mean 'silence_ms'?
```

## How to read this page

- `[name]` stands once in the file, `[[name]]` once for each thing of its sort: two links are two `[[link]]`.
- Keys without a default that are not *required* can be left out. A value outside its range is refused; no value of any
  key turns a watch off.
- An **id** is yours to choose: letters, digits, `-` and `_`, at most 40, beginning with a letter or digit. Links,
  watches, outputs and alerts share one list of names. `LINK.TAG` names a value of a link, for example `layout.fb1`.
- Times end in `_ms` and are whole milliseconds. Levels (`low`, `high`) are what a meter on the pin would show.
- A relative path starts at the folder of the configuration.
- **Several files**: `standstill.d/*.toml` beside the file are read too, in the order of their names. They add; a key
  that two files set is refused, with both places.
- **Secrets** never stand in the file. `password_file = "/etc/standstill/mail.secret"` names a file that only
  Standstill's user may read, `password_env` an environment variable.
- **Environment**: for containers, the keys marked ⚙ can be set as `STANDSTILL_<SECTION>_<KEY>`, for example
  `STANDSTILL_TERMINAL_LISTEN=127.0.0.1:9000`. The environment wins over the file; an empty variable counts as not set.
- Kinds marked *later* are checked in full, so that you can write them down today, but this version refuses to run them.
- Editors that know JSON Schema can complete and check while you type: `packaging/standstill.schema.json`.
)";

// The bar would end the cell.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

std::string type_of(const Key& key) {
  switch (key.type) {
    case Type::text:
      return key.format == Format::id ? "id"
             : key.format == Format::link || key.format == Format::output
                 ? "id of a" + std::string(key.format == Format::link ? " link" : "n output")
             : key.format == Format::tag  ? "LINK.TAG"
             : key.format == Format::path ? "path"
                                          : "text";
    case Type::integer:
      return "whole number";
    case Type::number:
      return "number";
    case Type::boolean:
      return "true/false";
    case Type::texts:
      return key.format == Format::path ? "list of paths" : "list of texts";
    case Type::numbers:
      return "list of numbers";
    case Type::tables:
      return "list of tables";
    case Type::table:
    case Type::free_table:
      break;
  }
  return "table";
}

std::string allowed(const Key& key) {
  if (!key.choices.empty()) {
    std::string text;
    for (const std::string_view choice : split(key.choices))
      text += (text.empty() ? "" : ", ") +
              code(key.type == Type::integer ? std::string(choice) : "\"" + std::string(choice) + "\"");
    return key.unit.empty() ? text : text + " " + std::string(key.unit);
  }
  const std::string range = range_text(key);
  if (range.empty()) return "";
  if (key.type == Type::integer || key.type == Type::number) return range;
  if (key.min == key.max) return number_text(key.min) + " entries";
  return range + (key.type == Type::text ? " bytes" : " entries");
}

std::string row(const Key& key, std::string_view remark) {
  const std::string environment = environment_name(key);
  std::string text = "| " + code(key.name) + (environment.empty() ? "" : " ⚙") + " | " + type_of(key) +
                     " | " + allowed(key) + " | ";
  text += key.required ? "*required*" : key.initial.empty() || key.initial == "{}" ? "" : code(key.initial);
  text += " | " + cell(key.meaning);
  if (!remark.empty()) text += " " + std::string(remark);
  if (!key.nested.empty()) text += " Keys: see *" + std::string(find_section(key.nested)->title) + "*.";
  // a default that is the example says it already
  if (key.example != key.initial && key.type != Type::boolean && key.choices.empty())
    text += " Example: " + code(key.example);
  return text + " |\n";
}

constexpr std::string_view table_head =
    "\n| key | type | allowed | default | meaning |\n|---|---|---|---|---|\n";

// For how many kinds a key must stand to be listed once for all, with those that lack it named.
bool is_common(const Key& key, const std::vector<const Kind*>& kinds) {
  return key.kinds.empty() || (kinds.size() > 6 && split(key.kinds).size() > 5);
}

std::string remark(const Key& key, const std::vector<const Kind*>& kinds) {
  std::string lacking;
  for (const Kind* kind : kinds)
    if (kind->support != Support::reserved && !applies(key, kind->name))
      lacking += (lacking.empty() ? "" : ", ") + code(kind->name);
  return lacking.empty() ? "" : "Not for " + lacking + ".";
}

std::string section_text(const Section& section) {
  const bool nested = section.name.find('.') != std::string_view::npos;
  const std::string level = nested ? "###" : "##";
  std::string text =
      "\n" + level + " " + std::string(section.title) + "\n\n" + std::string(section.intro) + "\n";
  const std::vector<const Kind*> all = kinds_of(section.name);
  if (!all.empty()) {
    text += "\n| kind | what it is |\n|---|---|\n";
    for (const Kind* kind : all)
      text += "| " + code(kind->name) + " | " + cell(kind->meaning) +
              (kind->support == Support::later      ? " (*later*)"
               : kind->support == Support::reserved ? " (*reserved: refused for now*)"
                                                    : "") +
              " |\n";
  }
  text += table_head;
  for (const Key* key : keys_of(section.name))
    if (is_common(*key, all)) text += row(*key, key->kinds.empty() ? "" : remark(*key, all));
  for (const Kind* kind : all) {
    std::string rows;
    for (const Key* key : keys_of(section.name))
      if (!is_common(*key, all) && applies(*key, kind->name)) rows += row(*key, "");
    if (rows.empty()) continue;
    text += "\n" + level + "# " + std::string(section.title) + " of kind " + code(kind->name) + "\n";
    text += std::string(table_head) + rows;
  }
  return text;
}

}  // namespace

std::string reference_markdown() {
  std::string text(intro);
  for (const Section& section : sections()) text += section_text(section);
  return text;
}

std::expected<void, std::string> write_reference(const std::filesystem::path& root) {
  const auto write = [&root](const char* name, const std::string& text) -> std::expected<void, std::string> {
    std::ofstream out(root / name, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out)
      return std::unexpected((root / name).string() + " cannot be written: is this the project's folder?");
    return {};
  };
  if (auto docs = write("docs/configuration.md", reference_markdown()); !docs) return docs;
  return write("packaging/standstill.schema.json", reference_schema());
}

}  // namespace standstill::config
