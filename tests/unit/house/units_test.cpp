// The systemd units: systemd itself reads them, and says how much of the machine they leave open.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <regex>

#include "support/temporary_folder.hpp"
#include "unit/house/tree.hpp"

namespace standstill::house {
namespace {

struct Unit {
  const char* name;
  int exposed;  // at most, in tenths: systemd-analyze(1), `security`; without any hardening it is 92
};

class Units : public testing::TestWithParam<Unit> {};

TEST_P(Units, AreUnderstoodBySystemdAndHardened) {
  if (::access("/usr/bin/systemd-analyze", X_OK) != 0) GTEST_SKIP() << "no systemd-analyze on this machine";
  test::TemporaryFolder folder;
  // The programs are not installed where a test runs; whether they are is not the question.
  std::string text = read(root() / "packaging/systemd" / (std::string(GetParam().name) + ".service.in"));
  text = std::regex_replace(text, std::regex("@STANDSTILL_BINDIR@/standstill[-a-z]*"), "/bin/true");
  text = std::regex_replace(text, std::regex("@STANDSTILL_BINDIR@"), "/usr/bin");
  const std::string unit = folder / (std::string(GetParam().name) + ".service");
  std::ofstream(unit) << text;
  const std::string said = folder / "said";
  const auto analyzed = [&](const std::string& how) {
    return std::system(("/usr/bin/systemd-analyze " + how + " " + unit + " >" + said + " 2>&1").c_str());
  };
  EXPECT_EQ(analyzed("--man=no verify"), 0) << read(said);
  EXPECT_EQ(read(said), "") << "a word that systemd does not know is ignored, and says so";
  EXPECT_EQ(analyzed("security --offline=yes --threshold=" + std::to_string(GetParam().exposed)), 0)
      << read(said);
}

INSTANTIATE_TEST_SUITE_P(Each, Units,
                         testing::Values(Unit{"standstill", 45}, Unit{"standstill-guard", 45},
                                         Unit{"standstill-watchdog", 65}),
                         [](const auto& test) {
                           return std::regex_replace(std::string(test.param.name), std::regex("-"), "_");
                         });

}  // namespace
}  // namespace standstill::house
