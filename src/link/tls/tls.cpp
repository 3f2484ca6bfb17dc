#include "link/tls/tls.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "os/clock.hpp"

namespace standstill::link {

namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)>;

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

std::string last_error() {
  const unsigned long code = ::ERR_get_error();
  const char* reason = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return reason == nullptr ? "" : std::string(": ") + reason;
}

// Files and all: not on the loop. Empty `why` with a context.
Context make_context(const TlsTransport::Settings& settings, std::string& why) {
  Context made(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
  if (!made) return why = "TLS is not to be had" + last_error(), std::move(made);
  ::SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(made.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                     SSL_MODE_RELEASE_BUFFERS);
  const bool authorities = settings.ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(made.get()) == 1
                                                    : ::SSL_CTX_load_verify_locations(
                                                          made.get(), settings.ca_file.c_str(), nullptr) == 1;
  if (!authorities)
    why = (settings.ca_file.empty() ? "the system's certificate authorities" : settings.ca_file) +
          " cannot be used as authorities for TLS" + last_error();
  else if (!settings.certificate_file.empty() &&
           ::SSL_CTX_use_certificate_chain_file(made.get(), settings.certificate_file.c_str()) != 1)
    why = settings.certificate_file + " cannot be used as the own certificate" + last_error();
  else if (!settings.certificate_file.empty() &&
           (::SSL_CTX_use_PrivateKey_file(made.get(), settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
            ::SSL_CTX_check_private_key(made.get()) != 1))
    why = settings.key_file + " is no key for " + settings.certificate_file + last_error();
  return made;
}

std::string refused(SSL* ssl, const std::string& peer) {
  if (const long verdict = ::SSL_get_verify_result(ssl); verdict != X509_V_OK)
    return "the certificate of " + peer +
           " is not to be trusted: " + ::X509_verify_cert_error_string(verdict);
  return peer + " does not shake hands over TLS" + last_error() + ": does the server speak TLS there?";
}

// Owns `socket`, a descriptor of its own for the same connection; ends by `deadline`, or when that is shut.
std::pair<std::shared_ptr<SSL>, std::string> handshake(const TlsTransport::Settings& settings, os::Fd socket,
                                                       const std::string& peer, Instant deadline) {
  std::string why;
  const Context context = make_context(settings, why);
  if (!why.empty()) return {nullptr, why};
  const int fd = socket.get();
  auto owner = std::make_shared<os::Fd>(std::move(socket));
  const std::shared_ptr<SSL> ssl(::SSL_new(context.get()), [owner](SSL* one) { ::SSL_free(one); });
  if (!ssl || ::SSL_set_fd(ssl.get(), fd) != 1) return {nullptr, "TLS is not to be had" + last_error()};
  if (is_address(settings.name)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl.get()), settings.name.c_str());
  } else {
    ::SSL_set1_host(ssl.get(), settings.name.c_str());
    std::string name = settings.name;  // the macro for this has an old-style cast
    ::SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  for (;;) {
    ::ERR_clear_error();
    const int done = ::SSL_connect(ssl.get());
    if (done == 1) return {ssl, {}};
    const int wants = ::SSL_get_error(ssl.get(), done);
    if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
      return {nullptr, refused(ssl.get(), peer)};
    const auto left = to_ms(deadline - os::now());
    pollfd ask{fd, static_cast<short>(wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
    if (left <= 0 || ::poll(&ask, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) == 0)
      return {nullptr, peer + " does not answer over TLS: does the server speak it there?"};
  }
}

}  // namespace

TlsTransport::TlsTransport(os::Loop& loop, std::unique_ptr<Transport> below, Settings settings)
    : loop_(loop), below_(std::move(below)), settings_(std::move(settings)), handshake_(loop) {}

TlsTransport::~TlsTransport() { TlsTransport::close(); }

void TlsTransport::close() {
  done_ = nullptr;
  give_up_.cancel();
  handshake_.abandon();
  ++dials_;
  ssl_.reset();
  // A handshake under way has a descriptor of its own: it ends with the connection.
  if (const int fd = below_->native_handle(); fd >= 0) ::shutdown(fd, SHUT_RDWR);
  below_->close();
}

void TlsTransport::dial(Duration time_out, Dialed done) {
  close();
  done_ = std::move(done);
  deadline_ = loop_.now() + time_out;
  below_->dial(time_out, [this](const std::expected<void, std::string>& result) {
    if (!result) return finish(std::unexpected(result.error()));
    shake_hands();
  });
}

void TlsTransport::shake_hands() {
  os::Fd own(::fcntl(below_->native_handle(), F_DUPFD_CLOEXEC, 0));
  if (!own) return finish(std::unexpected("the system gives no descriptor for TLS"));
  const bool started = handshake_.start(
      [settings = settings_, socket = std::make_shared<os::Fd>(std::move(own)), peer = below_->peer(),
       deadline = deadline_, dial = dials_] {
        auto [ssl, why] = handshake(settings, std::move(*socket), peer, deadline);
        return Shaken{dial, std::move(ssl), std::move(why)};
      },
      [this](const Shaken& result) { shaken(result); });
  if (!started) return finish(std::unexpected("the system gives no thread for a TLS handshake"));
  give_up_ = loop_.at(deadline_ + 100ms, [this] {
    finish(std::unexpected(below_->peer() + " does not answer over TLS: does the server speak it there?"));
  });
}

void TlsTransport::shaken(const Shaken& result) {
  if (result.dial != dials_) return shake_hands();  // that of an earlier dial, which had to end first
  if (!result.ssl) return finish(std::unexpected(result.why));
  ssl_ = result.ssl;
  finish({});
}

void TlsTransport::finish(std::expected<void, std::string> result) {
  give_up_.cancel();
  const auto done = std::exchange(done_, nullptr);
  if (!result) close();
  if (done) done(std::move(result));
}

Io TlsTransport::read(std::span<std::byte> into) {
  ::ERR_clear_error();
  const int most = static_cast<int>(std::min<std::size_t>(into.size(), std::numeric_limits<int>::max()));
  const int got = ::SSL_read(ssl_.get(), into.data(), most);
  if (got > 0) return {Io::Did::some, static_cast<std::size_t>(got)};
  switch (::SSL_get_error(ssl_.get(), got)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {};
    case SSL_ERROR_ZERO_RETURN:
      return {Io::Did::ended};
    default:
      return {Io::Did::ended, 0, "the encrypted connection ended without a goodbye"};
  }
}

Io TlsTransport::write(std::span<const std::byte> bytes) {
  ::ERR_clear_error();
  const int most = static_cast<int>(std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max()));
  const int sent = ::SSL_write(ssl_.get(), bytes.data(), most);
  if (sent > 0) return {Io::Did::some, static_cast<std::size_t>(sent)};
  switch (::SSL_get_error(ssl_.get(), sent)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {};
    default:
      return {Io::Did::ended, 0, "the encrypted connection broke"};
  }
}

bool TlsTransport::buffered() const { return ssl_ && ::SSL_pending(ssl_.get()) > 0; }

}  // namespace standstill::link
