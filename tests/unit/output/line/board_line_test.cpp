// The host's end of the line and the board's own rule, at the two ends of a real pseudo terminal, in
// simulated time.
#include "output/line/board_line.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "guard/board/external_guard.hpp"
#include "sim/loco/flash.hpp"

namespace standstill::output {
namespace {

using guard::ExternalGuard;

class BoardLineTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[128];
    ASSERT_EQ(::openpty(&master_, &slave_, name, nullptr, nullptr), 0);
    ::fcntl(master_, F_SETFL, O_NONBLOCK);
    output.kind = plan::OutputKind::guard_board;
    output.device.assign(name);
    output.timeout_ms = 500;
    line = std::make_unique<BoardLine>(output);
    ASSERT_TRUE(line->open(now));
    power_up();
  }
  void TearDown() override {
    for (const int fd : {master_, slave_})
      if (fd >= 0) ::close(fd);
  }
  void power_up() {
    board = std::make_unique<ExternalGuard>(flash);
    board_began = now;
    board->boot(on_board());
  }
  [[nodiscard]] Instant on_board() const { return instant_from_ns(1'000'000) + (now - board_began); }
  static bool comes(int fd) {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, 2000) == 1;  // a pty hands bytes over when the kernel finds time for it
  }

  // 5 ms of both ends; a permit every 50.
  void turn() {
    now += 5ms;
    bool sent = false;
    if (permits && ++turns_ % 10 == 0) {
      ++vouched.permit.sequence;
      vouched.permit.sent = now;
      line->vouch(vouched);
    }
    const Instant said = line->said_at();
    line->update(now, released);
    sent = line->said_at() != said || told_;
    told_ = false;
    board->begin(on_board());
    std::array<std::uint8_t, 256> bytes{};
    if (sent && comes(master_))
      for (ssize_t got = ::read(master_, bytes.data(), bytes.size()), i = 0; i < got; ++i)
        board->hear(bytes[static_cast<std::size_t>(i)], on_board());
    const bool closed = board->decide(on_board(), {button, {closed_[0], closed_[1]}}).closed;
    closed_ = {closed || welded, closed};
    board->finish();
    if (const auto status = board->status(on_board()); status && speaks) {
      ASSERT_EQ(::write(master_, status->data(), status->size()), static_cast<ssize_t>(status->size()));
      ASSERT_TRUE(comes(line->fd()));
    }
  }
  void run_for(Duration time) {
    for (const Instant end = now + time; now < end && !HasFatalFailure();) turn();
  }
  void cut() {
    EXPECT_TRUE(line->cut(now));
    told_ = true;
  }
  void to_running() {
    released = true;
    run_for(300ms);
    ASSERT_TRUE(line->start(now));
    run_for(200ms);
  }
  [[nodiscard]] bool energised() const { return closed_[0] && closed_[1]; }

  Instant now = instant_from_ns(5'000'000'000), board_began{};
  plan::Output output;
  sim::loco::MemoryFlash flash;
  std::unique_ptr<ExternalGuard> board;
  std::unique_ptr<BoardLine> line;
  Vouched vouched{{.sequence = 1, .sent = {}, .plan_hash = 9}, 77};
  bool permits = true, released = false, button = true, speaks = true, welded = false;

  int master_ = -1, slave_ = -1;

 private:
  std::array<bool, 2> closed_{};
  int turns_ = 0;
  bool told_ = false;
};

TEST_F(BoardLineTest, StartClosesAndCutOpens) {
  run_for(200ms);
  EXPECT_EQ(line->open_since(now - 100ms), true);
  EXPECT_TRUE(line->trouble(now).empty());
  to_running();
  EXPECT_TRUE(energised());
  EXPECT_TRUE(line->runs());
  EXPECT_EQ(line->open_since(now - 100ms), false);
  run_for(5s);
  EXPECT_TRUE(energised());
  EXPECT_TRUE(line->trouble(now).empty());
  const Instant told = now;
  cut();
  turn();
  EXPECT_FALSE(energised());
  EXPECT_FALSE(line->runs());
  run_for(100ms);
  EXPECT_EQ(line->open_since(told), true);
  run_for(1s);
  EXPECT_FALSE(energised());
}

TEST_F(BoardLineTest, S12_WhatWasHeardBeforeTheCommandProvesNothing) {
  run_for(200ms);
  EXPECT_FALSE(line->open_since(now).has_value());
}

TEST_F(BoardLineTest, S4_ReleaseAndPermitsAloneCloseNothing) {
  released = true;
  run_for(5s);
  EXPECT_FALSE(energised());
  EXPECT_EQ(board->state(), LatchState::ready);
}

TEST_F(BoardLineTest, ABoardThatSaysNothingCannotBeStartedAndIsMissed) {
  run_for(200ms);
  speaks = false;
  run_for(1100ms);
  EXPECT_FALSE(line->start(now));
  EXPECT_NE(line->trouble(now).view().find("does not answer"), std::string_view::npos);
  speaks = true;
  run_for(100ms);
  EXPECT_TRUE(line->trouble(now).empty());
}

TEST_F(BoardLineTest, S2_WithoutNewPermitsTheBoardOpensAndTheHostSaysWhy) {
  to_running();
  ASSERT_TRUE(energised());
  permits = false;
  run_for(500ms);
  EXPECT_FALSE(energised());
  run_for(50ms);
  EXPECT_NE(line->trouble(now).view().find("tripped by itself: supervisor_lost"), std::string_view::npos)
      << line->trouble(now).view();
  permits = true;  // and it does not close it again
  run_for(5s);
  EXPECT_FALSE(energised());
}

TEST_F(BoardLineTest, ABoardThatLostItsPowerIsNotStartedAgainByTheSameStart) {
  to_running();
  ASSERT_TRUE(energised());
  power_up();
  run_for(5s);
  EXPECT_FALSE(energised());
  EXPECT_NE(line->trouble(now).view().find("tripped by itself: unclean_end"), std::string_view::npos);
}

// Power comes back in `ready`, just after a start was said: it was said to the board before.
TEST_F(BoardLineTest, AStartIsForOnePowerUp) {
  released = true;
  run_for(300ms);
  ASSERT_EQ(board->state(), LatchState::ready);
  ASSERT_TRUE(line->start(now));
  power_up();
  ASSERT_EQ(board->state(), LatchState::ready);
  run_for(5s);
  EXPECT_FALSE(energised());
}

TEST_F(BoardLineTest, ButtonAndRelaysAreNamed) {
  run_for(200ms);
  button = false;
  run_for(100ms);
  EXPECT_NE(line->trouble(now).view().find("button"), std::string_view::npos);
  EXPECT_FALSE(line->start(now));
  button = true;
  welded = true;
  run_for(300ms);
  EXPECT_NE(line->trouble(now).view().find("relay 1"), std::string_view::npos) << line->trouble(now).view();
  EXPECT_FALSE(line->start(now));
  flash.refuses = true;
  welded = false;
  run_for(300ms);
  EXPECT_TRUE(line->trouble(now).empty());
}

TEST_F(BoardLineTest, AnUnpluggedLineIsGoneAndTakesNoCut) {
  to_running();
  ::close(master_);
  ::close(slave_);
  master_ = slave_ = -1;
  line->update(now, true);
  EXPECT_FALSE(*line);
  EXPECT_FALSE(line->cut(now));
  EXPECT_NE(line->trouble(now).view().find("gone"), std::string_view::npos);
}

}  // namespace
}  // namespace standstill::output
