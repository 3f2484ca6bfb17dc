// Writes snapshots in a thread of its own: the loop hands over copies that cost microseconds, whatever the
// plan's size.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/config.hpp"
#include "link/status.hpp"
#include "link/tags.hpp"
#include "plant/layout/export.hpp"
#include "record/snapshot.hpp"
#include "supervise/trends.hpp"
#include "supervise/view.hpp"

namespace standstill::supervise {

using Document = layout::Document;
using Detail = layout::Detail;

// What one job adds to the document, in the scribe's thread; it must outlive the document. `timestamp`:
// seconds since 1970.
using SnapshotPart = std::function<void(Document& document, Instant at, double timestamp, Detail detail)>;

// The plant at one instant, by value.
struct SnapshotInput {
  record::SnapshotKind kind = record::SnapshotKind::emergency;
  std::int64_t wall_ns = 0;
  Instant at{};
  View view;
  std::vector<SnapshotPart> parts;  // of the jobs, in the order of their links
  std::vector<link::Tag> tags;
  std::vector<Trends::Course> before;  // what values did in the last minute; of a trip only
  std::vector<config::Metadata> metadata;
  std::int64_t session_start_wall_ns = 0;
};

// The document in the contract's shape (docs/architecture.md, "Snapshot"). Its objects are made when it is
// written, from `input`, which must outlive it.
[[nodiscard]] Document snapshot_document(const SnapshotInput& input);
// What the jobs added, as far as layout::compare() looks at it.
[[nodiscard]] Document::Json plant_outline(const SnapshotInput& input);
// Blocks on the disk.
[[nodiscard]] std::expected<record::SnapshotEntry, std::string> write_snapshot(
    const std::filesystem::path& state_dir, const SnapshotInput& input);

class Scribe {
 public:
  // Called from the scribe's thread: the new id, or why it could not be written.
  using Written = std::function<void(const std::string& id, const std::string& error)>;

  explicit Scribe(std::filesystem::path state_dir);
  ~Scribe();

  void write(SnapshotInput input, Written written);
  // Anything else that needs the disk and may take its time.
  void later(std::function<void()> task);

 private:
  struct Order {
    SnapshotInput input;
    Written written;
    std::function<void()> task;  // instead of the two above
  };
  void add(Order order);
  void work();

  std::filesystem::path state_dir_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Order> orders_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace standstill::supervise
