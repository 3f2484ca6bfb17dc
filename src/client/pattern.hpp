// What a trigger is written as: times of the layout's clock, and globs over ids.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::client {

inline constexpr int minutes_a_day = 24 * 60;

// "14:30", "*:30" (every hour), "14:*" (every minute of that hour), "*/5" (every five minutes from midnight;
// 1 to 1440).
class TimePattern {
 public:
  [[nodiscard]] static std::expected<TimePattern, std::string> parse(std::string_view text);
  [[nodiscard]] bool matches(int minute_of_day) const;

 private:
  int hour_ = -1;    // -1: any
  int minute_ = -1;  // -1: any
  int every_ = 0;    // minutes; 0: not that kind
};

// `*` any text, `?` one byte, `[abc]` `[a-z]` `[!a]` one byte of a set; a `[` without its end stands for
// itself. Takes time in proportion to both lengths, whatever the pattern.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view text);

// Which minutes a layout's clock entered, told report by report.
class MinuteHand {
 public:
  // Reports that skip more than this are a clock that was set.
  static constexpr int made_up_for = 5;  // minutes

  // Minutes of the day, 0 to 1439, in order; none for the first report, which only says where the clock
  // stands. `was_set`: the report says that somebody set the clock.
  [[nodiscard]] std::vector<int> moved_to(int minute_of_day, bool was_set);

 private:
  int at_ = -1;
};

}  // namespace standstill::client
