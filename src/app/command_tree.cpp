#include "app/command_tree.hpp"

#include <algorithm>
#include <array>

#include "app/context.hpp"
#include "config/values.hpp"

namespace standstill::app {

namespace {

// Commands of the jobs that later versions bring.
constexpr std::array<std::string_view, 2> later{"station", "soak"};

const OptionNode* option(const CommandNode& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (const auto& one : command.options)
    if (std::ranges::find(one.names, name) != one.names.end()) return &one;
  return nullptr;
}

// Calls `take` for every word that is neither an option nor an option's value, until it says false.
template <class Take>
void plain_words(const CommandNode& root, const std::vector<std::string>& words, const CommandNode*& at,
                 Take take) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") return;
    if (word.size() > 1 && word.front() == '-') {
      const auto* known = option(*at, word);
      if (known == nullptr) known = option(root, word);
      if (known != nullptr && known->takes_value && word.find('=') == std::string::npos &&
          (word.starts_with("--") || word.size() == 2))
        ++i;
    } else if (!take(word)) {
      return;
    }
  }
}

}  // namespace

const CommandNode* CommandNode::child(std::string_view wanted) const {
  for (const auto& one : children)
    if (one.name == wanted) return &one;
  return nullptr;
}

std::vector<const CommandNode*> commands_in(const CommandNode& root, const std::vector<std::string>& words) {
  std::vector<const CommandNode*> path;
  const CommandNode* at = &root;
  plain_words(root, words, at, [&](const std::string& word) {
    const auto* next = at->child(word);
    if (next == nullptr) return false;
    path.push_back(next);
    at = next;
    return !at->children.empty();
  });
  return path;
}

std::optional<std::string> misspelt(const CommandNode& root, const std::vector<std::string>& words) {
  std::optional<std::string> problem;
  const CommandNode* at = &root;
  plain_words(root, words, at, [&](const std::string& word) {
    const auto* next = at->child(word);
    if (next != nullptr) {
      at = next;
      return !at->children.empty();
    }
    const std::string typed = (at == &root ? "" : at->name + " ") + printable(word);
    if (std::ranges::find(later, word) != later.end() && (at == &root || at->name == "sim")) {
      problem = "'" + typed + "' is not in this version";
      return false;
    }
    std::vector<std::string_view> known;
    for (const auto& one : at->children) known.push_back(one.name);
    const std::string hint = config::did_you_mean(word, known);
    problem = "no command '" + typed + "': " +
              (!hint.empty() ? hint
               : at == &root ? "`standstill --help` lists them"
                             : "it is one of " + config::list_of(known));
    return false;
  });
  return problem;
}

std::string unknown_option(const CommandNode& root, const std::vector<const CommandNode*>& path,
                           const std::string& word) {
  std::vector<std::string_view> known;
  const auto add = [&known](const CommandNode& command) {
    for (const auto& one : command.options) known.insert(known.end(), one.names.begin(), one.names.end());
  };
  add(root);
  for (const auto* command : path) add(*command);
  const std::string hint = config::did_you_mean(word.substr(0, word.find('=')), known);
  std::string where = "standstill";
  for (const auto* command : path) where += " " + command->name;
  return "unknown option '" + printable(word) +
         "': " + (hint.empty() ? "`" + where + " --help` lists them" : hint);
}

}  // namespace standstill::app
