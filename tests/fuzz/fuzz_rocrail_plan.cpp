// links: wire/rocrail plant/layout
// Messages of any content, separated by NULs: whatever they do to the model, slices make no difference, the
// model can be exported, and comparing works.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "plant/layout/compare.hpp"
#include "plant/layout/export.hpp"
#include "plant/layout/session.hpp"
#include "plant/layout/station_watch.hpp"
#include "wire/rocrail/frame.hpp"

using namespace standstill;

namespace {

nlohmann::ordered_json play(std::string_view messages, std::size_t slice) {
  layout::StationWatch watch;
  layout::Session session(
      {.link = "layout", .slice_bytes = slice},
      {.on_state = [&watch](const layout::Object& state, Instant at) { watch.update(at, state, true); }});
  const Instant now = instant_from_ns(1);
  session.connected(now);
  while (!messages.empty()) {
    const auto end = std::min(messages.find('\0'), messages.size());
    const std::string frame = rocrail::server_frame(messages.substr(0, end));
    messages.remove_prefix(std::min(end + 1, messages.size()));
    if (!session.feed(std::as_bytes(std::span(frame)), now)) std::abort();
    (void)session.work(now);
  }
  (void)session.ended(now);
  while (session.work(now)) {
  }
  return layout::export_state(session.model(), 0.0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  const std::string_view messages(reinterpret_cast<const char*>(data), size);
  const auto whole = play(messages, 1U << 20U);
  const auto sliced = play(messages, 7);
  if (whole.dump() != sliced.dump()) std::abort();
  if (!whole["model"].is_null() && !layout::compare(whole, sliced).empty()) std::abort();
  (void)layout::compare(whole, nlohmann::ordered_json::object());
  return 0;
}
