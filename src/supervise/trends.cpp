#include "supervise/trends.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace standstill::supervise {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void Trends::look(const std::vector<link::Tag>& tags, Instant now, std::int64_t wall_ns) {
  // A value that was unknown for a moment was unknown: short outages are not lost between two samples.
  for (std::size_t i = 0; i < tags.size() && i < most_tags; ++i) {
    if (i == unknown_.size()) unknown_.push_back(false);
    if (tags[i].quality != link::Quality::good) unknown_[i] = true;
  }
  if (any_ && now - taken_ < every) return;
  any_ = true;
  taken_ = now;
  const std::scoped_lock lock(mutex_);
  const bool full = times_.size() == most_samples;
  const auto put = [&](std::vector<double>& ring, double value) {
    if (full)
      ring[next_] = value;
    else
      ring.push_back(value);
  };
  put(times_, static_cast<double>(wall_ns) / 1e9);
  for (std::size_t i = 0; i < tags.size() && i < most_tags;
       ++i) {  // the table only grows: a tag keeps its place
    if (i == lines_.size())
      lines_.push_back({tags[i].link, tags[i].name,
                        std::vector<double>(full ? most_samples : times_.size() - 1, nothing)});
    put(lines_[i].values, unknown_[i] ? nothing : tags[i].value);
  }
  unknown_.assign(unknown_.size(), false);
  if (full) next_ = (next_ + 1) % most_samples;
}

std::vector<Trends::Sample> Trends::of(std::string_view link, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Sample> samples;
  for (const Line& line : lines_) {
    if (line.link != link || line.name != name) continue;
    samples.reserve(times_.size());
    for (std::size_t i = 0; i < times_.size(); ++i) {
      const std::size_t at = (next_ + i) % times_.size();
      samples.push_back({times_[at], line.values[at]});
    }
  }
  return samples;
}

std::vector<Trends::Course> Trends::newest(Duration length) const {
  const std::scoped_lock lock(mutex_);
  // One more than fits: what it was when `length` began.
  const std::size_t count = std::min(times_.size(), static_cast<std::size_t>(length / every) + 1);
  std::vector<Course> made;
  for (const Line& line : lines_) {
    Course course{line.link, line.name, {}};
    course.samples.reserve(count);
    bool known = false;
    for (std::size_t i = times_.size() - count; i < times_.size(); ++i) {
      const std::size_t at = (next_ + i) % times_.size();
      course.samples.push_back({times_[at], line.values[at]});
      known = known || !std::isnan(line.values[at]);
    }
    if (known) made.push_back(std::move(course));
  }
  return made;
}

}  // namespace standstill::supervise
