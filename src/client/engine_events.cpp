// What happens on the connection, made into calls of the user's functions. All in the connection's thread.
#include <utility>

#include "client/engine.hpp"
#include "os/clock.hpp"

namespace standstill::client {

namespace {

// What arrived before the end is decoded before the loss is told, but tens of megabytes must not hold it
// up: 2.4 MB, about 20 ms. Counted in slices, not in time, so that what a loss tells does not depend on how
// busy the machine is.
constexpr int catch_up_slices = 100;

std::chrono::system_clock::time_point wall() {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(os::wall_ns())));
}

Change::What public_what(layout::Change::What what) {
  switch (what) {
    case layout::Change::What::added:
      return Change::What::added;
    case layout::Change::What::removed:
      return Change::What::removed;
    default:
      return Change::What::changed;
  }
}

}  // namespace

layout::Listeners Engine::listeners() {
  layout::Listeners to;
  to.on_plan = [this](const layout::Model& model) {
    plan_read_ = true;
    if (options_->on_change) deliver({Change::What::plan, Object(model.plan()), {}, current(), sender_});
    check_online();
  };
  to.on_update = [this](const layout::Change& change) { changed(change); };
  const auto message = [this](std::string_view text, std::int64_t level) {
    if (!options_->on_message) return;
    dispatcher_.call(Dispatcher::Order::ordinary, on_message_,
                     [options = options_, said = std::string(text), level] {
                       options->on_message(said, level);
                       return true;
                     });
  };
  to.on_exception = message;
  to.on_problem = [message](std::string_view problem) { message(problem, -1); };
  return to;
}

Model Engine::current() const { return Model(std::make_shared<const layout::Model>(session_.model())); }

void Engine::link_changed(const link::Status& status, std::string_view why) {
  if (closing_) return;
  link_online_ = status.state == link::State::online;
  switch (status.state) {
    case link::State::dialing:
      break;
    case link::State::probing:
      plan_read_ = false;
      break;
    case link::State::online:
      break;
    case link::State::closed:
      lost(Loss::Kind::goodbye, why);
      break;
    case link::State::silent:
    case link::State::lost:
    case link::State::suspended:
      lost(Loss::Kind::lost, why);
      break;
  }
  check_online();
}

void Engine::lost(Loss::Kind kind, std::string_view why) {
  if (lost_at_) return;
  catch_up();
  lost_at_ = os::now();
  if (!options_->on_loss) return;
  Loss loss{kind, std::string(why), wall(), was_online_, current(), sender_};
  dispatcher_.call(Dispatcher::Order::urgent, on_loss_, [options = options_, loss = std::move(loss)] {
    options->on_loss(loss);
    return true;
  });
}

void Engine::catch_up() {
  for (int i = 0; i < catch_up_slices && session_.work(os::now()); ++i) {
  }
}

void Engine::check_online() {
  const bool online = link_online_ && plan_read_;
  {
    const std::lock_guard lock(mutex_);
    if (online_ == online) return;
    online_ = online;
    if (online) came_online_.notify_all();
  }
  if (!online) return;
  was_online_ = true;
  if (!lost_at_) return;
  const auto outage = std::chrono::duration_cast<std::chrono::milliseconds>(
      os::now() - *std::exchange(lost_at_, std::nullopt));
  if (!options_->on_return) return;
  dispatcher_.call(Dispatcher::Order::urgent, on_return_,
                   [options = options_, back = Return{wall(), outage, current(), sender_}] {
                     options->on_return(back);
                     return true;
                   });
}

void Engine::changed(const layout::Change& change) {
  if (!change.object) return;
  if (change.kind == layout::Kind::clock) clock_changed(*change.object);
  if (options_->on_change || triggers_.any_change(change.kind, change.object->id()))
    deliver({public_what(change.what), Object(change.object), Object(change.before), current(), sender_});
}

void Engine::clock_changed(const layout::Object& clock) {
  constexpr std::int64_t day = 86400;
  const std::int64_t time = clock.number("time");
  if (time < day) return;  // what a 2014 server sends while it has no time
  const std::int64_t minute = time / 60 + options_->clock_offset.count();
  const auto of_day = static_cast<int>(((minute % minutes_a_day) + minutes_a_day) % minutes_a_day);
  const auto entered = minutes_.moved_to(of_day, clock.get("cmd") == "set");
  if (entered.empty()) return;
  const auto times = triggers_.times();
  if (times.empty()) return;
  const Model model = current();
  for (const int at : entered) {
    for (const auto& trigger : times) {
      if (!trigger->time.matches(at)) continue;
      dispatcher_.call(Dispatcher::Order::ordinary, trigger->handler,
                       [trigger, moment = Moment{at / 60, at % 60, model, sender_}] {
                         trigger->function(moment);
                         return true;
                       });
    }
  }
}

// Each change with the model as it was then: a condition must not see what came later.
void Engine::deliver(const Change& change) {
  const auto shared = std::make_shared<const Change>(change);
  if (options_->on_change)
    dispatcher_.call(Dispatcher::Order::ordinary, on_change_, [options = options_, shared] {
      options->on_change(*shared);
      return true;
    });
  if (change.what == Change::What::plan) return;
  for (const auto& trigger :
       triggers_.concerned(static_cast<layout::Kind>(change.kind()), change.object.id()))
    dispatcher_.call(Dispatcher::Order::ordinary, trigger->handler, [trigger, shared] {
      if (!trigger->condition(*shared)) return false;
      trigger->function(*shared);
      return true;
    });
}

}  // namespace standstill::client
