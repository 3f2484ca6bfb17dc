// The short way for a stop, which is what must not wait: read and written in one pass, without a tree of
// objects. For the files of this folder only.
//
// It takes plain texts: no escapes in them, and nothing but ASCII from the space to the tilde. Whatever is
// not so is not its business, and goes the long way: it never refuses, and what it takes, the long way takes,
// too, with the same result.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "wire/estop/message.hpp"

namespace standstill::estop {

[[nodiscard]] std::optional<HeardStop> read_plain_stop(std::string_view text);
// Empty when the long way has to write it, or to say what is wrong with it.
[[nodiscard]] std::string write_plain_stop(const Envelope& envelope, const EmergencyStop& stop);

// {"signed": TEXT, "key_id": …, "mac": …}, where the text has no escapes but \" and \\.
struct PlainSigned {
  std::string text;
  std::string_view key_id, mac;
};
[[nodiscard]] std::optional<PlainSigned> read_plain_signed(std::string_view whole);
[[nodiscard]] std::string write_plain_signed(std::string_view text, std::string_view key_id,
                                             std::string_view mac);

}  // namespace standstill::estop
