#include "output/peer/peer_output.hpp"

#include "output/peer/coil_output.hpp"
#include "output/peer/http_output.hpp"
#include "output/peer/mqtt_output.hpp"
#include "output/peer/program_output.hpp"
#include "output/peer/s7_bit_output.hpp"
#include "output/peer/serial_output.hpp"

namespace standstill::output {

std::unique_ptr<PeerOutput> make_peer_output(const plan::Output& output) {
  switch (output.kind) {
    case plan::OutputKind::serial:
      return std::make_unique<SerialOutput>(output);
    case plan::OutputKind::http:
      return std::make_unique<HttpOutput>(output);
    case plan::OutputKind::program:
      return std::make_unique<ProgramOutput>(output);
    case plan::OutputKind::s7_bit:
      return std::make_unique<S7BitOutput>(output);
    case plan::OutputKind::modbus_coil:
      return std::make_unique<CoilOutput>(output);
    case plan::OutputKind::mqtt:
      return std::make_unique<MqttOutput>(output);
    case plan::OutputKind::gpio:
    case plan::OutputKind::indicator:
    case plan::OutputKind::pulse:
    case plan::OutputKind::watchdog:
    case plan::OutputKind::guard_board:
      break;
  }
  return nullptr;
}

}  // namespace standstill::output
