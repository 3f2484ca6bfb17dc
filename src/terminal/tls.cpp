#include "terminal/tls.hpp"

#include <openssl/ssl.h>
#include <sys/stat.h>

namespace standstill::terminal {
namespace {

namespace ssl = boost::asio::ssl;

bool others_may_read(const std::filesystem::path& file) {
  struct stat info{};
  return ::stat(file.c_str(), &info) == 0 && (info.st_mode & 0007U) != 0;
}

}  // namespace

std::expected<TlsContext, std::string> load_certificate(const std::filesystem::path& certificate,
                                                        const std::filesystem::path& key) {
  if (others_may_read(key))
    return std::unexpected("certificate key " + key.string() +
                           " can be read by everybody on this machine: chmod 640 it");
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                           ssl::context::no_sslv2 | ssl::context::no_sslv3,
                       error);
  SSL_CTX_set_options(context->native_handle(),
                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  context->use_certificate_chain_file(certificate.string(), error);
  if (error)
    return std::unexpected("certificate " + certificate.string() + " cannot be used: " + error.message() +
                           "; it must be a PEM file that the supervisor may read");
  context->use_private_key_file(key.string(), ssl::context::pem, error);
  if (error)
    return std::unexpected("certificate key " + key.string() + " cannot be used: " + error.message() +
                           "; it must be the PEM key of " + certificate.string() +
                           ", without a pass phrase, and the supervisor may read it");
  return context;
}

}  // namespace standstill::terminal
