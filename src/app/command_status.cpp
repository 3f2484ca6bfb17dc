// `status`, `watch`, `why`, `tags`, `health`: what the supervisor knows.
#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "os/clock.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

volatile std::sig_atomic_t ended = 0;

const ordered_json& member(const ordered_json& body, const char* name) {
  static const ordered_json none = ordered_json::array();
  const auto found = body.is_object() ? body.find(name) : body.end();
  return found == body.end() || !found->is_array() ? none : *found;
}

std::string clock_text() {
  char text[32];
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

// Draws over what was there: the cursor home, each line cleared to its end, the rest of the screen cleared.
void draw(const std::string& text) {
  std::string screen = "\x1b[H";
  for (const char c : text) screen += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  screen += "\x1b[K\x1b[J";
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, screen.data(), screen.size());
}

}  // namespace

int status(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto state = Ask(config->site.state_dir).get("/api/v1/state");
  if (!state) return state.error();
  say(context.json ? state->dump() : state_text(*state, os::wall_ns(), ::isatty(STDOUT_FILENO) != 0));
  return exit_done;
}

int watch(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const Ask ask(config->site.state_dir);
  const auto first = ask.get("/api/v1/state");
  if (!first) return first.error();
  const bool screen = !context.json && ::isatty(STDOUT_FILENO) != 0;
  struct sigaction end{};
  end.sa_handler = [](int) { ended = 1; };
  ::sigaction(SIGINT, &end, nullptr);
  ::sigaction(SIGTERM, &end, nullptr);
  if (screen) std::fputs("\x1b[?1049h\x1b[?25l", stdout), std::fflush(stdout);
  Instant heard = os::now();
  while (ended == 0) {
    const auto response = ask.raw("/api/v1/state");
    ordered_json state = response && response->status == 200
                             ? ordered_json::parse(response->body, nullptr, false)
                             : ordered_json();
    const bool known = state.is_object();
    if (known) heard = os::now();
    std::string text;
    if (known) {
      text = context.json ? state.dump() : state_text(state, os::wall_ns(), screen);
    } else {
      const std::string why =
          response ? "the supervisor answered " + std::to_string(response->status) : response.error().text;
      // The old values are not shown: nobody may take them for the present.
      text = context.json ? ordered_json{{"state", nullptr}, {"error", why}}.dump()
                          : "UNKNOWN  for " + age_text(to_ms(os::now() - heard)) + "\n\n" + why;
    }
    if (screen)
      draw(clock_text() + "  " + text + "\n\nCtrl-C leaves. In an emergency: standstill stop");
    else
      say(context.json ? text : text + "\n");
    for (int i = 0; i < 10 && ended == 0; ++i) ::usleep(100000);
  }
  if (screen) std::fputs("\x1b[?25h\x1b[?1049l", stdout), std::fflush(stdout);
  return exit_done;
}

int why(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto body = Ask(config->site.state_dir).get("/api/v1/why");
  if (!body) return body.error();
  if (context.json) {
    say(body->dump());
    return exit_done;
  }
  const auto& blockers = member(*body, "blockers");
  if (blockers.empty()) {
    say("It is running: nothing stands in the way.");
    return exit_done;
  }
  std::string text = "Not running (" + text_of(*body, "state") + "):";
  for (const auto& one : blockers) {
    const std::string age = text_of(one, "age_ms");
    text += "\n\n" + wrapped(text_of(one, "source") + ": " + printable(text_of(one, "text")) +
                                 (age.empty() ? "" : " (for " + age_text(std::atoll(age.c_str())) + ")"),
                             2);
    if (const std::string advice = text_of(one, "advice"); !advice.empty())
      text += "\n" + wrapped("→ " + advice, 4);
  }
  say(text);
  return exit_done;
}

int tags(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto body = Ask(config->site.state_dir).get("/api/v1/tags");
  if (!body) return body.error();
  if (context.json) {
    say(body->dump());
    return exit_done;
  }
  Table table({"TAG", "VALUE", "UNIT", "QUALITY", "AT"});
  for (const auto& tag : *body) {
    const std::string value = text_of(tag, "value");
    table.add({text_of(tag, "link") + "." + text_of(tag, "name"), value.empty() ? "-" : value,
               text_of(tag, "unit"), text_of(tag, "quality"), text_of(tag, "at")});
  }
  say(table.empty() ? "no link has told any value yet" : table.text());
  return exit_done;
}

int health(const Context& context, bool plant) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto response = Ask(config->site.state_dir).raw(plant ? "/api/v1/health?plant=1" : "/api/v1/health");
  ordered_json body = response && response->status == 200
                          ? ordered_json::parse(response->body, nullptr, false)
                          : ordered_json();
  if (!body.is_object() || !body.contains("healthy")) {
    const std::string why =
        !response ? response.error().text : "the supervisor answered " + std::to_string(response->status);
    body = {{"healthy", false}, {"reasons", {why}}};
  }
  const bool healthy = body["healthy"].is_boolean() && body["healthy"].get<bool>();
  if (context.json) {
    say(body.dump());
  } else {
    if (healthy) say("healthy");
    for (const auto& reason : member(body, "reasons"))
      if (reason.is_string()) say(printable(reason.get<std::string>()));
  }
  return healthy ? exit_done : exit_no;
}

}  // namespace standstill::app
