#include "output/peer/coil_output.hpp"

#include "os/clock.hpp"
#include "wire/modbus/pdu.hpp"

namespace standstill::output {

Outcome CoilOutput::probe() {
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  const auto request = modbus::read_request(output_.unit, modbus::Function::read_coils, output_.coil, 1);
  Outcome outcome = line_->ask(request, until, [] { return false; });
  outcome.commanded = Instant{};
  return outcome;
}

Outcome CoilOutput::apply(bool run, const Abort& abort) {
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  const auto request = modbus::write_coil(output_.unit, output_.coil, run != (output_.safe_on != 0));
  Outcome outcome = line_->ask(request, until, abort);
  // A frame that was lost or garbled is sent again, a run is not: a cut may have come.
  for (int again = 0; again < 2 && !outcome.good && !run && os::now() < until; ++again) {
    const Instant commanded = outcome.commanded;
    outcome = line_->ask(request, until, abort);
    if (outcome.commanded == Instant{}) outcome.commanded = commanded;
    if (!outcome.good && outcome.commanded == Instant{}) break;  // not reached: the server tries again
  }
  return outcome;
}

}  // namespace standstill::output
