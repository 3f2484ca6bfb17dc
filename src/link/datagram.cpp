#include "link/datagram.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <vector>

namespace standstill::link {

namespace {
constexpr std::size_t at_once = 256;  // destinations a call

// One for all ports of a thread: where a thousand share one, a stop is not to wait for the memory of each.
char* room_for(std::size_t bytes) {
  thread_local std::vector<char> room;
  if (room.size() < bytes) room.resize(bytes);
  return room.data();
}

void set_port(Address& address, std::uint16_t port) {
  const std::size_t at =
      address.family() == AF_INET6 ? offsetof(sockaddr_in6, sin6_port) : offsetof(sockaddr_in, sin_port);
  const std::uint16_t wire = htons(port);
  std::copy_n(reinterpret_cast<const char*>(&wire), sizeof wire,
              reinterpret_cast<char*>(&address.storage) + at);
}

os::Fd new_socket(const Address& local) {
  return os::Fd(::socket(local.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
}
}  // namespace

std::expected<void, std::string> DatagramPort::open(const Address& local) {
  close();
  const auto failed = [&](const std::string& what) {
    const std::string why = std::generic_category().message(errno);
    close();
    return std::unexpected("no port for datagrams at " + local.text() + ": " + what + ": " + why);
  };
  socket_ = new_socket(local);
  if (!socket_) return failed("no socket");
  if (::bind(socket_.get(), local.get(), local.length) != 0) return failed("it cannot be had");
  Address bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0)
    return failed("it has no name");
  bound_ = bound.text();
  local_ = bound;
  watch_ = loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { ready(); });
  return {};
}

void DatagramPort::close() {
  rest_.cancel();
  watch_ = {};
  socket_.reset();
  spare_.clear();
  bound_.clear();
}

bool DatagramPort::add_spare() {
  if (spare_.size() == most_spare) return false;
  Address any = local_;
  set_port(any, 0);
  os::Fd made = new_socket(any);
  if (!made || ::bind(made.get(), any.get(), any.length) != 0) return false;
  spare_.push_back(std::move(made));
  return true;
}

void DatagramPort::ready() {
  char* const room = room_for(together * (settings_.longest + 1));
  std::array<iovec, together> bytes;
  std::array<mmsghdr, together> messages{};
  for (std::size_t i = 0; i < together; ++i) {
    bytes[i] = {room + i * (settings_.longest + 1), settings_.longest + 1};
    messages[i].msg_hdr.msg_iov = &bytes[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (unsigned taken = 0; taken < settings_.a_turn;) {
    const int got = ::recvmmsg(socket_.get(), messages.data(), together, MSG_DONTWAIT | MSG_TRUNC, nullptr);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) {  // what an earlier datagram met on its way; taking it clears it
      ++taken;
      continue;
    }
    taken += static_cast<unsigned>(got);
    for (int i = 0; i < got; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (messages[at].msg_len > settings_.longest) {
        ++too_long_;
        continue;
      }
      heard_(std::string_view(static_cast<const char*>(bytes[at].iov_base), messages[at].msg_len));
      if (!socket_) return;  // closed by what was heard
    }
    if (static_cast<unsigned>(got) < together) return;
  }
  ++rests_;
  watch_.change(0);
  rest_ = loop_.after(settings_.rest, [this] {
    rest_.cancel();
    watch_.change(EPOLLIN);
  });
}

std::size_t DatagramPort::send(std::string_view datagram, std::span<const Address> to) {
  if (!socket_ || datagram.empty()) return 0;
  std::string text(datagram);
  iovec bytes{text.data(), text.size()};
  std::array<mmsghdr, at_once> messages{};
  std::size_t sent = 0;
  std::size_t full = 0;  // sockets; of the port's own one and the spare ones after it
  for (std::size_t begin = 0; begin < to.size();) {
    const int by = full == 0 ? socket_.get() : spare_[full - 1].get();
    const std::size_t count = std::min(at_once, to.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      const Address& address = to[begin + i];
      messages[i] = {};
      messages[i].msg_hdr.msg_name = const_cast<sockaddr*>(address.get());
      messages[i].msg_hdr.msg_namelen = address.length;
      messages[i].msg_hdr.msg_iov = &bytes;
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int done = ::sendmmsg(by, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (++full > spare_.size() && !add_spare()) return sent;
      continue;
    }
    // Whoever cannot be reached keeps nobody else from hearing it.
    begin += done > 0 ? static_cast<std::size_t>(done) : 1;
    sent += static_cast<std::size_t>(std::max(done, 0));
  }
  return sent;
}

bool is_loopback(const Address& address) {
  if (address.family() == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address.storage, sizeof in);
    return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
  }
  sockaddr_in in{};
  std::memcpy(&in, &address.storage, sizeof in);
  return ntohl(in.sin_addr.s_addr) >> 24U == IN_LOOPBACKNET;
}

std::expected<Address, std::string> local_address(int connected, std::uint16_t port) {
  Address address;
  address.length = sizeof address.storage;
  if (::getsockname(connected, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0)
    return std::unexpected("the connection has no address: " + std::generic_category().message(errno));
  if (address.family() == AF_UNIX) return resolve("127.0.0.1", port, true).value().front();
  set_port(address, port);
  return address;
}

}  // namespace standstill::link
