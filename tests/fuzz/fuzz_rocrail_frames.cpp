// links: wire/rocrail
// A stream of any bytes, cut anywhere: the frames must not depend on the cuts, and no byte may be read twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "wire/rocrail/command.hpp"
#include "wire/rocrail/frame_reader.hpp"
#include "wire/rocrail/xml.hpp"

using standstill::rocrail::FrameReader;

namespace {

struct Outcome {
  std::vector<std::string> bodies;
  bool failed = false;
};

Outcome read(std::span<const std::byte> stream, std::size_t step) {
  FrameReader reader;
  Outcome outcome;
  while (!stream.empty()) {
    auto piece = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(piece.size());
    for (;;) {
      const auto result = reader.read(piece);
      if (result == FrameReader::Result::need_more) break;
      if (result == FrameReader::Result::failed) {
        outcome.failed = true;
        if (reader.error().empty()) std::abort();
        return outcome;
      }
      outcome.bodies.push_back(reader.take_body());
    }
    if (!piece.empty()) std::abort();
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto stream = std::as_bytes(std::span(data, size)).subspan(1);
  const auto whole = read(stream, stream.size() + 1);
  const auto cut = read(stream, 1 + data[0] % 40U);
  if (whole.failed != cut.failed || whole.bodies != cut.bodies) std::abort();
  for (const auto& body : whole.bodies) {
    standstill::rocrail::XmlReader xml(body);
    for (;;) {
      const auto event = xml.next();
      if (event == standstill::rocrail::XmlReader::Event::failed && xml.error().empty()) std::abort();
      if (event == standstill::rocrail::XmlReader::Event::failed ||
          event == standstill::rocrail::XmlReader::Event::finished)
        break;
    }
    (void)standstill::rocrail::may_energise(body);
  }
  // What a person types is bytes as well; what comes out must be one element that reads as itself.
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto command = standstill::rocrail::parse_command(text)) {
    const auto again = standstill::rocrail::parse_command(command->body);
    if (command->body != "<ping/>" && (!again || again->body != command->body)) std::abort();
  }
  return 0;
}
