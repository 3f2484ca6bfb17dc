// Commands to stations: requests and responses of format v1.0.0, on either side.
//
// No command goes out while the plant is not running, and what is under way when it stops is over: nobody
// waits for it any more, and a station carries none out.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/time.hpp"
#include "wire/estop/message.hpp"

namespace standstill::station {

inline constexpr std::string_view stopped_text = "E-stop active";  // the facts of v1.0.0 have it so

// What both sides ask of the program around them.
struct CommandDoer {
  std::function<void(std::string_view channel, const std::string& text)> publish;
  std::function<estop::Envelope()> envelope;  // a new id, the time now, this instance
  // For the journal: a word and a sentence.
  std::function<void(std::string_view code, const std::string& detail)> said;
};

// The controller's side.
class CommandsOut {
 public:
  using Done = std::function<void(const estop::CommandResponse& response)>;
  static constexpr std::size_t most_pending = 256;

  // `reply_to`: the channel on which response() gets the answers.
  CommandsOut(std::string reply_to, CommandDoer doer)
      : reply_to_(std::move(reply_to)), do_(std::move(doer)) {}

  // `done` comes exactly once, maybe at once: with what the station answered, or with why nobody did.
  void send(const std::string& station, const estop::CommandRequest& request, Instant now, Done done);
  void response(const std::string& text, Instant now);
  // Whether commands may go out. Once they may not, everything pending is cancelled.
  void open(bool open, Instant now);
  void tick(Instant now);  // time-outs

  [[nodiscard]] std::size_t pending() const { return pending_.size(); }

 private:
  struct Pending {
    std::string station, device, command;
    Instant sent, until;
    Done done;
  };
  void finish(std::map<std::string, Pending>::iterator one, estop::ErrorCode code, const std::string& why,
              Instant now);

  std::string reply_to_;
  CommandDoer do_;
  bool open_ = false;
  std::map<std::string, Pending> pending_;  // by correlation id
};

// The station's side.
class CommandsIn {
 public:
  struct Answer {
    bool under_way = false;  // `shows` will tell when it is done
    std::optional<std::string> response{};
    std::optional<estop::CommandError> error{};
  };
  struct Doer : CommandDoer {
    std::function<Answer(const estop::CommandRequest& request)> carry_out;
    std::function<bool(const estop::CommandRequest& request)> shows;
  };
  static constexpr std::size_t most_pending = 64;

  explicit CommandsIn(Doer doer) : do_(std::move(doer)) {}

  void request(const std::string& text, Instant now);
  // Whether this station runs and nobody stops. Once that is over, what is under way is refused.
  void open(bool open, Instant now);
  void tick(Instant now);  // what is done by now, and what takes too long

  [[nodiscard]] std::int64_t done() const { return done_; }
  [[nodiscard]] std::int64_t failed() const { return failed_; }

 private:
  struct Pending {
    estop::Envelope from;
    estop::CommandRequest request;
    Instant began, until;
  };
  void answer(const Pending& to, const Answer& answer, Instant now);
  [[nodiscard]] bool copy(const std::string& id);

  Doer do_;
  bool open_ = false;
  std::list<Pending> pending_;
  std::array<std::string, 256> ids_{};  // of the last requests: one may come by more than one way
  std::size_t next_id_ = 0;
  std::int64_t done_ = 0, failed_ = 0;
};

}  // namespace standstill::station
