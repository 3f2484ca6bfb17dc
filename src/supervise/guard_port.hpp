// The supervisor's end of state_dir/guard.sock, on the loop that evaluates the watches.
//
// Holds the supervisor's lifeline while connected, so that its death is known within microseconds, and the
// cut page, so that a decision to trip reaches the cutters in one hop beside the report that goes to the
// guard.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "os/loop.hpp"
#include "os/shared_memory.hpp"
#include "wire/pages/pages.hpp"
#include "wire/permit/message.hpp"

namespace standstill::supervise {

class GuardPort {
 public:
  struct Handlers {
    std::function<void(const permit::StateBody&)> welcome, state;
    std::function<void(const permit::CauseBody&)> cause;
    std::function<void(const permit::EventBody&)> event;
    std::function<void(const permit::AnswerBody&)> answer;
    std::function<void(const permit::StageBody&)> stage;
    std::function<void()> lost;  // the guard is gone; try connect() again later
  };

  GuardPort(os::Loop& loop, std::string state_dir, Handlers handlers);
  ~GuardPort();

  // Must be called from the thread that runs the loop: the lifeline belongs to it. The error says whether no
  // guard runs.
  [[nodiscard]] std::expected<void, std::string> connect(const permit::Hello& hello);
  [[nodiscard]] bool connected() const { return static_cast<bool>(socket_); }

  // The direct path of a stop (S1): adds to the cut words of `due`, before anything else is done about it.
  void cut(std::uint32_t due);

  void send_permit(std::uint64_t plan_hash);  // now, with the next sequence number
  void report(SourceIndex source, const Verdict& verdict, Instant at, std::int64_t wall_ns);
  // The answer comes with this id. `word.id` and `word.sent_ns` are filled in.
  std::uint64_t word(permit::WordBody word);
  void ease();
  void readback(std::uint8_t output, bool good, bool safe, Instant at);
  void sent(std::uint8_t stage, bool ok);
  void command(std::uint8_t output, bool run);
  void replan();
  // Clean end: lets go of the lifeline in good order. `guard_too` ends the guard as well.
  void leave(bool guard_too);

 private:
  template <class Body>
  void send(permit::Type type, const Body& body);
  void readable();
  void drop();

  os::Loop& loop_;
  std::string state_dir_;
  Handlers handlers_;
  os::Fd socket_;
  os::Loop::Watch watch_;
  os::SharedMemory cuts_;
  bool holding_ = false;
  std::uint64_t permit_sequence_ = 0, word_id_ = 0;
};

}  // namespace standstill::supervise
