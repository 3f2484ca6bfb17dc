// The last line of a terminal, on standard error: how something that goes on for long stands at the moment.
//
// Everything else that is printed meanwhile goes through print(), which takes the line away and draws it
// again below. Where standard error is no terminal there is no line, and print() only prints. From any
// thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>

namespace standstill::app {

class StatusLine {
 public:
  explicit StatusLine(bool wanted = true);  // not wanted: as if there were no terminal
  ~StatusLine() { end(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void show(std::string text);  // one line; cut where the terminal ends
  void print(const std::function<void()>& what);
  void end();  // takes it away, for good

 private:
  void erase() const;
  void draw() const;

  bool there_;
  std::mutex mutex_;
  std::string text_;
};

}  // namespace standstill::app
