#include "tell/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace standstill::tell {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<MqttMessage> parse(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto topic = json.find("topic"), payload = json.find("payload");
  if (topic == json.end() || payload == json.end() || !topic->is_string() || !payload->is_string())
    return std::nullopt;
  return MqttMessage{topic->get<std::string>(), payload->get<std::string>(), false};
}

// The whole lines of a file; a torn last one is left out.
std::deque<std::string> lines_of(const fs::path& path) {
  std::deque<std::string> lines;
  std::ifstream file(path, std::ios::binary);
  std::string line;
  while (std::getline(file, line) && !file.eof()) lines.push_back(std::move(line));
  return lines;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

Spool::Spool(fs::path folder, std::uint64_t most_bytes)
    : folder_(std::move(folder)),
      most_bytes_(std::max<std::uint64_t>(most_bytes, 64 * 1024)),
      segment_bytes_(most_bytes_ / 16) {
  take_up();
}

fs::path Spool::path_of(std::uint64_t index) const { return folder_ / (std::to_string(index) + ".spool"); }

void Spool::take_up() {
  std::error_code trouble;
  for (const auto& entry : fs::directory_iterator(folder_, trouble)) {
    if (entry.path().extension() != ".spool") continue;
    if (const auto index = number_of(entry.path().stem().string())) segments_.push_back({.index = *index});
  }
  std::ranges::sort(segments_, {}, &Segment::index);
  for (Segment& segment : segments_) {
    const auto lines = lines_of(path_of(segment.index));
    for (const auto& line : lines) segment.bytes += line.size() + 1;
    // The torn rest of a power cut would spoil the next line.
    fs::resize_file(path_of(segment.index), segment.bytes, trouble);
    segment.begin = end_;
    segment.end = end_ += lines.size();
    next_index_ = segment.index + 1;
  }
  std::ifstream done(folder_ / "done");
  std::uint64_t index = 0, count = 0;
  if (done >> index >> count) {
    while (!segments_.empty() && segments_.front().index < index) {
      first_ = segments_.front().end;
      drop_oldest(false);
    }
    if (!segments_.empty() && segments_.front().index == index)
      first_ = std::min(first_ + count, segments_.front().end);
  }
  while (!segments_.empty() && segments_.front().end == first_) drop_oldest(false);
  read_ = first_;
}

void Spool::drop_oldest(bool is_loss) {
  const Segment oldest = segments_.front();
  segments_.pop_front();
  if (segments_.empty()) writing_.reset();
  std::error_code ignored;
  fs::remove(path_of(oldest.index), ignored);
  if (is_loss && oldest.end > first_) lost_ += oldest.end - first_;
  first_ = std::max(first_, oldest.end);
  if (read_ < first_) {
    read_ = first_;
    loaded_index_ = 0;
    lines_.clear();
  }
}

std::expected<void, std::string> Spool::append(const MqttMessage& message) {
  const auto failed = [&](const fs::path& what) {
    ++lost_;
    return std::unexpected(what.string() + ": " + std::strerror(errno));
  };
  const std::string line = nlohmann::json{{"topic", message.topic}, {"payload", message.payload}}.dump(
                               -1, ' ', false, nlohmann::json::error_handler_t::replace) +
                           "\n";
  std::uint64_t total = line.size();
  for (const Segment& segment : segments_) total += segment.bytes;
  while (total > most_bytes_ && !segments_.empty()) {
    total -= segments_.front().bytes;
    drop_oldest(true);
  }
  if (!writing_ || segments_.empty() || segments_.back().bytes >= segment_bytes_) {
    std::error_code trouble;
    fs::create_directories(folder_, trouble);
    const auto path = path_of(next_index_);
    writing_ = os::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!writing_) return failed(path);
    segments_.push_back({next_index_++, 0, end_, end_});
    note_done();
  }
  Segment& last = segments_.back();
  if (!write_all(writing_.get(), line)) {
    const int saved = errno;
    // A disk that is full takes half a line: it goes, so that the next one is whole.
    if (::ftruncate(writing_.get(), static_cast<off_t>(last.bytes)) != 0) writing_.reset();
    errno = saved;
    return failed(path_of(last.index));
  }
  last.bytes += line.size();
  last.end = ++end_;
  if (loaded_index_ == last.index) lines_.push_back(line.substr(0, line.size() - 1));
  return {};
}

void Spool::sync() {
  if (writing_) ::fdatasync(writing_.get());
}

void Spool::load(const Segment& segment) {
  loaded_index_ = segment.index;
  lines_ = lines_of(path_of(segment.index));
  for (std::uint64_t i = segment.begin; i < read_ && !lines_.empty(); ++i) lines_.pop_front();
}

std::optional<Spool::Entry> Spool::read() {
  while (read_ < end_) {
    const auto holds = std::ranges::find_if(segments_, [&](const Segment& one) { return read_ < one.end; });
    if (holds == segments_.end()) return std::nullopt;
    if (loaded_index_ != holds->index || lines_.empty()) load(*holds);
    if (lines_.empty()) {  // its file is gone or shorter than it was: somebody else's doing
      lost_ += holds->end - read_;
      read_ = holds->end;
      continue;
    }
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    const std::uint64_t number = read_++;
    if (auto message = parse(line)) return Entry{number, std::move(*message)};
    ++lost_;
  }
  return std::nullopt;
}

void Spool::rewind() {
  read_ = first_;
  loaded_index_ = 0;
  lines_.clear();
}

void Spool::confirm(std::uint64_t number) {
  if (number < first_) return;  // it was dropped meanwhile
  first_ = std::min(number + 1, end_);
  while (!segments_.empty() && segments_.front().end <= first_) drop_oldest(false);
  note_done();
}

// "INDEX COUNT": of the oldest file, how many are done. Of one length, and overwritten in place, so that it
// is never empty.
void Spool::note_done() {
  const auto path = folder_ / "done";
  if (segments_.empty()) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return;
  }
  const Segment& oldest = segments_.front();
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%020llu %020llu\n",
                                   static_cast<unsigned long long>(oldest.index),
                                   static_cast<unsigned long long>(first_ - oldest.begin));
  const os::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (file) write_all(file.get(), std::string_view(text.data(), static_cast<std::size_t>(length)));
}

}  // namespace standstill::tell
