// The recorded sessions played through a real socket: whole, in random pieces, and one byte at a time.
#include <gtest/gtest.h>

#include <random>

#include "unit/client/support.hpp"

namespace standstill::client {
namespace {

using test::Player;
using test::Told;

struct Heard {
  Loss loss;
  std::string state;
};

// What is told of a recording, and the state when it was over.
Heard play(std::string_view name, std::function<std::size_t()> sizes, Player::Then then = Player::Then::end) {
  Told told;
  Player player(test::recording(name), std::move(sizes), then);
  Options options = told.options();
  options.on_change = {};
  if (then == Player::Then::stay) {
    options.probe = std::chrono::milliseconds(50);
    options.silence = std::chrono::milliseconds(500);
  }
  Layout layout = connect("127.0.0.1", player.port(), options);
  EXPECT_TRUE(told.losses.wait(1)) << name;
  const auto losses = told.losses.all();
  EXPECT_EQ(losses.size(), 1U) << name;
  if (losses.empty()) return {};
  return {losses[0], losses[0].model.export_state({})};
}

std::function<std::size_t()> whole() {
  return [] { return std::size_t{1} << 20; };
}
std::function<std::size_t()> bytewise() {
  return [] { return std::size_t{1}; };
}
std::function<std::size_t()> random_pieces(unsigned seed) {
  return [random = std::mt19937(seed)]() mutable {
    return std::uniform_int_distribution<std::size_t>(1, 300)(random);
  };
}

TEST(Recordings, GoodbyeIsToldFromCrash) {
  for (const char* name : {"04-shutdown-by-client-cmd", "05-shutdown-SIGTERM", "06-shutdown-SIGINT"}) {
    const Heard heard = play(name, whole());
    EXPECT_EQ(heard.loss.kind, Loss::Kind::goodbye) << name;
    EXPECT_TRUE(heard.loss.model.has_plan()) << name;
  }
  for (const char* name : {"07-kill-9", "08-crash-SIGSEGV"}) {
    const Heard heard = play(name, whole());
    EXPECT_EQ(heard.loss.kind, Loss::Kind::lost) << name;
    EXPECT_TRUE(heard.loss.model.has_plan()) << name;
  }
  EXPECT_EQ(play("07-kill-9", whole(), Player::Then::reset).loss.kind, Loss::Kind::lost);
  const Heard hung = play("09-hang-SIGSTOP", whole(), Player::Then::stay);
  EXPECT_EQ(hung.loss.kind, Loss::Kind::lost);
  EXPECT_EQ(hung.loss.detail, "no answer to a probe within 500 ms");
}

TEST(Recordings, AnyCutGivesTheSameState) {
  for (const char* name :
       {"02-plan", "03-session-commands-A", "05-shutdown-SIGTERM", "07-kill-9", "14a-before-crash"}) {
    const Heard expected = play(name, whole());
    const Heard bytes = play(name, bytewise());
    EXPECT_EQ(bytes.state, expected.state) << name;
    EXPECT_EQ(bytes.loss.kind, expected.loss.kind) << name;
    for (const unsigned seed : {1U, 2U, 3U}) {
      const Heard pieces = play(name, random_pieces(seed));
      EXPECT_EQ(pieces.state, expected.state) << name << " seed " << seed;
      EXPECT_EQ(pieces.loss.kind, expected.loss.kind) << name << " seed " << seed;
    }
  }
}

TEST(Recordings, TheStateIsWhatTheServerSaidLast) {
  const Heard heard = play("03-session-commands-A", whole());
  const auto state = nlohmann::json::parse(heard.state);
  EXPECT_EQ(state["timestamp"], 0.0);
  EXPECT_EQ(state["model"]["title"], "Supervisor Test Plan");
  const Model& model = heard.loss.model;
  const Loco loco = model.loco("BR01");
  EXPECT_EQ(loco.block(), "bk2");
  EXPECT_FALSE(loco.forward());
  EXPECT_TRUE(loco.function(0));
  EXPECT_TRUE(loco.function(1));
  EXPECT_FALSE(loco.function(2));
  EXPECT_TRUE(model.loco_in_block("BR01", "bk2"));
  EXPECT_TRUE(model.block("bk3").closed());
  EXPECT_TRUE(model.output("co1").on());
  EXPECT_EQ(model.signal("sg1").state(), "red");
  EXPECT_EQ(model.route("rt2").status(), "free");
  EXPECT_EQ(model.power(), false);
  EXPECT_EQ(model.automatic(), false);
  for (const auto& block : state["blocks"])  // one rule for what is occupied, wherever it is asked
    EXPECT_EQ(model.is_occupied(block["id"].get<std::string>()), block["occupied"]) << block["id"];
}

TEST(Recordings, ABlockIsOccupiedByWhateverSaysSo) {
  const std::string plan = test::frame(
      R"(<plan title="t"><bklist><bk id="free" locid=""/><bk id="word" state="occupied"/><bk id="occ" occ="true"/>)"
      R"(<bk id="placed" locid="A" reserved="false"/><bk id="reserved" locid="A" reserved="true"/><bk id="sensor"/>)"
      R"(<bk id="loco"/></bklist><fblist><fb id="f" state="true" blockid="sensor"/><fb id="g" state="false" blockid="free"/>)"
      R"(</fblist><lclist><lc id="A" V="0"/><lc id="B" V="7" blockid="loco"/></lclist></plan>)");
  Told told;
  Player player(plan, whole(), Player::Then::end);
  Layout layout = connect("127.0.0.1", player.port(), told.options());
  ASSERT_TRUE(told.losses.wait(1));
  const Model model = told.losses.all().front().model;
  for (const char* id : {"word", "occ", "placed", "sensor", "loco"}) EXPECT_TRUE(model.is_occupied(id)) << id;
  for (const char* id : {"free", "reserved", "unknown"}) EXPECT_FALSE(model.is_occupied(id)) << id;
  const auto state = nlohmann::json::parse(model.export_state());
  for (const auto& block : state["blocks"])
    EXPECT_EQ(model.is_occupied(block["id"].get<std::string>()), block["occupied"]) << block["id"];
  EXPECT_TRUE(model.loco_in_block("A", "placed"));
  EXPECT_TRUE(model.loco_in_block("B", "loco"));
  EXPECT_FALSE(model.loco_in_block("A", "reserved")) << "a reservation is no train";
  EXPECT_FALSE(model.loco_in_block("A", ""));
  EXPECT_FALSE(model.all_stopped());
}

TEST(Recordings, TheReturnWaitsForThePlan) {
  // The server that comes back answers, so the link is online, but of its plan nothing has been read yet.
  Told told;
  const std::string plan = test::frame(R"(<plan title="before"><lclist><lc id="A" V="0"/></lclist></plan>)");
  Player player(plan, whole(), Player::Then::end, test::frame(R"(<lclist><lc id="A" V="0"/></lclist>)"));
  Layout layout = connect("127.0.0.1", player.port(), told.options());
  ASSERT_TRUE(told.losses.wait(1));
  const auto end = std::chrono::steady_clock::now() + test::patience;
  while (layout.status().state != "online" && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(layout.status().state, "online");
  EXPECT_FALSE(layout.online());
  EXPECT_EQ(told.returns.size(), 0U);
}

TEST(Recordings, WithoutAPlanTheModelIsEmptyAndSaysSo) {
  const Heard heard = play("01-connect-passive", whole());
  EXPECT_FALSE(heard.loss.was_online);
  EXPECT_FALSE(heard.loss.model.has_plan());
  EXPECT_TRUE(nlohmann::json::parse(heard.state)["model"].is_null());
  EXPECT_TRUE(heard.loss.model.all_stopped());
}

}  // namespace
}  // namespace standstill::client
