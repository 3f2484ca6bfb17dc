// The guided first minute: shows every link of the chain once, and says only what it has really seen.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "app/demo_operator.hpp"
#include "app/demo_plant.hpp"

namespace standstill::app {

// One sentence of the demo. `step` names what it is about; `ok` is false where what should happen did not.
struct DemoLine {
  std::string step, text;
  bool ok = true;
};

class DemoGuide {
 public:
  struct Scene {
    DemoPlant& plant;
    const DemoOperator& person;
    std::string state_dir, alert_file;
    double pace = 1.0;
    std::function<void(const DemoLine&)> say;
    const std::atomic<bool>& stop;  // somebody took over, or the demo ends
  };
  enum class End : std::uint8_t { through, failed, interrupted };

  explicit DemoGuide(Scene scene) : scene_(std::move(scene)) {}
  [[nodiscard]] End run();  // blocks; about a minute at pace 1

 private:
  [[nodiscard]] bool begins();
  [[nodiscard]] bool starts();
  [[nodiscard]] bool crashes();
  [[nodiscard]] bool records();
  [[nodiscard]] bool compares();
  [[nodiscard]] bool recovers();

  void say(const char* step, std::string text) const;
  void pause(double seconds) const;  // at pace 1
  // Waits for what must come. The limit is for slow machines, never for show.
  [[nodiscard]] bool seen(const char* step, const std::function<bool()>& condition,
                          const std::string& otherwise) const;
  [[nodiscard]] bool accepted(const char* step, const std::function<DemoSaid()>& word) const;
  [[nodiscard]] bool acknowledges() const;
  [[nodiscard]] bool resets() const;     // also acknowledges again
  [[nodiscard]] bool energises() const;  // on the word `start`
  [[nodiscard]] bool is(const char* state) const;
  [[nodiscard]] bool online() const;
  [[nodiscard]] bool station_waits() const;
  [[nodiscard]] bool trains_move() const;
  [[nodiscard]] std::string way(Instant broken) const;  // with its milliseconds

  Scene scene_;
};

}  // namespace standstill::app
