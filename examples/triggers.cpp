// Runs small things by the layout's clock and by what happens on it.
//
//   triggers HOST PORT
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <standstill/standstill.hpp>

int main(int count, char** arguments) {
  const long port = count == 3 ? std::strtol(arguments[2], nullptr, 10) : 0;
  if (port < 1 || port > 65535) {
    std::cerr << "usage: triggers HOST PORT\n";
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  standstill::Layout layout = standstill::connect(arguments[1], static_cast<std::uint16_t>(port));
  if (const auto online = layout.wait_online(std::chrono::seconds(10)); !online) {
    std::cerr << online.error() << '\n';
    return 1;
  }

  // Lamps on in the evening, by the layout's clock.
  layout.at("18:00", [](const standstill::Moment& now) {
    if (const auto sent = now.sender.send("co street-lamps on"); !sent) std::cerr << sent.error() << '\n';
  });
  layout.every("*/5", [](const standstill::Moment& now) {
    std::cout << now.hour << ':' << (now.minute < 10 ? "0" : "") << now.minute
              << (now.model.all_stopped() ? " all trains stand" : " trains are moving") << std::endl;
  });
  // Any feedback that goes on.
  layout.when("fb:*", standstill::becomes("state", "true"), [](const standstill::Change& change) {
    std::cout << change.id() << " on, block " << change.object["blockid"] << std::endl;
  });
  // An intruder: block 4 becomes occupied while it is closed.
  layout.when(
      "fb*",
      [](const standstill::Change& change) {
        return change.changed("state") && change.model.block("bk4").closed() &&
               change.model.is_occupied("bk4");
      },
      [](const standstill::Change& change) {
        if (const auto stopped = change.sender.emergency_stop(); !stopped)
          std::cerr << stopped.error() << '\n';
      });

  int signal = 0;
  ::sigwait(&ends, &signal);
  for (const auto& entry : layout.log())
    std::cout << entry.handler << ' ' << entry.what << ' ' << entry.detail << '\n';
  return 0;
}
