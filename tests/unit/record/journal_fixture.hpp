// A recorder that retries at test speed, and what its journal holds.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "record/journal.hpp"
#include "record/journal_reader.hpp"
#include "scratch.hpp"

namespace standstill::record {

inline constexpr Duration long_enough = 60s;

inline Recorder::Settings settings_for(const std::filesystem::path& file) {
  Recorder::Settings settings;
  settings.file = file;
  settings.first_retry = 5ms;
  settings.last_retry = 20ms;
  settings.close_within = 30s;
  return settings;
}

inline std::vector<StoredEvent> all_of(const std::filesystem::path& file, JournalQuery query = {}) {
  auto reader = JournalReader::open(file);
  EXPECT_TRUE(reader) << reader.error();
  if (!reader) return {};
  query.limit = 100'000;
  auto events = reader->read(query);
  EXPECT_TRUE(events) << events.error();
  return events ? *events : std::vector<StoredEvent>{};
}

inline std::size_t with_code(const std::vector<StoredEvent>& events, const std::string& code) {
  return static_cast<std::size_t>(std::count_if(events.begin(), events.end(),
                                                [&](const StoredEvent& e) { return e.event.code == code; }));
}

}  // namespace standstill::record
