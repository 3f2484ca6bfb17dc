// `s7 read|write|status|dump`: a PLC by hand.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/s7_target.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "wire/s7/value.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

int s7_read(const Context& context, const S7Options& options) {
  auto target = s7_target(context, options);
  if (!target) return target.error();
  const Plc plc(target->host, target->options);
  const auto values = plc.read(options.addresses);
  ordered_json list = ordered_json::array();
  Table table({"ADDRESS", "VALUE"});
  int code = exit_done;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) {
      // One sentence is enough when nobody answers at all.
      if (code != exit_unreachable) code = failed(values[i].error());
      continue;
    }
    list.push_back({{"address", options.addresses[i]}, {"value", value_json(*values[i])}});
    table.add({options.addresses[i], printable(values[i]->text())});
  }
  if (context.json)
    say(dumped(list));
  else if (!table.empty())
    say(options.addresses.size() == 1 ? printable(values[0]->text()) : table.text());
  return code;
}

namespace {

// A configured link is written by the supervisor, which alone knows whether the plant runs.
int write_through_supervisor(const Context& context, const S7Target& target, const S7Options& options) {
  const std::string command = "write " + options.addresses.front() + " " + options.value;
  const auto answer = Ask(target.state_dir)
                          .post("/api/v1/links/" + terminal::Client::encoded(target.link) + "/send",
                                dumped({{"command", command}}));
  if (!answer) return answer.error();
  say(context.json ? dumped(*answer)
                   : "handed to '" + target.link + "': " + command + " (its outcome is in the journal)");
  return exit_done;
}

}  // namespace

int s7_write(const Context& context, const S7Options& options) {
  const std::string& address = options.addresses.front();
  const auto parsed = s7::parse_address(address);
  const auto value =
      parsed ? s7::parse_value(*parsed, options.value) : std::unexpected<std::string>(parsed.error());
  if (!value) {
    complain("'" + printable(address) + "': " + value.error());
    return exit_usage;
  }
  auto target = s7_target(context, options);
  if (!target) return target.error();
  if (!options.host.empty()) find_link_behind(context, options, *target);
  if (!target->link.empty()) {
    if (!options.every.empty()) {
      complain("'" + target->link +
               "' is a configured link: the supervisor writes it, once; leave out --every");
      return exit_usage;
    }
    return write_through_supervisor(context, *target, options);
  }
  if (!options.every.empty()) return s7_write_on(context, options);
  target->options.allow_write = true;
  const Plc plc(target->host, target->options);
  if (parsed->type == s7::Type::boolean && parsed->count == 1) {
    const auto written = plc.write_bit(address, std::get<bool>(value->front()));
    if (!written) return failed(written.error());
    if (written->by_whole_byte) complain(by_whole_byte(*written));
  } else if (const auto written = plc.write(address, std::string_view(options.value)); !written) {
    return failed(written.error());
  }
  say(context.json ? dumped({{"address", address}, {"written", options.value}})
                   : "written: " + address + " = " + printable(options.value));
  return exit_done;
}

int s7_status(const Context& context, const S7Options& options) {
  auto target = s7_target(context, options);
  if (!target) return target.error();
  const Plc plc(target->host, target->options);
  if (const auto online = plc.wait_online(target->options.time_out); !online) return failed(online.error());
  const PlcStatus status = plc.status();
  ordered_json json{{"peer", status.peer}, {"pdu", status.pdu}, {"outstanding", status.outstanding}};
  Table table({"WHAT", "ANSWER"});
  table.add({"connection", status.peer + ", messages of " + std::to_string(status.pdu) + " bytes, " +
                               std::to_string(status.outstanding) + " at once"});
  const auto add = [&](const char* name, const auto& result, const std::string& text) {
    json[name] = result ? ordered_json(text) : ordered_json(nullptr);
    table.add({name, result ? printable(text) : "not told: " + result.error().text});
  };
  const auto state = plc.cpu_state();
  add("cpu", state, state ? *state : "");
  const auto clock = plc.clock();
  add("clock", clock, clock ? *clock : "");
  const auto order = plc.status_list(0x0011, 0);
  std::string number;
  if (order && !order->records.empty())
    for (std::size_t i = 2; i < order->records.front().size() && i < 22; ++i)
      number += static_cast<char>(order->records.front()[i]);
  number.erase(number.find_last_not_of(' ') + 1);
  add("order number", order, number);
  const auto blocks = plc.blocks("DB");
  std::string numbers;
  if (blocks)
    for (const auto one : *blocks) numbers += (numbers.empty() ? "" : " ") + std::to_string(one);
  add("data blocks", blocks, numbers);
  say(context.json ? dumped(json) : table.text());
  return state && *state == "running" ? exit_done : exit_no;
}

int s7_dump(const Context& context, const S7Options& options) {
  const auto block = s7::parse_address(options.block + ".DBB0");
  if (!block) {
    complain("'" + printable(options.block) + "' is no data block: write DB1");
    return exit_usage;
  }
  auto target = s7_target(context, options);
  if (!target) return target.error();
  const Plc plc(target->host, target->options);
  std::size_t size = options.bytes;
  if (size == 0) {
    const auto info = plc.block("DB", block->db);
    if (!info) {
      static_cast<void>(failed(info.error()));
      complain("where a PLC does not tell how long a block is, say how much to read with --bytes");
      return exit_refused;
    }
    if (info->bytes <= options.from) {
      complain(options.block + " has " + std::to_string(info->bytes) + " bytes");
      return exit_usage;
    }
    size = info->bytes - options.from;
  }
  const auto bytes = plc.read_db(block->db, options.from, size);
  if (!bytes) return failed(bytes.error());
  const auto hex = [](std::byte one) {
    static constexpr std::string_view digits = "0123456789abcdef";
    return std::string{digits[std::to_integer<unsigned>(one) >> 4U],
                       digits[std::to_integer<unsigned>(one) & 15U]};
  };
  if (context.json) {
    std::string all;
    for (const std::byte one : *bytes) all += hex(one);
    say(dumped({{"block", options.block}, {"from", options.from}, {"bytes", size}, {"hex", all}}));
    return exit_done;
  }
  for (std::size_t at = 0; at < bytes->size(); at += 16) {
    char place[32];
    std::snprintf(place, sizeof place, "%5zu ", options.from + at);
    std::string line = place;
    std::string text;
    for (std::size_t i = at; i < at + 16; ++i) {
      if (i >= bytes->size()) {
        line += "   ";
        continue;
      }
      line += " " + hex((*bytes)[i]);
      const auto c = static_cast<char>((*bytes)[i]);
      text += c >= ' ' && c <= '~' ? c : '.';
    }
    say(line + "  " + text);
  }
  return exit_done;
}

}  // namespace standstill::app
