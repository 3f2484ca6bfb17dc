// What the measuring programs are told: [SAMPLES] [--keep FILE] [--only TEXT].
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "bench/sample.hpp"

namespace standstill::bench {

struct Options {
  std::size_t samples;
  std::string only = {};  // measure only what has this in its name
  std::string keep = {};  // append every sample to this file, for bench/pictures.py

  Options(int argc, char** argv, std::size_t usual) : samples(usual) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      if (word == "--only" && i + 1 < argc) {
        only = argv[++i];
      } else if (word == "--keep" && i + 1 < argc) {
        keep = argv[++i];
      } else if (char* end = nullptr; (samples = std::strtoul(argv[i], &end, 10)) == 0 || *end != '\0') {
        std::fprintf(stderr, "usage: %s [SAMPLES] [--only TEXT] [--keep FILE]\n", argv[0]);
        std::exit(2);
      }
    }
  }

  [[nodiscard]] bool wanted(std::string_view name) const { return name.find(only) != std::string_view::npos; }

  // One line a sample: picture, panel, whose, nanoseconds.
  void note(std::string_view picture, std::string_view panel, const Row& row) const {
    if (keep.empty()) return;
    std::ofstream file(keep, std::ios::app);
    for (const double ns : row.ours) file << picture << '\t' << panel << "\tours\t" << ns << '\n';
    for (const double ns : row.yardstick) file << picture << '\t' << panel << "\tyardstick\t" << ns << '\n';
  }
};

}  // namespace standstill::bench
