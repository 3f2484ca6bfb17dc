// The one loop that callers and the keeper turn: what one question throws is its caller's, and nobody else's.
#include "client/plc_engine.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/plc_peer.hpp"

namespace standstill::client {
namespace {

using ::standstill::test::PlcPeer;

struct PlcEngineTest : testing::Test {
  PlcPeer peer;
  std::shared_ptr<PlcEngine> engine;

  PlcEngineTest() {
    PlcOptions options;
    options.port = peer.port();
    options.time_out = 60s;
    engine = std::make_shared<PlcEngine>("127.0.0.1", options);
    engine->start();
  }
  ~PlcEngineTest() override { engine->close(); }

  auto begin() {
    return [this](const plc::Terms& terms, plc::Done<plc::Items> done) {
      engine->session().read({s7::bytes_range(s7::Area::db, 1, 0, 4)}, terms, engine->asked_at(),
                             std::move(done));
    };
  }
  // How many items came.
  std::size_t count() {
    return engine->call<plc::Items>(
        begin(), [](const plc::Outcome<plc::Items>& outcome) { return outcome ? outcome->size() : 0; });
  }
  std::size_t thrower() {
    return engine->call<plc::Items>(begin(), [](const plc::Outcome<plc::Items>&) -> std::size_t {
      throw std::runtime_error("no memory for this value");
    });
  }
};

TEST_F(PlcEngineTest, AnExceptionOfAConversionReachesItsCallerAndTheNextQuestionIsAnswered) {
  ASSERT_EQ(count(), 1U);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THROW(static_cast<void>(thrower()), std::runtime_error);
    EXPECT_EQ(count(), 1U);
  }
  EXPECT_TRUE(engine->status().online);
}

// Whoever turns the loop for the others must not get what they throw.
TEST_F(PlcEngineTest, AnExceptionReachesItsOwnCallerAlsoWhenAnotherTurnsTheLoop) {
  std::atomic<int> thrown = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        try {
          if (t % 2 == 0 ? count() != 1 : thrower() != 0) ++wrong;
        } catch (const std::runtime_error&) {
          ++(t % 2 == 0 ? wrong : thrown);
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(thrown, 200);
}

}  // namespace
}  // namespace standstill::client
