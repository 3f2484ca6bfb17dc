#include "wire/estop/signed.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "wire/estop/envelope.hpp"

namespace standstill::estop {

namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> action_names{"acknowledge", "reset", "start"};
constexpr std::array<std::string_view, 3> state_names{"tripped", "ready", "running"};
constexpr std::array<std::string_view, 4> readback_names{"none", "unconfirmed", "confirmed", "failed"};
constexpr std::int64_t last_epoch = UINT32_MAX;
constexpr std::size_t most_outputs = 64;
constexpr std::string_view latch_macs = R"(,"macs":{)";

bool is_state(std::string_view word) { return place(state_names, word) < state_names.size(); }
bool is_action(std::string_view word) { return place(action_names, word) < action_names.size(); }
bool is_readback(std::string_view word) { return place(readback_names, word) < readback_names.size(); }
bool is_nonce(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// At most so many characters, whole ones.
std::string cut(std::string_view text, std::size_t longest) {
  std::size_t end = 0, count = 0;
  while (end < text.size()) {
    std::size_t next = end + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) ++next;
    if (++count > longest) break;
    end = next;
  }
  return std::string(text.substr(0, end));
}

bool vouched(const std::vector<Keys::Key>& keys, std::string_view key_id, std::string_view text,
             std::string_view code) {
  return std::any_of(keys.begin(), keys.end(), [&](const Keys::Key& key) {
    return key.id == key_id && same(mac(key.secret, text), code);
  });
}

std::string seal(Kind kind, const Envelope& envelope, const ordered_json& content, const Keys& keys,
                 std::string_view instance) {
  const auto own = keys.of(instance);
  if (own.empty()) return {};
  const std::string text = dump(content);
  ordered_json whole;
  whole["envelope"] = write_envelope(kind, envelope);
  whole["payload"] = {{"signed", text}, {"key_id", own.front().id}, {"mac", mac(own.front().secret, text)}};
  return dump(whole);
}

struct Opened {
  Envelope envelope;
  Json content;
};
std::expected<Opened, std::string> open(std::string_view text, Kind kind, const Keys& keys,
                                        std::string_view instance) {
  auto outer = read_outer(text);
  if (!outer) return std::unexpected(outer.error());
  if (outer->kind != kind)
    return std::unexpected("envelope.type is not " +
                           std::string(kind_names.at(static_cast<std::size_t>(kind))));
  Members in(outer->payload, "payload", {"signed", "key_id", "mac"});
  const std::string inner = in.text("signed", true, 2, longest_message);
  const std::string key_id = in.text("key_id", true, 1, 32);
  const std::string code = in.text("mac", true, 64, 64);
  if (!in.problem().empty()) return std::unexpected(in.problem());
  const std::string signer = instance.empty() ? outer->envelope.source.instance : std::string(instance);
  if (!vouched(keys.of(signer), key_id, inner, code))
    return std::unexpected("the signature is not that of " + signer);
  auto content = parse_object(inner);
  if (!content) return std::unexpected("the signed text: " + content.error());
  return Opened{std::move(outer->envelope), std::move(*content)};
}

}  // namespace

std::string_view name(Action action) { return action_names.at(static_cast<std::size_t>(action)); }

std::vector<Voucher> vouchers(const Keys& master, const std::vector<std::string>& instances) {
  std::vector<Voucher> made;
  for (const auto& instance : instances)
    if (auto keys = master.of(instance); !keys.empty()) made.push_back({instance, std::move(keys.front())});
  return made;
}

std::string write_latch(const LatchRecord& record, const Keys& master,
                        const std::vector<std::string>& stations) {
  return write_latch(record, vouchers(master, stations));
}

std::string write_latch(const LatchRecord& record, const std::vector<Voucher>& vouchers) {
  const std::string text = dump({{"epoch", record.epoch},
                                 {"state", state_names.at(static_cast<std::size_t>(record.state))},
                                 {"code", cut(record.code, 64)},
                                 {"source", cut(record.source, 64)},
                                 {"detail", cut(record.detail, 256)},
                                 {"since", record.since_wall_ms},
                                 {"controller", record.controller},
                                 {"stop_id", record.stop_id}});
  // Names of instances and MACs need no escapes, and there may be thousands.
  std::string macs;
  for (const Voucher& one : vouchers)
    macs += (macs.empty() ? "\"" : ",\"") + one.instance + "\":\"" + mac(one.key.secret, text) + '"';
  const std::string key_id = vouchers.empty() ? std::string() : vouchers.front().key.id;
  std::string made = dump({{"signed", text}, {"key_id", key_id}});
  made.pop_back();
  return made.append(latch_macs) + macs + "}}";
}

