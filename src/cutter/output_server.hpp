// Serves one slow output from a thread of its own: brings about what the cut word says, and keeps the way
// open.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "output/peer/peer_output.hpp"
#include "wire/pages/pages.hpp"

namespace standstill::cutter {

// What every thread of this cutter must know.
struct Shared {
  pages::InnerPage* inner = nullptr;
  pages::CutPage* cuts = nullptr;
  std::uint32_t self = 0;                        // 0 or 1
  std::atomic<bool> guard_lost = false;          // nothing may be energised any more
  std::atomic<bool> finishing = false;           // the guard ends in good order
  int notify_fd = -1;                            // the guard's: something is new
  std::function<void(std::uint8_t, int)> share;  // output, descriptor (-1: gone) → the other cutter
};

class OutputServer {
 public:
  OutputServer(Shared& shared, std::uint8_t index);

  // Body of the thread; never returns.
  [[noreturn]] void serve();

  // From the main thread: the other cutter opened the device. Takes effect at the next turn.
  void hand_over(os::Fd fd);
  // From the main thread: the other cutter lost the device. What is held of it is closed at once, or it would
  // return under another name.
  void let_go();

 private:
  struct Turn {
    std::uint32_t word;
    bool run;
    bool mine;
  };
  [[nodiscard]] Turn look() const;
  [[nodiscard]] bool other_has_done(std::uint32_t word) const;
  void bring_about(const Turn& turn);
  void keep_ready();
  void report(std::uint32_t word, bool run, const output::Outcome& outcome, pages::Reach reach);
  void tell_share();

  Shared& shared_;
  const std::uint8_t index_;
  const plan::Output& output_;
  os::FutexWord& word_;
  pages::OutputReport& report_;
  std::unique_ptr<output::PeerOutput> peer_;
  bool done_ = false;  // `deed_` is what the word asked for
  std::uint32_t done_word_ = 0;
  bool done_run_ = false;
  bool served_before_ = false;
  int failures_ = 0;
  Instant retry_at_{};
  Instant probe_at_{};
  Instant standby_until_ = never;
  int shared_fd_ = -1;
  std::atomic<int> handed_over_{-1};
  std::atomic<bool> device_gone_ = false;
};

}  // namespace standstill::cutter
