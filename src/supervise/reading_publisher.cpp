#include "supervise/reading_publisher.hpp"

#include <utility>

#include "os/clock.hpp"
#include "supervise/broker.hpp"

namespace standstill::supervise {

namespace {

const config::Publish& publish_of(const config::Link& link) {
  return *std::get<config::ModbusLink>(link.peer).publish;
}

}  // namespace

ReadingPublisher::ReadingPublisher(os::Loop& loop, const config::Link& link, const meter::Profile& profile,
                                   const std::filesystem::path& state_dir, Said said)
    : loop_(loop),
      has_serial_(profile.serial.has_value()),
      home_assistant_(publish_of(link).home_assistant),
      number_(static_cast<std::uint64_t>(os::wall_ns() / 1000)) {
  const config::Publish& wanted = publish_of(link);
  unnamed_.link = link.id;
  unnamed_.topic = wanted.topic;
  unnamed_.model = profile.name;
  for (const auto& reg : profile.registers) unnamed_.fields.push_back({reg.name, reg.unit, reg.counter});
  tell::PublisherSettings settings;
  settings.id = link.id;
  settings.broker = [wanted] { return broker_of(wanted.url, wanted.ca_file, wanted.user, wanted.password); };
  settings.folder = state_dir / "publish" / link.id;
  settings.most_bytes = static_cast<std::uint64_t>(wanted.buffer_mb) * 1024 * 1024;
  publisher_ = std::make_unique<tell::Publisher>(
      std::move(settings), [&loop, said = std::move(said),
                            alive = std::weak_ptr<bool>(alive_)](const tell::PublisherStatus& told) {
        loop.post([said, alive, told] {
          if (alive.expired()) return;
          if (told.online)
            said("broker_online", "readings are published again; " + std::to_string(told.waiting) +
                                      " messages were kept meanwhile");
          else
            said("broker_lost", told.last_error + "; readings are kept on disk until it is back");
        });
      });
  if (!has_serial_) name_it({});
}

ReadingPublisher::~ReadingPublisher() { alive_.reset(); }

void ReadingPublisher::name_it(const std::string& serial) {
  if (shape_ && shape_->serial == serial) return;
  auto shape = std::make_shared<tell::ReadingShape>(unnamed_);
  shape->serial = serial;
  shape->name = tell::topic_level(serial.empty() ? unnamed_.link : serial);
  shape_ = std::move(shape);
  stand();
}

void ReadingPublisher::stand() {
  publisher_->stand([shape = shape_, online = online_, home_assistant = home_assistant_] {
    tell::PublisherStanding standing;
    standing.will = tell::availability_message(*shape, false);
    if (home_assistant) standing.retained = tell::discovery_messages(*shape);
    standing.retained.push_back(tell::availability_message(*shape, online));
    return standing;
  });
}

void ReadingPublisher::link_changed(const link::Status& status, link::State previous, std::string_view why,
                                    const meter::Device& device, const link::TagTable& tags, Instant now) {
  const bool online = status.state == link::State::online;
  if (online == online_ || (!online && previous != link::State::online)) return;
  online_ = online;
  if (online) name_it(device.serial());
  if (!shape_) return;
  stand();
  const bool ends = status.state == link::State::closed;  // by us: the supervisor ends
  const bool back = online && lost_at_ != Instant{};
  if (!back && (online || ends)) return;
  tell::LinkNews news;
  news.shape = shape_;
  news.online = online;
  if (back) news.outage = now - std::exchange(lost_at_, Instant{});
  if (!online) lost_at_ = now;
  news.detail = why;
  news.wall_ns = os::wall_ns();
  news.number = ++number_;
  publisher_->submit([news = std::move(news)] { return tell::news_message(news); });
  if (!online) submit_readings(device, tags);  // each of them says no_link now
}

void ReadingPublisher::sampled(const meter::Device& device, const link::TagTable& tags) {
  if (shape_ && online_) submit_readings(device, tags);
}

void ReadingPublisher::submit_readings(const meter::Device& device, const link::TagTable& tags) {
  tell::ReadingSet set;
  set.shape = shape_;
  set.values.reserve(shape_->fields.size());
  for (std::size_t i = 0; i < shape_->fields.size(); ++i) {
    const link::Tag& tag = tags.get(device.tag(i));
    set.values.push_back({tag.value, link::name(tag.quality), tag.wall_ns});
  }
  set.wall_ns = os::wall_ns();
  set.number = ++number_;
  publisher_->submit([set = std::move(set)] { return tell::readings_message(set); });
}

}  // namespace standstill::supervise
