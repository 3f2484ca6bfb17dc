// The command line as data: what completion is made from and what typing errors are held against.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::app {

struct OptionNode {
  std::vector<std::string> names;  // "-c", "--config"; empty for a positional argument
  std::string description;
  bool takes_value = false;
  bool takes_path = false;
  std::vector<std::string> choices;  // of the value; empty: anything
};

struct CommandNode {
  std::string name;
  std::string description;
  std::vector<OptionNode> options;
  std::vector<CommandNode> children;

  [[nodiscard]] const CommandNode* child(std::string_view wanted) const;
};

// What is wrong with the words of a command line, as far as commands go: "no command 'statsu': did you mean
// 'status'?". Nothing when every word that should be a command is one. Options are not judged.
[[nodiscard]] std::optional<std::string> misspelt(const CommandNode& root,
                                                  const std::vector<std::string>& words);

// The commands that the words name, from the first to the last that is known: {"snapshot", "show"}.
[[nodiscard]] std::vector<const CommandNode*> commands_in(const CommandNode& root,
                                                          const std::vector<std::string>& words);

// "unknown option '--jsn': did you mean '--json'?" for options of these commands and of the root.
[[nodiscard]] std::string unknown_option(const CommandNode& root, const std::vector<const CommandNode*>& path,
                                         const std::string& word);

// A script for "bash", "zsh" or "fish"; nothing for another shell.
[[nodiscard]] std::optional<std::string> completion_script(const CommandNode& root, std::string_view shell);

}  // namespace standstill::app
