#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "config/build.hpp"
#include "config/formats.hpp"

namespace standstill::config {

namespace {

// These name sources of causes that are not in the configuration.
constexpr std::array<std::string_view, 8> reserved_ids{"guard",    "supervisor", "cutter-1", "cutter-2",
                                                       "operator", "standstill", "bus",      "none"};

class References {
 public:
  References(const Config& config, const Table& tree, std::vector<Problem>& problems)
      : config_(config), tree_(tree), problems_(problems) {}

  void check() {
    check_ids();
    for (std::size_t i = 0; i < config_.links.size(); ++i) check_link(i);
    for (std::size_t i = 0; i < config_.watches.size(); ++i) check_watch(i);
    for (std::size_t i = 0; i < config_.outputs.size(); ++i) check_output(i);
    check_engine();
    check_cycles();
    check_stages();
    check_warnings();
  }

 private:
  void report(Fault fault, SourceLocation where, std::string message, std::string hint) {
    problems_.push_back({fault, std::move(where), std::move(message), std::move(hint)});
  }

  // Where a value of the index-th table of a section stands.
  SourceLocation place(std::string_view section, std::size_t index,
                       std::initializer_list<std::string_view> path) const {
    const Member* list = tree_.find(section);
    const Value* value = &(*list->value.as<List>())[index];
    for (const std::string_view name : path) {
      const auto* table = value->as<Table>();
      const Member* member = table == nullptr ? nullptr : table->find(name);
      if (member == nullptr) break;
      value = &member->value;
    }
    return value->where;
  }

  template <class Items>
  static std::vector<std::string_view> ids(const Items& items) {
    std::vector<std::string_view> result;
    for (const auto& item : items)
      if (!item.id.empty()) result.push_back(item.id);
    return result;
  }

  // False when there is no such id; an empty one was reported before.
  template <class Items>
  bool refers(const Items& items, const std::string& id, std::string_view title,
              const SourceLocation& where) {
    if (id.empty()) return false;
    const std::vector<std::string_view> known = ids(items);
    if (std::ranges::find(known, id) != known.end()) return true;
    const std::string_view best = nearest(id, known);
    report(Fault::unknown_reference, where, "there is no " + std::string(title) + " '" + id + "'",
           best.empty() ? "add it, or correct the id" : "did you mean '" + std::string(best) + "'?");
    return false;
  }

  void check_ids() {
    std::map<std::string, SourceLocation> seen;
    const auto take = [this, &seen](std::string_view section, const auto& items) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string& id = items[i].id;
        if (id.empty()) continue;
        const SourceLocation where = place(section, i, {"id"});
        if (std::ranges::find(reserved_ids, id) != reserved_ids.end())
          report(Fault::reserved_id, where, "the id '" + id + "' names a part of Standstill itself",
                 "choose another one");
        const auto [first, fresh] = seen.emplace(id, where);
        if (!fresh)
          report(Fault::duplicate_id, where,
                 "the id '" + id + "' is already used at " + to_string(first->second),
                 "links, watches, outputs and alerts share one list of names; choose another one");
      }
    };
    take("link", config_.links);
    take("watch", config_.watches);
    take("output", config_.outputs);
    take("alert", config_.alerts);
  }

  template <class Items>
  void check_names(std::size_t link, std::string_view key, const Items& items) {
    std::map<std::string, SourceLocation> seen;
    for (const auto& item : items) {
      if (item.name.empty()) continue;
      const auto [first, fresh] = seen.emplace(item.name, item.where);
      if (!fresh)
        report(Fault::duplicate_id, item.where,
               "'" + config_.links[link].id + "' has a value '" + item.name + "' in " + std::string(key) +
                   " at " + to_string(first->second) + " already",
               "choose another name");
    }
  }

  void check_link(std::size_t i) {
    const Link& link = config_.links[i];
    if (const auto* s7 = std::get_if<S7Link>(&link.peer)) {
      check_names(i, "tags", s7->tags);
      if (s7->heartbeat && !s7->heartbeat->tag.empty() && !has_tag(link, s7->heartbeat->tag))
        report(Fault::unknown_reference, s7->heartbeat->where,
               "'" + link.id + "' has no tag '" + s7->heartbeat->tag + "'",
               "add it to 'tags', or correct the name");
    }
    if (const auto* modbus = std::get_if<ModbusLink>(&link.peer))
      check_names(i, "registers", modbus->registers);
    check_shared_line(i);
  }

