// `log`: the journal, from the supervisor, or from the disk when none runs.
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "os/clock.hpp"
#include "record/calendar.hpp"
#include "record/event_json.hpp"
#include "record/journal_reader.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

using Events = std::expected<std::vector<ordered_json>, int>;

// After `after` (the first time: 0, the newest `limit`).
Events from_supervisor(const Ask& ask, const LogOptions& options, std::int64_t after, bool& unreachable) {
  std::string path = "/api/v1/journal?limit=" + std::to_string(std::min<std::uint32_t>(options.limit, 10000));
  if (after > 0) path += "&after=" + std::to_string(after);
  if (!options.since.empty()) path += "&since=" + terminal::Client::encoded(options.since);
  if (options.epoch) path += "&epoch=" + std::to_string(*options.epoch);
  const auto reached = ask.raw(path);
  unreachable = !reached && reached.error().unreachable;
  if (unreachable) return std::vector<ordered_json>{};
  const auto body = Ask::judge(reached);
  if (!body) return std::unexpected(body.error());
  std::vector<ordered_json> events;
  if (body->is_object() && body->contains("events"))
    for (const auto& event : (*body)["events"]) events.push_back(event);
  return events;
}

Events from_disk(const std::filesystem::path& state_dir, const LogOptions& options, std::int64_t after) {
  auto reader = record::JournalReader::open(state_dir / "journal.db");
  if (!reader) {
    complain("no supervisor answers, and the journal cannot be read: " + reader.error());
    return std::unexpected(exit_unreachable);
  }
  record::JournalQuery query;
  if (!options.since.empty()) query.since_wall_ns = record::parse_since(options.since, os::wall_ns());
  if (options.epoch) query.epoch = static_cast<std::uint32_t>(*options.epoch);
  query.after_id = after;
  query.limit = options.limit;
  query.newest = after == 0;
  const auto read = reader->read(query);
  if (!read) {
    complain(read.error());
    return std::unexpected(exit_unreachable);
  }
  std::vector<ordered_json> events;
  for (const auto& event : *read) events.emplace_back(record::to_json(event));
  return events;
}

std::string line_of(const ordered_json& event) {
  std::string kind = text_of(event, "kind"), code = text_of(event, "code");
  kind.resize(std::max<std::size_t>(kind.size(), 16), ' ');
  code.resize(std::max<std::size_t>(code.size(), 16), ' ');
  const std::string epoch = text_of(event, "epoch"), detail = printable(text_of(event, "detail"));
  return text_of(event, "at") + "  " + kind + "  " + code + "  " + text_of(event, "source") +
         (detail.empty() ? "" : ": " + detail) +
         (epoch.empty() || epoch == "0" ? "" : "  (epoch " + epoch + ")");
}

}  // namespace

int log(const Context& context, const LogOptions& options) {
  const auto config = load_config(context);
  if (!config) return config.error();
  if (!options.since.empty() && !record::parse_since(options.since, os::wall_ns())) {
    complain("--since '" + printable(options.since) +
             "' is no time: write an age (90s, 10m, 2h, 3d) or a time (2026-01-31T12:00:00Z)");
    return exit_usage;
  }
  const Ask ask(config->site.state_dir);
  std::int64_t after = 0;
  for (bool first = true;; first = false) {
    bool unreachable = false;
    auto events = from_supervisor(ask, options, after, unreachable);
    if (unreachable) events = from_disk(config->site.state_dir, options, after);
    if (!events && first) return events.error();
    if (events) {
      for (const auto& event : *events) {
        say(context.json ? dumped(event) : line_of(event));
        if (event.contains("id") && event["id"].is_number_integer())
          after = std::max(after, event["id"].get<std::int64_t>());
      }
    }
    if (!options.follow) return exit_done;
    ::usleep(500000);
  }
}

}  // namespace standstill::app
