// What goes beyond format v1.0.0: the retained latch, safe confirmations and releases. All are signed: the
// MAC is over the bytes of a text inside, so that nothing needs a canonical form.
//
// Whoever reads one of these gets either what its key vouches for, or an error.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/latch.hpp"
#include "wire/estop/keys.hpp"
#include "wire/estop/message.hpp"

namespace standstill::estop {

// Under this name the retained latch has a MAC for whoever holds the master key. It is no instance's name, so
// no station can have its key.
inline constexpr std::string_view controllers = "_controllers";

// Key `estop:latch`: {"signed": TEXT, "key_id": ID, "macs": {INSTANCE: MAC, …}}.
struct LatchRecord {
  Epoch epoch = 0;
  LatchState state = LatchState::tripped;
  std::string code, source, detail;  // of the first cause; empty: none is known
  std::int64_t since_wall_ms = 0;
  std::string controller;  // the instance that wrote it
  std::string stop_id{};   // of the message that is repeated while it stands; empty: none
  bool operator==(const LatchRecord&) const = default;
};
struct Voucher {
  std::string instance;
  Keys::Key key;  // that instance's
};
// Those that the master key has a key for.
[[nodiscard]] std::vector<Voucher> vouchers(const Keys& master, const std::vector<std::string>& instances);
[[nodiscard]] std::string write_latch(const LatchRecord& record, const std::vector<Voucher>& vouchers);
[[nodiscard]] std::string write_latch(const LatchRecord& record, const Keys& master,
                                      const std::vector<std::string>& stations);
// As `instance` sees it: only with a MAC that its key vouches for.
[[nodiscard]] std::expected<LatchRecord, std::string> read_latch(std::string_view text, const Keys& keys,
                                                                 std::string_view instance);

// Its beginning, in which everything stands that is signed: two latches with the same say the same. Empty: it
// is not laid out as write_latch does.
[[nodiscard]] std::string_view latch_head(std::string_view text);

// Channel `events:safe_state`, signed by the station.
struct SafeState {
  struct Output {
    std::string id;
    bool run = false;      // as commanded
    std::string readback;  // "none", "unconfirmed", "confirmed", "failed"
  };
  Epoch epoch = 0;          // of the bus, as this station knows it
  Epoch station_epoch = 0;  // of its own latch: a release names it, so that it cannot mean an older trip
  LatchState state = LatchState::tripped;
  bool acknowledged = false;
  std::int64_t commanded_ms = -1;  // from the receipt of the stop to every output commanded; -1: no stop yet
  std::string boot_nonce;          // 16 hexadecimal digits, new with every start
  std::uint64_t counter = 0;       // the largest of a release that this start has taken
  std::uint64_t stops = 0;         // heard since this start: a release names it, as it names station_epoch
  std::vector<Output> outputs;
  std::string path{};  // where it takes stops on the second path, at most 64; empty: nowhere
};

enum class Action : std::uint8_t { acknowledge, reset, start };
[[nodiscard]] std::string_view name(Action action);

// Channel `release:{instance}`, signed with that station's key.
struct Release {
  Action action = Action::acknowledge;
  Epoch epoch = 0, station_epoch = 0;
  std::string operator_name;  // 1 to 64
  std::string boot_nonce;
  std::uint64_t counter = 0;
  std::uint64_t stops = 0;  // that the station had confirmed when it was looked at
};

// Channel `events:release`, signed by the station.
struct ReleaseResult {
  Action action = Action::acknowledge;
  Epoch epoch = 0;
  std::uint64_t counter = 0;
  bool accepted = false;
  std::string reason;  // why not; at most 256
};

// `keys` and `instance`: of the station whose key signs. Empty when the keys have none for it.
[[nodiscard]] std::string write_safe_state(const Envelope& envelope, const SafeState& state, const Keys& keys,
                                           std::string_view instance);
[[nodiscard]] std::string write_release(const Envelope& envelope, const Release& release, const Keys& keys,
                                        std::string_view instance);
[[nodiscard]] std::string write_result(const Envelope& envelope, const ReleaseResult& result,
                                       const Keys& keys, std::string_view instance);

template <class Content>
struct From {
  Envelope envelope;
  Content content;
};
// Signed by the instance that the envelope names.
[[nodiscard]] std::expected<From<SafeState>, std::string> read_safe_state(std::string_view text,
                                                                          const Keys& keys);
[[nodiscard]] std::expected<From<ReleaseResult>, std::string> read_result(std::string_view text,
                                                                          const Keys& keys);
// Signed with the key of `instance`.
[[nodiscard]] std::expected<From<Release>, std::string> read_release(std::string_view text, const Keys& keys,
                                                                     std::string_view instance);

}  // namespace standstill::estop
