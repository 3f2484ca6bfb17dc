// The container: what its build file installs is what the programs need, and its example needs no privileged
// mode.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/places.hpp"

namespace standstill::test {
namespace {

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::string text;
  std::array<char, 4096> bytes{};
  for (std::size_t got = 0; (got = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;)
    text.append(bytes.data(), got);
  ::pclose(pipe);
  return text;
}

std::string file(const std::string& name) {
  std::ifstream in(source_folder() + "/packaging/container/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(Container, HasEveryLibraryThatTheProgramsNeed) {
  if (output_of("command -v readelf").empty() || output_of("command -v dpkg-query").empty())
    GTEST_SKIP() << "no readelf or no dpkg-query on this machine";
  const std::string recipe = file("Containerfile");
  const auto installed = words(recipe.substr(recipe.find("debian:12-slim")));
  const std::set<std::string> of_every_debian{"libc6", "libgcc-s1"};
  std::map<std::string, std::string> needed;  // library → a program that names it
  for (const char* program : {"standstill", "standstill-guard", "standstill-cutter"}) {
    const std::string header = output_of("readelf -d " + program_folder() + "/" + program);
    const std::regex line(R"(\(NEEDED\).*\[([^\]]+)\])");
    for (std::sregex_iterator at(header.begin(), header.end(), line), end; at != end; ++at)
      if (!std::regex_search((*at)[1].str(), std::regex("san\\.so|^ld-linux")))  // a sanitizer's, the loader
        needed.emplace((*at)[1], program);
  }
  EXPECT_GT(needed.size(), 10U) << "the programs were not built where this test looks";
  std::string question = "dpkg-query -S";
  for (const auto& [library, program] : needed) question += " '*/" + library + "'";
  std::istringstream answer(output_of(question));
  std::set<std::string> there;  // a library may have several owners: other architectures, debug files
  for (std::string line; std::getline(answer, line);) {
    const std::string package = line.substr(0, line.find(':'));
    if (installed.contains(package) || of_every_debian.contains(package))
      there.insert(line.substr(line.rfind('/') + 1));
  }
  for (const auto& [library, program] : needed)
    EXPECT_TRUE(there.contains(library))
        << program << " needs " << library << ", which no package of the container has: " << question;
}

TEST(Container, NeedsNoPrivilegedMode) {
  const std::string example = std::regex_replace(file("compose.yaml"), std::regex("#[^\n]*"), "");
  EXPECT_EQ(example.find("privileged"), std::string::npos);
  for (const char* line : {"- \"c 188:* rmw\"", "- \"c 166:* rmw\"", "- /dev:/dev:ro",
                           "restart: unless-stopped", "group_add:", "healthcheck:", "\"health\"]"})
    EXPECT_NE(example.find(line), std::string::npos) << line;
  EXPECT_EQ(example.find('\t'), std::string::npos) << "YAML knows no tabs";
  // An engine that does not read the example's health check reads the image's.
  EXPECT_NE(file("Containerfile").find("HEALTHCHECK"), std::string::npos);
}

}  // namespace
}  // namespace standstill::test
