// standstill-cutter: started by the guard, twice. Not meant to be started by hand.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cutter/cutter.hpp"
#include "os/realtime.hpp"

int main(int argc, char** argv) {
  using namespace standstill;
  if (argc != 2 || (std::strcmp(argv[1], "1") != 0 && std::strcmp(argv[1], "2") != 0)) {
    std::fprintf(stderr,
                 "standstill-cutter is started by standstill-guard; there is nothing to do by hand.\n");
    return 2;
  }
  // It goes when its outputs are safe, not when somebody closes a terminal.
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(ignored, SIG_IGN);
  os::forbid_core_files();
  os::widen_descriptor_table();
  static cutter::Cutter cutter(argv[1][0] == '1' ? 0U : 1U);
  [[maybe_unused]] const auto granted = os::enter_realtime(os::cutter_priority, true);
  ::_exit(cutter.run());  // the output threads still run: no destructor may touch what they use
}
