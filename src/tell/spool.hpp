// Messages that wait on disk for a broker that is away: first in, first out, bounded, over restarts.
//
// Files of lines, one message a line (JSON: topic, payload), in a folder of its own: NUMBER.spool, and
// `done`, which says how far they have been confirmed. A line that a power cut tore is left out. When the
// bound is reached the oldest file goes, and what was in it counts as lost.
//
// Blocks on the disk: for a thread that may wait. Errors are sentences that name the file.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "os/fd.hpp"
#include "tell/mqtt_connection.hpp"

namespace standstill::tell {

class Spool {
 public:
  // Takes up what an earlier run left. `most_bytes`: of all files together, at least 64 KiB.
  Spool(std::filesystem::path folder, std::uint64_t most_bytes);

  // At the end. What cannot be written counts as lost.
  [[nodiscard]] std::expected<void, std::string> append(const MqttMessage& message);
  void sync();  // what was appended survives a power cut from now on

  struct Entry {
    std::uint64_t number = 0;  // grows by one from message to message
    MqttMessage message;
  };
  // The next one that was not read yet; nothing at the end.
  [[nodiscard]] std::optional<Entry> read();
  void rewind();                       // the next one read is the oldest that was not confirmed
  void confirm(std::uint64_t number);  // this one and all before it are done

  [[nodiscard]] bool empty() const { return first_ == end_; }
  [[nodiscard]] std::uint64_t waiting() const { return end_ - first_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  struct Segment {
    std::uint64_t index = 0;  // its file's name
    std::uint64_t bytes = 0;
    std::uint64_t begin = 0, end = 0;  // numbers: of its first message, and behind its last
  };
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t index) const;
  void take_up();
  void drop_oldest(bool is_loss);
  void note_done();
  void load(const Segment& segment);

  std::filesystem::path folder_;
  std::uint64_t most_bytes_;
  std::uint64_t segment_bytes_;
  std::deque<Segment> segments_;  // oldest first
  os::Fd writing_;                // the last segment
  std::uint64_t next_index_ = 1;
  std::uint64_t first_ = 0, end_ = 0;  // numbers: the oldest unconfirmed, and behind the newest
  std::uint64_t lost_ = 0;

  std::uint64_t read_ = 0;          // number of the next to be read
  std::uint64_t loaded_index_ = 0;  // 0: none
  std::deque<std::string> lines_;   // of the segment that is being read, from read_ on
};

}  // namespace standstill::tell
