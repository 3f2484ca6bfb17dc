#include "plant/engine/variables.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace standstill::engine {

namespace {

// "CV42" and what follows it; the number alone when the line begins otherwise.
std::optional<std::pair<std::uint32_t, std::string_view>> numbered(std::string_view line) {
  if (!line.starts_with("CV")) return std::nullopt;
  std::uint32_t cv = 0;
  const auto [end, error] = std::from_chars(line.data() + 2, line.data() + line.size(), cv);
  if (error != std::errc{}) return std::nullopt;
  return std::pair{cv, line.substr(static_cast<std::size_t>(end - line.data()))};
}

// Digits, perhaps a sign, perhaps a point between them: what the engine prints.
bool is_value(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 9 &&
           std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  return digits(text.substr(0, point)) && (point == std::string_view::npos || digits(text.substr(point + 1)));
}

std::string name_of(std::uint32_t cv) { return "CV" + std::to_string(cv); }

}  // namespace

Variables::Variables(const std::vector<std::uint32_t>& numbers) {
  for (const std::uint32_t cv : numbers) values_.push_back({.cv = cv});
  tries_.resize(values_.size());
}

void Variables::connected() {
  asked_.reset();
  end_write(std::unexpected("the line was lost: whether the engine took the value is not known"));
  for (Value& one : values_) one.text.clear();
  changed();
}

void Variables::changed() {
  for (Value& one : values_) one.known = false;
  std::ranges::fill(tries_, 0);
}

bool Variables::write(std::uint32_t cv, std::string text, Instant now, Done done) {
  if (write_ || value(cv) == nullptr) return false;
  write_ = Write{cv, std::move(text), {}, std::move(done)};
  written_ = false;
  want(now);
  return true;
}

std::string Variables::next(Instant now) {
  if (asked_ && now >= asked_->until) gave_up();
  if (asked_) return {};
  if (write_) {
    asked_ = Asked{written_ ? Ask::check : Ask::write, write_->cv, now + answer_within};
    return written_ ? name_of(write_->cv) + "?" : name_of(write_->cv) + "=" + write_->text;
  }
  if (now >= wanted_) {
    std::ranges::fill(tries_, 0);
    return {};
  }
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].known || tries_[i] >= most_tries) continue;
    ++tries_[i];
    asked_ = Asked{Ask::read, values_[i].cv, now + answer_within};
    return name_of(values_[i].cv) + "?";
  }
  return {};
}

void Variables::gave_up() {
  const Ask what = asked_->what;
  asked_.reset();
  if (what == Ask::write)
    end_write(std::unexpected("the engine did not answer: whether it took the value is not known"));
  if (what == Ask::check)
    end_write(std::unexpected("the engine took the value, and did not answer when it was asked for it"));
}

Variables::Took Variables::take(std::string_view line) {
  constexpr std::string_view updated = "Updated ";
  if (line.starts_with(updated)) {
    const auto what = numbered(line.substr(updated.size()));
    if (!what || !what->second.starts_with(" (")) return Took::no;
    if (Value* const one = value(what->first)) one->known = false;
    if (asked_ && asked_->what == Ask::write && asked_->cv == what->first) {
      asked_.reset();
      written_ = true;
      write_->sentence = line;
    }
    return Took::news;
  }
  const bool none = line.starts_with("there is no CV");
  const auto what = none ? numbered(line.substr(std::string_view("there is no ").size())) : numbered(line);
  if (!what || !asked_ || asked_->cv != what->first) return Took::no;
  if (!none && what->second.starts_with('=')) {
    const std::string_view text = what->second.substr(1);
    if (asked_->what == Ask::write || !is_value(text)) return Took::no;
    Value* const one = value(what->first);
    const Ask why = asked_->what;
    asked_.reset();
    if (one != nullptr) {
      one->text = text;
      one->known = true;
    }
    if (why == Ask::check) {
      if (text == write_->text)
        end_write(write_->sentence);
      else
        end_write(std::unexpected("the engine took the value, and says now that " + name_of(what->first) +
                                  " is " + std::string(text)));
    }
    return Took::answer;
  }
  if (asked_->what == Ask::write) {  // "CV42 out of range 90-130 °C"
    asked_.reset();
    end_write(std::unexpected(std::string(line)));
    return Took::news;
  }
  if (!none) return Took::no;
  // An engine that does not have it: it is not asked again on this connection.
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (values_[i].cv == what->first) tries_[i] = most_tries;
  asked_.reset();
  return Took::answer;
}

void Variables::end_write(std::expected<std::string, std::string> answer) {
  if (!write_) return;
  const Done done = std::move(write_->done);
  write_.reset();
  written_ = false;
  if (done) done(std::move(answer));
}

Variables::Value* Variables::value(std::uint32_t cv) {
  const auto found = std::ranges::find(values_, cv, &Value::cv);
  return found == values_.end() ? nullptr : &*found;
}

const std::string* Variables::text_of(std::uint32_t cv) const {
  const auto found = std::ranges::find(values_, cv, &Value::cv);
  return found == values_.end() || !found->known ? nullptr : &found->text;
}

bool Variables::all_known() const { return std::ranges::all_of(values_, &Value::known); }

}  // namespace standstill::engine
