#include "link/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "link/stream.hpp"

namespace standstill::link {

void UnixTransport::dial(Duration, Dialed done) {
  close();
  later_ = loop_.after(Duration::zero(), [this, done = std::move(done)] {
    later_.cancel();
    const std::string wrong = connect();
    done(wrong.empty() ? std::expected<void, std::string>{} : std::unexpected(wrong));
  });
}

// At once or not at all: whoever listens on this machine has a place in its queue, or has none.
std::string UnixTransport::connect() {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path_.size() >= sizeof to.sun_path) return path_ + ": the path of a socket has at most 107 bytes";
  std::memcpy(to.sun_path, path_.c_str(), path_.size());
  socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket_ && ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return {};
  const int error = errno;
  socket_.reset();
  switch (error) {
    case ENOENT:
      return "there is no socket " + path_ + ": is the server running, and is this its path?";
    case ECONNREFUSED:
      return "nobody listens at " + path_ + ": is the server running?";
    case EACCES:
    case EPERM:
      return "no permission for " + path_ + ": join the group that owns it";
    case EAGAIN:
      return "the server at " + path_ + " takes no more connections for now";
    default:
      return "no connection to " + path_ + ": " + std::generic_category().message(error);
  }
}

void UnixTransport::close() {
  later_.cancel();
  socket_.reset();
}

Io UnixTransport::read(std::span<std::byte> into) { return read_stream(socket_.get(), into); }

Io UnixTransport::write(std::span<const std::byte> bytes) { return write_stream(socket_.get(), bytes); }

}  // namespace standstill::link
