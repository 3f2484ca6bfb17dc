#include "os/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace standstill::os {

namespace {

std::unexpected<std::string> failed(const std::string& path, const char* what) {
  return std::unexpected(path + ": " + what + ": " + std::strerror(errno));
}

std::expected<sockaddr_un, std::string> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return std::unexpected(path + ": too long for a socket (107 bytes at most); choose a shorter state_dir");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

std::expected<Fd, std::string> bound(const std::string& path, int type, unsigned mode) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  Fd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed(path, "no socket");
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return failed(path, "cannot be made");
  if (::chmod(path.c_str(), mode) != 0) return failed(path, "its mode cannot be set");
  return fd;
}

}  // namespace

std::expected<Fd, std::string> listen_seqpacket(const std::string& path, unsigned mode) {
  auto fd = bound(path, SOCK_SEQPACKET, mode);
  if (fd && ::listen(fd->get(), 8) != 0) return failed(path, "cannot be listened on");
  return fd;
}

std::expected<Fd, std::string> connect_seqpacket(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed(path, "no socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return failed(path, "cannot be reached");
  return fd;
}

std::expected<Fd, std::string> bind_datagram(const std::string& path, unsigned mode) {
  return bound(path, SOCK_DGRAM, mode);
}

std::expected<std::pair<Fd, Fd>, std::string> seqpacket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return failed("socketpair", "failed");
  return std::pair{Fd(ends[0]), Fd(ends[1])};
}

bool send_packet(int socket, const void* bytes, std::size_t count, int passed) {
  iovec piece{const_cast<void*>(bytes), count};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (passed >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(count);
}

Received receive_packet(int socket, void* bytes, std::size_t capacity) {
  iovec piece{bytes, capacity};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  Received got;
  got.bytes = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
  if (got.bytes < 0) {
    if (errno != EAGAIN && errno != EINTR) got.bytes = 0;
    return got;
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    got.passed.reset(fd);
  }
  return got;
}

}  // namespace standstill::os
