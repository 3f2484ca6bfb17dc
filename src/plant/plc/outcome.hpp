// What became of something that was asked of a PLC.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>

#include "wire/s7/message.hpp"

namespace standstill::plc {

enum class Failure : std::uint8_t {
  refused,      // the PLC answered, and the answer is no
  unreachable,  // it was not done: no connection, or none in time
  uncertain,    // a write that may or may not have happened
  read_only,    // not allowed by the configuration
  unusable,     // the question itself is wrong
};

struct Trouble {
  Failure kind = Failure::unreachable;
  std::string text;  // a sentence that names host, address and cause
};

template <class T>
using Outcome = std::expected<T, Trouble>;
template <class T>
using Done = std::function<void(Outcome<T>)>;

// Behind the refusal of a write that does not fit into one message.
inline constexpr const char* perhaps_in_part =
    "; it takes several messages, and others of them may have been carried out";

using ItemResult = s7::ItemReply;
// One result for each range, in their order. It shows the data where they came in, and ends with the call
// that brought it: who needs them for longer copies them.
using Items = std::span<const ItemResult>;

// What is done when the connection ends before the answer came.
enum class OnLoss : std::uint8_t {
  fail,    // say so at once: reads fail, writes are uncertain
  repeat,  // ask again after the return; a write only if nothing of it has left, or it is marked idempotent
};

struct Terms {
  OnLoss on_loss = OnLoss::fail;
  bool idempotent = false;  // a write that may happen twice
  Instant give_up = never;  // then it fails, wherever it is
};

}  // namespace standstill::plc
