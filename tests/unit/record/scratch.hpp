// A folder of the test's own, gone afterwards; a small disk of its own; a child to be killed.
#pragma once

#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "record/event.hpp"

namespace standstill::test {

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "record-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

class SmallDisk {  // a tmpfs; needs the right to mount
 public:
  explicit SmallDisk(const std::string& size)
      : mounted_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] bool read_only(bool on) const {
    return ::mount("tmpfs", path().c_str(), "tmpfs", on ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT, nullptr) == 0;
  }

 private:
  Scratch folder_;
  bool mounted_;
};

inline pid_t child(const std::function<void()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    work();
    ::_exit(0);
  }
  return pid;
}

inline record::Event event(const std::string& kind, const std::string& detail = {}, std::uint32_t epoch = 0,
                           std::int64_t wall_ns = 1'800'000'000'000'000'000) {
  record::Event event;
  event.kind = kind;
  event.detail = detail;
  event.epoch = epoch;
  event.boot_ns = 1;
  event.wall_ns = wall_ns;
  return event;
}

}  // namespace standstill::test
