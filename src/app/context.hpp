// What every command needs: the options of the whole program, the configuration, and words for people.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "app/exit_code.hpp"

namespace standstill::config {
struct Config;
}

namespace standstill::app {

struct Context {
  std::string config_file;  // empty: ./standstill.toml, else /etc/standstill/standstill.toml
  bool json = false;
  bool verbose = false;
};

// To standard output; a line end is added. Flushed, so that followers see it at once.
void say(std::string_view text);
// To standard error, with "standstill: " in front.
void complain(std::string_view text);
// Complains, and gives the exit code for it: nobody answers, or the command line makes no sense.
[[nodiscard]] int failed(std::string_view why);
[[nodiscard]] int misused(std::string_view why);

// The configuration, all problems (file:line:column) printed otherwise. Warnings are printed with -v only.
[[nodiscard]] std::expected<config::Config, int> load_config(const Context& context);

[[nodiscard]] std::filesystem::path config_path(const Context& context);

// state_dir for a stop: out of the configuration, or out of what can be read of it, or the default. A typing
// error in the file must not keep anybody from stopping.
[[nodiscard]] std::filesystem::path state_dir_for_stop(const Context& context);

// "1 h 5 min", "12 s", "250 ms"; "?" for negative.
[[nodiscard]] std::string age_text(long long milliseconds);

// A byte string that a terminal can show: control characters become '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace standstill::app