namespace {

struct LatchParts {
  std::string inner, key_id, code;  // code: empty, there is none for that instance
};

std::expected<LatchParts, std::string> outer_of(const Json& parsed, std::string_view instance, bool whole) {
  if (!parsed.is_object()) return std::unexpected("the retained latch is not a JSON object");
  Members outer(parsed, "latch", {"signed", "key_id", "macs"});
  LatchParts made{outer.text("signed", true, 2, 4096), outer.text("key_id", true, 1, 32), {}};
  const Json* macs = outer.object("macs", whole);
  if (!outer.problem().empty()) return std::unexpected(outer.problem());
  if (macs == nullptr) return made;
  if (const auto code = macs->find(std::string(instance)); code != macs->end() && code->is_string())
    made.code = code->get<std::string>();
  return made;
}

// Of a thousand MACs a station wants one: the others are looked over, and not parsed. What was found so says
// nothing before its MAC does; a latch that is laid out otherwise is parsed whole.
std::optional<LatchParts> parts_at_a_glance(std::string_view text, std::string_view instance) {
  const std::string_view head = latch_head(text);
  if (head.empty()) return std::nullopt;
  const std::string named = '"' + std::string(instance) + R"(":")";
  const std::string_view macs = text.substr(head.size());
  const void* const found = ::memmem(macs.data(), macs.size(), named.data(), named.size());
  const std::string_view code =
      found == nullptr ? std::string_view()
                       : macs.substr(static_cast<std::size_t>(static_cast<const char*>(found) - macs.data()) +
                                     named.size());
  constexpr std::size_t digits = 64;
  if (code.size() <= digits) return std::nullopt;
  const std::string outer = std::string(head.substr(0, head.size() - latch_macs.size())) + '}';
  auto made = outer_of(Json::parse(outer, nullptr, false), instance, false);
  if (!made) return std::nullopt;
  made->code = std::string(code.substr(0, digits));
  return std::move(*made);
}

}  // namespace

// Inside of a JSON text a quote has a backslash before it: the first place where this stands is the member.
std::string_view latch_head(std::string_view text) {
  const auto at = text.starts_with(R"({"signed":")") ? text.find(latch_macs) : std::string_view::npos;
  return at == std::string_view::npos ? std::string_view() : text.substr(0, at + latch_macs.size());
}

std::expected<LatchRecord, std::string> read_latch(std::string_view text, const Keys& keys,
                                                   std::string_view instance) {
  const auto own = keys.of(instance);
  const auto vouches = [&](const LatchParts& one) { return vouched(own, one.key_id, one.inner, one.code); };
  auto parts = parts_at_a_glance(text, instance);
  if (!parts || !vouches(*parts)) {
    // With a MAC for each of a thousand stations it is larger than a message.
    auto whole =
        outer_of(text.size() > 1024UL * 1024 ? Json() : Json::parse(text, nullptr, false), instance, true);
    if (!whole) return std::unexpected(whole.error());
    if (!vouches(*whole))
      return std::unexpected("no controller that has the key of " + std::string(instance) +
                             " vouches for the retained latch");
    parts = std::move(*whole);
  }
  const std::string& inner = parts->inner;
  const auto content = parse_object(inner);
  if (!content) return std::unexpected("the retained latch: " + content.error());
  Members in(*content, "latch",
             {"epoch", "state", "code", "source", "detail", "since", "controller", "stop_id"});
  LatchRecord record;
  record.epoch = static_cast<Epoch>(in.whole("epoch", true, 0, last_epoch));
  record.state = static_cast<LatchState>(place(state_names, in.matching("state", true, is_state, "a state")) %
                                         state_names.size());
  record.code = in.text("code", true, 0, 64);
  record.source = in.text("source", true, 0, 64);
  record.detail = in.text("detail", true, 0, 256);
  record.since_wall_ms = in.whole("since", true, 0, unbounded);
  record.controller = in.matching("controller", true, is_instance, "an instance name");
  record.stop_id = in.matching(
      "stop_id", true, [](std::string_view id) { return id.empty() || is_uuid(id); }, "a UUIDv4 or empty");
  if (!in.problem().empty()) return std::unexpected(in.problem());
  return record;
}

std::string write_safe_state(const Envelope& envelope, const SafeState& state, const Keys& keys,
                             std::string_view instance) {
  ordered_json outputs = ordered_json::array();
  for (const auto& output : state.outputs)
    outputs.push_back(
        {{"id", output.id}, {"commanded", output.run ? "run" : "safe"}, {"readback", output.readback}});
  ordered_json content{{"epoch", state.epoch},
                       {"station_epoch", state.station_epoch},
                       {"state", state_names.at(static_cast<std::size_t>(state.state))},
                       {"acknowledged", state.acknowledged},
                       {"commanded_ms", state.commanded_ms},
                       {"boot_nonce", state.boot_nonce},
                       {"counter", state.counter},
                       {"stops", state.stops},
                       {"outputs", outputs}};
  if (!state.path.empty()) content["path"] = state.path;
  return seal(Kind::safe_state, envelope, content, keys, instance);
}

