// Says when one of some device paths appears: a reconnect that waits need not wait out its back-off.
//
// Listens to udev where it runs, and in any case to the folder of each path (or, while that does not exist,
// to the nearest folder above it: /dev/serial/by-id goes away with the last adapter). May say so more than
// once for one device, and early: its permissions may still change.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "os/loop.hpp"

struct udev;
struct udev_monitor;

namespace standstill::link {

class DeviceWatch {
 public:
  using Appeared = std::function<void()>;

  DeviceWatch(os::Loop& loop, std::vector<std::string> paths, Appeared appeared);
  ~DeviceWatch();
  DeviceWatch(const DeviceWatch&) = delete;
  DeviceWatch& operator=(const DeviceWatch&) = delete;

 private:
  struct Device {
    std::string path;
    bool there = false;
    int folder = -1;      // inotify's number of the folder that is watched
    bool parent = false;  // that folder is the path's own, not one above it
  };
  void watch_folder(Device& device);
  void watch_udev(os::Loop& loop);
  void folder_changed();
  void udev_event();

  std::vector<Device> devices_;
  Appeared appeared_;
  os::Fd inotify_;
  os::Loop::Watch inotify_watch_;
  std::unique_ptr<udev, udev* (*)(udev*)> udev_;
  std::unique_ptr<udev_monitor, udev_monitor* (*)(udev_monitor*)> monitor_;
  os::Loop::Watch udev_watch_;
};

}  // namespace standstill::link