  // Links whose values are written in the configuration; the others bring theirs when they connect.
  static bool has_tag(const Link& link, const std::string& tag) {
    const auto named = [&tag](const auto& items) {
      return std::ranges::any_of(items, [&tag](const auto& item) { return item.name == tag; });
    };
    if (const auto* s7 = std::get_if<S7Link>(&link.peer); s7 != nullptr && link.kind == "s7")
      return named(s7->tags);
    if (const auto* modbus = std::get_if<ModbusLink>(&link.peer);
        modbus != nullptr && modbus->profile.empty())
      return named(modbus->registers);
    // "temp1", "fan2": the kernel counts inputs of a kind; which ones a chip has shows when it is found.
    if (std::holds_alternative<HwmonLink>(link.peer)) {
      const auto digits = std::ranges::find_if_not(tag, [](char c) { return c >= 'a' && c <= 'z'; });
      return digits != tag.begin() && digits != tag.end() &&
             std::all_of(digits, tag.end(), [](char c) { return c >= '0' && c <= '9'; });
    }
    if (std::holds_alternative<LocoLink>(link.peer))
      return std::ranges::find(engine_values, tag) != engine_values.end();
    return true;
  }

  void check_tag(const TagReference& tag, const SourceLocation& where) {
    if (!refers(config_.links, tag.link, "[[link]]", where)) return;
    if (!has_tag(*config_.link(tag.link), tag.tag))
      report(Fault::unknown_reference, where, "the link '" + tag.link + "' has no value '" + tag.tag + "'",
             "add it there, or correct the name");
  }

  void check_readback(std::size_t i, const TagReadback& tag) {
    const SourceLocation where = place("output", i, {"readback", tag.input ? "link" : "tag"});
    const Link* link = config_.link(tag.source.link);
    const auto* modbus = link == nullptr ? nullptr : std::get_if<ModbusLink>(&link->peer);
    if (tag.input && link != nullptr && !link->kind.empty() && modbus == nullptr)
      return report(Fault::unfit_reference, where, "the link '" + link->id + "' is no Modbus device",
                    "name a link of kind modbus-rtu or modbus-tcp");
    check_tag(tag.source, where);
    const milliseconds within = config_.outputs[i].readback->within;
    const auto* plc = link == nullptr ? nullptr : std::get_if<S7Link>(&link->peer);
    const milliseconds poll = modbus != nullptr ? modbus->poll : plc != nullptr ? plc->poll : milliseconds{};
    if (within < poll)
      report(Fault::contradiction, place("output", i, {"readback", "within_ms"}),
             "the proof is due within " + std::to_string(within.count()) + " ms, and the link '" + link->id +
                 "' reads its values every " + std::to_string(poll.count()) + " ms",
             "lower its 'poll_ms', or raise 'within_ms'");
  }

  void check_watch(std::size_t i) {
    const Watch& watch = config_.watches[i];
    if (watch.kind.empty()) return;
    const SourceLocation where = place("watch", i, {"source"});
    if (const auto* limit = std::get_if<LimitWatch>(&watch.rule)) check_tag(limit->source, where);
    if (const auto* frozen = std::get_if<FrozenWatch>(&watch.rule)) check_tag(frozen->source, where);
    if (const auto* health = std::get_if<HealthWatch>(&watch.rule)) check_tag(health->source, where);
    if (const auto* silence = std::get_if<SilenceWatch>(&watch.rule))
      refers(config_.links, silence->link, "[[link]]", where);
    if (watch.kind == "remote" && !config_.bus)
      report(Fault::unknown_reference, place("watch", i, {"kind"}),
             "a remote stop arrives by the bus, and there is none", "add [bus]");
    if (const auto* demand = std::get_if<DemandWatch>(&watch.rule)) {
      take_line(demand->chip, demand->line, place("watch", i, {"line"}));
      if (demand->line_b) take_line(demand->chip, *demand->line_b, place("watch", i, {"line_b"}));
    }
  }

  // Devices on one line share its settings; each has a number of its own.
  void check_shared_line(std::size_t i) {
    const auto* own = std::get_if<ModbusLink>(&config_.links[i].peer);
    if (own == nullptr) return;
    for (std::size_t k = 0; k < i; ++k) {
      const auto* other = std::get_if<ModbusLink>(&config_.links[k].peer);
      if (other == nullptr || other->devices.empty() != own->devices.empty()) continue;
      const bool serial = !own->devices.empty();
      const bool shared = serial
                              ? std::ranges::find_first_of(own->devices, other->devices) != own->devices.end()
                              : own->host == other->host && own->port == other->port;
      if (!shared) continue;
      const std::string name = "the line of the link '" + config_.links[k].id + "'";
      const SourceLocation where = place("link", i, {serial ? "devices" : "host"});
      if (own->devices != other->devices || own->baud != other->baud || own->framing != other->framing ||
          own->rs485 != other->rs485)
        report(Fault::device_shared, where, name + " has other 'devices', 'baud', 'framing' or 'rs485'",
               "links that share a line have the same of all of them");
      else if (own->unit == other->unit)
        report(Fault::device_shared, where,
               name + " has a device with unit " + std::to_string(own->unit) + " already",
               "give every device on a line its own 'unit'");
    }
  }

