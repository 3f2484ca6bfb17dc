// A line a second from a PLC, through every outage: example_plc_logger HOST [PORT] [ROWS]
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include <standstill/plc.hpp>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: example_plc_logger HOST [PORT] [ROWS]\n";
    return 2;
  }
  standstill::PlcOptions options;
  if (argc > 2) options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  options.time_out = std::chrono::milliseconds(900);  // a row says what is known when it is due
  options.on_loss = [](const standstill::PlcLoss& loss) { std::cerr << "lost: " << loss.detail << '\n'; };
  options.on_return = [](const standstill::PlcReturn& back) {
    std::cerr << "connected after " << back.outage.count() << " ms\n";
  };
  options.on_attempt = [](const standstill::PlcAttempt& attempt) { std::cerr << attempt.text() << '\n'; };
  const standstill::Plc plc(argv[1], options);
  auto due = std::chrono::steady_clock::now();
  for (int row = argc > 3 ? std::atoi(argv[3]) : -1; row != 0; --row) {
    const auto counter = plc.read("DB1.DBD0:DINT");
    std::cout << (counter ? counter->text() : counter.error().text) << std::endl;
    due += std::chrono::seconds(1);
    std::this_thread::sleep_until(due);
  }
  return 0;
}
