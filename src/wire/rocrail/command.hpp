// Everything a client may say to a Rocrail server, ready to be written in one piece.
//
// Source: measured against a server of 2014. `size` counts the bytes (not characters) of the body; header and
// body must leave in one write, and no NUL may follow, or the server closes the connection. Servers of 2.1
// accept the same form; only <ping/> counts a NUL, as their own clients send it.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace standstill::rocrail {

struct Command {
  std::string frame;         // header and body: what goes to the socket
  std::string body;          // the element alone, for logs
  bool may_energise = true;  // never send it while tripped
};

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// <element name="value" …/> with every value escaped. Element and names must be XML names; they are the
// program's own.
[[nodiscard]] Command command(std::string_view element, Fields fields);

// True unless the body is known to start nothing: whatever is not on the list of harmless commands (stop,
// ebreak, shutdown, save, query, speed 0, off, queries of the model, ping …) may, directly or through the
// server's automatic mode, make something on the layout move, draw current or be released.
[[nodiscard]] bool may_energise(std::string_view body);

// What a person types: an element as it goes over the wire (<lc id="BR01" V="40"/>), or words:
//   go · stop · ebreak · shutdown · save · query            the server itself
//   auto on|off · clock freeze|go|divider=10 · ping
//   lc BR01 V=40 dir=true · lc BR01 stop · fn BR01 1 on
//   sw sw1 turnout · sg sg1 red · co co1 off · st rt1 go · fb fb1 on · bk bk1 closed · text tx1 "Hello all"
//   plan · lclist                                           questions
// An id with spaces stands in double quotes. Errors say what was not understood and what would be.
[[nodiscard]] std::expected<Command, std::string> parse_command(std::string_view text);

namespace commands {

[[nodiscard]] Command system(std::string_view cmd);  // go stop ebreak shutdown save query reset sod eod
[[nodiscard]] Command go();
[[nodiscard]] Command stop();
[[nodiscard]] Command ebreak();
[[nodiscard]] Command shutdown();

[[nodiscard]] Command loco_speed(std::string_view id, int v);  // v in the unit of the plan, 0 to V_max
[[nodiscard]] Command loco_speed(std::string_view id, int v, bool forward);
[[nodiscard]] Command loco_direction(std::string_view id, bool forward);
[[nodiscard]] Command loco(std::string_view id, std::string_view cmd);  // go stop dispatch softreset …
[[nodiscard]] Command loco_to_block(std::string_view id, std::string_view block);
[[nodiscard]] Command loco_lights(std::string_view id, bool on);
[[nodiscard]] Command function(std::string_view loco, unsigned number, bool on);  // number 0 to 28

[[nodiscard]] Command turnout(std::string_view id,
                              std::string_view cmd);  // straight turnout left right flip lock unlock
[[nodiscard]] Command signal(std::string_view id, std::string_view cmd);  // red yellow green white auto flip
[[nodiscard]] Command block_state(std::string_view id, bool closed);
[[nodiscard]] Command block(std::string_view id, std::string_view cmd,
                            std::string_view loco = {});                  // loc reserve free …
[[nodiscard]] Command route(std::string_view id, std::string_view cmd);   // go set lock unlock free test
[[nodiscard]] Command output(std::string_view id, std::string_view cmd);  // on off flip
[[nodiscard]] Command feedback(std::string_view id, bool on);
[[nodiscard]] Command booster(std::string_view id, bool on);
[[nodiscard]] Command text(std::string_view id, std::string_view format);
[[nodiscard]] Command car(std::string_view id, std::string_view cmd);  // loaded empty …
[[nodiscard]] Command train(std::string_view operator_id, std::string_view cmd, std::string_view car_ids);
[[nodiscard]] Command variable(std::string_view id, std::string_view value);

[[nodiscard]] Command clock_time(unsigned hour, unsigned minute);  // 0 to 23, 0 to 59
[[nodiscard]] Command clock_divider(unsigned divider);             // model seconds a second, 1 to 100
[[nodiscard]] Command clock(std::string_view cmd);                 // freeze go
[[nodiscard]] Command automatic(bool on);

[[nodiscard]] Command plan();                        // the whole plan
[[nodiscard]] Command list(std::string_view which);  // lclist swlist fblist bklist sglist stlist sclist …
[[nodiscard]] Command ping();                        // answered by 2.1, ignored by 2014

}  // namespace commands

}  // namespace standstill::rocrail
