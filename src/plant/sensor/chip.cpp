#include "plant/sensor/chip.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace standstill::sensor {

namespace {

constexpr std::array measures{Measure{"temp", "°C", 1e-3},  Measure{"in", "V", 1e-3},
                              Measure{"curr", "A", 1e-3},   Measure{"power", "W", 1e-6},
                              Measure{"energy", "J", 1e-6}, Measure{"humidity", "%", 1e-3},
                              Measure{"fan", "1/min", 1.0}};
constexpr std::string_view suffix = "_input";

// The first line of a file; an errno where it cannot be read.
std::expected<std::string, int> line_of(int folder, const std::string& file) {
  const os::Fd fd(::openat(folder, file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno);
  std::array<char, 128> text{};
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  if (count < 0) return std::unexpected(errno);
  const std::string all(text.data(), static_cast<std::size_t>(count));
  return all.substr(0, all.find('\n'));
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  os::Fd copy(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* list = copy ? ::fdopendir(copy.get()) : nullptr;
  if (list == nullptr) return names;
  static_cast<void>(copy.release());
  while (const dirent* entry = ::readdir(list))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  ::closedir(list);
  std::ranges::sort(names, [](const std::string& a, const std::string& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);  // temp2 before temp10
  });
  return names;
}

// The name of the device behind a chip on its bus: where the link `device` points.
std::string address_of(int folder) {
  std::array<char, 512> target{};
  const ssize_t count = ::readlinkat(folder, "device", target.data(), target.size() - 1);
  const std::string path(target.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return path.substr(path.find_last_of('/') + 1);
}

std::optional<long long> whole(const std::string& text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const Measure* measure_of(std::string_view input) {
  for (const Measure& one : measures) {
    if (!input.starts_with(one.prefix)) continue;
    const std::string_view number = input.substr(one.prefix.size());
    if (!number.empty() && number.size() <= 3 &&
        std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
      return &one;
  }
  return nullptr;
}

std::expected<Chip, std::string> Chip::find(const ChipSettings& settings, const std::string& root) {
  const os::Fd all(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!all) return std::unexpected(root + ": " + std::strerror(errno) + ": this kernel shows no sensors");
  Chip found;
  std::string there, same;
  for (const std::string& number : names_in(all.get())) {
    os::Fd folder(::openat(all.get(), number.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) continue;
    const auto name = line_of(folder.get(), "name"), label = line_of(folder.get(), "label");
    if (name) there += (there.empty() ? "" : ", ") + *name;
    if (name.value_or("") != settings.chip && label.value_or("") != settings.chip) continue;
    const std::string address = address_of(folder.get());
    if (!settings.address.empty() && address != settings.address) continue;
    same += (same.empty() ? "" : ", ") + (address.empty() ? number : address);
    if (found.folder_)
      return std::unexpected("more than one sensor chip is called '" + settings.chip + "' (" + same +
                             "): say which with 'address'");
    found.folder_ = std::move(folder);
    found.where_ = number;
  }
  if (found.folder_) return found;
  return std::unexpected("no sensor chip is called '" + settings.chip + "'" +
                         (settings.address.empty() ? "" : " at " + settings.address) + "; there " +
                         (there.empty() ? "is none: is its driver loaded?" : "are " + there));
}

std::vector<Chip::Reading> Chip::read() const {
  std::vector<Reading> all;
  for (const std::string& file : names_in(folder_.get())) {
    if (!file.ends_with(suffix)) continue;
    Reading one{.input = file.substr(0, file.size() - suffix.size())};
    if (measure_of(one.input) == nullptr) continue;
    const auto text = line_of(folder_.get(), file);
    const auto value = text ? whole(*text) : std::nullopt;
    one.error = !text ? text.error() : value ? 0 : EBADMSG;
    one.raw = value.value_or(0);
    one.faulty = line_of(folder_.get(), one.input + "_fault").value_or("0") == "1";
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace standstill::sensor
