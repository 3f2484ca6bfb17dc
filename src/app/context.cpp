#include "app/context.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/exit_code.hpp"
#include "config/load.hpp"
#include "config/tree.hpp"

namespace standstill::app {

void say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void complain(std::string_view text) {
  std::fprintf(stderr, "standstill: %.*s\n", static_cast<int>(text.size()), text.data());
}

int failed(std::string_view why) {
  complain(why);
  return exit_unreachable;
}

int misused(std::string_view why) {
  complain(why);
  return exit_usage;
}

std::filesystem::path config_path(const Context& context) {
  return context.config_file.empty() ? config::default_path() : std::filesystem::path(context.config_file);
}

std::expected<config::Config, int> load_config(const Context& context) {
  auto loaded = config::load(config_path(context));
  if (loaded) {
    if (context.verbose)
      for (const auto& warning : loaded->warnings) complain(to_string(warning));
    return std::move(*loaded);
  }
  for (const auto& problem : loaded.error()) std::fprintf(stderr, "%s\n", to_string(problem).c_str());
  if (loaded.error().size() > 1)
    complain(std::to_string(loaded.error().size()) +
             " problems in the configuration; `standstill check` lists them again");
  return std::unexpected(exit_usage);
}

std::filesystem::path state_dir_for_stop(const Context& context) {
  const std::filesystem::path path = config_path(context);
  if (const auto loaded = config::load(path)) return loaded->site.state_dir;
  if (const char* named = std::getenv("STANDSTILL_SITE_STATE_DIR"); named != nullptr && *named != '\0')
    return named;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  config::Site fallback;
  if (const auto tree = config::parse_toml(text.str(), path.string())) {
    const auto* site = tree->find("site");
    const auto* table = site == nullptr ? nullptr : site->value.as<config::Table>();
    const auto* member = table == nullptr ? nullptr : table->find("state_dir");
    const auto* named = member == nullptr ? nullptr : member->value.as<std::string>();
    if (named != nullptr && !named->empty()) fallback.state_dir = path.parent_path() / *named;
  } else {
    // Not even TOML: the one line that matters may still be readable.
    std::istringstream lines(text.str());
    for (std::string line; std::getline(lines, line);) {
      const auto key = line.find_first_not_of(" \t");
      const auto open = line.find('"'), close = line.find('"', open + 1);
      if (key != std::string::npos && line.compare(key, 9, "state_dir") == 0 && close != std::string::npos)
        fallback.state_dir = path.parent_path() / line.substr(open + 1, close - open - 1);
    }
  }
  complain("the configuration " + path.string() + " has errors or is missing; stopping the plant of " +
           fallback.state_dir.string());
  return fallback.state_dir;
}

std::string age_text(long long milliseconds) {
  if (milliseconds < 0) return "?";
  if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
  const long long s = milliseconds / 1000;
  if (s < 120) return std::to_string(s) + " s";
  if (s < 7200) return std::to_string(s / 60) + " min";
  if (s < 172800) return std::to_string(s / 3600) + " h " + std::to_string(s / 60 % 60) + " min";
  return std::to_string(s / 86400) + " days";
}

std::string printable(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' || c == '\t' ? ' ' : '?';
  return made;
}

}  // namespace standstill::app
