#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "app/bus_options.hpp"
#include "app/command_tree.hpp"
#include "app/commands.hpp"
#include "app/declare.hpp"
#include "app/man_page.hpp"
#include "version.hpp"

namespace standstill::app {

namespace {

const std::vector<std::string> roles{"viewer", "operator", "engineer"};
const std::vector<std::string> shells{"bash", "zsh", "fish"};
const std::vector<std::string> stop_reasons{"button_press", "operator_command", "safety_interlock",
                                            "device_fault", "software_error"};

OptionNode describe(const CLI::Option& option) {
  OptionNode node;
  for (const auto& name : option.get_snames()) node.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) node.names.push_back("--" + name);
  node.description = option.get_description();
  node.takes_value = option.get_items_expected_max() > 0;
  const std::string type = option.get_type_name();
  node.takes_path = type == "FILE" || type == "FOLDER" || type == "SNAPSHOT";
  const std::string name = option.get_name();
  if (name == "--role") node.choices = roles;
  if (name == "--reason") node.choices = stop_reasons;
  if (name == "shell") node.choices = shells;
  return node;
}

CommandNode describe(const CLI::App& command) {
  CommandNode node{command.get_name(), command.get_description(), {}, {}};
  for (const auto* option : command.get_options()) node.options.push_back(describe(*option));
  for (const auto* child : command.get_subcommands({})) node.children.push_back(describe(*child));
  return node;
}

void print(const std::string& text, FILE* where) { std::fwrite(text.data(), 1, text.size(), where); }

// With the whole way to the command in its usage line.
std::string help_of(CLI::App& root) {
  CLI::App* meant = &root;
  std::string before;
  while (!meant->get_subcommands().empty()) {
    before += (before.empty() ? "" : " ") + meant->get_name();
    meant = meant->get_subcommands().front();
  }
  std::string text = meant->help(before);
  return text.ends_with('\n') ? text : text + "\n";
}

// What the parser found, in the words of the rest of the program.
std::string in_words(const CLI::ParseError& problem, const std::vector<const CommandNode*>& path) {
  if (dynamic_cast<const CLI::RequiredError*>(&problem) != nullptr && !path.empty() &&
      !path.back()->children.empty()) {
    std::string names;
    for (const auto& child : path.back()->children) names += (names.empty() ? "" : ", ") + child.name;
    return "'" + path.back()->name + "' needs one of: " + names;
  }
  const std::string text = problem.what();
  constexpr std::string_view convert = "Could not convert: ";
  return text.starts_with(convert) ? "cannot be understood: " + text.substr(convert.size()) : text;
}

// The place to look is the command that was meant, not the whole program.
int usage(const std::vector<const CommandNode*>& path, const std::string& problem) {
  complain(problem);
  std::string where = "standstill";
  for (const auto* command : path) where += " " + command->name;
  std::fprintf(stderr, "  %s --help shows what may be typed\n", where.c_str());
  return exit_usage;
}

// The value of an option, written as one word or as two.
bool takes(const std::vector<std::string>& words, std::size_t& i, const std::string& option,
           std::string& into) {
  if (words[i].starts_with(option + "=")) {
    into = words[i].substr(option.size() + 1);
    return true;
  }
  if (words[i] != option || i + 1 == words.size()) return false;
  into = words[++i];
  return true;
}

}  // namespace

int command_line(int argc, const char* const* argv) {
  Context context;
  Chosen chosen;
  CLI::App root("Standstill keeps machines safe when the thing that commands them goes silent.",
                "standstill");
  root.fallthrough();
  root.require_subcommand(0, 1);
  root.add_option("-c,--config", context.config_file,
                  "the configuration; else ./standstill.toml, else /etc/standstill/standstill.toml")
      ->type_name("FILE");
  root.add_flag("--json", context.json, "print JSON; streams print one object a line");
  root.add_flag("-v,--verbose", context.verbose,
                "show what `rocrail` sends and receives, and the configuration's warnings");
  bool print_version = false;
  root.add_flag("-V,--version", print_version, "print the version");
  root.footer("In an emergency: standstill stop");
  declare_commands(root, context, chosen);
  const CommandNode tree = describe(root);
  chosen.completion = [&tree](const std::string& shell) {
    const auto script = completion_script(tree, shell);
    if (script) return print(*script, stdout), int{exit_done};
    complain("no completion for '" + printable(shell) + "': bash, zsh or fish");
    return int{exit_usage};
  };
  chosen.manual = [&tree] { return print(man_page(tree, standstill::version), stdout), int{exit_done}; };

  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto path = commands_in(tree, words);
  const bool stopping = !path.empty() && path.front()->name == "stop";
  const bool stopping_bus = path.size() > 1 && path[0]->name == "bus" && path[1]->name == "stop";
  if (const auto problem = misspelt(tree, words)) {
    complain(*problem);
    return exit_usage;
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(help_of(root), stdout);
    return exit_done;
  } catch (const CLI::ParseError& problem) {
    // S9: whoever types `stop` with shaking hands gets a stop.
    if (stopping || stopping_bus) {
      BusStopOptions options;
      for (std::size_t i = 0; i < words.size(); ++i) {
        // The parser binds nothing when it fails, and the plant to stop must be the one that was named.
        if (takes(words, i, "--config", context.config_file) || takes(words, i, "-c", context.config_file))
          continue;
        BusTarget& bus = options.target;
        if (stopping_bus && (takes(words, i, "--url", bus.url) || takes(words, i, "--user", bus.user) ||
                             takes(words, i, "--password-file", bus.password_file)))
          continue;
        if (words[i].starts_with("-c") && words[i].size() > 2) {
          context.config_file = words[i].substr(2);
        } else if (words[i] == "--json") {
          context.json = true;
        } else if (words[i] != "stop" && (stopping || words[i] != "bus")) {
          options.not_understood.push_back(words[i]);
        }
      }
      if (stopping_bus) return bus_stop(context, options);
      StopOptions here;
      here.not_understood = std::move(options.not_understood);
      return stop(context, here);
    }
    for (const auto& word : root.remaining(true))
      if (word.size() > 1 && word.front() == '-') return usage(path, unknown_option(tree, path, word));
    return usage(path, in_words(problem, path));
  }
  if (print_version) return version(context);
  if (chosen.run) return chosen.run();
  print(help_of(root), stderr);
  return exit_usage;
}

}  // namespace standstill::app
