#include "plant/layout/session.hpp"

#include <algorithm>
#include <utility>

namespace standstill::layout {

namespace {

constexpr std::size_t reports_a_slice = 64;

}  // namespace

Session::Session(SessionOptions options, Listeners listeners)
    : options_(std::move(options)), listeners_(std::move(listeners)) {}

void Session::connected(Instant) {
  drop_decoder();
  for (auto& pending : pending_) frames_.give_back(std::move(pending.body));
  pending_.clear();
  pending_bytes_ = 0;
  frames_.reset();
  goodbye_.reset();
  applying_ = false;
  output_.clear();
  queued_.clear();
  first_sent_ = 0;
  last_heard_ = Instant{};
  error_.clear();
  proven_ = false;
  answers_ping_ = false;
  probed_ = false;
  connected_ = true;
  queue(rocrail::commands::plan().frame, false);
}

void Session::drop_decoder() {
  if (decoder_) frames_.give_back(decoder_->take_body());
  decoder_.reset();
}

bool Session::feed(std::span<const std::byte> bytes, Instant now) {
  if (!error_.empty()) return false;
  for (;;) {
    const auto result = frames_.read(bytes);
    if (result == rocrail::FrameReader::Result::need_more) return true;
    if (result == rocrail::FrameReader::Result::failed) {
      error_ = frames_.error();
      return false;
    }
    std::string body = frames_.take_body();
    goodbye_.message(rocrail::root_name(body), body, now);
    pending_bytes_ += body.size();
    pending_.push_back({std::move(body), now});
    if (pending_bytes_ > max_pending) {
      error_ = "the server sends faster than its messages can be read: " + std::to_string(pending_bytes_) +
               " bytes are waiting";
      return false;
    }
  }
}

bool Session::work(Instant) {
  std::size_t budget = options_.slice_bytes;
  while (budget > 0) {
    if (applying_) {
      if (!apply_some()) return true;
    } else if (decoder_) {
      const std::size_t size = std::min(budget, decoder_->size());
      const auto step = decoder_->read(budget);
      budget -= size;
      if (step == Decoder::Step::failed) {
        ++bad_messages_;
        problem("a message of the server is unusable: " + decoder_->error());
        drop_decoder();
      } else if (step == Decoder::Step::complete) {
        finish_message();
      }
    } else if (!pending_.empty()) {
      pending_bytes_ -= pending_.front().body.size();
      decoding_arrived_ = pending_.front().arrived;
      decoder_ = std::make_unique<Decoder>(std::move(pending_.front().body), names_);
      pending_.pop_front();
      budget -= std::min<std::size_t>(budget, 256);  // a message costs something, however small
    } else if (!untagged_.empty()) {
      return tag_some_feedbacks();
    } else if (shedding_) {
      shedding_ = old_model_.shed(1024);
      return shedding_;
    } else {
      return false;
    }
  }
  return true;
}

void Session::finish_message() {
  ++messages_;
  last_heard_ = std::max(last_heard_, decoding_arrived_);
  const auto root = decoder_->root();
  if (root == "pong") answers_ping_ = true;
  if (root == "pong" || root == "plan" || root.ends_with("list")) proven_ = true;
  if (decoder_->is_plan()) {
    finish_plan();
    drop_decoder();
    return;
  }
  applying_ = true;
  applied_ = 0;
}

void Session::finish_plan() {
  Model fresh = std::move(decoder_->plan());
  // A plan says nothing of these: what was told before it stays true.
  for (const Kind kind : {Kind::clock, Kind::state, Kind::automatic, Kind::exception, Kind::sys})
    model_.each(kind, [&](const Object& object) { fresh.put(model_.find(kind, object.id())); });
  std::swap(model_, fresh);
  old_model_ = std::move(fresh);
  shedding_ = true;
  untagged_.clear();
  if (options_.tags != nullptr) {
    const bool declare = model_.count(Kind::fb) <= eager_feedbacks;
    model_.each(Kind::fb, [&](const Object& fb) {
      if (declare || options_.tags->find(options_.link + "." + std::string(fb.id())))
        untagged_.emplace_back(fb.id());
    });
  }
  if (listeners_.on_plan) listeners_.on_plan(model_);
}

// True when every report of the message is applied.
bool Session::apply_some() {
  auto& reports = decoder_->reports();
  const std::size_t until = std::min(reports.size(), applied_ + reports_a_slice);
  while (applied_ < until) {
    const Report report = std::move(reports[applied_++]);
    const Change change = apply(model_, report);
    told(change, *report.object);
  }
  if (applied_ < reports.size()) return false;
  applying_ = false;
  drop_decoder();
  return true;
}

void Session::told(const Change& change, const Object& news) {
  set_tags(news);
  if (news.kind() == Kind::fb && change.object && change.what != Change::What::removed)
    set_feedback(*change.object, true);
  if (change.what != Change::What::nothing && listeners_.on_update) listeners_.on_update(change);
  if (news.kind() == Kind::state && listeners_.on_state) listeners_.on_state(news, decoding_arrived_);
  if (news.kind() == Kind::exception && listeners_.on_exception)
    listeners_.on_exception(news.get("text"), news.number("level"));
}

void Session::problem(std::string text) {
  if (listeners_.on_problem) listeners_.on_problem(text);
}

std::span<const std::byte> Session::output() const { return std::as_bytes(std::span(output_)); }

void Session::sent(std::size_t bytes) {
  bytes = std::min(bytes, output_.size());
  output_.erase(0, bytes);
  first_sent_ += bytes;
  while (!queued_.empty() && first_sent_ >= queued_.front().bytes) {
    first_sent_ -= queued_.front().bytes;
    queued_.pop_front();
  }
}

void Session::queue(const std::string& frame, bool may_energise) {
  output_ += frame;
  queued_.push_back({frame.size(), may_energise});
}

void Session::probe(Instant) {
  if (answers_ping_) {
    queue(rocrail::commands::ping().frame, false);
    return;
  }
  queue(rocrail::commands::list("lclist").frame, false);
  // Once a connection: who answers it is asked that way from then on, who does not ignores it.
  if (!std::exchange(probed_, true)) queue(rocrail::commands::ping().frame, false);
}

link::Ending Session::ended(Instant now) {
  connected_ = false;
  output_.clear();
  queued_.clear();
  first_sent_ = 0;
  return goodbye_.stands(now) ? link::Ending::goodbye : link::Ending::crash;
}

std::expected<void, std::string> Session::send(const rocrail::Command& command, bool released) {
  if (command.may_energise && !released)
    return std::unexpected("not sent, because it could start something and the plant is not running: " +
                           command.body);
  if (!connected_)
    return std::unexpected("not sent, because there is no connection to the server: " + command.body);
  queue(command.frame, command.may_energise);
  return {};
}

std::size_t Session::withdraw_energising() {
  std::size_t dropped = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < queued_.size();) {
    const bool started = i == 0 && first_sent_ > 0;
    const std::size_t left = queued_[i].bytes - (i == 0 ? first_sent_ : 0);
    if (queued_[i].may_energise && !started) {
      output_.erase(at, left);
      queued_.erase(queued_.begin() + static_cast<std::ptrdiff_t>(i));
      ++dropped;
    } else {
      at += left;
      ++i;
    }
  }
  return dropped;
}

}  // namespace standstill::layout
