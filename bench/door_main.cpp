// Stands in for standstill-cutter when the guard starts one: shows the bench the page on which the cutters
// note when a command was written, and becomes the real cutter. The cutter itself is the shipped program.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "os/unix_socket.hpp"
#include "wire/pages/pages.hpp"

int main(int argc, char** argv) {
  using namespace standstill;
  if (const char* path = std::getenv("STANDSTILL_BENCH_DOOR"); path != nullptr && argc == 2) {
    const os::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const char mark = argv[1][0];
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        [[maybe_unused]]
      const bool shown = os::send_packet(socket.get(), &mark, 1, pages::inner_fd);
  }
  char self[4096];
  const ssize_t length = ::readlink("/proc/self/exe", self, sizeof self - 1);
  std::string program(self, length > 0 ? static_cast<std::size_t>(length) : 0);
  program = program.substr(0, program.find_last_of('/') + 1) + "standstill-cutter";
  ::execv(program.c_str(), argv);
  return 127;
}
