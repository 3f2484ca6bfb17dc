// `ack`, `reset`, `start`: an operator's word about one epoch.
#include <array>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/secret_prompt.hpp"
#include "config/config.hpp"

namespace standstill::app {

namespace {

struct WordText {
  const char* path;
  const char* command;
  const char* done;
};
constexpr std::array<WordText, 3> texts{
    {{"/api/v1/ack", "ack", "acknowledged"},
     {"/api/v1/reset", "reset", "reset: ready. Nothing is energised until `standstill start`"},
     {"/api/v1/start", "start", "started: running"}}};

std::string text_of(const nlohmann::ordered_json& body, const char* name) {
  return body.is_object() && body.contains(name) && body[name].is_string() ? body[name].get<std::string>()
                                                                           : "";
}

// Whoever types the number has seen what it is about: so the current one is shown, and still has to be typed.
std::expected<std::uint64_t, int> ask_epoch(const Ask& ask, const char* command) {
  const auto state = ask.get("/api/v1/state");
  if (!state) return std::unexpected(state.error());
  const std::string epoch = state->contains("epoch") ? (*state)["epoch"].dump() : "?";
  std::fprintf(stderr, "%s is %s, epoch %s.\n", text_of(*state, "site").c_str(),
               text_of(*state, "state").c_str(), epoch.c_str());
  if (state->contains("first_out") && (*state)["first_out"].is_object()) {
    const auto& first = (*state)["first_out"];
    std::fprintf(stderr, "First cause: %s, %s: %s\n", text_of(first, "code").c_str(),
                 text_of(first, "source").c_str(), printable(text_of(first, "detail")).c_str());
  }
  const std::string typed = ask_line(std::string("epoch to ") + command + ": ");
  if (!typed.empty() && typed.size() < 10 && typed.find_first_not_of("0123456789") == std::string::npos)
    return std::stoull(typed);
  complain("'" + printable(typed) + "' is no epoch: nothing was done");
  return std::unexpected(exit_usage);
}

}  // namespace

int word(const Context& context, Word word, const WordOptions& options) {
  const WordText& text = texts[static_cast<std::size_t>(word)];
  auto config = load_config(context);
  if (!config) return config.error();
  const Ask ask(config->site.state_dir);
  std::optional<std::uint64_t> epoch = options.epoch;
  if (!epoch) {
    if (!interactive()) {
      complain(std::string(text.command) + " needs --epoch N: the number that `standstill status` shows");
      return exit_usage;
    }
    const auto typed = ask_epoch(ask, text.command);
    if (!typed) return typed.error();
    epoch = *typed;
  }
  const auto who = bearer(options.operator_name, options.token_file);
  if (!who) {
    complain(who.error());
    return exit_usage;
  }
  const auto answer = ask.post(text.path, nlohmann::json{{"epoch", *epoch}}.dump(), *who);
  if (!answer) return answer.error();
  say(context.json ? answer->dump() : "epoch " + std::to_string(*epoch) + " " + text.done);
  return exit_done;
}

}  // namespace standstill::app
