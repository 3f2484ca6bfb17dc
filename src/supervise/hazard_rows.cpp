#include "supervise/hazard_rows.hpp"

#include <algorithm>
#include <array>

namespace standstill::supervise {

using config::milliseconds;

namespace {

// A lifeline (robust mutex) wakes its waiter within a fraction of a millisecond; this is the bound that is
// stated.
constexpr milliseconds death_noticed{10};
constexpr std::string_view cutters = "cutters";

Stages stages_of(const plan::Plan& plan) {
  std::array<Stage, Stages::most_stages> stages{};
  const std::size_t count = std::min<std::size_t>(plan.stage_count, stages.size());
  for (std::size_t i = 0; i < count; ++i)
    stages[i] = {milliseconds(plan.stages[i].at_ms),
                 plan.stages[i].send != 0 ? Stage::Act::send : Stage::Act::output,
                 plan.stages[i].send != 0 ? std::uint8_t{0} : plan.stages[i].output};
  return Stages::make(std::span(stages).first(count), plan.output_count).value_or(Stages{});
}

// How often a link asks for values by itself; zero where the peer reports every change.
milliseconds poll_of(const config::Config& config, const std::string& link) {
  const auto* found = config.link(link);
  if (found == nullptr) return milliseconds{0};
  if (const auto* modbus = std::get_if<config::ModbusLink>(&found->peer)) return modbus->poll;
  if (const auto* plc = std::get_if<config::S7Link>(&found->peer)) return plc->poll;
  if (const auto* chip = std::get_if<config::HwmonLink>(&found->peer)) return chip->poll;
  return milliseconds{0};
}

}  // namespace

milliseconds act_time(const config::Output& output) {
  if (const auto* serial = std::get_if<config::SerialOutput>(&output.device)) {
    // Start bit, eight data bits, parity and two stop bits at most, for the terminator of a takeover and the
    // words.
    const auto bits = 12 * (serial->safe.size() + 1);
    return milliseconds(static_cast<std::int64_t>(bits * 1000 / std::max(serial->port.baud, 1U) + 1));
  }
  if (const auto* pulsed = std::get_if<config::WatchdogOutput>(&output.device)) return pulsed->expires;
  if (const auto* board = std::get_if<config::GuardBoardOutput>(&output.device)) return order_time(*board);
  return is_slow(output) ? output.timeout : milliseconds{1};
}

bool is_slow(const config::Output& output) {
  using namespace config;
  return !std::holds_alternative<GpioOutput>(output.device) &&
         !std::holds_alternative<WatchdogOutput>(output.device) &&
         !std::holds_alternative<GuardBoardOutput>(output.device) &&
         !std::holds_alternative<IndicatorOutput>(output.device);
}

HazardRows::HazardRows(const config::Config& config, const plan::Plan& plan)
    : config_(config),
      plan_(plan),
      stages_(stages_of(plan)),
      loop_(one_loop(plan)),
      heartbeat_(plan.heartbeat_timeout_ms),
      permit_(plan.permit_timeout_ms) {}

const config::WatchdogOutput* HazardRows::watchdog_device() const {
  const config::WatchdogOutput* first = nullptr;
  for (const auto& output : config_.outputs)
    if (const auto* dog = std::get_if<config::WatchdogOutput>(&output.device);
        dog != nullptr && dog->is_device() && (first == nullptr || dog->expires < first->expires))
      first = dog;
  return first;
}

const plan::Output* HazardRows::compiled(const std::string& id) const {
  for (std::size_t i = 0; i < plan_.output_count; ++i)
    if (plan_.outputs[i].name.view() == id) return &plan_.outputs[i];
  return nullptr;
}

milliseconds HazardRows::stage_of(const std::string& id, Order order) const {
  const auto* output = compiled(id);
  if (order == Order::at_once || output == nullptr) return milliseconds{0};
  const auto index = static_cast<std::size_t>(output - plan_.outputs.data());
  return std::chrono::ceil<milliseconds>(stages_.delay_of(index, order == Order::staged));
}

HazardCut HazardRows::cut(const config::Output& output, const Cutting& how) const {
  HazardCut made{.output = output.id, .covered = true, .who = std::string(how.who), .notice = how.notice};
  made.stage = stage_of(output.id, how.order);
  if (std::holds_alternative<config::GuardBoardOutput>(output.device) && how.who == cutters)
    return by_itself(output);  // no cutter holds its line
  if (is_slow(output) && how.takeover) made.takeover = heartbeat_;
  made.act = act_time(output);
  return made;
}

Hazard HazardRows::all(std::string part, std::string event, std::string by, const Cutting& how,
                       const std::string& except) const {
  Hazard row{
      .part = std::move(part), .event = std::move(event), .by = std::move(by), .cuts = {}, .remedy = {}};
  bool any = false;
  for (const auto& output : config_.outputs) {
    if (!output.is_safety()) continue;
    any = true;
    if (output.id != except) row.cuts.push_back(cut(output, how));
  }
  if (!any) {
    row.cover = Cover::not_covered;
    row.remedy = "there is no output that could make anything safe: add an [[output]]";
  }
  return row;
}

void HazardRows::processes(std::vector<Hazard>& into) const {
  into.push_back(all("supervisor", "is killed or crashes", "the guard waits on its lifeline",
                     {"guard", death_noticed, Order::staged_without_sends}));
  into.push_back(all("supervisor", "is stopped or hangs", "its permit is missing for permit_timeout_ms",
                     {"guard", permit_ + loop_, Order::staged_without_sends}));
  into.push_back(all("guard", "is killed or crashes", "both cutters wait on its lifeline",
                     {cutters, death_noticed, Order::at_once}));
  into.push_back(all("guard", "is stopped or hangs", "its heartbeat is missing for heartbeat_timeout_ms",
                     {cutters, heartbeat_ + loop_, Order::at_once}));
  for (const char* cutter : {"cutter 1", "cutter 2"}) {
    into.push_back(all(cutter, "is killed or crashes", "the guard waits on its lifeline",
                       {"guard and the other cutter", death_noticed, Order::at_once, true}));
    into.push_back(all(cutter, "is stopped or hangs", "its heartbeat is missing for heartbeat_timeout_ms",
                       {"guard and the other cutter", heartbeat_ + loop_, Order::at_once, true}));
  }
}

void HazardRows::links(std::vector<Hazard>& into) const {
  for (const auto& link : config_.links) {
    const std::string part = "link " + link.id;
    if (!link.critical) {
      into.push_back(
          {.part = part,
           .event = "is lost",
           .by = "it is shown and told",
           .cover = Cover::by_choice,
           .cuts = {},
           .remedy = "nothing is cut (critical = false): set critical = true if anything moves on its word"});
      continue;
    }
    into.push_back(all(part, "ends without a goodbye", "the end of the connection",
                       {"guard", loop_, Order::staged_without_sends}));
    into.push_back(all(part, "falls silent, or its cable is unplugged",
                       "a probe stays unanswered: probe_ms + silence_ms + one loop",
                       {"guard", silence_to_trip(link, plan_), Order::staged_without_sends}));
    const auto* rocrail = std::get_if<config::RocrailLink>(&link.peer);
    if (rocrail == nullptr) continue;
    if (rocrail->on_goodbye == config::OnGoodbye::safe) {
      into.push_back(all(part, "says goodbye", "a proper shutdown, and the end of the connection: no trip",
                         {"guard", loop_, Order::at_once}));
    } else {
      into.push_back(
          {.part = part,
           .event = "says goodbye",
           .by = "a proper shutdown",
           .cover = Cover::by_choice,
           .cuts = {},
           .remedy =
               "outputs stay as they are (on_goodbye = \"hold\"): on_goodbye = \"safe\" cuts them quietly"});
    }
    into.push_back(all(part + ".station", "is reported off or gone", "the server says so",
                       {"guard", loop_, Order::staged}));
  }
  if (config_.bus)
    into.push_back(all("bus", "cannot be heard", "nothing was heard for lease_ms + one turn of its timer",
                       {"guard", config_.bus->lease + milliseconds{100} + loop_, Order::staged}));
}

void HazardRows::watches(std::vector<Hazard>& into) const {
  for (const auto& watch : config_.watches) {
    const std::string part = "watch " + watch.id;
    const auto add = [&](const char* event, std::string by, milliseconds notice) {
      into.push_back(all(part, event, std::move(by), {"guard", notice, Order::staged}));
    };
    if (const auto* limit = std::get_if<config::LimitWatch>(&watch.rule)) {
      const milliseconds fresh = poll_of(config_, limit->source.link);
      add("is at its limit", "the value of " + limit->source.text(), fresh + limit->lasts + loop_);
      add("has no fresh value", limit->source.text() + " is older than stale_ms", limit->stale + loop_);
    } else if (const auto* health = std::get_if<config::HealthWatch>(&watch.rule)) {
      add("is not healthy", "the value of " + health->source.text(),
          poll_of(config_, health->source.link) + health->lasts + loop_);
      add("has no fresh value", health->source.text() + " is older than stale_ms", health->stale + loop_);
    } else if (const auto* frozen = std::get_if<config::FrozenWatch>(&watch.rule)) {
      add("stands still", frozen->source.text() + " does not change within changes_within_ms",
          frozen->changes_within + loop_);
    } else if (const auto* silence = std::get_if<config::SilenceWatch>(&watch.rule)) {
      const auto* link = config_.link(silence->link);
      add("sees no link", "link " + silence->link + " is not online for for_ms",
          (link == nullptr ? milliseconds{0} : link->probe + link->silence) + silence->lasts + loop_);
    } else if (std::holds_alternative<config::DemandWatch>(watch.rule)) {
      into.push_back(all(part, "is pressed, or its wire breaks",
                         "the guard reads the contact itself, supervisor or not",
                         {"guard", loop_, Order::staged}));
    } else {
      add("is told to stop", "another station's stop", loop_);
    }
  }
}

void HazardRows::machine(std::vector<Hazard>& into) const {
  Hazard frozen{.part = "machine",
                .event = "freezes (kernel, container or power to the processor)",
                .by = "nothing on this machine runs",
                .cuts = {},
                .remedy = {}};
  const auto* resetter = watchdog_device();
  for (const auto& output : config_.outputs) {
    if (!output.is_safety()) continue;
    HazardCut one{.output = output.id, .covered = false, .who = {}};
    if (const auto* pulsed = std::get_if<config::WatchdogOutput>(&output.device))
      one = {.output = output.id,
             .covered = true,
             .who = "its relay, without pulses",
             .notice = pulsed->expires};
    else if (resetter != nullptr && std::holds_alternative<config::GpioOutput>(output.device))
      one = {.output = output.id,
             .covered = true,
             .who = "the watchdog device, by a reset",
             .notice = resetter->expires};
    else if (std::holds_alternative<config::GuardBoardOutput>(output.device))
      one = by_itself(output);
    if (!one.covered) frozen.cover = Cover::not_covered;
    frozen.cuts.push_back(one);
  }
  if (frozen.cuts.empty()) frozen.cover = Cover::not_covered;
  if (frozen.cover == Cover::not_covered)
    frozen.remedy =
        "no process can cover this: lead the same power through a charge-pump relay that needs pulses "
        "(output "
        "kind \"watchdog\" with chip and line), or through an external guard (kind \"guard-board\")";
  if (resetter != nullptr)
    frozen.remedy +=
        std::string(frozen.remedy.empty() ? "" : ". ") +
        "After a reset a pin is an input: its external pull must mean safe, and the chip must be the "
        "processor's own. What hangs on a cable stays as it is until the guard has started again";
  into.push_back(std::move(frozen));
  for (const auto& output : config_.outputs)
    if (const auto* dog = std::get_if<config::WatchdogOutput>(&output.device);
        dog != nullptr && dog->is_device())
      into.push_back(all("output " + output.id, "is gone", "it takes no sign of life",
                         {"guard", dog->expires / 4 + loop_, Order::staged}));
  into.push_back(all("machine", "slept and resumes", "the boot clock counts the sleep",
                     {"guard", loop_, Order::staged}));
}

}  // namespace standstill::supervise
