// The program that runs inside the guest: scenarios are GoogleTest tests, their names read as sentences. A
// folder of scenarios is one file; a new scenario is a TEST of three steps: set up, act, expect.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

// A machine that is reset on the way does not begin again: what is done is on the disk.
constexpr const char* done = "/var/done";
bool with_disk() { return std::getenv("HIL_DISK") != nullptr; }
void write_done(const std::string& scenario) {
  std::ofstream(done, std::ios::app) << ":" << scenario;
  ::sync();
}

// One line a scenario on the console, for the runner on the host: "@ok NAME MS" or "@fail NAME MS", after
// what failed.
class ConsoleLines : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.failed())
      std::printf("@text %s:%d %s\n", result.file_name() == nullptr ? "?" : result.file_name(),
                  result.line_number(), result.message());
  }
  void OnTestEnd(const testing::TestInfo& info) override {
    const auto& result = *info.result();
    std::printf("@%s %s.%s %lld\n",
                result.Skipped()  ? "skip"
                : result.Passed() ? "ok"
                                  : "fail",
                info.test_suite_name(), info.name(), static_cast<long long>(result.elapsed_time()));
    std::fflush(stdout);
    if (with_disk()) write_done(std::string(info.test_suite_name()) + "." + info.name());
  }
};

}  // namespace

int main(int argc, char** argv) {
  ::mount("debug", "/sys/kernel/debug", "debugfs", 0, nullptr);
  testing::InitGoogleTest(&argc, argv);
  if (with_disk()) {
    std::string finished;
    std::ifstream(done) >> finished;
    if (!finished.empty()) GTEST_FLAG_SET(filter, GTEST_FLAG_GET(filter) + "-" + finished.substr(1));
  }
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new ConsoleLines);
  return RUN_ALL_TESTS();
}
