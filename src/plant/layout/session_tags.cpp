// The layout's rows in the tag table: power, trackbus, sensorbus, accessorybus, emergency, enablecom, auto,
// clock, and one for each feedback, named like it.
#include <array>

#include "plant/layout/session.hpp"
#include "plant/layout/views.hpp"

namespace standstill::layout {

namespace {

constexpr std::array<std::string_view, 6> state_tags{"power",        "trackbus",  "sensorbus",
                                                     "accessorybus", "emergency", "enablecom"};

}  // namespace

void Session::set_tag(std::string_view name, double value) {
  if (options_.tags == nullptr) return;
  const auto id = options_.tags->declare(options_.link, name, name == "clock" ? "s" : "");
  options_.tags->set(id, value, link::Quality::good, decoding_arrived_,
                     options_.wall_ns ? options_.wall_ns() : 0);
}

void Session::set_tags(const Object& news) {
  if (options_.tags == nullptr) return;
  if (news.kind() == Kind::state) {
    // With several command stations a tag is what all of them agree on; for `emergency`, what any of them
    // says.
    for (const auto tag : state_tags) {
      if (!news.find(tag)) continue;
      const bool any = tag == "emergency";
      bool value = !any;
      const bool several = model_.count(Kind::state) > 1;
      model_.each(Kind::state, [&](const Object& state) {
        if ((several && state.id().empty() && !news.id().empty()) || !state.find(tag)) return;
        const bool says = state.truth(tag);
        value = any ? value || says : value && says;
      });
      set_tag(tag, value ? 1.0 : 0.0);
    }
  } else if (news.kind() == Kind::automatic) {
    set_tag("auto", news.get("cmd") == "on" ? 1.0 : 0.0);
  } else if (news.kind() == Kind::clock && news.find("time")) {
    set_tag("clock", static_cast<double>(Clock{news}.epoch()));
  }
}

void Session::set_feedback(const Object& feedback, bool declare) {
  if (options_.tags == nullptr || feedback.id().empty()) return;
  std::string tag{feedback.id()};
  // A feedback that is called like one of the layout's own tags must not pass for it.
  bool taken = tag == "auto" || tag == "clock";
  for (const auto own : state_tags) taken = taken || tag == own;
  if (taken) tag = "fb:" + tag;
  if (declare || options_.tags->find(options_.link + "." + tag))
    set_tag(tag, Feedback{feedback}.on() ? 1.0 : 0.0);
}

// True when more is to do.
bool Session::tag_some_feedbacks() {
  for (int i = 0; i < 128 && !untagged_.empty(); ++i) {
    const std::string id = std::move(untagged_.back());
    untagged_.pop_back();
    if (const auto feedback = model_.find(Kind::fb, id)) set_feedback(*feedback, true);
  }
  return !untagged_.empty() || shedding_;
}

}  // namespace standstill::layout
