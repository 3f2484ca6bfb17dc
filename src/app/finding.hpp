// What `check` found out about the machine.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace standstill::config {
struct Config;
}

namespace standstill::app {

enum class Grade : unsigned char {
  good,
  warning,  // it will run, less well or less sure
  bad,      // it will not run, or not be able to start
};

struct Finding {
  Grade grade = Grade::good;
  std::string subject;  // "output track-power", "state_dir" …
  std::string text;     // what is there, or what is wrong and what to do
};
using Findings = std::vector<Finding>;

void check_folder(const config::Config& config, Findings& into);
void check_programs(const config::Config& config, Findings& into);  // ours, outputs', alerts'
void check_devices(const config::Config& config, Findings& into);   // serial lines
void check_sensors(const config::Config& config, Findings& into);   // links of kind hwmon
void check_gpio(const config::Config& config, Findings& into);      // chips and lines
void check_engine(const config::Config& config, Findings& into);    // [loco]: sensors, PWM
void check_network(const config::Config& config,
                   Findings& into);  // outputs and links over TCP; takes up to 2 s a peer
void check_secrets(const config::Config& config, Findings& into);
void check_realtime(const config::Config& config, Findings& into);

}  // namespace standstill::app
