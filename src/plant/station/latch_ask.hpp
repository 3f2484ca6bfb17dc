// How a station asks for the retained latch. It does so every second, and with a MAC for each of many
// stations that is long: so only for the beginning, where everything stands that is signed, and for the whole
// of it when that is not as before.
#pragma once

#include <functional>
#include <string>

#include "plant/station/redis_session.hpp"

namespace standstill::station {

// `head`: Station::latch_head(). One of the two comes once: `as_before`, or `whole` with what GET answered;
// none, when the connection ends first. False: it is not connected.
bool ask_latch(RedisSession& session, const std::string& head, std::function<void()> as_before,
               RedisSession::Answer whole);

}  // namespace standstill::station
