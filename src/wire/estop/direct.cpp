#include "wire/estop/direct.hpp"

#include <algorithm>

#include "wire/estop/message.hpp"
#include "wire/estop/plain.hpp"
#include "wire/estop/strict.hpp"

namespace standstill::estop {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view stop_word = "stop\n";
constexpr std::string_view paths_word = "paths\n";
constexpr std::size_t longest_paths = 1024UL * 1024;

std::string sign(std::string_view word, std::string_view text, const Keys& keys) {
  const auto own = keys.of(everyone);
  if (own.empty()) return {};
  const std::string vouched = std::string(word) + std::string(text);
  const std::string code = mac(own.front().secret, vouched);
  if (std::string plain = write_plain_signed(text, own.front().id, code); !plain.empty()) return plain;
  return ordered_json{{"signed", text}, {"key_id", own.front().id}, {"mac", code}}.dump(
      -1, ' ', false, ordered_json::error_handler_t::replace);
}

constexpr std::size_t shortest_text = 2, longest_key_id = 32, mac_length = 64;

bool fits(const PlainSigned& one, std::size_t longest) {
  return one.text.size() >= shortest_text && one.text.size() <= longest && !one.key_id.empty() &&
         one.key_id.size() <= longest_key_id && one.mac.size() == mac_length;
}

bool signed_so(std::string_view word, std::string_view inner, std::string_view key_id, std::string_view code,
               const Keys& keys) {
  const std::string vouched = std::string(word) + std::string(inner);
  return std::ranges::any_of(keys.of(everyone), [&](const Keys::Key& key) {
    return key.id == key_id && same(mac(key.secret, vouched), code);
  });
}

std::expected<std::string, std::string> checked(std::string_view word, std::string_view text,
                                                std::size_t longest, const Keys& keys) {
  const auto unsigned_text = [] { return std::unexpected("no member of this bus has signed it"); };
  if (auto plain = read_plain_signed(text); plain && fits(*plain, longest)) {
    if (!signed_so(word, plain->text, plain->key_id, plain->mac, keys)) return unsigned_text();
    return std::move(plain->text);
  }
  const auto whole = parse_object(text);
  if (!whole) return std::unexpected(whole.error());
  Members in(*whole, "message", {"signed", "key_id", "mac"});
  std::string inner = in.text("signed", true, shortest_text, longest);
  const std::string key_id = in.text("key_id", true, 1, longest_key_id);
  const std::string code = in.text("mac", true, mac_length, mac_length);
  if (!in.problem().empty()) return std::unexpected(in.problem());
  if (!signed_so(word, inner, key_id, code, keys)) return unsigned_text();
  return inner;
}

}  // namespace

std::string write_direct(std::string_view stop, const Keys& keys) {
  std::string made = sign(stop_word, stop, keys);
  return made.size() <= longest_datagram ? made : std::string();
}

std::expected<std::string, std::string> read_direct(std::string_view datagram, const Keys& keys) {
  if (datagram.size() > longest_datagram) return std::unexpected("it is too long");
  return checked(stop_word, datagram, longest_datagram, keys);
}

std::string write_paths(const std::vector<Path>& paths, const Keys& keys) {
  ordered_json members = ordered_json::object();
  for (const Path& path : paths) members[path.instance] = path.address;
  return sign(paths_word, ordered_json{{"paths", members}}.dump(), keys);
}

std::expected<std::vector<Path>, std::string> read_paths(std::string_view text, const Keys& keys) {
  if (text.size() > longest_paths) return std::unexpected("the list of paths is too long");
  const auto inner = checked(paths_word, text, longest_paths, keys);
  if (!inner) return std::unexpected("the list of paths: " + inner.error());
  const auto whole = parse_object(*inner);
  if (!whole) return std::unexpected("the list of paths: " + whole.error());
  Members in(*whole, "paths", {"paths"});
  const Json* members = in.object("paths", true);
  if (!in.problem().empty()) return std::unexpected(in.problem());
  if (members->size() > most_paths) return std::unexpected("the list of paths has too many members");
  std::vector<Path> made;
  for (const auto& [instance, address] : members->items()) {
    if (!is_instance(instance) || !address.is_string())
      return std::unexpected("the list of paths: '" + instance + "' is no member with an address");
    made.push_back({instance, address.get<std::string>()});
  }
  return made;
}

}  // namespace standstill::estop
