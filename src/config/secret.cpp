#include "config/secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace standstill::config {

namespace {

constexpr std::size_t largest_secret = 65536;

std::expected<Secret, std::string> read_file(const std::string& path) {
  // non-blocking: a FIFO without a writer must not hang the caller
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return std::unexpected("the secret in " + path + " cannot be read: " + std::strerror(errno) +
                           ": create the file and let this user read it");
  Secret secret;
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return std::unexpected(path + " is no file: a secret is kept in a plain file");
  }
  if ((status.st_mode & (S_IRGRP | S_IROTH | S_IWGRP | S_IWOTH)) != 0U)
    secret.warning = path + " can be read or changed by others: chmod 600 " + path;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = ::read(fd, buffer.data(), buffer.size())) > 0 && secret.value.size() <= largest_secret)
    secret.value.append(buffer.data(), static_cast<std::size_t>(count));
  const int error = errno;
  ::close(fd);
  if (count < 0) return std::unexpected("the secret in " + path + " cannot be read: " + std::strerror(error));
  if (secret.value.size() > largest_secret)
    return std::unexpected(path + " is larger than 64 KiB: this is no secret");
  while (secret.value.ends_with('\n') || secret.value.ends_with('\r')) secret.value.pop_back();
  if (secret.value.empty()) return std::unexpected(path + " is empty: write the secret into it");
  return secret;
}

}  // namespace

std::expected<Secret, std::string> resolve_secret(const SecretSource& source) {
  if (!source.file.empty()) return read_file(source.file);
  if (source.variable.empty()) return Secret{};
  const char* value = std::getenv(source.variable.c_str());
  if (value == nullptr || *value == '\0')
    return std::unexpected("the environment variable " + source.variable +
                           " is not set: a secret is expected there");
  return Secret{value, ""};
}

}  // namespace standstill::config
