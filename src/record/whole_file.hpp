// Files that are whole or absent: a reader, also after a crash or a power loss, sees the old bytes or the new
// ones.
//
// Written as a hidden temporary file in the same folder, fsync, rename, fsync of the folder (S13). Every
// function blocks on the disk, so none may run on the loop that watches (S14). Errors are sentences that name
// the path.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace standstill::record {

struct FileError {
  int code = 0;      // errno; 0 when the cause was no system call
  std::string text;  // what failed, where, and what to do
  [[nodiscard]] bool exists() const;
};

enum class IfExists { replace, refuse };  // refuse: FileError::exists(), and the existing file is untouched

// Hands the bytes of a file over in pieces of any size; may be asked again.
using Sink = std::function<void(std::string_view bytes)>;
using Pour = std::function<void(const Sink& sink)>;

[[nodiscard]] std::expected<void, FileError> write_whole(const std::filesystem::path& target,
                                                         const Pour& pour, mode_t mode,
                                                         IfExists if_exists = IfExists::replace);

[[nodiscard]] std::expected<void, FileError> write_whole(const std::filesystem::path& target,
                                                         std::string_view bytes, mode_t mode,
                                                         IfExists if_exists = IfExists::replace);

// At most `limit` bytes; a larger file is an error, so that a wrong path cannot fill the memory.
[[nodiscard]] std::expected<std::string, FileError> read_whole(const std::filesystem::path& source,
                                                               std::size_t limit);

// Creates the folder (not its parents' parents) and makes its name durable. An existing folder is fine.
[[nodiscard]] std::expected<void, FileError> ensure_folder(const std::filesystem::path& folder, mode_t mode);

// Run by root, gives an open file to the owner of the folder it is in; else nothing.
void give_to_owner_of(const std::filesystem::path& folder, int fd);

// Removes temporary files of writers that no longer live. Never fails: what cannot be removed stays.
void sweep_unfinished(const std::filesystem::path& folder);

}  // namespace standstill::record
