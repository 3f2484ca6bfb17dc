// A layout as its Rocrail server last told it: locos, blocks, turnouts … with every attribute the server ever
// sent.
//
// Everything here is a value: copy it, keep it, read it in any thread. A copy costs microseconds whatever the
// size of the layout, and never changes; Layout::model() gives a newer one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace standstill {

namespace layout {
class Object;
class Model;
}  // namespace layout

// In the order and with the meaning of Rocrail's elements, which kind_name() gives.
enum class Kind : std::uint8_t {
  loco,             // lc
  block,            // bk
  turnout,          // sw
  signal,           // sg
  route,            // st
  feedback,         // fb
  output,           // co
  text,             // tx
  car,              // car
  train,            // operator
  schedule,         // sc
  tour,             // tour
  location,         // location
  stage_block,      // sb
  booster,          // booster
  weather,          // weather
  variable,         // vr
  track,            // tk
  turntable,        // tt
  selection_table,  // seltab
  action,           // ac
  level,            // zlevel
  clock,            // clock
  state,            // state: of a command station (id: its iid) or of the server as a whole (id: "")
  automatic,        // auto
  exception,        // exception: the last thing the server said to people
  system,           // sys
  plan,             // plan: title, rocrailversion, healthy …
  other,            // an element not known here, kept all the same
};
// "lc", "bk" …: the element in Rocrail's XML.
[[nodiscard]] std::string_view kind_name(Kind kind);

// An element inside an object: the <swcmd> of a route, the <fundef> of a loco.
struct Nested {
  std::string element;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Nested> nested;
  [[nodiscard]] std::string operator[](std::string_view attribute) const;  // empty when it has none
};

// One object, as it was when it was asked for. An object that does not exist is false, and all its fields are
// empty.
class Object {
 public:
  Object() = default;
  explicit Object(std::shared_ptr<const layout::Object> held) : held_(std::move(held)) {}

  [[nodiscard]] explicit operator bool() const { return held_ != nullptr; }
  [[nodiscard]] Kind kind() const;  // Kind::other when it does not exist
  [[nodiscard]] std::string id() const;
  [[nodiscard]] std::string element() const;  // "lc", "bk" …

  // An attribute as the server sent it: loco["V"], block["locid"]. Empty when there is none.
  [[nodiscard]] std::string operator[](std::string_view attribute) const;
  [[nodiscard]] bool has(std::string_view attribute) const;
  // A whole number as Rocrail writes it ("40.5" is 40); `otherwise` when it is none.
  [[nodiscard]] std::int64_t number(std::string_view attribute, std::int64_t otherwise = 0) const;
  [[nodiscard]] bool truth(std::string_view attribute, bool otherwise = false) const;  // "true" or "false"

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> attributes()
      const;  // in the order they came
  [[nodiscard]] std::vector<Nested> nested() const;
  // Same kind, attributes, nested elements and order.
  [[nodiscard]] bool operator==(const Object& other) const;

 protected:
  std::shared_ptr<const layout::Object> held_;
};

