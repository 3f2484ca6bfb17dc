// What became of something that was asked of a PLC.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

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

using ItemResult = s7::ItemReply;  // its data are a part of Items::bytes
// One result for each range, in their order.
struct Items {
  Items() = default;
  Items(Items&&) noexcept = default;
  Items& operator=(Items&&) noexcept = default;
  Items(const Items&) = delete;  // the results of a copy would point into the original
  Items& operator=(const Items&) = delete;
  ~Items() = default;

  [[nodiscard]] const ItemResult& operator[](std::size_t i) const { return results[i]; }
  [[nodiscard]] const ItemResult& at(std::size_t i) const { return results.at(i); }
  [[nodiscard]] const ItemResult& front() const { return results.front(); }
  [[nodiscard]] std::size_t size() const { return results.size(); }
  [[nodiscard]] auto begin() const { return results.begin(); }
  [[nodiscard]] auto end() const { return results.end(); }

  // All data one behind the other; what is left here has none.
  [[nodiscard]] s7::Bytes take_data();

  std::vector<ItemResult> results;
  s7::Bytes bytes;  // with what stood between them in the answer
};

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
