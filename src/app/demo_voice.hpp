// What the demo says: sentences into the picture where there is one, else plain lines, or JSON one object a
// line.
#pragma once

#include <mutex>
#include <string>

#include "app/demo_guide.hpp"

namespace standstill::app {

class DemoVoice {
 public:
  DemoVoice(bool json, bool picture) : json_(json), picture_(picture) {}

  void say(const DemoLine& line);            // from any thread
  [[nodiscard]] std::string newest() const;  // for the picture
  void picture_ends();                       // plain lines from here on
  [[nodiscard]] bool json() const { return json_; }

 private:
  mutable std::mutex mutex_;
  bool json_, picture_;
  std::string newest_;
};

}  // namespace standstill::app
