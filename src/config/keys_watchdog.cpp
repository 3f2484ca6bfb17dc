// [watchdog].
#include <array>

#include "config/keys.hpp"

namespace standstill::config {

namespace {

constexpr auto table = std::to_array<Key>({
    {.section = "watchdog",
     .name = "unit",
     .meaning =
         "A systemd unit: it is checked with `systemctl is-active` and restarted with `systemctl restart`, "
         "unless `check` or `restart` say otherwise.",
     .example = "\"meter-logger.service\"",
     .min = 1,
     .max = 128},
    {.section = "watchdog",
     .name = "check",
     .type = Type::texts,
     .meaning = "A program (absolute path) and its arguments; exit code 0 is healthy.",
     .example = "[\"/usr/bin/docker\", \"exec\", \"logger\", \"/bin/healthy\"]",
     .format = Format::program,
     .min = 1,
     .max = 32},
    {.section = "watchdog",
     .name = "devices",
     .type = Type::texts,
     .meaning = "Paths that must exist, such as a USB adapter's; one that is missing is a failed check.",
     .example = "[\"/dev/serial/by-id/usb-A\"]",
     .initial = "[]",
     .format = Format::path,
     .min = 0,
     .max = 16},
    {.section = "watchdog",
     .name = "restart",
     .type = Type::texts,
     .meaning = "The program (absolute path) and its arguments that restart it.",
     .example = "[\"/usr/bin/docker\", \"restart\", \"logger\"]",
     .format = Format::program,
     .min = 1,
     .max = 32},
    {.section = "watchdog",
     .name = "interval_ms",
     .type = Type::integer,
     .meaning = "Time from one check to the next.",
     .example = "30000",
     .initial = "30000",
     .unit = "ms",
     .min = 100,
     .max = 3600000},
    {.section = "watchdog",
     .name = "failures",
     .type = Type::integer,
     .meaning = "So many failed checks in a row bring a restart.",
     .example = "3",
     .initial = "3",
     .min = 1,
     .max = 100},
    {.section = "watchdog",
     .name = "timeout_ms",
     .type = Type::integer,
     .meaning = "How long a check, or a restart, may take; then it is ended and has failed.",
     .example = "20000",
     .initial = "20000",
     .unit = "ms",
     .min = 100,
     .max = 600000},
    {.section = "watchdog",
     .name = "restarts_per_hour",
     .type = Type::integer,
     .meaning = "At most so many within any hour; beyond that it only checks, and says so.",
     .example = "4",
     .initial = "4",
     .min = 1,
     .max = 60},
});

}  // namespace

std::span<const Key> watchdog_keys() { return table; }

}  // namespace standstill::config
