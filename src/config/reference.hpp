// The published forms of the table of keys. Both files are committed; tests compare them with what these
// return.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace standstill::config {

[[nodiscard]] std::string reference_markdown();  // docs/configuration.md
[[nodiscard]] std::string reference_schema();    // packaging/standstill.schema.json, JSON Schema draft 7

// Writes both into a checkout.
[[nodiscard]] std::expected<void, std::string> write_reference(const std::filesystem::path& root);

}  // namespace standstill::config
