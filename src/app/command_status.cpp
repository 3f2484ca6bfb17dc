// `status`, `watch`, `why`, `tags`, `health`: what the supervisor knows.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/screen.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "app/watch_view.hpp"
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

ordered_json answer_of(const std::expected<terminal::Response, terminal::ClientError>& response) {
  if (!response || response->status != 200) return nullptr;
  ordered_json body = ordered_json::parse(response->body, nullptr, false);
  return body.is_discarded() ? ordered_json(nullptr) : body;
}

std::string trouble_of(const std::expected<terminal::Response, terminal::ClientError>& response) {
  return response ? "the supervisor answered " + std::to_string(response->status) : response.error().text;
}

// What stands in the way and what happened last are asked for when the state has changed, and every other
// second.
class Watching {
 public:
  explicit Watching(const std::filesystem::path& state_dir) : ask_(state_dir) {}

  const WatchPicture& look() {
    const auto response = ask_.raw("/api/v1/state");
    picture_.state = answer_of(response);
    picture_.now_wall_ns = os::wall_ns();
    picture_.clock = clock_text(picture_.now_wall_ns);
    const Instant now = os::now();
    if (!picture_.state.is_object()) {
      picture_.trouble = trouble_of(response);
      picture_.unheard = now - heard_;
      return picture_;
    }
    heard_ = now;
    const std::string told = text_of(picture_.state, "state") + text_of(picture_.state, "acknowledged") +
                             text_of(picture_.state, "links") + text_of(picture_.state, "outputs");
    if (told == told_ && now - asked_ < 2s) return picture_;
    told_ = told;
    asked_ = now;
    picture_.why = answer_of(ask_.raw("/api/v1/why"));
    picture_.events = answer_of(ask_.raw("/api/v1/journal?limit=60"));
    return picture_;
  }
  void told(std::string what) { picture_.told = std::move(what); }

 private:
  Ask ask_;
  WatchPicture picture_;
  std::string told_;
  Instant heard_ = os::now(), asked_{};
};

// A key within so long; 0: none.
char key_within(int milliseconds) {
  pollfd keys{STDIN_FILENO, POLLIN, 0};
  char key = 0;
  if (::poll(&keys, 1, milliseconds) <= 0 || ::read(STDIN_FILENO, &key, 1) != 1) {
    if ((keys.revents & (POLLHUP | POLLERR | POLLIN)) != 0)
      ::usleep(static_cast<useconds_t>(milliseconds) * 1000);
    return 0;
  }
  return key;
}

void watch_on_screen(const Context& context, const std::filesystem::path& state_dir) {
  Watching watching(state_dir);
  Screen screen;
  while (ended == 0) {
    const auto [rows, columns] = Screen::size();
    screen.show(watch_lines(watching.look(), static_cast<std::size_t>(rows),
                            static_cast<std::size_t>(columns), Screen::coloured()));
    const char key = key_within(500);
    if (key == 'q') return;
    if (key == 's') watching.told(stop_quietly(context, "the watch screen"));
  }
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
  struct sigaction end{};
  end.sa_handler = [](int) { ended = 1; };
  ::sigaction(SIGINT, &end, nullptr);
  ::sigaction(SIGTERM, &end, nullptr);
  if (!context.json && Screen::possible()) {
    watch_on_screen(context, config->site.state_dir);
    return exit_done;
  }
  Instant heard = os::now();
  while (ended == 0) {
    const auto response = ask.raw("/api/v1/state");
    const ordered_json state = answer_of(response);
    if (state.is_object()) {
      heard = os::now();
      say(context.json ? state.dump() : state_text(state, os::wall_ns(), false) + "\n");
    } else {
      const std::string why = trouble_of(response);
      // The old values are not shown: nobody may take them for the present.
      say(context.json ? ordered_json{{"state", nullptr}, {"error", why}}.dump()
                       : "UNKNOWN  for " + age_text(to_ms(os::now() - heard)) + "\n\n" + why + "\n");
    }
    for (int i = 0; i < 10 && ended == 0; ++i) ::usleep(100000);
  }
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
