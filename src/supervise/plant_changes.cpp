#include "supervise/plant_changes.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "os/clock.hpp"
#include "record/event_json.hpp"
#include "record/journal_reader.hpp"
#include "supervise/tags_json.hpp"

namespace standstill::supervise {

using nlohmann::json;
using nlohmann::ordered_json;
using terminal::Message;
using terminal::Topic;

namespace {

constexpr Duration sign_of_life = 1s;
constexpr Duration layout_every = 100ms;
constexpr Duration tags_every = 250ms;
constexpr std::uint32_t most_events = 500;

std::string text_of(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// By when after a trip an output has to be proved safe, as the configuration states it; nothing where nothing
// proves it.
std::optional<config::milliseconds> budget_of(const config::Config& config, const config::Output& output) {
  config::milliseconds budget{0};
  if (output.readback)
    budget = output.readback->within;
  else if (const auto* serial = std::get_if<config::SerialOutput>(&output.device);
           serial != nullptr && !serial->expect_reply.empty())
    budget = output.timeout;
  else
    return std::nullopt;
  for (const auto& stage : config.stages)
    if (const auto* named = std::get_if<std::string>(&stage.act); named != nullptr && *named == output.id)
      budget += stage.at;
  return budget;
}

}  // namespace

ordered_json told_state(Supervisor& supervisor, Instant now) {
  ordered_json state = state_json(*supervisor.view_now(), now);
  for (const auto& alert : supervisor.teller().statuses())
    if (alert.failing)
      state["warnings"].push_back(
          {{"watch", "alert " + alert.id}, {"detail", "nobody is told by it: " + alert.last_error}});
  const config::Config& config = supervisor.config();
  for (auto& output : state["outputs"])
    if (const auto* settings = config.output(output.at("id").get<std::string>())) {
      const auto budget = budget_of(config, *settings);
      output["budget_ms"] = budget ? ordered_json(budget->count()) : ordered_json(nullptr);
      output["secures"] = settings->is_safety();
    }
  for (auto& link : state["links"])
    if (const auto* settings = config.link(link.at("id").get<std::string>())) {
      link["critical"] = settings->critical;
      link["budget_ms"] = (settings->probe + settings->silence).count();
    }
  state["shelved"] = ordered_json::array();
  for (const auto& one : supervisor.shelved().all(os::wall_ns()))
    state["shelved"].push_back({{"source", one.source},
                                {"state", one.out_of_service ? "out_of_service" : "shelved"},
                                {"until", os::rfc3339(one.until_wall_ns)},
                                {"by", one.who},
                                {"reason", one.reason}});
  return state;
}

struct PlantChanges::Seen {
  std::vector<std::pair<Instant, link::Quality>> tags;
};

struct PlantChanges::Taken {
  std::vector<std::pair<std::size_t, link::Tag>> tags;  // that changed, by their place
  std::vector<Layout> layouts;
};

PlantChanges::PlantChanges(Supervisor& supervisor)
    : supervisor_(supervisor), seen_(std::make_shared<Seen>()) {}
PlantChanges::~PlantChanges() = default;

std::vector<Message> PlantChanges::next(const terminal::Topics& wanted) {
  std::vector<Message> news;
  const Instant now = os::now();
  add_state(news, now);
  add_events(news);
  // A loop that stands still would hold up what says so.
  if (supervisor_.turning()) add_plant(news, wanted, now);
  return news;
}

std::vector<Message> PlantChanges::whole(const terminal::Topics& wanted) {
  std::vector<Message> all;
  told_.reset();
  add_state(all, os::now());
  if (wanted.contains(Topic::tags))
    all.push_back(
        {Topic::tags, record::dump(json{{"type", "tags"}, {"whole", true}, {"tags", tags_json(tags_)}})});
  if (wanted.contains(Topic::layout))
    for (const auto& layout : layouts_)
      all.push_back({Topic::layout,
                     text_of(ordered_json{{"type", "layout"}, {"link", layout.link}, {"reload", true}})});
  return all;
}

void PlantChanges::add_state(std::vector<Message>& into, Instant now) {
  const ViewPtr view = supervisor_.view();
  const bool turning = supervisor_.turning();
  if (view == told_ && turning == turned_ && now - told_at_ < sign_of_life) return;
  told_ = view;
  turned_ = turning;
  told_at_ = now;
  into.push_back({Topic::state, text_of(ordered_json{{"type", "state"},
                                                     {"at", os::rfc3339(os::wall_ns())},
                                                     {"state", told_state(supervisor_, now)}})});
}

void PlantChanges::add_events(std::vector<Message>& into) {
  const auto written = supervisor_.recorder().written_up_to();
  if (last_event_ && written == written_) return;
  auto reader = record::JournalReader::open(supervisor_.config().site.state_dir / "journal.db");
  if (!reader) return;  // the state says what is wrong with the journal
  if (!last_event_) {
    if (const auto last = reader->last_id()) last_event_ = *last;
    written_ = written;
    return;
  }
  record::JournalQuery query;
  query.after_id = *last_event_;
  query.limit = most_events;
  const auto events = reader->read(query);
  if (!events) return;
  if (events->size() < most_events) written_ = written;
  for (const auto& event : *events) {
    last_event_ = event.id;
    into.push_back({Topic::event, record::dump(json{{"type", "event"}, {"event", record::to_json(event)}})});
  }
}

PlantChanges::Taken PlantChanges::take(const Supervisor& supervisor, Seen& seen, bool tags, bool layouts) {
  Taken taken;
  if (tags) {
    const auto& all = supervisor.tags().all();
    seen.tags.resize(all.size(), {never, link::Quality::no_link});
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::pair now{all[i].at, all[i].quality};
      if (seen.tags[i] == now) continue;
      seen.tags[i] = now;
      taken.tags.emplace_back(i, all[i]);
    }
  }
  if (layouts)
    for (const auto& job : supervisor.jobs())
      if (auto model = job->layout()) taken.layouts.push_back({job->config().id, std::move(*model)});
  return taken;
}

void PlantChanges::add_plant(std::vector<Message>& into, const terminal::Topics& wanted, Instant now) {
  const bool tags = wanted.contains(Topic::tags) && now - tags_at_ >= tags_every;
  const bool layouts = wanted.contains(Topic::layout) && now - layouts_at_ >= layout_every;
  if (!tags && !layouts) return;
  if (tags) tags_at_ = now;
  if (layouts) layouts_at_ = now;
  auto taken = supervisor_.on_loop<Taken>([this_seen = seen_, &supervisor = supervisor_, tags, layouts] {
    return take(supervisor, *this_seen, tags, layouts);
  });
  if (!taken) throw std::runtime_error("the loop did not answer in time");
  if (!taken->tags.empty()) {
    std::vector<link::Tag> changed;
    for (auto& [place, tag] : taken->tags) {
      if (place >= tags_.size()) tags_.resize(place + 1);
      tags_[place] = tag;
      changed.push_back(std::move(tag));
    }
    into.push_back({Topic::tags, record::dump(json{{"type", "tags"}, {"tags", tags_json(changed)}})});
  }
  if (!layouts) return;
  for (std::size_t i = 0; i < taken->layouts.size(); ++i) {
    const auto& newest = taken->layouts[i];
    const auto changed =
        i < layouts_.size() ? layout::export_changes(layouts_[i].model, newest.model) : ordered_json(nullptr);
    if (changed.is_object() && changed.empty()) continue;
    ordered_json message{{"type", "layout"}, {"link", newest.link}};
    if (changed.is_null())
      message["reload"] = true;
    else
      message["changes"] = changed;
    into.push_back({Topic::layout, text_of(message)});
  }
  layouts_ = std::move(taken->layouts);
}

}  // namespace standstill::supervise
