#include "plant/station/latch_ask.hpp"

#include <utility>

#include "wire/estop/names.hpp"

namespace standstill::station {

bool ask_latch(RedisSession& session, const std::string& head, std::function<void()> as_before,
               RedisSession::Answer whole) {
  if (head.empty()) return session.ask({"GET", estop::latch_key}, std::move(whole));
  // A server that does not know the command, or does not allow it to this user, is asked for all of it.
  return session.ask(
      {"GETRANGE", estop::latch_key, "0", std::to_string(head.size() - 1)},
      [&session, head, as_before = std::move(as_before), whole = std::move(whole)](const resp::Value& value) {
        if (value.is_text() && value.text == head) return as_before();
        session.ask({"GET", estop::latch_key}, whole);
      });
}

}  // namespace standstill::station
