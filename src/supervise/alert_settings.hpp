// From the configuration's words to what alerts and people need.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "tell/alert.hpp"
#include "tell/reminders.hpp"

namespace standstill::supervise {

// Error: why it cannot be used: a secret that cannot be read, an address or a template that is none.
[[nodiscard]] std::expected<tell::AlertConfig, std::string> alert_of(const config::Alert& alert);

// Never null: an alert that cannot be used is one that fails, and takes no other with it.
[[nodiscard]] std::unique_ptr<tell::Teller> make_teller(const config::Config& config,
                                                        const tell::Teller::Health& health);

// Those alerts that tell trips, with their `escalate_s` and `remind_s`.
[[nodiscard]] tell::Reminders make_reminders(const config::Config& config);

// How an output's safe state is proved, in words: "read-back /dev/gpiochip0 line 27 low"; empty: by eye.
[[nodiscard]] std::string readback_words(const config::Output& output);

}  // namespace standstill::supervise
