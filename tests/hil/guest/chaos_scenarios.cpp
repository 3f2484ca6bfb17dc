// S2: whoever is killed, stopped, crashed or frozen at whatever instant, every pin is safe within the stated
// deadline.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "hil/guest/chaos.hpp"

namespace standstill::hil {
namespace {

std::int64_t quantile(const std::vector<std::int64_t>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

long setting(const char* key, long otherwise) {
  const char* text = std::getenv(key);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

class Chaos : public testing::TestWithParam<std::tuple<Who, How>> {};

TEST_P(Chaos, S2_SafeWithinTheStatedDeadline) {
  const auto [who, how] = GetParam();
  const auto seed = static_cast<std::uint64_t>(setting("HIL_SEED", 1)) * 100 +
                    static_cast<std::uint64_t>(who) * 10 + static_cast<std::uint64_t>(how);
  ChaosCell cell(who, how, seed);
  std::vector<std::int64_t> times;
  int violations = 0, staged = 0;
  const long rounds = setting("HIL_INSTANTS", 13);
  for (long i = 0; i < rounds; ++i) {
    const Blow blow = cell.round();
    if (blow.energised) times.push_back(blow.safe_us);
    if (blow.in_stage) ++staged;
    if (blow.violation.empty()) continue;
    ++violations;
    ADD_FAILURE() << "round " << i << " of seed " << seed << ", " << name(blow.phase) << " + "
                  << blow.delay_us << " us: " << blow.violation << "; safe after " << blow.safe_us
                  << " us; around the blow:" << blow.seen;
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "@cell %s|%s|%ld|%zu|%d|%d|%lld|%lld|%lld|%lld\n", name(who), name(how), rounds, times.size(), staged,
      violations, static_cast<long long>(quantile(times, 0.5)), static_cast<long long>(quantile(times, 0.99)),
      static_cast<long long>(times.empty() ? 0 : times.back()), static_cast<long long>(cell.deadline_us()));
  EXPECT_FALSE(rounds >= phases && times.empty()) << "no blow met an energised line: this row proves nothing";
  EXPECT_FALSE(rounds >= phases && staged == 0) << "no blow met a stage: this row proves nothing about them";
}

INSTANTIATE_TEST_SUITE_P(Matrix, Chaos,
                         testing::Combine(testing::ValuesIn(all_processes),
                                          testing::Values(How::kill, How::stop, How::segv, How::freeze)),
                         [](const auto& one) {
                           std::string text =
                               std::string(name(std::get<0>(one.param))) + name(std::get<1>(one.param));
                           std::erase(text, ' ');
                           return text;
                         });

}  // namespace
}  // namespace standstill::hil