// The known attributes of the known kinds, typed.
struct Loco : Object {
  [[nodiscard]] std::int64_t speed() const {
    return number("V");
  }  // unit and range: (*this)["V_mode"], ["V_max"]
  [[nodiscard]] bool forward() const { return truth("dir", true); }
  [[nodiscard]] std::string block() const { return (*this)["blockid"]; }
  [[nodiscard]] std::string destination() const { return (*this)["destblockid"]; }
  [[nodiscard]] std::string mode() const { return (*this)["mode"]; }  // idle, wait, auto, run …
  [[nodiscard]] bool function(unsigned number) const;                 // 0 is the light; up to 63
};
struct Block : Object {
  [[nodiscard]] std::string loco() const { return (*this)["locid"]; }
  [[nodiscard]] bool closed() const { return (*this)["state"] == "closed"; }
  [[nodiscard]] bool reserved() const { return truth("reserved"); }
};
struct Turnout : Object {
  [[nodiscard]] std::string state() const { return (*this)["state"]; }  // straight turnout left right
  [[nodiscard]] bool moving() const { return truth("testing"); }  // commanded, its final report is missing
};
struct Signal : Object {
  [[nodiscard]] std::string state() const { return (*this)["state"]; }  // red yellow green white
  [[nodiscard]] std::int64_t aspect() const { return number("aspect"); }
};
struct Route : Object {
  [[nodiscard]] std::string status() const;  // free locked selected deselected closed
};
struct Feedback : Object {
  [[nodiscard]] bool on() const { return truth("state"); }
  [[nodiscard]] std::string block() const { return (*this)["blockid"]; }
};
struct Output : Object {
  [[nodiscard]] bool on() const { return (*this)["state"] == "on"; }
};
// Hour and minute are those of the server's time stamp in UTC, because a server does not tell its zone:
// Options::clock_offset shifts what triggers go by.
struct Clock : Object {
  [[nodiscard]] bool known() const;  // false also for the times near zero that old servers send
  [[nodiscard]] int hour() const;
  [[nodiscard]] int minute() const;
  [[nodiscard]] std::int64_t divider() const { return number("divider", 1); }  // model seconds a second
  [[nodiscard]] bool frozen() const;
};

class Model {
 public:
  Model();  // of a server that never said anything
  explicit Model(std::shared_ptr<const layout::Model> held) : held_(std::move(held)) {}

  // False until a whole plan arrived; until then only clock, power and automatic mode may be known.
  [[nodiscard]] bool has_plan() const;
  [[nodiscard]] std::string title() const;  // of the plan

  [[nodiscard]] Object find(Kind kind, std::string_view id) const;
  [[nodiscard]] std::vector<Object> objects(Kind kind) const;  // in the order of the plan
  [[nodiscard]] std::size_t count(Kind kind) const;
  [[nodiscard]] std::size_t count() const;

  [[nodiscard]] Loco loco(std::string_view id) const { return {find(Kind::loco, id)}; }
  [[nodiscard]] Block block(std::string_view id) const { return {find(Kind::block, id)}; }
  [[nodiscard]] Turnout turnout(std::string_view id) const { return {find(Kind::turnout, id)}; }
  [[nodiscard]] Signal signal(std::string_view id) const { return {find(Kind::signal, id)}; }
  [[nodiscard]] Route route(std::string_view id) const { return {find(Kind::route, id)}; }
  [[nodiscard]] Feedback feedback(std::string_view id) const { return {find(Kind::feedback, id)}; }
  [[nodiscard]] Output output(std::string_view id) const { return {find(Kind::output, id)}; }
  [[nodiscard]] Clock clock() const { return {find(Kind::clock, {})}; }
  [[nodiscard]] std::vector<Loco> locos() const;
  [[nodiscard]] std::vector<Block> blocks() const;

  // Of all command stations together; nothing when the server never said.
  [[nodiscard]] std::optional<bool> power() const;
  [[nodiscard]] std::optional<bool> automatic() const;

  // A feedback of it is on, a loco stands in it, or the server says so. False for a block that does not
  // exist.
  [[nodiscard]] bool is_occupied(std::string_view block) const;
  [[nodiscard]] bool all_stopped() const;  // every loco's speed is 0; true when there is none
  // The server says, at the loco or at the block, that this loco stands in this block (a reservation is not
  // enough).
  [[nodiscard]] bool loco_in_block(std::string_view loco, std::string_view block) const;

  // JSON in the shape of a Standstill snapshot, with "timestamp" in seconds since 1970. Without a plan,
  // "model" is null.
  [[nodiscard]] std::string export_state() const { return export_state(std::chrono::system_clock::now()); }
  [[nodiscard]] std::string export_state(std::chrono::system_clock::time_point timestamp) const;

 private:
  std::shared_ptr<const layout::Model> held_;  // never null
};

}  // namespace standstill
