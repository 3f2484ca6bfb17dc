// `operator add|list|remove`: straight on the file in state_dir, so that it works before anything runs.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "os/clock.hpp"
#include "record/operators.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

// state_dir, made when it is missing. Errors are printed.
std::expected<std::filesystem::path, int> writable_state_dir(const Context& context) {
  const auto config = load_config(context);
  if (!config) return std::unexpected(config.error());
  const auto& folder = config->site.state_dir;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    complain(folder.string() + " cannot be made: " + failed.message() +
             "; run this as the user that runs the supervisor, or as root");
    return std::unexpected(exit_refused);
  }
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return folder;
  complain(folder.string() + " cannot be written: " + std::strerror(errno) +
           "; run this as the user that runs the supervisor, or as root");
  return std::unexpected(exit_refused);
}

}  // namespace

int operator_add(const Context& context, const std::string& name, const std::string& role) {
  const auto known = record::role(role);
  if (!known) {
    complain("no role '" + printable(role) + "': viewer, operator or engineer");
    return exit_usage;
  }
  if (!record::is_operator_name(name)) {
    complain(
        "'" + printable(name) +
        "' is no operator's name: 1 to 32 letters, digits, '.', '_' or '-', the first a letter or digit");
    return exit_usage;
  }
  const auto folder = writable_state_dir(context);
  if (!folder) return folder.error();
  const record::Operators operators(*folder);
  const auto line = operators.add(name, *known, os::wall_ns());
  if (!line) {
    complain(line.error());
    return exit_refused;
  }
  if (context.json) {
    say(ordered_json{{"name", name}, {"role", role}, {"token", *line}}.dump());
  } else {
    say(*line);
    std::fprintf(stderr,
                 "Shown once: keep it in a file with mode 0600 for --token-file, or type the part after the "
                 "colon when asked.\n");
  }
  if (const auto warning = operators.warning()) complain(*warning);
  return exit_done;
}

int operator_list(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const record::Operators operators(config->site.state_dir);
  const auto list = operators.list();
  if (!list) {
    complain(list.error());
    return exit_refused;
  }
  if (const auto warning = operators.warning()) complain(*warning);
  ordered_json made = ordered_json::array();
  Table table({"NAME", "ROLE", "ADDED (UTC)"});
  for (const auto& one : *list) {
    const std::string added = os::rfc3339(one.added_wall_s * 1'000'000'000);
    made.push_back({{"name", one.name}, {"role", record::name(one.role)}, {"added", added}});
    table.add({one.name, std::string(record::name(one.role)), added});
  }
  say(context.json    ? made.dump()
      : table.empty() ? "nobody may release yet: standstill operator add NAME"
                      : table.text());
  return exit_done;
}

int operator_remove(const Context& context, const std::string& name) {
  const auto folder = writable_state_dir(context);
  if (!folder) return folder.error();
  if (const auto removed = record::Operators(*folder).remove(name); !removed) {
    complain(removed.error());
    return exit_refused;
  }
  say(context.json ? ordered_json{{"removed", name}}.dump() : "removed: " + name);
  return exit_done;
}

}  // namespace standstill::app
