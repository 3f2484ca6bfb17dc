// Whose secret is looked at next. Looking at one costs 50 ms on purpose, so that guessing is slow; a crowd of
// guessers must not keep an operator out by standing in the way. So one is looked at after another, the peers
// take turns, and where there is no room for one more, the newest of the peer with the most waiting goes.
// Used by one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <utility>

namespace standstill::terminal {

class Turns {
 public:
  struct One {
    std::function<void()> begin;        // its turn has come; whoever is done calls done()
    std::function<void()> turned_away;  // there is no room for it
  };

  explicit Turns(std::size_t most_waiting) : most_(most_waiting) {}

  // Begins at once when nobody is under way.
  void add(const std::string& peer, One one) {
    if (!busy_) {
      busy_ = true;
      return one.begin();
    }
    line_of(peer).waiting.push_back(std::move(one));
    if (++count_ <= most_) return;
    // The first of equals keeps its place: the newcomer goes, unless somebody takes more room than he does.
    auto crowd = std::ranges::max_element(lines_, {}, [](const Line& line) { return line.waiting.size(); });
    if (crowd->waiting.size() == line_of(peer).waiting.size())
      crowd = std::ranges::find(lines_, peer, &Line::peer);
    auto last = std::move(crowd->waiting.back());
    crowd->waiting.pop_back();
    --count_;
    if (crowd->waiting.empty()) lines_.erase(crowd);
    last.turned_away();
  }

  // The one under way has been looked at: the next peer's turn.
  void done() {
    if (lines_.empty()) {
      busy_ = false;
      return;
    }
    Line& first = lines_.front();
    auto next = std::move(first.waiting.front());
    first.waiting.pop_front();
    --count_;
    if (first.waiting.empty())
      lines_.pop_front();
    else
      lines_.splice(lines_.end(), lines_, lines_.begin());
    next.begin();
  }

  [[nodiscard]] std::size_t waiting() const { return count_; }

 private:
  struct Line {
    std::string peer;
    std::deque<One> waiting;
  };
  Line& line_of(const std::string& peer) {
    const auto found = std::ranges::find(lines_, peer, &Line::peer);
    if (found != lines_.end()) return *found;
    lines_.push_back(Line{peer, {}});
    return lines_.back();
  }

  const std::size_t most_;
  bool busy_ = false;
  std::size_t count_ = 0;
  std::list<Line> lines_;  // each has somebody waiting; the first is next
};

}  // namespace standstill::terminal
