// The demo's own thread: keys, signals and the picture. What takes time is done on a second one, in order.
#include "app/demo.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/demo_doer.hpp"
#include "app/demo_folder.hpp"
#include "app/demo_guide.hpp"
#include "app/demo_keys.hpp"
#include "app/demo_plant.hpp"
#include "app/demo_processes.hpp"
#include "app/demo_script.hpp"
#include "app/demo_view.hpp"
#include "app/demo_voice.hpp"
#include "app/screen.hpp"
#include "app/state_text.hpp"
#include "os/clock.hpp"
#include "os/end_signals.hpp"
#include "sim/listener.hpp"

namespace standstill::app {

namespace {

constexpr std::uint16_t usual_port = 8080;
constexpr Duration until_restart = 3s;  // long enough to see what a killed supervisor means
constexpr Duration until_answer = 30s;  // on a machine that compiles something else meanwhile
constexpr Duration until_replaced = 60s;
constexpr Duration redraw = 250ms;

// Held for as long as the demo lives: a supervisor that was killed finds its port again.
std::expected<os::Fd, std::string> choose_port(std::optional<std::uint16_t> wanted) {
  auto held = sim::hold_tcp("127.0.0.1", wanted.value_or(usual_port));
  if (!held && !wanted) held = sim::hold_tcp("127.0.0.1", 0);
  if (!held) return std::unexpected(held.error() + "; choose another --port");
  return held;
}

class Demo {
 public:
  Demo(const DemoOptions& options, DemoVoice& voice, DemoFolder& folder, DemoPlant& plant, std::string token,
       std::string url, const os::EndSignals& signals)
      : options_(options),
        voice_(voice),
        folder_(folder),
        plant_(plant),
        processes_(folder.configuration(), folder.state_dir(), folder.log_file()),
        person_(folder.socket(), std::move(token)),
        onlooker_(folder.socket(), {}, 700ms),
        signals_(signals) {
    picture_.url = std::move(url);
  }

  int begin();
  void run(Screen* screen, std::vector<DemoOrder> script);
  int end();

 private:
  void guide();
  void order(const DemoOrder& order);
  void until_whole();
  void turn(int wait_ms);
  void look(Screen* screen);
  void watch_supervisor();
  void on_keys();

