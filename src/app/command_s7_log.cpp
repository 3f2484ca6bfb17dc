// `s7 log`, `s7 watch` and `s7 write --every`: rows on time, through every outage, until Ctrl-C.
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/s7_target.hpp"
#include "app/state_text.hpp"
#include "app/status_line.hpp"
#include "os/clock.hpp"
#include "os/end_signals.hpp"
#include "os/fd.hpp"
#include "plant/plc/schedule.hpp"
#include "wire/s7/value.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

// The end of the program, waited for between rows. Made before the Plc makes its threads.
class Quit {
 public:
  // True when it was asked for before `until`.
  [[nodiscard]] bool within(Instant until) const {
    for (;;) {
      const auto left = to_ms(until - os::now() + 999us);
      pollfd ask{ends_.fd(), POLLIN, 0};
      if (::poll(&ask, 1, left <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left, 3'600'000))) > 0)
        return true;
      if (os::now() >= until) return false;
    }
  }

 private:
  os::EndSignals ends_;
};

std::string counted(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// What happens to the connection, in words, on standard error; how it stands, and how often it was lost.
// Shared with the handlers: one that hangs outlives the Plc.
class Outages : public std::enable_shared_from_this<Outages> {
 public:
  void listen_in(PlcOptions& options) {
    const auto self = shared_from_this();
    options.on_loss = [this, self](const PlcLoss& loss) {
      if (loss.was_online) ++count_;
      began_ = os::now();
      online_ = false;
      tell((loss.was_online ? "lost: " : "not reached: ") + loss.detail);
    };
    options.on_return = [this, self](const PlcReturn& back) {
      if (!back.first) total_ms_ += back.outage.count();
      online_ = true;
      tell(back.first ? "connected" : "back after " + age_text(back.outage.count()));
    };
    options.on_attempt = [this, self](const PlcAttempt& attempt) { tell(attempt.text()); };
    options.on_heartbeat = [this, self](bool alive, const std::string& why) {
      tell(alive ? "the heartbeat beats" : "the program stands still: " + why);
    };
  }
  StatusLine line;

  [[nodiscard]] bool online() const { return online_; }
  [[nodiscard]] std::string now_text() const {
    if (online_) return "online";
    if (began_.load() == Instant{}) return "connecting";
    return "no connection for " + age_text(to_ms(os::now() - began_.load()));
  }
  // With the one that is still going on.
  [[nodiscard]] std::string text() const {
    if (count_ == 0) return counted(0, "outage");
    const std::int64_t now_ms = online_ ? 0 : to_ms(os::now() - began_.load());
    return counted(count_, "outage") + " (" + age_text(total_ms_ + now_ms) + ")";
  }

 private:
  void tell(const std::string& text) {
    line.print([&] { complain(text); });
  }

  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<std::int64_t> total_ms_ = 0;
  std::atomic<bool> online_ = false;
  std::atomic<Instant> began_{Instant{}};
};

class Rows {
 public:
  // `patience`: how long a row waits for its values.
  Rows(const Context& context, const S7Options& options, std::chrono::milliseconds patience,
       bool changes_only, Outages& outages)
      : context_(context),
        options_(options),
        patience_(patience),
        tags_(options.addresses),
        changes_only_(changes_only),
        outages_(outages),
        status_(outages.line),
        told_(options.addresses.size()) {}

  void read(const Plc& plc) {
    const auto values = plc.read(tags_);
    ordered_json json{{"at", os::rfc3339(os::wall_ns())}};
    std::string line = os::rfc3339(os::wall_ns());
    std::string told;
    bool whole = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& value = values[i];
      whole = whole && static_cast<bool>(value);
      json["values"][options_.addresses[i]] = value ? value_json(*value) : ordered_json(nullptr);
      if (!value) json["errors"][options_.addresses[i]] = value.error().text;
      const std::string text = value                                           ? printable(value->text())
                               : value.error().kind == PlcError::Kind::refused ? "(refused)"
                               : outages_.online()                             ? "(no answer)"
                                                                               : "(no connection)";
      told += "  " + options_.addresses[i] + " = " + text;
      if (!value && text != "(no connection)") explain(i, value.error());
      if (value) told_[i].clear();
    }
    ++rows_;
    if (!whole) ++incomplete_;
    if (changes_only_ && told == last_) return;
    last_ = told;
    status_.print([&] { say(context_.json ? dumped(json) : line + told); });
  }

  void write(const Plc& plc) {
    const auto written = write_once(plc);
    ++rows_;
    if (!written) ++incomplete_;
    const std::string at = os::rfc3339(os::wall_ns());
    const bool unknown = !written && written.error().kind == PlcError::Kind::uncertain;
    if (context_.json) {
      ordered_json json{
          {"at", at},
          {"address", options_.addresses.front()},
          {"written", unknown ? ordered_json(nullptr) : ordered_json(static_cast<bool>(written))}};
      if (!written) json["error"] = written.error().text;
      status_.print([&] { say(dumped(json)); });
    } else {
      const std::string line =
          at + "  " + options_.addresses.front() +
          (written ? " := " + printable(options_.value)
                   : (unknown ? "  (uncertain: " : "  (not written: ") + written.error().text + ")");
      status_.print([&] { say(line); });
    }
  }

  [[nodiscard]] std::uint64_t count() const { return rows_; }
  [[nodiscard]] std::uint64_t incomplete() const { return incomplete_; }

 private:
  // Once, until it is another reason or was good again.
  void explain(std::size_t place, const PlcError& error) {
    if (std::exchange(told_[place], error.text) == error.text) return;
    // Who asks together fails together.
    if (place > 0 && told_[place - 1] == error.text) return;
    const std::string hint = error.kind == PlcError::Kind::unreachable
                                 ? " (a row waits " + std::to_string(patience_.count()) +
                                       " ms; a PLC that is slower needs a longer --every)"
                                 : "";
    status_.print([&] { complain(error.text + hint); });
  }
  PlcResult<PlcDone> write_once(const Plc& plc) {
    const std::string& address = options_.addresses.front();
    const auto parsed = s7::parse_address(address);
    const auto value =
        parsed ? s7::parse_value(*parsed, options_.value) : std::unexpected<std::string>(parsed.error());
    if (!value || parsed->type != s7::Type::boolean || parsed->count > 1)
      return plc.write(address, std::string_view(options_.value));
    const auto written = plc.write_bit(address, std::get<bool>(value->front()));
    if (!written) return written.error();
    if (written->neighbours_changed || (written->by_whole_byte && told_.front().empty())) {
      told_.front() = by_whole_byte(*written);
      status_.print([this] { complain(told_.front()); });
    }
    return PlcDone{};
  }

  const Context& context_;
  const S7Options& options_;
  const std::chrono::milliseconds patience_;
  const PlcTags tags_;
  bool changes_only_;
  Outages& outages_;
  StatusLine& status_;
  std::string last_;
  std::vector<std::string> told_;  // why each address has no value
  std::uint64_t rows_ = 0;
  std::uint64_t incomplete_ = 0;
};

