// Publishes messages to an MQTT broker, in order, from a thread of its own (S14).
//
// While the broker is there, a message goes out as it comes and is kept until the broker has confirmed it
// (QoS 1). While it is away, messages are kept on disk (spool.hpp) and sent in their order when it is back. A
// message whose confirmation was lost with the connection is sent again: whoever must not count it twice
// looks at the number in it.
//
// submit() and stand() take no lock and make no call that can wait; they are meant for the loop that watches.
#pragma once

#include <atomic>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kernel/backoff.hpp"
#include "tell/background_thread.hpp"
#include "tell/inbox.hpp"
#include "tell/mqtt_connection.hpp"
#include "tell/publisher_status.hpp"
#include "tell/spool.hpp"
#include "tell/wake.hpp"

namespace standstill::tell {

struct PublisherSettings {
  std::string id = {};  // of the link, for the thread's name
  // Asked for each connection, so that a secret can be changed meanwhile. May block.
  std::function<std::expected<MqttBroker, std::string>()> broker;
  std::filesystem::path folder = {};               // of the spool
  std::uint64_t most_bytes = 64ULL * 1024 * 1024;  // on disk
  Duration first_retry = 500ms;                    // then twice as long each time
  Duration longest_retry = 15s;
  Duration patience = 15s;      // for a connection to stand, and for a confirmation
  std::size_t capacity = 4096;  // messages on their way to the thread; one that does not fit is lost
};

// What holds now, whatever was published before: told anew on every connection.
struct PublisherStanding {
  MqttMessage will{};                   // an empty topic: none
  std::vector<MqttMessage> retained{};  // in this order
};

class Publisher {
 public:
  using Make = std::function<MqttMessage()>;  // called in the thread: formatting is nobody else's burden
  // Called from the thread when the broker is lost (or refuses) and when it is there again.
  using Health = std::function<void(const PublisherStatus&)>;

  Publisher(PublisherSettings settings, Health health);
  void ask_to_end() { wake_.end(); }  // never waits; the destructor does
  // Within about two seconds: says goodbye, and keeps on disk what was not confirmed.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void submit(Make make);
  // A will that differs from the one before needs a new connection, which is made at once.
  void stand(std::function<PublisherStanding()> make);
  [[nodiscard]] PublisherStatus status() const;

 private:
  struct Item {
    Make make;
    std::function<PublisherStanding()> stand;  // instead
  };
  struct Sent {
    int number = 0;                     // the connection's
    std::optional<std::uint64_t> kept;  // the spool's; nothing: it is the oldest of fresh_
    bool confirmed = false;
  };
  void run();
  void take_in(Instant now);
  void keep(MqttMessage message);
  void dial(Instant now);
  void serve(Instant now);
  [[nodiscard]] std::expected<void, std::string> fill();
  [[nodiscard]] std::expected<void, std::string> tell_standing();
  void settle(Instant now);
  void lose(const std::string& why, Instant now);
  void to_disk();
  void farewell();
  void publish_status(bool changed);

  const PublisherSettings settings_;
  const Health health_;
  Wake wake_;
  Inbox<Item> inbox_;
  std::atomic<std::size_t> on_the_way_ = 0;
  std::atomic<std::uint64_t> did_not_fit_ = 0;

  // The thread's own.
  std::optional<Spool> spool_;  // made in the thread: it reads the disk
  std::unique_ptr<MqttConnection> connection_;
  bool online_ = false;
  bool failing_ = false;  // told
  std::optional<PublisherStanding> standing_;
  bool standing_told_ = false;
  std::deque<MqttMessage> fresh_;  // not confirmed, never on disk; only while the spool is empty
  std::deque<Sent> window_;        // in the order of sending
  Instant oldest_sent_at_{};
  Instant dialed_at_{};
  Instant try_at_{};
  Backoff backoff_;
  JitterSource jitter_;

  mutable std::mutex status_mutex_;  // never taken by submit() and stand()
  PublisherStatus status_;
  BackgroundThread thread_;
};

}  // namespace standstill::tell
