// The bytes of a connection: in the clear, or inside TLS.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <variant>

namespace standstill::terminal {

using Socket = boost::asio::generic::stream_protocol::socket;
using Plain = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
using Secure = boost::beast::ssl_stream<Plain>;
using Stream = std::variant<Plain, Secure>;

// What has the socket and the deadline, whatever lies above it.
[[nodiscard]] inline Plain& lowest(Stream& stream) {
  if (auto* plain = std::get_if<Plain>(&stream)) return *plain;
  return std::get<Secure>(stream).next_layer();
}

}  // namespace standstill::terminal
