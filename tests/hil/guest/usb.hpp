// What a USB serial adapter is called in the guest.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace standstill::hil {

// The first name in a folder that begins so, with the folder; empty when there is none.
inline std::string first_in(const std::string& folder, std::string_view begins) {
  std::string found;
  if (DIR* entries = ::opendir(folder.c_str())) {
    while (const dirent* entry = ::readdir(entries))
      if (entry->d_name[0] != '.' && std::string_view(entry->d_name).starts_with(begins))
        found = folder + "/" + entry->d_name;
    ::closedir(entries);
  }
  return found;
}
// Made by udev, the same at each return.
inline std::string by_id() { return first_in("/dev/serial/by-id", ""); }
inline std::string node() { return first_in("/dev", "ttyUSB"); }  // made by the kernel
inline bool there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace standstill::hil
