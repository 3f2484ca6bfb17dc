#include "app/demo_keys.hpp"

#include <algorithm>

#include "app/context.hpp"

namespace standstill::app {

namespace {

DemoAnswer killed(pid_t pid, const std::string& who, const std::string& then) {
  if (!DemoProcesses::kill(pid)) return {false, "No " + who + " runs at the moment."};
  return {true, "Killed the " + who + " (process " + std::to_string(pid) + "). " + then};
}

DemoAnswer answered(const DemoSaid& said, const std::string& done) {
  if (said.done) return {true, done};
  std::string text = "Refused: ";
  for (const auto& reason : said.reasons) text += (text.size() > 9 ? " | " : "") + printable(reason);
  return {false, text};
}

DemoAnswer compared(const DemoOperator& person) {
  std::string why;
  const auto differences = person.compare(why);
  if (!differences) return {false, "Cannot compare: " + why};
  if (differences->empty()) return {true, "The plant is as it was at the last trip: nothing differs."};
  std::string text = std::to_string(differences->size()) + " differ:";
  for (const auto& one : *differences)
    text += " " + one.kind + " " + one.id + " " + one.field + " was " + one.before + ", is " + one.now + ";";
  return {true, printable(text)};
}

DemoAnswer reasons(const DemoOperator& person) {
  std::string text;
  for (const auto& reason : person.why()) text += (text.empty() ? "" : " | ") + reason;
  return {true, text.empty() ? "It runs: nothing stands in the way." : text};
}

}  // namespace

const std::vector<DemoKey>& demo_keys() {
  static const std::vector<DemoKey> keys{{'c', "crash", "crash server"},
                                         {'h', "hang", "hang"},
                                         {'b', "goodbye", "goodbye"},
                                         {'l', "lose-station", "lose command station"},
                                         {'m', "mute", "mute relay"},
                                         {'u', "unplug", "unplug relay"},
                                         {'k', "kill-supervisor", "kill supervisor"},
                                         {'g', "kill-guard", "kill guard"},
                                         {'1', "kill-cutter-1", "kill cutter 1"},
                                         {'2', "kill-cutter-2", "kill cutter 2"},
                                         {'t', "stop", "stop button"},
                                         {'r', "restart", "restart server"},
                                         {'a', "ack", "acknowledge"},
                                         {'e', "reset", "reset"},
                                         {'o', "start", "start"},
                                         {'w', "why", "why"},
                                         {'p', "compare", "compare"},
                                         {'q', "quit", "quit"}};
  return keys;
}

std::optional<char> demo_key(std::string_view word) {
  if (word == "s") return 't';  // the first letter of stop stops, too
  for (const auto& one : demo_keys())
    if (word == one.name || (word.size() == 1 && word.front() == one.key)) return one.key;
  return std::nullopt;
}

std::vector<std::string> keys_text(std::size_t columns, bool guided) {
  if (guided) return {"The tour goes on by itself. Any key takes over; q ends."};
  std::vector<std::string> lines(1);
  for (const auto& one : demo_keys()) {
    const std::string word = std::string(1, one.key) + " " + one.does;
    if (!lines.back().empty() && lines.back().size() + 2 + word.size() > columns) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : "  ") + word;
  }
  return lines;
}

DemoAnswer press(char key, DemoPlant& plant, const DemoProcesses& processes, const DemoOperator& person) {
  const DemoPlantNow before = plant.now();
  switch (key) {
    case 'c':
      plant.server("crash");
      return {true, "The server crashed: every connection ended without a word. r brings it back."};
    case 'h':
      plant.toggle_hang();
      return before.server == "hung"
                 ? DemoAnswer{true, "The server wakes up and carries out what it was told meanwhile."}
                 : DemoAnswer{
                       true,
                       "The server hangs: connected, and silent. An unanswered probe will tell. h wakes it."};
    case 'b':
      plant.server("goodbye");
      return {true,
              "The server says goodbye: no emergency, so outputs go safe quietly and nobody is alarmed. r "
              "brings it back."};
    case 'l':
      plant.toggle_station();
      if (!before.station) plant.let_trains_run();
      return before.station
                 ? DemoAnswer{true, "The server lives, its command station does not. l brings it back."}
                 : DemoAnswer{true, "The command station is there again."};
    case 'm':
      plant.toggle_mute();
      return before.relay_mute ? DemoAnswer{true, "The relay answers again."}
                               : DemoAnswer{true,
                                            "The relay obeys and no longer says so. Now trip (t): not "
                                            "confirmed, so the mains are cut early."};
    case 'u':
      plant.toggle_plug();
      return before.relay_plugged ? DemoAnswer{true,
                                               "The relay's cable is out. It is a cause now, not when it is "
                                               "needed. u plugs it in."}
                                  : DemoAnswer{true, "The relay's cable is in again."};
    case 'r':
      plant.server("restart stale 300");
      return {true,
              "The server restarts, with positions from its last saved plan. p compares; start (o) also "
              "switches it on."};
    case 'k':
      return killed(processes.supervisor(), "supervisor",
                    "The guard cuts. It is started again in three seconds.");
    case 'g':
      return killed(processes.guard(), "guard",
                    "The cutters drive every output safe; the supervisor starts a new guard.");
    case '1':
    case '2':
      return killed(processes.cutter(key - '0'), std::string("cutter ") + key,
                    "The guard trips; the other cutter serves its outputs.");
    case 't':
      return answered(person.stop("the stop button of the demo"), "Stopped. Anyone may, without a name.");
    case 'a':
      return answered(person.acknowledge(), "Acknowledged: a person has seen it.");
    case 'e':
      return answered(person.reset(), "Reset: ready. Nothing starts by itself.");
    case 'o': {
      const DemoSaid said = person.start();
      if (said.done) plant.let_trains_run();
      return answered(said, "Started: the relays pull, the trains run.");
    }
    case 'w':
      return reasons(person);
    case 'p':
      return compared(person);
    default:
      return {false, "No such key."};
  }
}

}  // namespace standstill::app
