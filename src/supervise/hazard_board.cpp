// The hazard table's rows about an external guard, which cuts by itself when nobody tells it anything.
#include <algorithm>

#include "supervise/hazard_rows.hpp"
#include "wire/permit/board.hpp"

namespace standstill::supervise {

using config::milliseconds;

namespace {

constexpr milliseconds board_cycle{5};        // guard/board/external_guard.hpp, cycle
constexpr milliseconds relay_follows{100};    // the same, relay_follows
constexpr milliseconds board_watchdog{100};   // firmware/guard/main.cpp, watchdog_timeout
constexpr milliseconds confirmed_later{200};  // output/line/board_line.hpp, relays_settle

// How long the guard waits for a status before it says that the board does not answer.
milliseconds silence_of(const config::Output& output) { return std::max(output.timeout, milliseconds{1000}); }

}  // namespace

milliseconds order_time(const config::GuardBoardOutput& board) {
  constexpr unsigned bits = 59 * 10;  // a frame and the zero before it, each byte with start and stop bit
  return milliseconds(bits * 1000 / std::max(board.port.baud, 1U) + 1) + board_cycle;
}

HazardCut HazardRows::by_itself(const config::Output& output) {
  return {.output = output.id,
          .covered = true,
          .who = "the external guard",
          .notice = output.timeout,
          .act = board_cycle};
}

void HazardRows::board(std::vector<Hazard>& into, const config::Output& output) const {
  const std::string part = "output " + output.id;
  Hazard deaf = all(part, "is unplugged, or its line is disturbed",
                    "the board hears no good permit; the guard hears no status",
                    {"guard", silence_of(output) + loop_, Order::staged}, output.id);
  deaf.cuts.insert(deaf.cuts.begin(), by_itself(output));
  into.push_back(std::move(deaf));

  Hazard hangs = all(part, "hangs, or loses its power", "its hardware watchdog, and the charge pump stops",
                     {"guard", silence_of(output) + loop_, Order::staged}, output.id);
  hangs.cuts.insert(hangs.cuts.begin(), {.output = output.id,
                                         .covered = true,
                                         .who = "the board's hardware",
                                         .notice = board_watchdog,
                                         .act = board_cycle});
  into.push_back(std::move(hangs));

  Hazard welded{.part = part,
                .event = "is told to be safe and both relays stay closed",
                .by = "its contacts do not show open in time",
                .cuts = {},
                .remedy = {}};
  escalation(welded, output, output.timeout + confirmed_later + loop_);
  if (welded.cover == Cover::not_covered)
    welded.remedy =
        "it is told as 'trip not effective', and nothing else cuts: lead the load through the charge pump's "
        "relay too, or add escalate = another output that removes its power";
  into.push_back(std::move(welded));

  into.push_back(all(
      "read-back of " + output.id, "is stuck at open, or cannot be read", "while running it must show closed",
      {"guard", relay_follows + std::chrono::duration_cast<milliseconds>(permit::board_says_every) + loop_,
       Order::staged}));
}

}  // namespace standstill::supervise
