// Reads the configuration: one TOML file and the files of standstill.d beside it.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace standstill::config {

using Environment = std::map<std::string, std::string>;

// This process's STANDSTILL_… variables.
[[nodiscard]] Environment process_environment();

// `./standstill.toml`, else `/etc/standstill/standstill.toml`; the first where neither exists.
[[nodiscard]] std::filesystem::path default_path();

using Loaded = std::expected<Config, std::vector<Problem>>;

// Reads `path`, then standstill.d/*.toml beside it in name order (lists of tables append, tables merge,
// anything set twice is a problem), puts the environment over it and checks everything. All problems are
// found, in the order of files and lines. Never throws for what is in the files; a file is at most 1 MiB.
[[nodiscard]] Loaded load(const std::filesystem::path& path,
                          const Environment& environment = process_environment());

// The same for one text; relative paths in it start at `folder`.
[[nodiscard]] Loaded load_text(std::string_view text, const std::string& name = "standstill.toml",
                               const std::filesystem::path& folder = "/",
                               const Environment& environment = {});

}  // namespace standstill::config
