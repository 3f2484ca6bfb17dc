// replay latch|chain TRACE…: one line for all of them; exit code 1 where the kernel and its model differ.
#include <fstream>
#include <iostream>
#include <memory>
#include <string_view>

#include "replay_chain.hpp"
#include "replay_latch.hpp"

namespace {

using namespace standstill::model;

std::unique_ptr<Replayer> replayer_of(std::string_view model) {
  if (model == "latch") return std::make_unique<LatchReplayer>();
  if (model == "chain") return std::make_unique<ChainReplayer>();
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  Replay all;
  for (int i = 2; i < argc; ++i) {
    const auto replayer = replayer_of(argv[1]);
    if (!replayer) return 2;
    std::ifstream file(argv[i]);
    const auto one = replayer->run(file);
    if (!one.difference.empty() || one.events == 0) {
      std::cerr << argv[i] << ": " << (one.events == 0 ? "no events" : one.difference) << '\n';
      return 1;
    }
    all.events += one.events;
    for (const auto& [event, count] : one.seen) all.seen[event] += count;
  }
  std::cout << argc - 2 << " traces, " << all.events << " events";
  for (const auto& [event, count] : all.seen) std::cout << ", " << event << ' ' << count;
  std::cout << '\n';
  return all.seen.contains("running") ? 0 : 1;
}