std::string write_release(const Envelope& envelope, const Release& release, const Keys& keys,
                          std::string_view instance) {
  return seal(Kind::release, envelope,
              {{"action", name(release.action)},
               {"epoch", release.epoch},
               {"station_epoch", release.station_epoch},
               {"operator", cut(release.operator_name, 64)},
               {"boot_nonce", release.boot_nonce},
               {"counter", release.counter},
               {"stops", release.stops}},
              keys, instance);
}

std::string write_result(const Envelope& envelope, const ReleaseResult& result, const Keys& keys,
                         std::string_view instance) {
  return seal(Kind::release_result, envelope,
              {{"action", name(result.action)},
               {"epoch", result.epoch},
               {"counter", result.counter},
               {"accepted", result.accepted},
               {"reason", cut(result.reason, 256)}},
              keys, instance);
}

std::expected<From<SafeState>, std::string> read_safe_state(std::string_view text, const Keys& keys) {
  auto opened = open(text, Kind::safe_state, keys, {});
  if (!opened) return std::unexpected(opened.error());
  Members in(opened->content, "safe_state",
             {"epoch", "station_epoch", "state", "acknowledged", "commanded_ms", "boot_nonce", "counter",
              "stops", "outputs", "path"});
  SafeState state;
  state.epoch = static_cast<Epoch>(in.whole("epoch", true, 0, last_epoch));
  state.station_epoch = static_cast<Epoch>(in.whole("station_epoch", true, 0, last_epoch));
  state.state = static_cast<LatchState>(place(state_names, in.matching("state", true, is_state, "a state")) %
                                        state_names.size());
  state.acknowledged = in.flag("acknowledged");
  state.commanded_ms = in.whole("commanded_ms", true, -1, unbounded);
  state.boot_nonce = in.matching("boot_nonce", true, is_nonce, "16 hexadecimal digits");
  state.counter = static_cast<std::uint64_t>(in.whole("counter", true, 0, unbounded));
  state.stops = static_cast<std::uint64_t>(in.whole("stops", true, 0, unbounded));
  state.path = in.text("path", false, 1, 64);
  if (const Json* outputs = in.list("outputs", true, most_outputs))
    for (const auto& written : *outputs) {
      Members one(written, "safe_state.outputs", {"id", "commanded", "readback"});
      SafeState::Output output;
      output.id = one.text("id", true, 1, 64);
      output.run =
          one.matching(
              "commanded", true, [](std::string_view word) { return word == "run" || word == "safe"; },
              "run or safe") == "run";
      output.readback = one.matching("readback", true, is_readback, "how a read-back stands");
      in.take(one.problem());
      state.outputs.push_back(std::move(output));
    }
  if (!in.problem().empty()) return std::unexpected(in.problem());
  return From<SafeState>{std::move(opened->envelope), std::move(state)};
}

std::expected<From<Release>, std::string> read_release(std::string_view text, const Keys& keys,
                                                       std::string_view instance) {
  auto opened = open(text, Kind::release, keys, instance);
  if (!opened) return std::unexpected(opened.error());
  Members in(opened->content, "release",
             {"action", "epoch", "station_epoch", "operator", "boot_nonce", "counter", "stops"});
  Release release;
  release.action = static_cast<Action>(
      place(action_names, in.matching("action", true, is_action, "an action")) % action_names.size());
  release.epoch = static_cast<Epoch>(in.whole("epoch", true, 1, last_epoch));
  release.station_epoch = static_cast<Epoch>(in.whole("station_epoch", true, 0, last_epoch));
  release.operator_name = in.text("operator", true, 1, 64);
  release.boot_nonce = in.matching("boot_nonce", true, is_nonce, "16 hexadecimal digits");
  release.counter = static_cast<std::uint64_t>(in.whole("counter", true, 1, unbounded));
  release.stops = static_cast<std::uint64_t>(in.whole("stops", true, 0, unbounded));
  if (!in.problem().empty()) return std::unexpected(in.problem());
  return From<Release>{std::move(opened->envelope), std::move(release)};
}

std::expected<From<ReleaseResult>, std::string> read_result(std::string_view text, const Keys& keys) {
  auto opened = open(text, Kind::release_result, keys, {});
  if (!opened) return std::unexpected(opened.error());
  Members in(opened->content, "result", {"action", "epoch", "counter", "accepted", "reason"});
  ReleaseResult result;
  result.action = static_cast<Action>(
      place(action_names, in.matching("action", true, is_action, "an action")) % action_names.size());
  result.epoch = static_cast<Epoch>(in.whole("epoch", true, 0, last_epoch));
  result.counter = static_cast<std::uint64_t>(in.whole("counter", true, 0, unbounded));
  result.accepted = in.flag("accepted");
  result.reason = in.text("reason", true, 0, 256);
  if (!in.problem().empty()) return std::unexpected(in.problem());
  return From<ReleaseResult>{std::move(opened->envelope), std::move(result)};
}

}  // namespace standstill::estop
