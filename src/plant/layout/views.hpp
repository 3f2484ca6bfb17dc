// The known attributes of the known kinds, typed. A view refers to its object; it owns nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "plant/layout/model.hpp"
#include "plant/layout/object.hpp"

namespace standstill::layout {

// `fx`: bit 0 is function 1.
[[nodiscard]] constexpr bool function_in_mask(std::int64_t fx, unsigned number) {
  return number >= 1 && number <= 63 && ((static_cast<std::uint64_t>(fx) >> (number - 1)) & 1U) != 0;
}

struct Loco {
  const Object& object;
  [[nodiscard]] std::int64_t speed() const { return object.number("V"); }  // unit and range: V_mode, V_max
  [[nodiscard]] bool forward() const { return object.truth("dir", true); }
  [[nodiscard]] std::string_view block() const { return object.get("blockid"); }
  [[nodiscard]] std::string_view destination() const { return object.get("destblockid"); }
  [[nodiscard]] std::string_view mode() const { return object.get("mode"); }  // idle, wait, auto, run …
  // 0 is the light. What was last told: singly (fN), else in the lists (fn, fx).
  [[nodiscard]] bool function(unsigned number) const {
    const auto single = object.find("f" + std::to_string(number));
    if (single) return *single == "true";
    return number == 0 ? object.truth("fn") : function_in_mask(object.number("fx"), number);
  }
  [[nodiscard]] unsigned function_count() const {  // the light not counted; 0 to 32
    return static_cast<unsigned>(std::clamp<std::int64_t>(object.number("fncnt"), 0, 32));
  }
};

struct Block {
  const Object& object;
  [[nodiscard]] std::string_view loco() const { return object.get("locid"); }
  [[nodiscard]] bool closed() const { return object.get("state") == "closed"; }
  [[nodiscard]] bool reserved() const { return object.truth("reserved"); }
};

struct Turnout {
  const Object& object;
  [[nodiscard]] std::string_view state() const { return object.get("state"); }  // straight turnout left right
  [[nodiscard]] bool moving() const {
    return object.truth("testing");
  }  // commanded, the final report is missing
};

struct Signal {
  const Object& object;
  [[nodiscard]] std::string_view state() const { return object.get("state"); }  // red yellow green white
  [[nodiscard]] std::int64_t aspect() const { return object.number("aspect"); }
};

struct Route {
  enum class Status : std::uint8_t { free, locked, selected, deselected, closed };
  const Object& object;
  [[nodiscard]] Status status() const {
    return static_cast<Status>(std::clamp<std::int64_t>(object.number("status"), 0, 4));
  }
  [[nodiscard]] std::string_view status_name() const {
    constexpr std::array<std::string_view, 5> names{"free", "locked", "selected", "deselected", "closed"};
    return names[static_cast<std::size_t>(status())];
  }
};

struct Feedback {
  const Object& object;
  [[nodiscard]] bool on() const { return object.truth("state"); }
  [[nodiscard]] std::string_view block() const { return object.get("blockid"); }
};

struct Output {
  const Object& object;
  [[nodiscard]] bool on() const { return object.get("state") == "on"; }
};

struct State {  // of one command station (iid), or of the server as a whole (iid empty)
  const Object& object;
  [[nodiscard]] bool power() const { return object.truth("power"); }
  [[nodiscard]] bool emergency() const { return object.truth("emergency"); }
};

// What the server said last of all its command stations together: true where all of those that were reported
// singly agree, else what was said of the server as a whole; `otherwise` when nobody said anything.
[[nodiscard]] inline bool all_stations(const Model& model, std::string_view attribute,
                                       bool otherwise = false) {
  bool told = false;
  bool all = true;
  model.each(Kind::state, [&](const Object& state) {
    if (state.id().empty() || !state.find(attribute)) return;
    told = true;
    all = all && state.truth(attribute);
  });
  if (told) return all;
  const auto whole = model.find(Kind::state, {});
  return whole ? whole->truth(attribute, otherwise) : otherwise;
}

// `time` is seconds since 1970 and the only thing a server tells; hour and minute are taken from it as UTC,
// because the server's zone is not told. (A server in another zone shows its clock that many hours off;
// minutes agree.)
struct Clock {
  const Object& object;
  [[nodiscard]] std::int64_t epoch() const { return object.number("time"); }
  [[nodiscard]] int hour() const { return static_cast<int>(((epoch() % 86400) + 86400) % 86400 / 3600); }
  [[nodiscard]] int minute() const { return static_cast<int>(((epoch() % 3600) + 3600) % 3600 / 60); }
  [[nodiscard]] std::int64_t divider() const {
    return object.number("divider", 1);
  }  // model seconds a second
  [[nodiscard]] bool frozen() const { return object.truth("freeze", object.get("cmd") == "freeze"); }
};

}  // namespace standstill::layout
