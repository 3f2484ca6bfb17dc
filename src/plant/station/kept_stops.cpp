#include "plant/station/kept_stops.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "wire/estop/keys.hpp"

namespace standstill::station {

namespace {

std::string in_fewer_words(estop::Envelope envelope, const estop::HeardStop& heard, std::string_view why) {
  return estop::write_message(
             {std::move(envelope), estop::EmergencyStop{heard.reason, std::string(why), heard.instance}})
      .value_or("");
}

}  // namespace

KeptStops::KeptStops(const std::string& instance)
    : wait_(again_after + std::chrono::milliseconds(std::hash<std::string>{}(instance) % 1000)) {}

std::string KeptStops::id_for(const std::string& unreadable, Epoch known) {
  return estop::uuid_for(std::to_string(known) + " " + unreadable);
}

void KeptStops::keep(const estop::HeardStop& heard, const std::string& text, Epoch known,
                     const std::function<estop::Envelope()>& make_envelope, Instant now) {
  const std::string id = heard.id.empty() ? id_for(text, known) : heard.id;
  if (std::any_of(kept_.begin(), kept_.end(), [&](const Kept& one) { return one.id == id; }))
    return heard.straight ? void() : said_by_another(id, now);
  if (kept_.size() + 1 >= most) {
    // As long as the one that stands for the rest was not said, it stands for this one, too.
    if (kept_.size() == most && kept_.back().said == 0) return;
    if (kept_.size() == most) kept_.pop_back();
    estop::Envelope envelope = make_envelope();
    const std::string own_id = envelope.id;
    kept_.push_back({in_fewer_words(std::move(envelope), heard, "and more stops than are kept one by one"),
                     own_id, known, now + wait_});
    return;
  }
  if (!heard.unreadable.empty() || text.size() > longest) {
    estop::Envelope envelope = make_envelope();
    envelope.id = id;
    const bool unreadable = !heard.unreadable.empty();
    kept_.push_back({in_fewer_words(std::move(envelope), heard,
                                    unreadable ? "a message on the stop channel could not be read" : ""),
                     id, known, now + wait_});
    return;
  }
  kept_.push_back({text, id, known, now + wait_});
}

void KeptStops::keep_own(std::string text, Epoch known, Instant now) {
  const std::string id = estop::judge_stop(text).id;
  std::erase_if(kept_, [](const Kept& one) { return one.own; });
  kept_.push_back({.text = std::move(text), .id = id, .known = known, .next = now, .own = true});
}

void KeptStops::said_by_another(const std::string& id, Instant now) {
  for (Kept& one : kept_)
    if (one.id == id && !one.own) one.next = now + wait_;
}

void KeptStops::shown(const estop::LatchRecord& latch) {
  std::erase_if(kept_, [&](const Kept& one) {
    return latch.epoch > one.known || latch.stop_id == one.id || one.said >= most_under_one_latch;
  });
}

std::vector<std::string> KeptStops::due(Instant now, bool joined, bool latch_was_read) {
  std::vector<std::string> texts;
  for (Kept& one : kept_) {
    if (now < one.next && !(one.own && latch_was_read)) continue;
    one.next = now + wait_;
    if (joined) ++one.said;
    texts.push_back(one.text);
  }
  return texts;
}

std::vector<std::string> KeptStops::texts() const {
  std::vector<std::string> all;
  for (const Kept& one : kept_) all.push_back(one.text);
  return all;
}

bool KeptStops::changed() {
  if (std::ranges::equal(kept_, noted_, {}, &Kept::id)) return false;
  noted_.clear();
  for (const Kept& one : kept_) noted_.push_back(one.id);
  return true;
}

std::string KeptStops::written(Epoch tripped) const {
  nlohmann::json stops = nlohmann::json::array();
  for (const Kept& one : kept_)
    stops.push_back({{"text", one.text}, {"id", one.id}, {"known", one.known}, {"own", one.own}});
  return nlohmann::json{{"tripped", tripped}, {"stops", stops}}.dump(
             -1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

Epoch KeptStops::restore(std::string_view text, Instant now) {
  const auto record = nlohmann::json::parse(text, nullptr, false);
  if (!record.is_object()) return 0;
  const auto number = [](const nlohmann::json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_number_unsigned() ? at->get<Epoch>() : Epoch{0};
  };
  const auto word = [](const nlohmann::json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  for (const auto& one : record.value("stops", nlohmann::json::array())) {
    if (!one.is_object() || kept_.size() == most) continue;
    const auto own = one.find("own");
    Kept kept{
        .text = word(one, "text"), .id = word(one, "id"), .known = number(one, "known"), .next = now + wait_};
    kept.own = own != one.end() && own->is_boolean() && own->get<bool>();
    if (!kept.text.empty() && !kept.id.empty()) kept_.push_back(std::move(kept));
  }
  static_cast<void>(changed());
  return number(record, "tripped");
}

}  // namespace standstill::station
