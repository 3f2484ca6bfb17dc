// links: wire/estop
// Any text on the bus: what is read can be written and reads the same, whatever comes on the stop channel is
// a stop, and nothing without the key is ever vouched for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/estop/message.hpp"
#include "wire/estop/signed.hpp"

using namespace standstill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto message = estop::read_message(text);
  const auto stop = estop::judge_stop(text);
  if (stop.reason == CauseCode::none) std::abort();
  if (stop.unreadable.empty() != (stop.number() != 0)) std::abort();
  if (message && !std::holds_alternative<estop::OtaRequest>(message->payload)) {
    const auto written = estop::write_message(*message);
    if (!written) std::abort();
    const auto again = estop::read_message(*written);
    if (!again || estop::write_message(*again) != *written) std::abort();
  }
  static const estop::Keys keys = [] {
    estop::Secret secret{};
    secret.fill(0x11);
    const auto master = estop::Keys::read(estop::Keys::master_file({"k1", secret}));
    return estop::Keys::read(master->station_file("a")).value();
  }();
  if (estop::read_release(text, keys, "a") || estop::read_latch(text, keys, "a")) std::abort();
  static_cast<void>(estop::Keys::read(text));
  return 0;
}