  void take_line(std::string chip, unsigned line, const SourceLocation& where) {
    if (chip.empty()) return;
    if (chip.starts_with("/dev/")) chip.erase(0, 5);
    const auto [first, fresh] = lines_.emplace(std::pair(chip, line), where);
    if (!fresh)
      report(
          Fault::line_used_twice, where,
          "line " + std::to_string(line) + " of " + chip + " is already used at " + to_string(first->second),
          "a line has one use; correct 'chip' or 'line'");
  }

  void check_engine() {
    if (!config_.loco) return;
    for (const auto* line : {&config_.loco->servo_power, &config_.loco->dcc, &config_.loco->encoder})
      if (*line) take_line((*line)->chip, (*line)->line, (*line)->where);
  }

  void check_output(std::size_t i) {
    const Output& output = config_.outputs[i];
    if (output.kind.empty()) return;
    if (!output.escalate.empty()) {
      const SourceLocation where = place("output", i, {"escalate"});
      if (refers(config_.outputs, output.escalate, "[[output]]", where))
        check_is_safety(output.escalate, where);
    }
    if (const auto* gpio = std::get_if<GpioOutput>(&output.device))
      take_line(gpio->chip, gpio->line, place("output", i, {"line"}));
    if (const auto* lamp = std::get_if<IndicatorOutput>(&output.device))
      take_line(lamp->chip, lamp->line, place("output", i, {"line"}));
    if (const auto* watchdog = std::get_if<WatchdogOutput>(&output.device))
      take_line(watchdog->chip, watchdog->line, place("output", i, {"line"}));
    if (output.readback) {
      if (const auto* gpio = std::get_if<GpioReadback>(&output.readback->input))
        take_line(gpio->chip, gpio->line, place("output", i, {"readback", "line"}));
      if (const auto* tag = std::get_if<TagReadback>(&output.readback->input)) check_readback(i, *tag);
    }
    check_device(i);
  }

  // Permits come every quarter of the guard's time-out; an impatient board would trip between two of them.
  void check_board(std::size_t i) {
    const Output& output = config_.outputs[i];
    if (output.timeout.count() == 0 || output.timeout >= config_.guard.permit_timeout) return;
    report(Fault::contradiction, place("output", i, {"timeout_ms"}),
           "'timeout_ms' is shorter than guard.permit_timeout_ms (" +
               std::to_string(config_.guard.permit_timeout.count()) +
               "), so that the board would trip between two permits",
           "raise it, or lower guard.permit_timeout_ms");
  }

  void check_device(std::size_t i) {
    const Output& output = config_.outputs[i];
    SerialLine line;
    if (const auto* serial = std::get_if<SerialOutput>(&output.device)) line = serial->port;
    if (const auto* coil = std::get_if<ModbusCoilOutput>(&output.device)) line = coil->port;
    if (const auto* board = std::get_if<GuardBoardOutput>(&output.device)) {
      line = board->port;
      check_board(i);
    }
    if (line.device.empty()) return;
    const SourceLocation where = place("output", i, {"device"});
    for (std::size_t k = 0; k < config_.links.size(); ++k) {
      const auto* modbus = std::get_if<ModbusLink>(&config_.links[k].peer);
      const auto* engine = std::get_if<LocoLink>(&config_.links[k].peer);
      const bool same = modbus != nullptr
                            ? std::ranges::find(modbus->devices, line.device) != modbus->devices.end()
                            : engine != nullptr && engine->device == line.device;
      if (!same) continue;
      report(Fault::device_shared, where,
             "'" + line.device + "' is already the line of the link '" + config_.links[k].id + "' at " +
                 to_string(place("link", k, {engine != nullptr ? "device" : "devices"})),
             "an output needs a line of its own, or a waiting link would delay the cut");
    }
    const auto [first, fresh] = devices_.emplace(line.device, std::pair(i, where));
    if (fresh) return;
    const Output& other = config_.outputs[first->second.first];
    const auto* coil = std::get_if<ModbusCoilOutput>(&output.device);
    const auto* first_coil = std::get_if<ModbusCoilOutput>(&other.device);
    if (coil != nullptr && first_coil != nullptr && coil->port == first_coil->port) return;  // one line
    const auto* serial = std::get_if<SerialOutput>(&other.device);
    if (serial != nullptr && std::holds_alternative<SerialOutput>(output.device) && serial->port == line) {
      check_replies(i, first->second.first);
      return;  // several relays on one board
    }
    report(Fault::device_shared, where,
           "'" + line.device + "' is already used, differently, at " + to_string(first->second.second),
           "only outputs of one kind, 'serial' or 'modbus-coil', with the same 'baud' and 'framing' may "
           "share a device");
  }

