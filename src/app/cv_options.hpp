// What `standstill cv` was asked for.
#pragma once

#include <cstdint>
#include <string>

#include "app/context.hpp"

namespace standstill::app {

struct CvOptions {
  std::string device;       // of the telemetry line
  std::string programming;  // instead: the control socket of a command station with a programming track
  unsigned baud = 115200;
  unsigned timeout_ms = 2000;  // for one answer
  std::uint32_t number = 0;    // get, set
  std::string value;           // set
  std::string file;            // backup, restore
};

[[nodiscard]] int cv_list(const Context& context, const CvOptions& options);
[[nodiscard]] int cv_get(const Context& context, const CvOptions& options);
[[nodiscard]] int cv_set(const Context& context, const CvOptions& options);
[[nodiscard]] int cv_backup(const Context& context, const CvOptions& options);
[[nodiscard]] int cv_restore(const Context& context, const CvOptions& options);

}  // namespace standstill::app
