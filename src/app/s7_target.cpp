#include "app/s7_target.hpp"

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/same_host.hpp"
#include "config/config.hpp"
#include "config/load.hpp"
#include "config/secret.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

PlcConnection connection(const std::string& name) {
  return name == "op" ? PlcConnection::op : name == "basic" ? PlcConnection::basic : PlcConnection::pg;
}

std::optional<int> take_configured(const Context& context, const S7Options& options, S7Target& target) {
  const auto config = load_config(context);
  if (!config) {
    complain("without a configuration the PLC is named with --host (and --port)");
    return config.error();
  }
  const config::Link* found = nullptr;
  for (const auto& link : config->links) {
    if (!std::holds_alternative<config::S7Link>(link.peer) ||
        (!options.link.empty() && link.id != options.link))
      continue;
    if (found != nullptr) {
      complain("there are several S7 links: name one with --link");
      return exit_usage;
    }
    found = &link;
  }
  if (found == nullptr) {
    complain(options.link.empty()
                 ? "no [[link]] of kind \"s7\" is configured: add one, or use --host and --port"
                 : "there is no S7 link '" + printable(options.link) + "' in the configuration");
    return exit_usage;
  }
  const auto& peer = std::get<config::S7Link>(found->peer);
  target.host = peer.plc.host;
  target.options.port = peer.plc.port;
  target.options.rack = peer.plc.rack;
  target.options.slot = peer.plc.slot;
  target.options.connection = connection(peer.plc.connection);
  target.options.local_tsap = peer.plc.local_tsap;
  target.options.remote_tsap = peer.plc.remote_tsap;
  if (!peer.plc.password.empty()) {
    auto secret = config::resolve_secret(peer.plc.password);
    if (!secret) {
      complain(secret.error());
      return exit_usage;
    }
    target.options.password = std::move(secret->value);
  }
  target.link = found->id;
  target.state_dir = config->site.state_dir;
  return std::nullopt;
}

}  // namespace

void find_link_behind(const Context& context, const S7Options& options, S7Target& target) {
  const auto config = config::load(config_path(context));
  if (!config) return;
  for (const auto& link : config->links)
    if (const auto* peer = std::get_if<config::S7Link>(&link.peer);
        peer != nullptr && peer->plc.port == options.port && same_host(peer->plc.host, options.host)) {
      target.link = link.id;
      target.state_dir = config->site.state_dir;
    }
}

std::optional<std::chrono::milliseconds> period(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, text.data() + text.size());
  const std::int64_t scale = unit == "ms"  ? 1
                             : unit == "s" ? 1000
                             : unit == "m" ? 60'000
                             : unit == "h" ? 3'600'000
                                           : 0;
  if (error != std::errc{} || scale == 0 || number < 1 || number > 604'800'000 / scale) return std::nullopt;
  return std::chrono::milliseconds(number * scale);
}

std::expected<S7Target, int> s7_target(const Context& context, const S7Options& options) {
  S7Target target;
  const auto usage = [](const std::string& why) {
    complain(why);
    return std::unexpected(static_cast<int>(exit_usage));
  };
  const auto time_out = period(options.time_out);
  if (!time_out) return usage("--time-out is written 500ms, 5s or 1m");
  if (options.connection != "pg" && options.connection != "op" && options.connection != "basic")
    return usage("--connection is pg, op or basic");
  if (options.rack > 7 || options.slot > 31) return usage("--rack is 0 to 7, --slot 0 to 31");
  if (!options.link.empty() && !options.host.empty())
    return usage("--link names a configured PLC and --host any other: leave one of them out");
  target.options.rack = options.rack;
  target.options.slot = options.slot;
  if (options.host.empty()) {
    if (const auto code = take_configured(context, options, target)) return std::unexpected(*code);
  } else {
    target.host = options.host;
    target.options.connection = connection(options.connection);
    target.options.local_tsap = options.local_tsap;
    target.options.remote_tsap = options.remote_tsap;
    target.options.port = options.port;
  }
  target.options.time_out = *time_out;
  target.options.answer_within = std::min(*time_out, target.options.answer_within);
  target.options.max_tries = options.tries;
  // The last one is the error.
  if (options.tries != 1)
    target.options.on_attempt = [](const PlcAttempt& attempt) {
      if (attempt.next.count() >= 0) complain(attempt.text());
    };
  if (!options.password_file.empty()) {
    std::ifstream file(options.password_file);
    if (!std::getline(file, target.options.password) || target.options.password.size() > 8)
      return usage("the password file " + options.password_file +
                   " must hold one line of at most 8 characters");
  }
  return target;
}

ordered_json value_json(const PlcValue& value) {
  const auto one = [](const PlcValue::Scalar& scalar) {
    return std::visit([](const auto& content) { return ordered_json(content); }, scalar);
  };
  if (value.elements().size() == 1) return one(value.elements().front());
  ordered_json list = ordered_json::array();
  for (const auto& element : value.elements()) list.push_back(one(element));
  return list;
}

std::string by_whole_byte(const PlcBitWritten& written) {
  return std::string("the PLC refuses bit writes: the bit's byte was read, changed and written back") +
         (written.neighbours_changed ? ", and somebody else wrote that byte meanwhile: look at its other bits"
                                     : "");
}

int failed(const PlcError& error) {
  complain(error.text);
  switch (error.kind) {
    case PlcError::Kind::unusable:
      return exit_usage;
    case PlcError::Kind::unreachable:
    case PlcError::Kind::uncertain:
      return exit_unreachable;
    case PlcError::Kind::refused:
    case PlcError::Kind::read_only:
      break;
  }
  return exit_refused;
}

}  // namespace standstill::app
