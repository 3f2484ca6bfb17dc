// TLS of the terminal: at least 1.2, with the server's own preference of ciphers.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

namespace standstill::terminal {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// `certificate`: the chain, `key`: what belongs to it, both PEM. Errors name the file, the reason, and what
// to do.
[[nodiscard]] std::expected<TlsContext, std::string> load_certificate(
    const std::filesystem::path& certificate, const std::filesystem::path& key);

}  // namespace standstill::terminal
