#include "standstill/layout.hpp"

#include <algorithm>
#include <utility>

#include "client/engine.hpp"
#include "wire/rocrail/command.hpp"

namespace standstill {

namespace {

Result closed() { return Result::refused("not sent, because the layout is closed"); }

bool is_xml_name(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, good) &&
         !(text[0] >= '0' && text[0] <= '9') && text[0] != '-' && text[0] != '.';
}

}  // namespace

Result Sender::send(std::string_view command) const {
  const auto engine = engine_.lock();
  if (!engine) return closed();
  const auto parsed = rocrail::parse_command(command);
  return parsed ? engine->send(*parsed) : Result::refused(parsed.error());
}

Result Sender::send(std::string_view element, Fields fields) const {
  const auto engine = engine_.lock();
  if (!engine) return closed();
  bool good = is_xml_name(element);
  for (const auto& [name, value] : fields) good = good && is_xml_name(name);
  if (!good)
    return Result::refused("not sent: the element <" + std::string(element) +
                           "> or one of its attributes has no proper name");
  return engine->send(rocrail::command(element, fields));
}

Result Sender::emergency_stop() const {
  const auto engine = engine_.lock();
  return engine ? engine->emergency_stop() : closed();
}

void Trigger::cancel() {
  if (const auto engine = engine_.lock()) engine->cancel(number_);
}

Layout::Layout(std::string host, std::uint16_t port, Options options)
    : engine_(std::make_shared<client::Engine>(std::move(host), port, std::move(options))) {
  engine_->start();
}

Layout::~Layout() {
  if (engine_) engine_->close();
}

Layout::Layout(Layout&&) noexcept = default;

Layout& Layout::operator=(Layout&& other) noexcept {
  if (this == &other) return *this;
  if (engine_) engine_->close();
  engine_ = std::move(other.engine_);
  return *this;
}

Result Layout::wait_online(std::chrono::milliseconds timeout) const { return engine_->wait_online(timeout); }
Status Layout::status() const { return engine_->status(); }
void Layout::retry_now() { engine_->retry_now(); }
Model Layout::model() const { return engine_->model(); }
Sender Layout::sender() const { return Sender(engine_); }

Trigger Layout::at(std::string_view time, std::function<void(const Moment&)> function) {
  return engine_->add_time(time, std::move(function));
}
Trigger Layout::at(std::string_view time, std::function<void()> function) {
  if (!function) return engine_->add_time(time, nullptr);
  return engine_->add_time(time, [run = std::move(function)](const Moment&) { run(); });
}
Trigger Layout::when(std::string_view ids, Condition condition, std::function<void(const Change&)> function) {
  return engine_->add_change(ids, std::move(condition), std::move(function));
}

std::vector<LogEntry> Layout::log() const { return engine_->dispatcher().log(); }
TroubleCounters Layout::troubles() const { return engine_->dispatcher().troubles(); }

}  // namespace standstill
