// One connection to a Rocrail server: asks for the plan, keeps the model up to date, tells goodbye from
// crash.
//
// feed() only cuts frames and looks for a goodbye, so that ended() is right at once even while a plan of
// several megabytes is still undecoded; work() decodes in slices and calls the listeners. All in the engine's
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "link/session.hpp"
#include "link/tags.hpp"
#include "plant/layout/decoder.hpp"
#include "plant/layout/goodbye.hpp"
#include "plant/layout/model.hpp"
#include "plant/layout/update.hpp"
#include "wire/rocrail/command.hpp"
#include "wire/rocrail/frame_reader.hpp"

namespace standstill::layout {

// Called from work(). Must not block, and must not destroy the session.
struct Listeners {
  std::function<void(const Model&)> on_plan;     // a plan is complete and has become the model
  std::function<void(const Change&)> on_update;  // one object was added, changed or removed
  std::function<void(const Object&, Instant arrived)>
      on_state;  // a <state> as it came: power, trackbus, emergency …
  std::function<void(std::string_view text, std::int64_t level)>
      on_exception;                                          // what the server says to people
  std::function<void(std::string_view problem)> on_problem;  // a message that could not be used, and why
};

struct SessionOptions {
  std::string link = {};                       // its id; the first half of its tags' names
  link::TagTable* tags = nullptr;              // fed when given
  std::function<std::int64_t()> wall_ns = {};  // the wall time written beside tags; 0 without
  std::size_t slice_bytes = 24U * 1024U;       // decoded by one work(), about 0.2 ms
};

class Session final : public link::Session {
 public:
  // Undecoded messages the session holds before it gives the connection up.
  static constexpr std::size_t max_pending = 48U * 1024U * 1024U;  // bytes
  // All feedbacks of a plan up to this many get a tag at once; of a larger plan, those somebody declared or
  // that move.
  static constexpr std::size_t eager_feedbacks = 4096;

  Session(SessionOptions options, Listeners listeners);

  void connected(Instant now) override;
  [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant now) override;
  [[nodiscard]] bool work(Instant now) override;
  [[nodiscard]] std::span<const std::byte> output() const override;
  void sent(std::size_t bytes) override;
  void probe(Instant now) override;
  [[nodiscard]] Instant last_heard() const override { return last_heard_; }
  [[nodiscard]] bool proven() const override { return proven_; }
  [[nodiscard]] std::size_t missing() const override { return frames_.missing(); }
  [[nodiscard]] link::Ending ended(Instant now) override;
  [[nodiscard]] std::string error() const override { return error_; }

  // Queues a command. Refused, with the reason, when it may energise and the plant is not released, and when
  // there is no connection (a command must not be carried out later than it was meant).
  [[nodiscard]] std::expected<void, std::string> send(const rocrail::Command& command, bool released);
  // At a trip: drops queued commands that may energise and of which no byte has left. Says how many. What the
  // kernel has already taken can only be recalled by closing the connection.
  std::size_t withdraw_energising();

  [[nodiscard]] const Model& model() const { return model_; }  // copy it to keep it
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t bad_messages() const { return bad_messages_; }
  [[nodiscard]] std::size_t pending_bytes() const { return pending_bytes_; }

 private:
  struct Pending {
    std::string body;
    Instant arrived;
  };
  struct Queued {
    std::size_t bytes;
    bool may_energise;
  };
  void queue(const std::string& frame, bool may_energise);
  void drop_decoder();
  void finish_message();
  void finish_plan();
  void told(const Change& change, const Object& news);
  bool apply_some();
  void problem(std::string text);
  void set_tag(std::string_view name, double value);
  void set_tags(const Object& news);
  void set_feedback(const Object& feedback, bool declare);
  bool tag_some_feedbacks();

  SessionOptions options_;
  Listeners listeners_;
  rocrail::FrameReader frames_;
  Goodbye goodbye_;
  std::deque<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  std::unique_ptr<Decoder> decoder_;  // of the first pending message
  Instant decoding_arrived_{};
  std::size_t applied_ = 0;  // reports of the decoder already applied
  bool applying_ = false;
  NameCache names_;
  Model model_;
  Model old_model_;  // being freed
  bool shedding_ = false;
  std::vector<std::string> untagged_;  // feedbacks of a new plan that still need their tag
  std::string output_;
  std::deque<Queued> queued_;
  std::size_t first_sent_ = 0;  // bytes of the first queued frame that have left
  Instant last_heard_{};
  std::string error_;
  std::uint64_t messages_ = 0;
  std::uint64_t bad_messages_ = 0;
  bool connected_ = false;
  bool proven_ = false;
  bool answers_ping_ = false;
  bool probed_ = false;
};

}  // namespace standstill::layout
