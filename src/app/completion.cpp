// Completion scripts, generated from the tree, so that they cannot lag behind it.
#include <functional>
#include <map>

#include "app/command_tree.hpp"

namespace standstill::app {

namespace {

using Visit = std::function<void(const CommandNode& command, const std::string& path)>;

void walk(const CommandNode& command, const std::string& path, const Visit& visit) {
  visit(command, path);
  for (const auto& child : command.children) walk(child, path + "/" + child.name, visit);
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// Single quotes around, those inside ended, escaped and begun again: the same in all three shells.
std::string quoted(const std::string& text) {
  std::string made = "'";
  for (const char c : text) made += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return made + "'";
}

std::vector<std::string> all_paths(const CommandNode& root) {
  std::vector<std::string> paths;
  walk(root, "", [&](const CommandNode&, const std::string& path) {
    if (!path.empty()) paths.push_back(path);
  });
  return paths;
}

std::vector<std::string> words_of(const CommandNode& root, const CommandNode& command) {
  std::vector<std::string> words;
  for (const auto& child : command.children) words.push_back(child.name);
  const auto add = [&words](const CommandNode& from) {
    for (const auto& option : from.options) {
      words.insert(words.end(), option.names.begin(), option.names.end());
      if (option.names.empty()) words.insert(words.end(), option.choices.begin(), option.choices.end());
    }
  };
  add(command);
  if (&command != &root) add(root);
  return words;
}

bool wants_path(const CommandNode& command) {
  for (const auto& option : command.options)
    if (option.names.empty() && option.takes_path) return true;
  return false;
}

std::string bash(const CommandNode& root) {
  std::map<std::string, std::string> values;  // option names → what to offer
  std::string words;
  walk(root, "", [&](const CommandNode& command, const std::string& path) {
    for (const auto& option : command.options) {
      if (option.names.empty() || !option.takes_value) continue;
      const std::string names = joined(option.names, "|");
      if (option.takes_path)
        values[names] = "$(compgen -f -- \"$cur\")";
      else if (!option.choices.empty())
        values[names] = "$(compgen -W " + quoted(joined(option.choices, " ")) + " -- \"$cur\")";
      else
        values.emplace(names, "");
    }
    const std::string files = wants_path(command) ? " $(compgen -f -- \"$cur\")" : "";
    words += "    " + quoted(path) + ") COMPREPLY=($(compgen -W " +
             quoted(joined(words_of(root, command), " ")) + " -- \"$cur\")" + files + ") ;;\n";
  });
  std::string offers;
  for (const auto& [names, offer] : values)
    offers += "    " + names + ") COMPREPLY=(" + offer + "); return ;;\n";
  return "# bash completion for standstill; load it with: source <(standstill completion bash)\n"
         "_standstill() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} at='' i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$at/${COMP_WORDS[i]}\" in\n"
         "    " +
         joined(all_paths(root), "|") +
         ") at=\"$at/${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case ${COMP_WORDS[COMP_CWORD - 1]} in\n" +
         offers +
         "  esac\n"
         "  case $at in\n" +
         words +
         "  esac\n"
         "}\n"
         "complete -F _standstill standstill\n";
}

std::string zsh(const CommandNode& root) {
  std::string cases;
  walk(root, "", [&](const CommandNode& command, const std::string& path) {
    cases += "    " + quoted(path) + ")\n      found=(";
    const auto add = [&cases](const std::string& name, const std::string& description) {
      std::string escaped;
      for (const char c : name) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
      cases += "\n        " + quoted(escaped + ":" + description);
    };
    for (const auto& child : command.children) add(child.name, child.description);
    for (const auto* from : {&command, &root}) {
      for (const auto& option : from->options) {
        for (const auto& name : option.names) add(name, option.description);
        if (option.names.empty())
          for (const auto& choice : option.choices) add(choice, option.description);
      }
      if (&command == &root) break;
    }
    cases += ")\n";
    if (wants_path(command)) cases += "      _files\n";
    cases += "      ;;\n";
  });
  std::string values;
  walk(root, "", [&](const CommandNode& command, const std::string&) {
    for (const auto& option : command.options)
      if (!option.names.empty() && option.takes_value)
        values += "    " + joined(option.names, "|") + ") " +
                  (option.takes_path        ? "_files"
                   : option.choices.empty() ? "_message " + quoted(option.description)
                                            : "compadd -- " + joined(option.choices, " ")) +
                  "; return ;;\n";
  });
  return "#compdef standstill\n"
         "# zsh completion for standstill; put it into a folder of $fpath as _standstill, or: source "
         "<(standstill completion zsh)\n"
         "_standstill() {\n"
         "  local at='' i\n"
         "  local -a found\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    case \"$at/${words[i]}\" in\n"
         "    " +
         joined(all_paths(root), "|") +
         ") at=\"$at/${words[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case ${words[CURRENT-1]} in\n" +
         values +
         "  esac\n"
         "  case $at in\n" +
         cases +
         "  esac\n"
         "  _describe standstill found\n"
         "}\n"
         "compdef _standstill standstill\n";
}

std::string fish(const CommandNode& root) {
  std::string made =
      "# fish completion for standstill; put it into ~/.config/fish/completions/standstill.fish\n"
      "function __standstill_at\n"
      "  set -l at ''\n"
      "  for word in (commandline -opc)[2..]\n"
      "    switch \"$at/$word\"\n"
      "      case " +
      joined(all_paths(root), " ") +
      "\n"
      "        set at \"$at/$word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c standstill -f\n";
  walk(root, "", [&](const CommandNode& command, const std::string& path) {
    const std::string when = path.empty() ? std::string() : " -n " + quoted("__standstill_at " + path);
    const std::string children_when = " -n " + quoted("__standstill_at \"" + path + "\"");
    for (const auto& child : command.children)
      made += "complete -c standstill" + children_when + " -a " + child.name + " -d " +
              quoted(child.description) + "\n";
    for (const auto& option : command.options) {
      std::string line = "complete -c standstill" + when;
      for (const auto& name : option.names)
        line += (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
      if (option.names.empty() && option.choices.empty() && !option.takes_path) continue;
      if (option.takes_value && !option.names.empty()) line += " -r";
      if (option.takes_path) line += " -F";
      if (!option.choices.empty()) line += " -a " + quoted(joined(option.choices, " "));
      made += line + " -d " + quoted(option.description) + "\n";
    }
  });
  return made;
}

}  // namespace

std::optional<std::string> completion_script(const CommandNode& root, std::string_view shell) {
  if (shell == "bash") return bash(root);
  if (shell == "zsh") return zsh(root);
  if (shell == "fish") return fish(root);
  return std::nullopt;
}

}  // namespace standstill::app
