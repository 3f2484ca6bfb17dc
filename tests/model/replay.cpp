// replay TRACE…: one line for all of them; exit code 1 where the latch and its model differ.
#include <fstream>
#include <iostream>

#include "replay.hpp"

int main(int argc, char** argv) {
  standstill::model::Replay all;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    const auto one = standstill::model::Replayer().run(file);
    if (!one.difference.empty() || one.events == 0) {
      std::cerr << argv[i] << ": " << (one.events == 0 ? "no events" : one.difference) << '\n';
      return 1;
    }
    all.events += one.events;
    for (const auto& [event, count] : one.seen) all.seen[event] += count;
  }
  std::cout << argc - 1 << " traces, " << all.events << " events";
  for (const auto& [event, count] : all.seen) std::cout << ", " << event << ' ' << count;
  std::cout << '\n';
  return all.seen.contains("running") ? 0 : 1;
}
