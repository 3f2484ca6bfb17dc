// What people are told about: one event, the same for every kind of alert.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace standstill::tell {

struct AlertEvent {
  std::string event =
      {};  // "trip", "return", "lost", "ack", "reset", "prooftest_overdue", "alert_failing", …
  std::string site = {};
  std::string state = {};  // "tripped", "ready", "running"
  std::uint64_t epoch = 0;
  std::string code = {};  // a cause code of the contract, empty when none
  std::string source =
      {};  // the user's id of a link, watch, output or alert; the operator's name for ack, reset
  std::string detail = {};   // a sentence
  std::int64_t wall_ns = 0;  // when it happened, ns since 1970 UTC
};

// "club-layout TRIPPED (epoch 3): layout, link_lost: the connection ended without a goodbye (2026-01-31T…Z)"
[[nodiscard]] std::string sentence(const AlertEvent& event);
// One line without the time, for a mail's subject.
[[nodiscard]] std::string headline(const AlertEvent& event);
// {"event","site","state","epoch","code","source","detail","at","text"}; invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string to_json(const AlertEvent& event);

// The value of one of {{site}} {{state}} {{epoch}} {{code}} {{source}} {{detail}} {{at}} {{event}} {{text}}.
[[nodiscard]] bool known_field(std::string_view name);
[[nodiscard]] std::string field(const AlertEvent& event, std::string_view name);

}  // namespace standstill::tell
