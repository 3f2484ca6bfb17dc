// links: wire/estop
// Any text on the bus: what is read can be written and reads the same, whatever comes on the stop channel is
// a stop, and nothing without the key is ever vouched for: no word, no latch, no confirmation, no datagram.
// The same text once more inside a signature that is right: what somebody with the key may say is bounded,
// too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "wire/estop/direct.hpp"
#include "wire/estop/message.hpp"
#include "wire/estop/signed.hpp"

using namespace standstill;

namespace {

const estop::Keys& master() {
  static const estop::Keys keys = [] {
    estop::Secret secret{};
    secret.fill(0x11);
    return estop::Keys::read(estop::Keys::master_file({"k1", secret})).value();
  }();
  return keys;
}
const estop::Keys& station() {
  static const estop::Keys keys = estop::Keys::read(master().station_file("a")).value();
  return keys;
}

void must(bool holds) {
  if (!holds) std::abort();
}

// `text` signed by the station "a", as the type says.
std::string sealed(const char* type, const std::string& text) {
  return nlohmann::json{
      {"envelope",
       {{"id", "0f8fad5b-d9cb-469f-a165-70867728950e"},
        {"timestamp", 1769860800},
        {"source", {{"service", "standstill"}, {"instance", "a"}, {"version", "1.0.0"}}},
        {"schema_version", "v1.0.0"},
        {"type", type}}},
      {"payload",
       {{"signed", text}, {"key_id", "k1"}, {"mac", estop::mac(station().of("a").front().secret, text)}}}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void unsigned_text(std::string_view text) {
  const auto message = estop::read_message(text);
  const auto stop = estop::judge_stop(text);
  must(stop.reason != CauseCode::none);
  must(stop.unreadable.empty() == (stop.number() != 0));
  // A stop has a short way of its own (plain.hpp), which must take nothing that the reader of all messages
  // refuses, and nothing otherwise.
  const auto* proper = message ? std::get_if<estop::EmergencyStop>(&message->payload) : nullptr;
  must(stop.unreadable.empty() == (proper != nullptr));
  must(proper == nullptr || (stop.id == message->envelope.id && stop.reason == proper->reason &&
                             stop.description == proper->description && stop.initiator == proper->initiator &&
                             stop.service == message->envelope.source.service &&
                             stop.instance == message->envelope.source.instance));
  if (message && !std::holds_alternative<estop::OtaRequest>(message->payload)) {
    const auto written = estop::write_message(*message);
    must(written.has_value());
    const auto again = estop::read_message(*written);
    must(again && estop::write_message(*again) == *written);
  }
  must(!estop::read_release(text, station(), "a") && !estop::read_latch(text, station(), "a"));
  must(!estop::read_safe_state(text, station()) && !estop::read_result(text, station()));
  must(!estop::read_direct(text, station()) && !estop::read_paths(text, station()));
  must(estop::is_uuid(estop::uuid_for(text)));
  static_cast<void>(estop::Keys::read(text));
}

void signed_text(const std::string& text) {
  if (const auto read = estop::read_release(sealed("estop.release", text), station(), "a")) {
    must(read->content.operator_name.size() <= 64UL * 4);
    const auto again = estop::read_release(
        estop::write_release(read->envelope, read->content, station(), "a"), station(), "a");
    must(again && again->content.counter == read->content.counter);
  }
  if (const auto read = estop::read_safe_state(sealed("estop.safe_state", text), master())) {
    const auto again = estop::read_safe_state(
        estop::write_safe_state(read->envelope, read->content, station(), "a"), master());
    must(again && again->content.stops == read->content.stops &&
         again->content.outputs.size() == read->content.outputs.size());
  }
  if (const auto read = estop::read_result(sealed("estop.release_result", text), master())) {
    const auto again =
        estop::read_result(estop::write_result(read->envelope, read->content, station(), "a"), master());
    must(again && again->content.reason == read->content.reason);
  }
  const std::string latch =
      nlohmann::json{{"signed", text},
                     {"key_id", "k1"},
                     {"macs", {{"a", estop::mac(station().of("a").front().secret, text)}}}}
          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (const auto read = estop::read_latch(latch, station(), "a")) {
    const auto again = estop::read_latch(estop::write_latch(*read, master(), {"a"}), station(), "a");
    must(again && again->epoch == read->epoch && again->state == read->state);
  }
  // By datagram: what goes in comes out, and only to members.
  const std::string datagram = estop::write_direct(text, station());
  const auto stop =
      datagram.empty() ? std::unexpected(std::string()) : estop::read_direct(datagram, master());
  if (stop && *stop != text) std::abort();
  must(!estop::read_paths(datagram, station()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  unsigned_text(text);
  signed_text(text);
  return 0;
}
