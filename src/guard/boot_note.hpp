// One line in state_dir: in which boot of this machine a guard last armed a watchdog device, and whether it
// ended in good order. Tells a guard whether it is the first of this boot, and whether the one before it was
// lost.
//
// It needs to outlive the guard, not a power cut: after one the boot is another anyway.
#pragma once

#include <string>

namespace standstill::guard {

class BootNote {
 public:
  // `boot_id` as the kernel gives it (/proc/sys/kernel/random/boot_id); empty: unknown, and then neither is
  // said.
  BootNote(std::string path, std::string boot_id);

  [[nodiscard]] bool first_of_boot() const {
    return first_of_boot_;
  }  // no guard armed one in this boot before
  [[nodiscard]] bool ended_uncleanly() const {
    return ended_uncleanly_;
  }  // one did, and did not end in good order

  [[nodiscard]] bool reset_owed() const {
    return reset_owed_;
  }  // one of this boot was lost while it energised, and the machine has not been reset since

  // These write in the calling thread. A full disk is no reason to stop: then the next guard knows less.
  void armed() { write("armed"); }
  void ended() { write("ended"); }
  void lost() { write("lost"); }  // the one before this one: however many follow, the reset is owed

 private:
  void write(const char* what);

  std::string path_, boot_id_;
  bool first_of_boot_ = true, ended_uncleanly_ = false, reset_owed_ = false;
};

[[nodiscard]] std::string kernel_boot_id();

}  // namespace standstill::guard
