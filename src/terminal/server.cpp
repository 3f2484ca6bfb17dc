#include "terminal/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

#include "tell/background_thread.hpp"
#include "terminal/connection.hpp"
#include "terminal/shared.hpp"

namespace standstill::terminal {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

std::expected<tcp::endpoint, std::string> read_listen(const std::string& text) {
  const auto colon = text.rfind(':');
  const std::string shape =
      "listen '" + text + "' must be ADDRESS:PORT, for example 127.0.0.1:8080 or [::1]:8080";
  if (colon == std::string::npos) return std::unexpected(shape);
  std::string host = text.substr(0, colon);
  unsigned port = 0;
  const char* last = text.data() + text.size();
  const auto [end, bad] = std::from_chars(text.data() + colon + 1, last, port);
  if (bad != std::errc{} || end != last || port > 65535) return std::unexpected(shape);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return std::unexpected(shape);
  return tcp::endpoint(address, static_cast<std::uint16_t>(port));
}

Caller local_caller(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return {.operator_name = {}, .peer = known ? "uid " + std::to_string(peer.uid) : "local", .local = true};
}

Caller tcp_caller(const tcp::socket& socket) {
  ErrorCode error;
  const auto peer = socket.remote_endpoint(error);
  return {.operator_name = {}, .peer = error ? "unknown" : peer.address().to_string(), .local = false};
}

// A socket file that nobody answers is left over from a supervisor that died; one that answers is not ours to
// take.
std::expected<void, std::string> clear_stale(const std::string& path, asio::io_context& io) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode))
    return std::unexpected(path + " exists and is not a socket: move it away, or choose another state_dir");
  local::socket probe(io);
  ErrorCode error;
  probe.connect(local::endpoint(path), error);
  if (!error)
    return std::unexpected("another supervisor answers at " + path +
                           ": stop it first, or use another state_dir");
  if (::unlink(path.c_str()) != 0)
    return std::unexpected("cannot remove the old socket " + path + ": " + std::strerror(errno));
  return {};
}

}  // namespace

struct Server::State {
  State(const ServerConfig& config, Backend& backend) : shared(config, backend) {}

  std::expected<void, std::string> open_tcp();
  std::expected<void, std::string> open_local();
  template <typename Protocol, typename MakeCaller>
  void accept(asio::basic_socket_acceptor<Protocol>& acceptor, bool is_local, MakeCaller make_caller);
  void run();

  Shared shared;
  tcp::acceptor tcp_acceptor{shared.io};
  local::acceptor local_acceptor{shared.io};
  asio::steady_timer retry{shared.io};
  std::uint16_t port = 0;
  ino_t socket_inode = 0;
  tell::BackgroundThread thread;
};

std::expected<void, std::string> Server::State::open_tcp() {
  const auto endpoint = read_listen(shared.config.listen);
  if (!endpoint) return std::unexpected(endpoint.error());
  if (!shared.config.certificate_file.empty()) {
    auto loaded = load_certificate(shared.config.certificate_file, shared.config.key_file);
    if (!loaded) return std::unexpected(loaded.error());
    shared.tls = std::move(*loaded);
  }
  if (!endpoint->address().is_loopback() && !shared.config.insecure && !shared.tls)
    return std::unexpected("listen '" + shared.config.listen +
                           "' is reachable from the network without encryption: give certificate_file and "
                           "key_file, use 127.0.0.1 "
                           "behind a proxy with TLS, or say insecure = true");
  ErrorCode error;
  tcp_acceptor.open(endpoint->protocol(), error);
  if (!error) tcp_acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) tcp_acceptor.bind(*endpoint, error);
  if (!error) tcp_acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return std::unexpected(
        "cannot listen on " + shared.config.listen + ": " + error.message() +
        (error == asio::error::address_in_use ? ". Another program uses the port: choose another" : ""));
  port = tcp_acceptor.local_endpoint(error).port();
  shared.session_cookie = "standstill_" + std::to_string(port);
  return {};
}

std::expected<void, std::string> Server::State::open_local() {
  const std::string& path = shared.config.socket_path;
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return std::unexpected("the path " + path +
                           " is too long for a socket (107 bytes): choose a shorter state_dir");
  if (auto cleared = clear_stale(path, shared.io); !cleared) return cleared;
  ErrorCode error;
  local_acceptor.open(local(), error);
  if (!error) local_acceptor.bind(local::endpoint(path), error);
  if (!error && ::chmod(path.c_str(), 0660) != 0) error.assign(errno, boost::system::system_category());
  if (!error) local_acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected("cannot listen on " + path + ": " + error.message());
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0) socket_inode = info.st_ino;
  return {};
}

template <typename Protocol, typename MakeCaller>
void Server::State::accept(asio::basic_socket_acceptor<Protocol>& acceptor, bool is_local,
                           MakeCaller make_caller) {
  acceptor.async_accept(
      [this, &acceptor, is_local, make_caller](ErrorCode error, typename Protocol::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (error) {  // no descriptors left, most likely: the one idle longest gives one back
          static_cast<void>(shared.make_room(is_local));
          retry.expires_after(50ms);
          retry.async_wait([this, &acceptor, is_local, make_caller](ErrorCode) {
            accept(acceptor, is_local, make_caller);
          });
          return;
        }
        if (shared.make_room(is_local)) {
          Caller caller = make_caller(socket);
          std::make_shared<Connection>(Socket(std::move(socket)), shared, std::move(caller))->start();
        }
        accept(acceptor, is_local, make_caller);
      });
}

void Server::State::run() {
  for (;;) {
    try {
      shared.io.run();
      return;
    } catch (const std::exception& error) {  // one request ran out of memory; the others go on
      std::fprintf(stderr, "standstill: a request was dropped: %s\n", error.what());
    }
  }
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

std::expected<std::unique_ptr<Server>, std::string> Server::start(const ServerConfig& config,
                                                                  Backend& backend) {
  auto state = std::make_unique<State>(config, backend);
  if (!config.listen.empty())
    if (auto opened = state->open_tcp(); !opened) return std::unexpected(opened.error());
  if (!config.socket_path.empty())
    if (auto opened = state->open_local(); !opened) return std::unexpected(opened.error());
  std::unique_ptr<Server> server(new Server(std::move(state)));
  State& started = *server->state_;
  if (started.tcp_acceptor.is_open())
    started.accept(started.tcp_acceptor, false, [](const tcp::socket& socket) { return tcp_caller(socket); });
  if (started.local_acceptor.is_open())
    started.accept(started.local_acceptor, true,
                   [](local::socket& socket) { return local_caller(socket.native_handle()); });
  started.thread = tell::BackgroundThread("http", [&started] { started.run(); });
  return server;
}

Server::~Server() {
  state_->shared.io.stop();
  state_->thread.join();
  state_->shared.feed.end();
  const std::string& path = state_->shared.config.socket_path;
  struct stat info{};
  if (state_->socket_inode != 0 && ::lstat(path.c_str(), &info) == 0 && info.st_ino == state_->socket_inode)
    ::unlink(path.c_str());
}

std::uint16_t Server::port() const { return state_->port; }

}  // namespace standstill::terminal
