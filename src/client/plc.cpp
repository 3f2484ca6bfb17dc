// Plc: addresses and values checked, then asked through the engine.
#include "standstill/plc.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "client/plc_engine.hpp"
#include "client/plc_group.hpp"
#include "plant/plc/bit_write.hpp"
#include "plant/plc/values.hpp"

namespace standstill {

namespace {

using client::error_of;
using client::PlcGroup;

PlcError unusable(const client::PlcEngine& engine, std::string_view what, const std::string& why) {
  return {PlcError::Kind::unusable, engine.peer() + ": '" + std::string(what) + "': " + why};
}

template <class To, class From, class Convert>
PlcResult<To> converted(plc::Outcome<From> outcome, Convert convert) {
  if (!outcome) return error_of(std::move(outcome.error()));
  return convert(std::move(*outcome));
}

constexpr auto done_of = [](plc::Outcome<bool> outcome) {
  return converted<PlcDone>(std::move(outcome), [](bool) { return PlcDone{}; });
};

using Engine = std::shared_ptr<client::PlcEngine>;

plc::Outcome<s7::Bytes> asked(const Engine& engine, s7::UserFunction function, s7::Bytes question) {
  return engine->call<s7::Bytes>(
      [&](const plc::Terms& terms, plc::Done<s7::Bytes> done) {
        engine->session().ask(function, question, terms, engine->asked_at(), std::move(done));
      },
      [](plc::Outcome<s7::Bytes> outcome) { return outcome; });
}

// Asks, and reads what came with `read`.
template <class To, class Read>
PlcResult<To> asked_for(const Engine& engine, s7::UserFunction function, s7::Bytes question, Read read) {
  auto outcome = asked(engine, function, std::move(question));
  if (!outcome) return error_of(std::move(outcome.error()));
  auto answer = read(s7::View(*outcome));
  if (!answer) return PlcError{PlcError::Kind::refused, engine->peer() + ": " + answer.error()};
  return std::move(*answer);
}

void begin_write(const Engine& engine, const s7::Address& address, const s7::Value& value,
                 const plc::Terms& terms, plc::Done<bool> done) {
  auto& session = engine->session();
  if (address.type != s7::Type::boolean || address.count > 1)
    return plc::write_value(session, address, value, terms, engine->asked_at(), std::move(done));
  plc::write_bit(session, address, std::get<bool>(value.front()), terms, client::PlcEngine::now,
                 [done = std::move(done)](plc::Outcome<plc::BitWritten> outcome) {
                   if (!outcome) return done(std::unexpected(std::move(outcome.error())));
                   done(true);
                 });
}

PlcResult<PlcDone> write_now(const Engine& engine, const s7::Address& address, const s7::Value& value) {
  return engine->call<bool>(
      [&](const plc::Terms& terms, plc::Done<bool> done) {
        begin_write(engine, address, value, terms, std::move(done));
      },
      done_of);
}

// A whole transfer is cut where one item can count it.
constexpr std::size_t item_bytes = 32768;

class Stretch {
 public:
  // Of a data block, up to 65536 bytes.
  Stretch(std::uint16_t db, std::uint32_t byte, std::size_t size) {
    for (std::size_t at = 0; at < size; at += item_bytes)
      parts_[count_++] = s7::bytes_range(s7::Area::db, db, byte + static_cast<std::uint32_t>(at),
                                         static_cast<std::uint16_t>(std::min(item_bytes, size - at)));
  }
  [[nodiscard]] std::span<const s7::Range> ranges() const { return std::span(parts_).first(count_); }

