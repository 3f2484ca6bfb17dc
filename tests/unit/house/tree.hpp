// The project's own files as the house tests see them: paths relative to the root, whole contents.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/places.hpp"

namespace standstill::house {

namespace fs = std::filesystem;

inline fs::path root() { return test::source_folder(); }

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every regular file below the named folders (those that exist) with one of the endings, in order.
inline std::vector<fs::path> files(const std::vector<std::string>& folders,
                                   const std::vector<std::string>& endings) {
  std::vector<fs::path> found;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(root() / folder)) continue;
    for (fs::recursive_directory_iterator at(root() / folder), end; at != end; ++at) {
      if (at->path().filename() == "node_modules" || at->path().filename() == "data") {
        at.disable_recursion_pending();
        continue;
      }
      const std::string ending = at->path().extension().string();
      if (at->is_regular_file() && std::find(endings.begin(), endings.end(), ending) != endings.end())
        found.push_back(at->path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline std::vector<fs::path> cpp_files() {
  return files({"src", "sim", "include", "tests", "bench", "examples", "firmware"}, {".cpp", ".hpp"});
}

inline std::string shown(const fs::path& path) { return fs::relative(path, root()).generic_string(); }

inline std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    all.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

}  // namespace standstill::house
