#include "record/whole_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <vector>

#include "os/fd.hpp"

namespace standstill::record {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished_mark = ".unfinished-";
constexpr std::size_t gather_bytes = 65'536;  // small pieces go to the kernel together

const char* remedy(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space on that disk";
    case EROFS:
      return "; the file system is read-only: remount it writable and look at the kernel log";
    case EACCES:
    case EPERM:
      return "; give this user the right to that folder";
    case EIO:
      return "; the disk reports errors: replace it";
    case ENOENT:
      return "; create the folder, or correct state_dir";
    default:
      return "";
  }
}

std::unexpected<FileError> failure(const char* what, const fs::path& where, int code) {
  return std::unexpected(
      FileError{code, std::string(what) + ' ' + where.string() + ": " + std::strerror(code) + remedy(code)});
}

std::string temporary_name(const fs::path& target) {
  static std::atomic<unsigned> count{0};
  return '.' + target.filename().string() + std::string(unfinished_mark) + std::to_string(::getpid()) + '-' +
         std::to_string(count.fetch_add(1, std::memory_order_relaxed));
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (wrote == 0) return ENOSPC;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

int pour_all(int fd, const Pour& pour) {
  std::string gathered;
  int code = 0;
  const auto write_gathered = [&] {
    if (code == 0) code = write_all(fd, gathered);
    gathered.clear();
  };
  pour([&](std::string_view bytes) {
    if (gathered.size() + bytes.size() > gather_bytes) write_gathered();
    if (bytes.size() < gather_bytes)
      gathered += bytes;
    else if (code == 0)
      code = write_all(fd, bytes);
  });
  write_gathered();
  return code;
}

int sync_folder(const fs::path& folder) {
  const os::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno;
  // some file systems have no fsync for folders and say EINVAL: they order names by themselves
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return errno;
  return 0;
}

int publish(const fs::path& temporary, const fs::path& target, IfExists if_exists) {
  if (if_exists == IfExists::replace) return ::rename(temporary.c_str(), target.c_str()) == 0 ? 0 : errno;
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // a file system without RENAME_NOREPLACE: the supervisor's lock file admits one writer, so looking first
  // will do
  if (::access(target.c_str(), F_OK) == 0) return EEXIST;
  return ::rename(temporary.c_str(), target.c_str()) == 0 ? 0 : errno;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

}  // namespace

bool FileError::exists() const { return code == EEXIST; }

// `sudo standstill operator add` must not leave a file that the supervisor's own user cannot read.
void give_to_owner_of(const fs::path& folder, int fd) {
  struct stat about{};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &about) != 0) return;
  if (::fchown(fd, about.st_uid, about.st_gid) != 0) return;  // a file system without owners: nothing to give
}

std::expected<void, FileError> write_whole(const fs::path& target, std::string_view bytes, mode_t mode,
                                           IfExists if_exists) {
  return write_whole(target, [bytes](const Sink& sink) { sink(bytes); }, mode, if_exists);
}

std::expected<void, FileError> write_whole(const fs::path& target, const Pour& pour, mode_t mode,
                                           IfExists if_exists) {
  const fs::path folder = folder_of(target);
  const fs::path temporary = folder / temporary_name(target);
  os::Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return failure("cannot create", temporary, errno);
  give_to_owner_of(folder, fd.get());
  int code =
      ::fchmod(fd.get(), mode) == 0 ? 0 : errno;  // the umask may have taken rights that a reader needs
  if (code == 0) code = pour_all(fd.get(), pour);
  if (code == 0 && ::fsync(fd.get()) != 0) code = errno;
  if (code == 0 && ::close(fd.release()) != 0) code = errno;
  if (code != 0) {
    ::unlink(temporary.c_str());
    return failure("cannot write", target, code);
  }
  code = publish(temporary, target, if_exists);
  if (code != 0) {
    ::unlink(temporary.c_str());
    return failure("cannot put in place", target, code);
  }
  code = sync_folder(folder);
  if (code != 0) return failure("written, but not proven to be on the disk:", target, code);
  return {};
}

std::expected<std::string, FileError> read_whole(const fs::path& source, std::size_t limit) {
  const os::Fd fd(::open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return failure("cannot open", source, errno);
  struct stat about{};
  if (::fstat(fd.get(), &about) != 0) return failure("cannot look at", source, errno);
  if (!S_ISREG(about.st_mode))
    return std::unexpected(FileError{0, source.string() + " is not a file; name a file"});
  std::string bytes;
  std::size_t length = 0;
  for (;;) {
    bytes.resize(length + 65536);
    const ssize_t got = ::read(fd.get(), bytes.data() + length, 65536);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("cannot read", source, errno);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
    if (length > limit)
      return std::unexpected(FileError{0, source.string() + " is larger than " + std::to_string(limit) +
                                              " bytes, which no file of this kind is; is it the right one?"});
  }
  bytes.resize(length);
  return bytes;
}

std::expected<void, FileError> ensure_folder(const fs::path& folder, mode_t mode) {
  if (::mkdir(folder.c_str(), mode) != 0) {
    const int code = errno;
    struct stat about{};
    if (code == EEXIST && ::stat(folder.c_str(), &about) == 0 && S_ISDIR(about.st_mode)) return {};
    return failure("cannot create folder", folder, code);
  }
  const int code = sync_folder(folder_of(folder));
  if (code != 0) return failure("folder created, but not proven to be on the disk:", folder, code);
  return {};
}

void sweep_unfinished(const fs::path& folder) {
  DIR* listing = ::opendir(folder.c_str());
  if (listing == nullptr) return;
  std::vector<std::string> dead;
  while (const dirent* entry = ::readdir(listing)) {
    const std::string_view name = entry->d_name;
    const auto mark = name.rfind(unfinished_mark);
    if (name.empty() || name[0] != '.' || mark == std::string_view::npos) continue;
    const std::string_view writer = name.substr(mark + unfinished_mark.size());
    int pid = 0;
    const auto parsed = std::from_chars(writer.data(), writer.data() + writer.size(), pid);
    if (parsed.ec != std::errc{} || pid <= 0 || pid == ::getpid()) continue;
    if (::kill(pid, 0) != 0 && errno == ESRCH) dead.emplace_back(name);
  }
  ::closedir(listing);
  for (const std::string& name : dead) ::unlink((folder / name).c_str());
}

}  // namespace standstill::record
