// What `publish` of a link brings about: readings, losses and returns, on their way to a broker.
//
// Lives on the loop and costs it a copy of the values; everything else happens in the publisher's thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "link/tags.hpp"
#include "os/loop.hpp"
#include "plant/meter/device.hpp"
#include "tell/publisher.hpp"
#include "tell/readings.hpp"

namespace standstill::supervise {

class ReadingPublisher {
 public:
  // For the journal: "broker_lost", "broker_online".
  using Said = std::function<void(std::string_view code, const std::string& detail)>;

  // `link` has a `publish`. The spool is state_dir/publish/ID.
  ReadingPublisher(os::Loop& loop, const config::Link& link, const meter::Profile& profile,
                   const std::filesystem::path& state_dir, Said said);
  ~ReadingPublisher();
  ReadingPublisher(const ReadingPublisher&) = delete;
  ReadingPublisher& operator=(const ReadingPublisher&) = delete;

  // After the tags of a link that was lost have become no_link.
  void link_changed(const link::Status& status, link::State previous, std::string_view why,
                    const meter::Device& device, const link::TagTable& tags, Instant now);
  void sampled(const meter::Device& device, const link::TagTable& tags);
  void ask_to_end() { publisher_->ask_to_end(); }
  [[nodiscard]] tell::PublisherStatus status() const { return publisher_->status(); }

 private:
  void name_it(const std::string& serial);
  void stand();
  void submit_readings(const meter::Device& device, const link::TagTable& tags);

  os::Loop& loop_;
  tell::ReadingShape unnamed_;
  bool has_serial_;
  bool home_assistant_;
  bool online_ = false;
  std::shared_ptr<const tell::ReadingShape> shape_;  // nothing until it is known how it is called
  Instant lost_at_{};                                // Instant{}: not lost, or never online
  std::uint64_t number_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<tell::Publisher> publisher_;
};

}  // namespace standstill::supervise
