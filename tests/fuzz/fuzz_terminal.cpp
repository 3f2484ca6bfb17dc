// links: terminal
// Any bytes at the terminal's door, as a request or as what a follower sends after its upgrade: the server
// lives, and whatever names the stop is a stop (S9). The first byte chooses; 'w': a follower.
#include <poll.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "terminal/request.hpp"
#include "terminal/server.hpp"
#include "terminal/sessions.hpp"
#include "unit/terminal/fake_backend.hpp"
#include "unit/terminal/web_socket.hpp"

using namespace standstill;

namespace {

struct Door {
  Door() {
    terminal::ServerConfig config;
    config.listen = "";
    config.socket_path = "/tmp/standstill-fuzz-" + std::to_string(::getpid()) + ".sock";
    config.stop_body_time = 1ms;
    path = config.socket_path;
    auto made = terminal::Server::start(config, backend);
    if (!made) {
      std::fprintf(stderr, "%s\n", made.error().c_str());
      std::abort();
    }
    server = std::move(*made);
  }
  terminal::FakeBackend backend;
  std::string path;
  std::unique_ptr<terminal::Server> server;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 100'000) return 0;
  static Door door;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  terminal::Request request;
  if (terminal::read_target(bytes, request) && request.path.find("/../") != std::string::npos) std::abort();
  static_cast<void>(terminal::read_bearer(bytes));
  static_cast<void>(terminal::cookie_value(bytes, "standstill"));
  static_cast<void>(terminal::same_origin(bytes, "localhost"));

  const int before = door.backend.stops;
  terminal::RawClient client(door.path);
  if (data[0] == 'w') {
    client.send(terminal::upgrade("/api/v1/events?with=tags"));
    if (client.receive().status != 101) std::abort();
  }
  client.send(bytes);
  client.finish_sending();
  if (!client.ended(20'000)) std::abort();  // neither an answer nor an end
  const bool stop = data[0] != 'w' && bytes.starts_with("POST /api/v1/stop ");
  if (stop && door.backend.stops == before) std::abort();
  return 0;
}
