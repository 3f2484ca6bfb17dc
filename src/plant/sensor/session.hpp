// A sensor chip as a link: asks for a round of readings every poll, and puts them into the tag table.
//
// What travels between this and the thread that reads (sensor/transport.hpp) is text, one line an input:
// "temp1 48500" as the kernel wrote it, "temp1 ! 5" with the errno of a failed read, "temp1 fault"; "." ends
// a round.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "link/session.hpp"
#include "link/tags.hpp"

namespace standstill::sensor {

class Session final : public link::Session {
 public:
  struct Settings {
    std::string link;
    link::TagTable* tags = nullptr;
    std::function<std::int64_t()> wall_ns;
    Duration poll = 1s;
    std::function<void()> on_values;  // after each round
  };
  explicit Session(Settings settings) : set_(std::move(settings)) {}

  void connected(Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  [[nodiscard]] bool work(Instant) override { return false; }
  [[nodiscard]] std::span<const std::byte> output() const override;
  void sent(std::size_t bytes) override { out_.erase(0, bytes); }
  void probe(Instant now) override { ask(now); }
  [[nodiscard]] Instant last_heard() const override { return heard_; }
  [[nodiscard]] bool proven() const override { return heard_ != Instant{}; }
  [[nodiscard]] link::Ending ended(Instant) override { return link::Ending::crash; }
  [[nodiscard]] Instant deadline() const override { return asked_ ? never : next_; }
  void tick(Instant now) override { ask(now); }
  [[nodiscard]] std::string error() const override {
    return spoilt_ ? "a reading could not be understood" : "";
  }

 private:
  void ask(Instant now);
  [[nodiscard]] bool take(std::string_view line, Instant now);

  Settings set_;
  std::string in_, out_;
  std::unordered_map<std::string, link::TagTable::Id> known_;
  bool asked_ = false;   // one round at a time
  bool spoilt_ = false;  // what came was no reading
  Instant next_ = never;
  Instant heard_{};
};

}  // namespace standstill::sensor
