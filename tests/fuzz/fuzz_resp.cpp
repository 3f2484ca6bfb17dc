// links: wire/resp
// Any bytes from a server: the values do not depend on how the bytes are cut, and an error stands.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "wire/resp/reader.hpp"

using namespace standstill;

namespace {

void write(const resp::Value& value, std::string& into) {
  into += static_cast<char>('a' + static_cast<int>(value.type));
  into += std::to_string(value.integer) + '"' + value.text + '"';
  for (const auto& item : value.items) write(item, into);
  into += '.';
}

std::string read(std::span<const std::byte> bytes, std::size_t step) {
  resp::Reader reader;
  std::string found;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(piece.size());
    reader.feed(piece);
    while (const auto value = reader.next()) write(*value, found);
  }
  return found + (reader.error().empty() ? "" : "!");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::string whole = read(bytes, size + 1);
  if (read(bytes, 1) != whole || read(bytes, 7) != whole) std::abort();
  return 0;
}
