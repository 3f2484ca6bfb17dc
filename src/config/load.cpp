#include "config/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <tuple>
#include <utility>

#include "config/build.hpp"
#include "config/validate.hpp"

namespace standstill::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = std::size_t{1} << 20U;

std::expected<std::string, Problem> read_file(const fs::path& path) {
  const auto unreadable = [&path](const std::string& why, const std::string& hint) {
    return std::unexpected(Problem{Fault::unreadable, {path.string()}, "cannot be read: " + why, hint});
  };
  std::error_code error;
  if (fs::is_directory(path, error)) return unreadable("it is a folder", "name the file in it");
  std::ifstream in(path, std::ios::binary);
  if (!in) return unreadable(std::strerror(errno), "name another one with -c FILE, or create it");
  std::string text;
  text.resize(largest_file + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return unreadable(std::strerror(errno), "");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > largest_file)
    return std::unexpected(
        Problem{Fault::too_large, {path.string()}, "is larger than 1 MiB", "this is no configuration"});
  return text;
}

// Reads and merges one more file.
void add(Table& tree, std::string_view text, const std::string& name, std::vector<Problem>& problems) {
  auto parsed = parse_toml(text, name);
  if (!parsed)
    problems.push_back(std::move(parsed.error()));
  else
    merge(tree, std::move(*parsed), problems);
}

// Problems in the order in which a person finds the places: file by file, from top to bottom.
void sort(std::vector<Problem>& problems, const std::vector<fs::path>& files) {
  const auto rank = [&files](const Problem& problem) {
    const auto found = std::ranges::find(files, fs::path(problem.where.file));
    return std::tuple(found - files.begin(), problem.where.line, problem.where.column, problem.message);
  };
  std::ranges::sort(problems, {}, rank);
}

Loaded finish(Table tree, std::vector<fs::path> files, const fs::path& folder, const Environment& environment,
              std::vector<Problem> problems) {
  if (problems.empty()) {  // half a configuration would only raise false alarms
    apply_environment(tree, environment, problems);
    const Table validated = validate(tree, files.front().string(), problems);
    Config config = build(validated, folder, problems);
    check_references(config, validated, problems);
    sort(problems, files);
    const auto refused = [](const Problem& problem) { return problem.fault != Fault::warning; };
    if (std::ranges::none_of(problems, refused)) {
      config.files = std::move(files);
      config.warnings = std::move(problems);
      return config;
    }
    std::erase_if(problems, [](const Problem& problem) { return problem.fault == Fault::warning; });
  }
  sort(problems, files);
  return std::unexpected(std::move(problems));
}

}  // namespace

Environment process_environment() {
  Environment result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (text.starts_with("STANDSTILL_") && equals != std::string_view::npos)
      result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

fs::path default_path() {
  std::error_code error;
  const fs::path here = "standstill.toml";
  const fs::path system = "/etc/standstill/standstill.toml";
  return fs::exists(here, error) || !fs::exists(system, error) ? here : system;
}

Loaded load(const fs::path& path, const Environment& environment) {
  std::vector<fs::path> files{path};
  std::vector<Problem> problems;
  std::error_code error;
  const fs::path folder = fs::absolute(path, error).parent_path();
  std::vector<fs::path> parts;
  const fs::path more = path.parent_path() / "standstill.d";
  if (fs::exists(more, error)) {
    for (fs::directory_iterator entry(more, error); !error && entry != fs::directory_iterator();
         entry.increment(error))
      if (entry->path().extension() == ".toml" && !entry->path().filename().string().starts_with('.'))
        parts.push_back(entry->path());
    if (error)
      problems.push_back({Fault::unreadable,
                          {more.string()},
                          "cannot be read: " + error.message(),
                          "correct its permissions"});
  }
  std::ranges::sort(parts);
  files.insert(files.end(), parts.begin(), parts.end());
  Table tree;
  for (const fs::path& file : files) {
    auto text = read_file(file);
    if (!text)
      problems.push_back(std::move(text.error()));
    else
      add(tree, *text, file.string(), problems);
  }
  return finish(std::move(tree), std::move(files), folder, environment, std::move(problems));
}

Loaded load_text(std::string_view text, const std::string& name, const fs::path& folder,
                 const Environment& environment) {
  std::vector<Problem> problems;
  Table tree;
  add(tree, text, name, problems);
  return finish(std::move(tree), {name}, folder, environment, std::move(problems));
}

}  // namespace standstill::config
