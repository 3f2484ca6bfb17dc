// Samples of one measurement, their percentiles, and the row of the table (its heading is in bench/run)
// printed of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace standstill::bench {

using Samples = std::vector<double>;  // of one unit

// Nearest rank; NaN of nothing.
inline double percentile(Samples samples, double share) {
  if (samples.empty()) return std::nan("");
  std::sort(samples.begin(), samples.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(samples.size())));
  return samples[std::min(samples.size() - 1, rank == 0 ? 0 : rank - 1)];
}

// Nanoseconds as people read them.
inline std::string time_text(double ns) {
  char text[32];
  if (std::isnan(ns)) return "-";
  if (ns < 1e3)
    std::snprintf(text, sizeof text, "%.0f ns", ns);
  else if (ns < 1e6)
    std::snprintf(text, sizeof text, ns < 1e4 ? "%.1f us" : "%.0f us", ns / 1e3);
  else
    std::snprintf(text, sizeof text, ns < 1e7 ? "%.2f ms" : "%.0f ms", ns / 1e6);
  return text;
}

inline std::string bytes_text(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes < 1e7 ? "%.2f MB" : "%.1f MB", bytes / 1e6);
  return text;
}

struct Row {
  std::string what;
  Samples ours,
      yardstick;  // of what `text` prints, nanoseconds; no yardstick: an absolute figure, which never fails
  std::optional<double> limit;  // of ours' compared percentile over the yardstick's
  double compared = 0.99;
  std::string note = {};  // printed instead of "ok" or "reported"
  std::string (*text)(double) = time_text;

  [[nodiscard]] double ratio() const { return percentile(ours, compared) / percentile(yardstick, compared); }
  [[nodiscard]] bool fails() const { return limit && (yardstick.empty() || !(ratio() <= *limit)); }
};

// Prints the row and says whether it holds.
inline bool print(const Row& row) {
  char ratio[16] = "-";
  char limit[16] = "-";
  if (!row.yardstick.empty() && !row.ours.empty()) std::snprintf(ratio, sizeof ratio, "%.2f", row.ratio());
  if (row.limit) std::snprintf(limit, sizeof limit, "%.2f", *row.limit);
  const std::string verdict = row.fails()         ? "OVER"
                              : !row.note.empty() ? row.note
                              : row.limit         ? "ok"
                                                  : "reported";
  std::printf("| %-58s | %5zu | %8s | %8s | %8s | %8s | %8s | %6s | %6s | %s |\n", row.what.c_str(),
              row.ours.size(), row.text(percentile(row.ours, 0.5)).c_str(),
              row.text(percentile(row.ours, 0.99)).c_str(), row.text(percentile(row.ours, 0.999)).c_str(),
              row.text(percentile(row.yardstick, 0.5)).c_str(),
              row.text(percentile(row.yardstick, 0.99)).c_str(), ratio, limit, verdict.c_str());
  std::fflush(stdout);
  if (row.fails())
    std::fprintf(stderr, "bench: %s: %s of its yardstick at p%.3g, at most %.2f is allowed\n",
                 row.what.c_str(), ratio, row.compared * 100, *row.limit);
  return !row.fails();
}

}  // namespace standstill::bench