// What cannot be understood would be in every row.
bool understood(const S7Options& options) {
  auto all = options.addresses;
  if (!options.heartbeat.empty()) all.push_back(options.heartbeat);
  bool fine = true;
  for (const auto& one : all)
    if (const auto address = s7::parse_address(one); !address) {
      complain("'" + printable(one) + "': " + address.error());
      fine = false;
    }
  return fine;
}

enum class What { rows, changes, writes };

int go_on(const Context& context, const S7Options& options, const char* own_period, What what) {
  const auto every = period(options.every.empty() ? own_period : options.every);
  if (!every) {
    complain("--every is written 500ms, 1s, 10m or 1h");
    return exit_usage;
  }
  if (!understood(options)) return exit_usage;
  S7Options for_ever = options;
  for_ever.tries = 0;
  auto target = s7_target(context, for_ever);
  if (!target) return target.error();
  const bool writing = what == What::writes;
  target->options.allow_write = writing;
  // A row says what is known when it is due; it does not wait for a connection, nor into the next row's time.
  target->options.time_out = std::min(target->options.time_out, *every - *every / 10);
  const auto outages = std::make_shared<Outages>();
  outages->listen_in(target->options);
  if (!options.heartbeat.empty())
    target->options.heartbeat =
        PlcHeartbeat{options.heartbeat, std::max<std::chrono::milliseconds>(3 * *every, 20ms)};
  const Quit quit;
  Rows rows(context, options, target->options.time_out, what == What::changes, *outages);
  plc::Schedule schedule(os::now(), *every);
  {
    const Plc plc(target->host, target->options);
    const auto online = plc.wait_online(std::min<std::chrono::milliseconds>(*every, 1s));
    if (!online && online.error().kind == PlcError::Kind::unusable) return failed(online.error());
    if (online) schedule = plc::Schedule(os::now(), *every);
    const auto stand = [&] {
      outages->line.show(target->host + ":" + std::to_string(target->options.port) + " " +
                         outages->now_text() + " | " + counted(rows.count(), "row") + ", " +
                         std::to_string(rows.incomplete()) + " without a value | " + outages->text() +
                         " | Ctrl-C ends");
    };
    // Rows may be hours apart, and the line says how it stands now.
    for (stand(); !quit.within(std::min(schedule.due(), os::now() + 1s)); stand()) {
      if (os::now() < schedule.due()) continue;
      writing ? rows.write(plc) : rows.read(plc);
      schedule.made(os::now());
      if (options.count != 0 && rows.count() >= options.count) break;
      if (std::ferror(stdout) != 0) break;  // nobody reads it any more
    }
  }
  outages->line.end();
  complain(counted(rows.count(), "row") + ", " + std::to_string(rows.incomplete()) + " without a value, " +
           std::to_string(schedule.missed()) + " left out, " + outages->text());
  return rows.incomplete() == 0 ? exit_done : exit_no;
}

}  // namespace

int s7_log(const Context& context, const S7Options& options) {
  return go_on(context, options, "1s", What::rows);
}
int s7_watch(const Context& context, const S7Options& options) {
  return go_on(context, options, "500ms", What::changes);
}
int s7_write_on(const Context& context, const S7Options& options) {
  return go_on(context, options, "1s", What::writes);
}

}  // namespace standstill::app
