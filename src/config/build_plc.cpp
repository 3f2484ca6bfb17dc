#include "config/build.hpp"

namespace standstill::config {

PlcPeer build_plc(const Reader& in) {
  PlcPeer result;
  result.host = in.text("host");
  result.port = in.whole<std::uint16_t>("port");
  result.rack = in.whole("rack");
  result.slot = in.whole("slot");
  result.connection = in.text("connection");
  result.local_tsap = in.whole<std::uint16_t>("local_tsap");
  if (in.has("remote_tsap")) result.remote_tsap = in.whole<std::uint16_t>("remote_tsap");
  result.password = in.secret("password");
  return result;
}

}  // namespace standstill::config
