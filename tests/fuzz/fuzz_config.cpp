// links: config
// Any text as configuration: problems with places, or a configuration; never a crash, and no text without an
// answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace config = standstill::config;
  if (size > 65536) return 0;  // larger inputs only repeat what small ones do
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const config::Loaded loaded = config::load_text(text, "fuzz.toml", "/etc/standstill");
  if (loaded) {
    (void)loaded->unsupported();
    if (loaded->site.name.empty() || loaded->site.state_dir.empty()) std::abort();
    return 0;
  }
  if (loaded.error().empty()) std::abort();
  for (const config::Problem& problem : loaded.error())
    if (problem.message.empty() || problem.where.file.empty()) std::abort();
  return 0;
}
