// A network namespace of its own with two cables to this one, which can be pulled without anybody being told.
// Made with `ip` (package iproute2); available() is false without it or without the right to.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "os/fd.hpp"

namespace standstill::test {

class NetworkNamespace {
 public:
  NetworkNamespace() {
    const auto pid = static_cast<unsigned>(::getpid());
    name_ = "ss" + std::to_string(pid);
    // 198.18.0.0/15 is for tests of networks (RFC 2544), and leads nowhere.
    net_ = "198." + std::to_string(18 + (pid >> 8 & 1)) + "." + std::to_string(pid & 255) + ".";
    made_ = ip("netns add " + name_);
    for (int cable = 0; made_ && cable < 2; ++cable)
      made_ =
          ip("link add " + outside(cable) + " type veth peer name " + inside(cable) + " netns " + name_) &&
          ip("addr add " + here(cable) + "/30 dev " + outside(cable)) &&
          ip("link set " + outside(cable) + " up") &&
          ip("-n " + name_ + " addr add " + there(cable) + "/30 dev " + inside(cable)) && plug(cable, true);
  }
  ~NetworkNamespace() {
    for (int cable = 0; cable < 2; ++cable) ip("link del " + outside(cable));
    ip("netns del " + name_);
  }
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] std::string there(int cable) const { return net_ + std::to_string(cable * 4 + 1); }
  bool plug(int cable, bool in) {
    return ip("-n " + name_ + " link set " + inside(cable) + (in ? " up" : " down"));
  }
  // For a child before exec.
  [[nodiscard]] bool enter() const {
    const os::Fd file(::open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC));
    return file && ::setns(file.get(), CLONE_NEWNET) == 0;
  }

 private:
  [[nodiscard]] std::string here(int cable) const { return net_ + std::to_string(cable * 4 + 2); }
  [[nodiscard]] std::string outside(int cable) const { return name_ + (cable == 0 ? "a" : "b"); }
  [[nodiscard]] std::string inside(int cable) const { return cable == 0 ? "left" : "right"; }
  static bool ip(const std::string& words) {
    return std::system(("PATH=$PATH:/usr/sbin:/sbin ip " + words + " 2>/dev/null").c_str()) == 0;
  }
  std::string name_, net_;
  bool made_ = false;
};

}  // namespace standstill::test