  const DemoOptions& options_;
  DemoVoice& voice_;
  DemoFolder& folder_;
  DemoPlant& plant_;
  DemoProcesses processes_;
  DemoOperator person_, onlooker_;
  const os::EndSignals& signals_;
  DemoPicture picture_;
  std::string told_word_;
  Instant looked_{}, restart_at_ = never;
  std::atomic<bool> over_ = false, took_over_ = false, guiding_ = false, failed_ = false;
  bool keys_ = false, answered_ = false;  // answered_: since it was started last
  std::unique_ptr<DemoDoer> doer_;
};

// Until the supervisor answers.
int Demo::begin() {
  if (const auto started = processes_.start_supervisor(); !started)
    return complain(started.error()), int{exit_usage};
  const Instant until = os::now() + until_answer;
  while (!onlooker_.state()) {
    turn(20);
    if (over_) return exit_done;
    const bool ended = processes_.supervisor_ended();
    if (!ended && os::now() < until) continue;
    complain(ended ? "the supervisor of the demo could not start; it said:"
                   : "the supervisor of the demo does not answer; it said:");
    std::fprintf(stderr, "%s\n", processes_.last_words(30).c_str());
    return exit_usage;
  }
  answered_ = true;
  return exit_done;
}

void Demo::guide() {
  guiding_ = true;
  DemoGuide guide({plant_, person_, folder_.state_dir(), folder_.alert_file(), options_.pace,
                   [this](const DemoLine& line) { voice_.say(line); }, took_over_});
  const auto end = guide.run();
  guiding_ = false;
  if (end != DemoGuide::End::through && (end == DemoGuide::End::failed || options_.exit_after_guide))
    failed_ = true;
  if (options_.exit_after_guide)
    over_ = true;
  else if (end == DemoGuide::End::through)
    voice_.say({"yours", "It is yours now. Break something, and look what happens."});
}

void Demo::order(const DemoOrder& order) {
  if (order.key == 'q') {
    over_ = true;
  } else if (order.kind == DemoOrder::Kind::sleep) {
    const Instant until = os::now() + order.pause;
    while (!over_ && os::now() < until)
      std::this_thread::sleep_for(std::min<Duration>(50ms, until - os::now()));
  } else if (order.kind == DemoOrder::Kind::until_whole) {
    until_whole();
  } else {
    const DemoAnswer answer = press(order.key, plant_, processes_, person_);
    voice_.say({order.name(), answer.text, answer.done});
    if (!answer.done && !options_.script.empty()) failed_ = true;
  }
}

void Demo::until_whole() {
  const Instant until = os::now() + until_replaced;
  // They run, and supervisor and guard know of each other.
  const auto whole = [this] {
    const auto state = person_.state();
    return processes_.whole() && state &&
           state->value(nlohmann::ordered_json::json_pointer("/guard/pid"), 0U) != 0;
  };
  while (!over_ && os::now() < until) {
    if (whole()) return voice_.say({"until-whole", "Supervisor, guard and both cutters run."});
    std::this_thread::sleep_for(50ms);
  }
  if (over_) return;
  voice_.say({"until-whole", "Supervisor, guard and both cutters did not all run within a minute.", false});
  failed_ = true;
}

void Demo::watch_supervisor() {
  if (processes_.supervisor_ended()) {
    restart_at_ = os::now() + until_restart;
    if (answered_)
      voice_.say(
          {"supervisor",
           "The supervisor is gone; the guard has cut by itself. In three seconds it is started again."});
    else
      voice_.say({"supervisor",
                  "The supervisor did not come up again. Its last words: " + processes_.last_words(1),
                  false});
    answered_ = false;
  }
  if (os::now() < restart_at_) return;
  restart_at_ = never;
  if (const auto started = processes_.start_supervisor(); !started)
    voice_.say({"supervisor", started.error(), false});
}

void Demo::on_keys() {
  std::array<char, 64> bytes{};
  const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0) keys_ = false;
  for (ssize_t i = 0; i < count; ++i) {
    const auto key = demo_key(std::string_view(&bytes[static_cast<std::size_t>(i)], 1));
    if (!key) continue;
    if (*key == 'q') over_ = true;
    took_over_ = true;
    doer_->add([this, one = *key] { order({DemoOrder::Kind::key, one, {}}); });
  }
}

void Demo::turn(int wait_ms) {
  std::array<pollfd, 2> ready{{{signals_.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  if (::poll(ready.data(), keys_ ? 2 : 1, wait_ms) <= 0) return;
  if (signals_.take()) over_ = true;
  if (keys_ && ready[1].revents != 0) on_keys();
}

void Demo::look(Screen* screen) {
  if (os::now() < looked_ + redraw) return;
  looked_ = os::now();
  const auto state = onlooker_.state();
  answered_ = answered_ || state;
  if (state)
    take_state(picture_, *state);
  else
    picture_.word = "unknown";
  if (screen == nullptr) {
    const std::string word = picture_.word + (picture_.epoch.empty() ? "" : ", epoch " + picture_.epoch);
    if (word != told_word_)
      voice_.say({"state", word + (picture_.first_out.empty() || picture_.word != "tripped"
                                       ? ""
                                       : ": " + picture_.first_out)});
    told_word_ = word;
    return;
  }
  picture_.plant = plant_.now();
  picture_.text = voice_.newest();
  picture_.guided = guiding_;
  picture_.journal.clear();
  for (const auto& event : onlooker_.events({}, 40))
    if (event.kind != "output_commanded")
      picture_.journal.push_back(event.clock + " " + event.kind + " " + event.code +
                                 (event.code.empty() ? "" : " ") + event.source +
                                 (event.detail.empty() ? "" : ": " + event.detail));
  if (state && (*state)["epoch"].is_number_unsigned())
    picture_.way = way_text(onlooker_.events((*state)["epoch"].get<std::uint64_t>(), 100));
  const auto [rows, columns] = Screen::size();
  screen->show(draw(picture_, rows, columns, Screen::coloured()));
}

void Demo::run(Screen* screen, std::vector<DemoOrder> script) {
  doer_ = std::make_unique<DemoDoer>();
  keys_ = options_.script.empty() && ::isatty(STDIN_FILENO) == 1;
  if (!options_.no_guide) doer_->add([this] { guide(); });
  for (const auto& one : script) doer_->add([this, one] { order(one); });
  if (!options_.script.empty())
    doer_->add([this] { over_ = true; });
  else if (options_.no_guide && options_.exit_after_guide)
    over_ = true;
  while (!over_) {
    turn(50);
    watch_supervisor();
    if (!over_) look(screen);
  }
  took_over_ = true;  // a guide at work ends at its next wait
  doer_->finish();
}

int Demo::end() {
  const bool gently = processes_.end();
  const DemoPlantNow left = plant_.now();
  const bool safe = !left.relay_on && !left.mains_on;
  if (safe && gently)
    voice_.say({"ended",
                "Every output is safe: track off, mains off, seen at the relays. Nothing is left running."});
  else
    voice_.say(
        {"ended",
         std::string(safe ? "" : "A relay is still on. ") + (gently ? "" : "A process had to be killed."),
         false});
  if (!folder_.temporary())
    voice_.say({"kept", "Journal, snapshots and configuration are in " + folder_.path()});
  return safe && gently && !failed_ ? exit_done : exit_no;
}

int refuse(const std::string& why) {
  complain(why);
  return exit_usage;
}

}  // namespace

int run_demo(const Context& context, const DemoOptions& options) {
  if (!(options.pace >= 0.02 && options.pace <= 10)) return refuse("--pace must be 0.02 to 10");
  auto script = read_script(options.script);
  if (!script) return refuse(script.error());
  const auto held = choose_port(options.port);
  if (!held) return refuse(held.error());
  const std::uint16_t port = sim::port_of(*held);
  auto folder = DemoFolder::make(options.folder);
  if (!folder) return refuse(folder.error());
  const os::EndSignals signals;  // before the first thread
  const double hurry = std::min(1.0, options.pace);
  const auto scaled = [hurry](Duration usual, Duration least) {
    return std::max(least, Duration(static_cast<std::int64_t>(static_cast<double>(usual.count()) * hurry)));
  };
  const auto key = folder->make_key();
  if (!key) return refuse(key.error());
  auto plant = DemoPlant::start(
      folder->relay_link(), [&](const std::string& peer) { return folder->control(peer); },
      scaled(100ms, 10ms), folder->bus_socket(), *key);
  if (!plant) return refuse(plant.error());
  const auto written = folder->write_configuration(
      {port, (*plant)->rocrail_port(), (*plant)->relay_port(), scaled(2s, 200ms)});
  if (!written) return refuse(written.error());
  const auto token = folder->add_operator();
  if (!token) return refuse(token.error());

  const bool picture = !context.json && Screen::possible();
  DemoVoice voice(context.json, false);
  const std::string base = "http://127.0.0.1:" + std::to_string(port);
  voice.say({"look", base + "/api/v1/state and " + base + "/metrics"});
  voice.say({"ask", "standstill -c " + folder->configuration() + " status   (release with --token-file " +
                        folder->token_file() + ")"});
  DemoVoice shown(context.json, picture);
  Demo demo(options, shown, *folder, **plant, *token, base + "/api/v1/state  " + base + "/metrics", signals);
  if (const int begun = demo.begin(); begun != exit_done) return begun;
  {
    std::unique_ptr<Screen> screen;
    if (picture) screen = std::make_unique<Screen>();
    demo.run(screen.get(), std::move(*script));
  }
  shown.picture_ends();
  return demo.end();
}

}  // namespace standstill::app
