// What a tracer saw, kept in order, to be read afterwards.
#pragma once

#include <linux/futex.h>
#include <linux/gpio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "support/announcer.hpp"
#include "support/tracer.hpp"
#include "wire/pages/pages.hpp"

namespace standstill::test {

struct SeenCall {
  pid_t process, thread;
  long number;
  std::array<std::uint64_t, 6> arguments;
  bool entry;
  std::int64_t result;
  [[nodiscard]] std::string name() const {
    const auto own = announced(number);
    return own.empty() ? Tracer::name(number) : std::string(own);
  }
};

class CallRecord {
 public:
  Tracer::Deed add(const TracedCall& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back({call.process.pid, call.thread, call.number, call.arguments, call.entry, call.result});
    return {};
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }
  [[nodiscard]] std::vector<SeenCall> all() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<SeenCall> calls_;
};

// Reads the cut out of a record: where it begins, what stands between the decision and its last order.
class CutReading {
 public:
  CutReading(std::vector<SeenCall> calls, pid_t process, std::size_t outputs)
      : calls_(std::move(calls)), process_(process), outputs_(outputs) {
    // The cut page is the shared mapping of its size: the newest one, since a new guard brings a new page.
    for (const SeenCall& call : calls_)
      if (call.process == process && !call.entry && call.number == SYS_mmap && call.result > 0 &&
          (call.arguments[3] & MAP_SHARED) != 0 && call.arguments[1] == sizeof(pages::CutPage))
        page_ = static_cast<std::uint64_t>(call.result);
  }

  // Which output's cutters a call tells; -1: it is none of these.
  [[nodiscard]] int tells(const SeenCall& call) const {
    if (page_ == 0 || call.number != SYS_futex ||
        (static_cast<int>(call.arguments[1]) & FUTEX_CMD_MASK) != FUTEX_WAKE)
      return -1;
    const std::uint64_t first = page_ + offsetof(pages::CutPage, words);
    if (call.arguments[0] < first || call.arguments[0] >= first + 4 * outputs_) return -1;
    return static_cast<int>((call.arguments[0] - first) / 4);
  }
  // The first order of a cut after `from`; size(): there is none.
  [[nodiscard]] std::size_t first_order(std::size_t from) const {
    for (std::size_t i = from; i < calls_.size(); ++i)
      if (calls_[i].process == process_ && calls_[i].entry && tells(calls_[i]) >= 0) return i;
    return calls_.size();
  }
  // The newest call of the same thread before `i` that fulfils a condition; size(): there is none.
  template <class Condition>
  [[nodiscard]] std::size_t newest_before(std::size_t i, const Condition& condition) const {
    for (std::size_t k = std::min(i, calls_.size()); k-- > 0;)
      if (calls_[k].thread == calls_[i].thread && condition(calls_[k])) return k;
    return calls_.size();
  }
  // S1: what a thread did between `decision` and the last order of the cut, and should not have done. The
  // orders are the wake of each output's cut word and the setting of a GPIO line; `looks` are reads without
  // waiting that may stand between the return of the poll and the decision.
  [[nodiscard]] std::vector<std::string> in_the_way(std::size_t decision,
                                                    const std::set<long>& looks = {}) const {
    std::vector<std::string> found;
    std::set<int> told;
    bool began = false;
    for (std::size_t i = decision + 1; i < calls_.size() && told.size() < outputs_; ++i) {
      const SeenCall& call = calls_[i];
      if (call.thread != calls_[decision].thread || !call.entry) continue;
      if (const int output = tells(call); output >= 0) {
        told.insert(output);
        began = true;
      } else if (call.number == SYS_ioctl && call.arguments[1] == GPIO_V2_LINE_SET_VALUES_IOCTL) {
        began = true;
      } else if (began || !looks.contains(call.number)) {
        found.push_back(call.name());
      }
    }
    if (told.size() < outputs_) found.emplace_back("(the cut was never finished)");
    return found;
  }
  [[nodiscard]] const SeenCall& at(std::size_t i) const { return calls_[i]; }
  [[nodiscard]] std::size_t size() const { return calls_.size(); }
  // For messages: the calls of one thread around a place.
  [[nodiscard]] std::string around(std::size_t place, std::size_t before = 12, std::size_t after = 24) const {
    std::string text;
    if (place >= calls_.size()) return "(nothing was recorded there)";
    std::size_t from = place;
    for (std::size_t count = 0; from > 0 && count < before; --from)
      count += calls_[from].thread == calls_[place].thread && calls_[from].entry ? 1U : 0U;
    for (std::size_t i = from, count = 0; i < calls_.size() && count < before + after; ++i) {
      if (calls_[i].thread != calls_[place].thread || !calls_[i].entry) continue;
      ++count;
      text += (tells(calls_[i]) >= 0 ? "  TELLS output " + std::to_string(tells(calls_[i]))
                                     : "  " + calls_[i].name()) +
              "\n";
    }
    return text;
  }

 private:
  std::vector<SeenCall> calls_;
  pid_t process_;
  std::size_t outputs_;
  std::uint64_t page_ = 0;
};

}  // namespace standstill::test
