// What the tests of every kind of alert share.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tell/alert.hpp"

namespace standstill::tell {

inline AlertEvent trip() {
  return {.event = "trip",
          .site = "club",
          .state = "tripped",
          .epoch = 3,
          .code = "link_lost",
          .source = "layout",
          .detail = "the \"server\" went\nsilent",
          .wall_ns = 1'769'860'800'000'000'000};
}

inline AlertConfig program(const std::string& script) {
  return {.id = "horn", .channel = ProgramConfig{{"/bin/sh", "-c", script}}};
}

inline std::unique_ptr<Teller> teller(std::vector<AlertConfig> alerts, Teller::Health health = {}) {
  auto made = Teller::make(std::move(alerts), std::move(health));
  EXPECT_TRUE(made) << made.error();
  return std::move(*made);
}

template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return condition();
}

class Folder {
 public:
  Folder() { path = ::mkdtemp(path.data()); }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path = (std::filesystem::temp_directory_path() / "standstill-tell-XXXXXX").string();
};

}  // namespace standstill::tell