  // A board that answers one relay answers the other too; the answer nobody waits for would be taken for the
  // next.
  void check_replies(std::size_t i, std::size_t other) {
    const auto& mine = std::get<SerialOutput>(config_.outputs[i].device);
    const auto& theirs = std::get<SerialOutput>(config_.outputs[other].device);
    if (mine.expect_reply.empty() == theirs.expect_reply.empty()) return;
    const bool only_mine = theirs.expect_reply.empty();
    report(Fault::contradiction, place("output", only_mine ? i : other, {"expect_reply"}),
           "'" + config_.outputs[i].id + "' and '" + config_.outputs[other].id +
               "' share a device, and only one of them waits for its replies",
           "set 'expect_reply' for every relay of a board, or for none");
  }

  void check_is_safety(const std::string& id, const SourceLocation& where) {
    const Output* output = config_.output(id);
    if (output != nullptr && !output->is_safety())
      report(Fault::unfit_reference, where,
             "'" + id + "' is " + (output->kind == "indicator" ? "an indicator" : "a watchdog device") +
                 " and secures nothing",
             "name an output that cuts something");
  }

  void check_cycles() {
    std::set<std::string> told;
    for (std::size_t i = 0; i < config_.outputs.size(); ++i) {
      std::vector<std::string> way;
      const Output* at = &config_.outputs[i];
      while (at != nullptr && !at->escalate.empty() && std::ranges::find(way, at->id) == way.end()) {
        way.push_back(at->id);
        at = config_.output(at->escalate);
      }
      if (at == nullptr || at->escalate.empty() || at->id != config_.outputs[i].id || told.contains(at->id))
        continue;
      std::string text;
      for (const std::string& id : way) {
        told.insert(id);
        text += "'" + id + "' → ";
      }
      report(Fault::escalation_cycle, place("output", i, {"escalate"}),
             "escalation goes round in a circle: " + text + "'" + at->id + "'",
             "the last output of a chain has no 'escalate'");
    }
  }

  static bool takes_commands(const Link& link) {
    return link.kind == "rocrail" || link.kind == "s7" || link.kind == "loco";
  }

  void check_stages() {
    std::map<std::string, SourceLocation> seen;
    for (std::size_t i = 0; i < config_.stages.size(); ++i) {
      const Stage& stage = config_.stages[i];
      if (i > 0 && stage.at < config_.stages[i - 1].at)
        report(Fault::stage_order, place("stage", i, {"at_ms"}),
               "this [[stage]] at " + std::to_string(stage.at.count()) + " ms stands behind one at " +
                   std::to_string(config_.stages[i - 1].at.count()) + " ms",
               "write stages in the order in which they happen");
      if (const auto* send = std::get_if<Send>(&stage.act)) {
        const SourceLocation where = place("stage", i, {"send", "link"});
        if (refers(config_.links, send->link, "[[link]]", where) && !config_.link(send->link)->kind.empty() &&
            !takes_commands(*config_.link(send->link)))
          report(Fault::unfit_reference, where, "the link '" + send->link + "' takes no commands",
                 "name a link of kind 'rocrail', 's7' or 'loco'");
        continue;
      }
      const std::string& id = std::get<std::string>(stage.act);
      const SourceLocation where = place("stage", i, {"output"});
      if (!refers(config_.outputs, id, "[[output]]", where)) continue;
      check_is_safety(id, where);
      const auto [first, fresh] = seen.emplace(id, where);
      if (!fresh)
        report(Fault::duplicate_id, where,
               "the output '" + id + "' has a stage at " + to_string(first->second) + " already",
               "it goes safe once; keep the earlier one");
    }
  }

  void check_warnings() {
    // An engine's own file: its watches are in the program, and its outputs stand in [loco].
    if (config_.loco && config_.outputs.empty() && config_.links.empty() && config_.watches.empty()) return;
    const SourceLocation start{config_.site.where.file, config_.site.where.line, config_.site.where.column};
    const bool secures =
        std::ranges::any_of(config_.outputs, [](const Output& output) { return output.is_safety(); });
    if (!secures) report(Fault::warning, start, "there is no [[output]] that secures anything", "add one");
    if (config_.links.empty() && config_.watches.empty() && !config_.bus)
      report(Fault::warning, start, "there is no [[link]] and no [[watch]], so nothing is looked after",
             "add one");
  }

  const Config& config_;
  const Table& tree_;
  std::vector<Problem>& problems_;
  std::map<std::pair<std::string, unsigned>, SourceLocation> lines_;
  std::map<std::string, std::pair<std::size_t, SourceLocation>> devices_;
};

}  // namespace

void check_references(const Config& config, const Table& validated, std::vector<Problem>& problems) {
  References(config, validated, problems).check();
}

}  // namespace standstill::config
