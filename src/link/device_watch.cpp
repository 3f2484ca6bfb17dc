#include "link/device_watch.hpp"

#include <libudev.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <string_view>

namespace standstill::link {

namespace {
constexpr std::uint32_t interesting = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM |
                                      IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t came = IN_CREATE | IN_MOVED_TO | IN_ATTRIB;

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }
bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_same_device(const std::string& path, const char* node) {
  if (node == nullptr) return false;
  std::array<char, PATH_MAX> real{};
  return ::realpath(path.c_str(), real.data()) != nullptr && std::strcmp(real.data(), node) == 0;
}
}  // namespace

DeviceWatch::DeviceWatch(os::Loop& loop, std::vector<std::string> paths, Appeared appeared)
    : appeared_(std::move(appeared)),
      inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      udev_(nullptr, udev_unref),
      monitor_(nullptr, udev_monitor_unref) {
  for (std::string& path : paths) devices_.push_back({.path = std::move(path)});
  if (inotify_) {
    for (Device& device : devices_) watch_folder(device);
    inotify_watch_ = loop.watch(inotify_.get(), EPOLLIN, [this](std::uint32_t) { folder_changed(); });
  }
  watch_udev(loop);
}

DeviceWatch::~DeviceWatch() {
  inotify_watch_ = {};
  udev_watch_ = {};
}

void DeviceWatch::watch_folder(Device& device) {
  const std::string parent = folder_of(device.path);
  for (std::string folder = parent;; folder = folder_of(folder)) {
    device.folder = inotify_add_watch(inotify_.get(), folder.c_str(), interesting);
    device.parent = folder == parent;
    if (device.folder >= 0 || folder == "/" || folder == ".") break;
  }
  device.there = exists(device.path);
}

void DeviceWatch::folder_changed() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool tell = false;
  bool changed = false;
  for (;;) {
    const auto got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    changed = true;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name =
          event.len > 0 ? std::string_view(buffer.data() + at + sizeof event) : std::string_view{};
      at += sizeof event + event.len;
      if ((event.mask & came) == 0) continue;
      for (const Device& device : devices_)
        if (device.parent && device.folder == event.wd && name == name_of(device.path))
          tell = tell || exists(device.path);
    }
  }
  if (!changed) return;
  // Folders above may have come or gone; and a device that came between two looks makes no event of its own.
  for (Device& device : devices_) {
    const bool was_there = device.there;
    watch_folder(device);
    tell = tell || (device.there && !was_there);
  }
  if (tell) appeared_();
}

void DeviceWatch::watch_udev(os::Loop& loop) {
  udev_.reset(udev_new());
  if (!udev_) return;
  monitor_.reset(udev_monitor_new_from_netlink(udev_.get(), "udev"));
  if (!monitor_) return;
  udev_monitor_filter_add_match_subsystem_devtype(monitor_.get(), "tty", nullptr);
  if (udev_monitor_enable_receiving(monitor_.get()) < 0) return;
  udev_watch_ =
      loop.watch(udev_monitor_get_fd(monitor_.get()), EPOLLIN, [this](std::uint32_t) { udev_event(); });
}

void DeviceWatch::udev_event() {
  const std::unique_ptr<udev_device, udev_device* (*)(udev_device*)> event(
      udev_monitor_receive_device(monitor_.get()), udev_device_unref);
  if (!event) return;
  const char* action = udev_device_get_action(event.get());
  if (action == nullptr || std::strcmp(action, "remove") == 0) return;
  const char* node = udev_device_get_devnode(event.get());
  for (Device& device : devices_) {
    if (!is_same_device(device.path, node)) continue;
    device.there = true;
    appeared_();
    return;
  }
}

}  // namespace standstill::link
