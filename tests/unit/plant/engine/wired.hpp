// A supervisor's session and a simulated engine on one line, in simulated time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "plant/engine/session.hpp"
#include "plant/loco/telemetry.hpp"
#include "sim/loco/rig.hpp"

namespace standstill::engine {

// Session and engine, wired: what one says the other hears, cut into pieces of any size.
class Wired : public testing::Test {
 protected:
  Wired() {
    session.connected(rig.now());
    rig.hears = [this](std::string_view line) {
      if (plugged) waiting += std::string(line) + "\n";
    };
  }
  void run(Duration time) {
    for (const Instant end = rig.now() + time; rig.now() < end;) turn();
  }
  void turn() {
    rig.cycle();
    if (rig.now() >= session.deadline()) session.tick(rig.now());
    if (session.last_heard() != Instant{} && rig.now() - session.last_heard() > 1s) session.probe(rig.now());
    while (!waiting.empty()) {
      const std::size_t take = std::min(waiting.size(), piece);
      ASSERT_TRUE(session.feed(std::as_bytes(std::span(waiting).first(take)), rig.now()));
      waiting.erase(0, take);
    }
    const auto out = session.output();
    sent += out.size();
    const std::string bytes(reinterpret_cast<const char*>(out.data()), out.size());
    session.sent(bytes.size());
    for (const char c : bytes)
      if (reader.take(static_cast<std::uint8_t>(c))) rig.typed(reader.typed());
  }
  [[nodiscard]] const link::Tag& tag(const char* name) { return tags.get(tags.declare("engine", name)); }
  [[nodiscard]] int journalled(const std::string& code, const std::string& text = "") {
    return static_cast<int>(std::ranges::count_if(journal, [&](const auto& one) {
      return one.first == code && one.second.find(text) != std::string::npos;
    }));
  }

  static std::vector<std::uint32_t> numbers() {
    std::vector<std::uint32_t> all;
    for (const auto& one : loco::variables) all.push_back(static_cast<std::uint32_t>(one.cv));
    return all;
  }

  sim::loco::Rig rig;
  loco::LineReader reader;
  link::TagTable tags;
  std::vector<std::pair<std::string, std::string>> journal;
  std::string waiting;
  std::size_t piece = 7;
  std::size_t sent = 0;  // bytes to the engine
  bool plugged = true;
  Session session{
      {.link = "engine",
       .tags = &tags,
       .wall_ns = [] { return 1LL; },
       .ask_every = 5s,
       .variables = numbers(),
       .on_values = {},
       .on_said = [this](std::string_view code,
                         const std::string& detail) { journal.emplace_back(std::string(code), detail); }}};
};

}  // namespace standstill::engine