 private:
  std::array<s7::Range, 65536 / item_bytes> parts_{};
  std::size_t count_ = 0;
};

std::optional<PlcError> bad_stretch(const client::PlcEngine& engine, std::uint16_t db, std::uint32_t byte,
                                    std::size_t size) {
  if (db != 0 && size > 0 && byte + size <= 65536) return std::nullopt;
  return PlcError{PlcError::Kind::unusable,
                  engine.peer() + ": a data block has a number from 1 and bytes 0 to 65535"};
}

PlcError refused_in(const std::string& peer, std::uint16_t db, s7::ItemCode code) {
  return {PlcError::Kind::refused, peer + ": DB" + std::to_string(db) + ": " + s7::item_text(code)};
}

PlcResult<Plc::Bytes> bytes_of(const std::string& peer, std::uint16_t db, plc::Outcome<plc::Items> outcome) {
  if (!outcome) return error_of(std::move(outcome.error()));
  std::size_t size = 0;
  for (const auto& item : *outcome) {
    if (item.code != s7::ItemCode::good) return refused_in(peer, db, item.code);
    size += item.data.size();
  }
  Plc::Bytes bytes;
  bytes.reserve(size);
  for (const auto& item : *outcome) s7::put(bytes, item.data);
  return bytes;
}

std::vector<s7::Bytes> parts_of(const Plc::Bytes& data) {
  std::vector<s7::Bytes> parts;
  for (std::size_t at = 0; at < data.size(); at += item_bytes) {
    const auto part = s7::View(data).subspan(at, std::min(item_bytes, data.size() - at));
    parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

PlcResult<PlcDone> written_of(client::PlcEngine& engine, std::uint16_t db, std::size_t size,
                              plc::Outcome<plc::Items> outcome) {
  if (!outcome) return error_of(std::move(outcome.error()));
  for (const auto& item : *outcome)
    if (item.code != s7::ItemCode::good) {
      auto refused = refused_in(engine.peer(), db, item.code);
      if (engine.session().writes_in_parts(size)) refused.text += plc::perhaps_in_part;
      return refused;
    }
  return PlcDone{};
}

constexpr auto bit_of = [](plc::Outcome<plc::BitWritten> outcome) {
  return converted<PlcBitWritten>(std::move(outcome), [](const plc::BitWritten& written) {
    return PlcBitWritten{written.by_whole_byte, written.neighbours_changed};
  });
};

// What a function that answers nothing but "done" makes of its answer.
constexpr auto no_answer = [](plc::Outcome<s7::Bytes> outcome) {
  return converted<PlcDone>(std::move(outcome), [](const s7::Bytes&) { return PlcDone{}; });
};

}  // namespace

PlcValue::PlcValue(std::vector<Scalar> elements) {
  if (elements.size() == 1)
    content_ = std::move(elements.front());
  else
    content_ = std::move(elements);
}

std::optional<double> PlcValue::number() const {
  if (elements().empty()) return std::nullopt;
  return s7::number(elements().front());
}

std::string PlcValue::text() const { return s7::to_text(elements()); }

std::string PlcAttempt::text() const {
  std::string words = "attempt " + std::to_string(number);
  if (maximum != 0) words += " of " + std::to_string(maximum);
  words += " failed: " + error;
  if (next.count() < 0) return words + "; that was the last";
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", static_cast<double>(next.count()) / 1000.0);
  return words + "; the next in " + seconds + " s";
}

PlcTags::PlcTags(const std::vector<std::string>& addresses)
    : group_(std::make_shared<const client::PlcGroup>(addresses)) {}
const std::vector<std::string>& PlcTags::addresses() const { return group_->texts(); }

Plc::Plc(std::string host, PlcOptions options)
    : engine_(std::make_shared<client::PlcEngine>(std::move(host), std::move(options))) {
  engine_->start();
}
Plc::~Plc() {
  if (engine_) engine_->close();
}
Plc::Plc(Plc&&) noexcept = default;
Plc& Plc::operator=(Plc&& other) noexcept {
  if (this == &other) return *this;
  if (engine_) engine_->close();
  engine_ = std::move(other.engine_);
  return *this;
}

PlcResult<PlcDone> Plc::wait_online(std::chrono::milliseconds time_out) const {
  return engine_->wait_online(time_out);
}
PlcStatus Plc::status() const { return engine_->status(); }
void Plc::retry_now() const { engine_->retry_now(); }

PlcResult<PlcValue> Plc::read(std::string_view address) const {
  return std::move(read(std::vector{std::string(address)}).front());
}

std::vector<PlcResult<PlcValue>> Plc::read(const std::vector<std::string>& addresses) const {
  return read(engine_->tags(addresses));
}

std::vector<PlcResult<PlcValue>> Plc::read(const PlcTags& tags) const {
  std::vector<PlcResult<PlcValue>> results;
  read(tags, results);
  return results;
}

void Plc::read(const PlcTags& tags, std::vector<PlcResult<PlcValue>>& into) const {
  const auto& ranges = tags.group_->ranges();  // kept by what makes values of them
  if (ranges->empty()) return tags.group_->results(engine_->peer(), plc::Items{}, into);
  into = engine_->call<plc::Items>(
      [&](const plc::Terms& terms, plc::Done<plc::Items> done) {
        engine_->session().read(ranges, terms, engine_->asked_at(), std::move(done));
      },
      [&peer = engine_->peer(), group = tags.group_,
       results = std::move(into)](const plc::Outcome<plc::Items>& outcome) mutable {
        group->results(peer, outcome, results);
        return std::move(results);
      });
}

void Plc::read_async(const std::vector<std::string>& addresses,
                     std::function<void(const std::vector<PlcResult<PlcValue>>&)> then) const {
  read_async(engine_->tags(addresses), std::move(then));
}

void Plc::read_async(const PlcTags& tags,
                     std::function<void(const std::vector<PlcResult<PlcValue>>&)> then) const {
  const auto results = [&peer = engine_->peer(),
                        group = tags.group_](const plc::Outcome<plc::Items>& outcome) {
    std::vector<PlcResult<PlcValue>> all;
    group->results(peer, outcome, all);
    return all;
  };
  if (tags.group_->ranges()->empty())
    return engine_->later([all = results(plc::Items{}), then = std::move(then)] { then(all); });
  engine_->call_later<plc::Items>(
      [engine = engine_.get(), ranges = tags.group_->ranges()](const plc::Terms& terms,
                                                               plc::Done<plc::Items> done) {
        engine->session().read(ranges, terms, engine->asked_at(), std::move(done));
      },
      results, std::move(then));
}

void Plc::read_async(std::string address, Then<PlcValue> then) const {
  read_async(
      std::vector{std::move(address)},
      [then = std::move(then)](const std::vector<PlcResult<PlcValue>>& results) { then(results.front()); });
}

PlcResult<Plc::Bytes> Plc::read_db(std::uint16_t db, std::uint32_t byte, std::size_t size) const {
  if (auto bad = bad_stretch(*engine_, db, byte, size)) return std::move(*bad);
  const Stretch stretch(db, byte, size);
  return engine_->call<plc::Items>(
      [&](const plc::Terms& terms, plc::Done<plc::Items> done) {
        engine_->session().read(stretch.ranges(), terms, engine_->asked_at(), std::move(done));
      },
      [&peer = engine_->peer(), db](plc::Outcome<plc::Items> outcome) {
        return bytes_of(peer, db, std::move(outcome));
      });
}

void Plc::read_db_async(std::uint16_t db, std::uint32_t byte, std::size_t size, Then<Bytes> then) const {
  if (auto bad = bad_stretch(*engine_, db, byte, size))
    return engine_->later([bad = std::move(*bad), then = std::move(then)] { then(bad); });
  engine_->call_later<plc::Items>(
      [engine = engine_.get(), stretch = Stretch(db, byte, size)](const plc::Terms& terms,
                                                                  plc::Done<plc::Items> done) {
        engine->session().read(stretch.ranges(), terms, engine->asked_at(), std::move(done));
      },
      [&peer = engine_->peer(), db](plc::Outcome<plc::Items> outcome) {
        return bytes_of(peer, db, std::move(outcome));
      },
      std::move(then));
}

PlcResult<PlcDone> Plc::write(std::string_view address, std::string_view value) const {
  const auto parsed = s7::parse_address(address);
  if (!parsed) return unusable(*engine_, address, parsed.error());
  const auto typed = s7::parse_value(*parsed, value);
  if (!typed) return unusable(*engine_, address, typed.error());
  return write_now(engine_, *parsed, *typed);
}

PlcResult<PlcDone> Plc::write(std::string_view address, const PlcValue& value) const {
  const auto parsed = s7::parse_address(address);
  if (!parsed) return unusable(*engine_, address, parsed.error());
  const s7::Value elements(value.elements().begin(), value.elements().end());
  if (const auto fits = s7::encode(*parsed, elements); !fits)
    return unusable(*engine_, address, fits.error());
  if (parsed->type == s7::Type::boolean && !std::holds_alternative<bool>(elements.front()))
    return unusable(*engine_, address, "a BOOL is true or false");
  return write_now(engine_, *parsed, elements);
}

PlcResult<PlcDone> Plc::write_db(std::uint16_t db, std::uint32_t byte, const Bytes& data) const {
  if (auto bad = bad_stretch(*engine_, db, byte, data.size())) return std::move(*bad);
  const Stretch stretch(db, byte, data.size());
  return engine_->call<plc::Items>(
      [&](const plc::Terms& terms, plc::Done<plc::Items> done) {
        engine_->session().write(stretch.ranges(), parts_of(data), terms, engine_->asked_at(),
                                 std::move(done));
      },
      [engine = engine_.get(), db, size = data.size()](plc::Outcome<plc::Items> outcome) {
        return written_of(*engine, db, size, std::move(outcome));
      });
}

void Plc::write_db_async(std::uint16_t db, std::uint32_t byte, const Bytes& data, Then<PlcDone> then) const {
  if (auto bad = bad_stretch(*engine_, db, byte, data.size()))
    return engine_->later([bad = std::move(*bad), then = std::move(then)] { then(bad); });
  engine_->call_later<plc::Items>(
      [engine = engine_.get(), db, byte, data](const plc::Terms& terms, plc::Done<plc::Items> done) {
        engine->session().write(Stretch(db, byte, data.size()).ranges(), parts_of(data), terms,
                                engine->asked_at(), std::move(done));
      },
      [engine = engine_.get(), db, size = data.size()](plc::Outcome<plc::Items> outcome) {
        return written_of(*engine, db, size, std::move(outcome));
      },
      std::move(then));
}

PlcResult<PlcBitWritten> Plc::write_bit(std::string_view address, bool value) const {
  const auto parsed = s7::parse_address(address);
  if (!parsed) return unusable(*engine_, address, parsed.error());
  return engine_->call<plc::BitWritten>(
      [&](const plc::Terms& terms, plc::Done<plc::BitWritten> done) {
        plc::write_bit(engine_->session(), *parsed, value, terms, client::PlcEngine::now, std::move(done));
      },
      bit_of);
}

void Plc::write_bit_async(std::string address, bool value, Then<PlcBitWritten> then) const {
  const auto parsed = s7::parse_address(address);
  if (!parsed)
    return engine_->later(
        [bad = unusable(*engine_, address, parsed.error()), then = std::move(then)] { then(bad); });
  engine_->call_later<plc::BitWritten>(
      [engine = engine_.get(), parsed = *parsed, value](const plc::Terms& terms,
                                                        plc::Done<plc::BitWritten> done) {
        plc::write_bit(engine->session(), parsed, value, terms, client::PlcEngine::now, std::move(done));
      },
      bit_of, std::move(then));
}

PlcResult<PlcBitWritten> Plc::write_bit(std::uint16_t db, std::uint32_t byte, unsigned bit,
                                        bool value) const {
  return write_bit("DB" + std::to_string(db) + ".DBX" + std::to_string(byte) + "." + std::to_string(bit),
                   value);
}

void Plc::write_async(std::string address, std::string value, Then<PlcDone> then) const {
  const auto parsed = s7::parse_address(address);
  const auto refuse = [&](const std::string& why) {
    engine_->later([bad = unusable(*engine_, address, why), then = std::move(then)] { then(bad); });
  };
  if (!parsed) return refuse(parsed.error());
  auto typed = s7::parse_value(*parsed, value);
  if (!typed) return refuse(typed.error());
  engine_->call_later<bool>(
      [engine = engine_, parsed = *parsed, typed = std::move(*typed)](const plc::Terms& terms,
                                                                      plc::Done<bool> done) {
        begin_write(engine, parsed, typed, terms, std::move(done));
      },
      done_of, std::move(then));
}

PlcResult<std::string> Plc::cpu_state() const {
  return asked_for<std::string>(engine_, s7::UserFunction::status_list, s7::status_list_question(0x0424, 0),
                                [](s7::View data) -> std::expected<std::string, std::string> {
                                  const auto state = s7::read_cpu_state(data);
                                  if (!state) return std::unexpected(state.error());
                                  return std::string(s7::name(*state));
                                });
}

PlcResult<PlcStatusList> Plc::status_list(std::uint16_t id, std::uint16_t index) const {
  return asked_for<PlcStatusList>(engine_, s7::UserFunction::status_list, s7::status_list_question(id, index),
                                  [](s7::View data) -> std::expected<PlcStatusList, std::string> {
                                    auto list = s7::read_status_list(data);
                                    if (!list) return std::unexpected(list.error());
                                    return PlcStatusList{list->id, list->index, std::move(list->records)};
                                  });
}

PlcResult<std::string> Plc::clock() const {
  return asked_for<std::string>(engine_, s7::UserFunction::read_clock, {},
                                [](s7::View data) -> std::expected<std::string, std::string> {
                                  const auto time = s7::read_clock_data(data);
                                  if (!time) return std::unexpected(time.error());
                                  return s7::to_text(*time, 3);
                                });
}

PlcResult<PlcDone> Plc::set_clock(std::string_view text) const {
  const auto time = s7::parse_calendar(text);
  if (!time) return unusable(*engine_, text, time.error());
  if (time->year < 1990 || time->year > 2089) return unusable(*engine_, text, "the year is 1990 to 2089");
  return no_answer(asked(engine_, s7::UserFunction::set_clock, s7::clock_data(*time)));
}

PlcResult<std::vector<std::uint16_t>> Plc::blocks(std::string_view type) const {
  const auto wanted = s7::block_type(type);
  if (!wanted) return unusable(*engine_, type, "block types are OB, DB, SDB, FC, SFC, FB, SFB");
  return asked_for<std::vector<std::uint16_t>>(engine_, s7::UserFunction::block_list,
                                               s7::block_list_question(*wanted), s7::read_block_list);
}

PlcResult<PlcBlock> Plc::block(std::string_view type, std::uint16_t number) const {
  const auto wanted = s7::block_type(type);
  if (!wanted) return unusable(*engine_, type, "block types are OB, DB, SDB, FC, SFC, FB, SFB");
  return asked_for<PlcBlock>(
      engine_, s7::UserFunction::block_info, s7::block_info_question(*wanted, number),
      [](s7::View data) -> std::expected<PlcBlock, std::string> {
        auto info = s7::read_block_info(data);
        if (!info) return std::unexpected(info.error());
        return PlcBlock{std::string(s7::name(info->type)),
                        info->number,
                        info->work_bytes,
                        std::move(info->author),
                        std::move(info->family),
                        std::move(info->header),
                        std::to_string(info->version >> 4U) + "." + std::to_string(info->version & 15U)};
      });
}

PlcResult<PlcDone> Plc::stop_cpu() const {
  return engine_->call<s7::Bytes>(
      [this](const plc::Terms& terms, plc::Done<s7::Bytes> done) {
        engine_->session().stop_cpu(terms, engine_->asked_at(), std::move(done));
      },
      no_answer);
}

PlcResult<PlcDone> Plc::start_cpu(bool cold) const {
  return engine_->call<s7::Bytes>(
      [this, cold](const plc::Terms& terms, plc::Done<s7::Bytes> done) {
        engine_->session().start_cpu(cold ? s7::Start::cold : s7::Start::warm, terms, engine_->asked_at(),
                                     std::move(done));
      },
      no_answer);
}

}  // namespace standstill
