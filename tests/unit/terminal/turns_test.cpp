#include "terminal/turns.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace standstill::terminal {
namespace {

class TurnsTest : public testing::Test {
 protected:
  void add(const std::string& peer, int number) {
    turns.add(peer, {.begin = [this, peer, number] { begun.push_back(peer + std::to_string(number)); },
                     .turned_away = [this, peer, number] { away.push_back(peer + std::to_string(number)); }});
  }
  Turns turns{4};
  std::vector<std::string> begun, away;
};

using Names = std::vector<std::string>;

TEST_F(TurnsTest, OneAfterAnotherAndThePeersInTurn) {
  for (int i = 1; i <= 3; ++i) add("crowd", i);
  add("anna", 1);
  EXPECT_EQ(begun, Names{"crowd1"});
  for (int i = 0; i < 3; ++i) turns.done();
  EXPECT_EQ(begun, (Names{"crowd1", "crowd2", "anna1", "crowd3"}))
      << "anna waited for one, not for the crowd";
  turns.done();
  EXPECT_EQ(turns.waiting(), 0U);
  add("anna", 2);
  EXPECT_EQ(begun.back(), "anna2") << "with nobody under way it begins at once";
}

TEST_F(TurnsTest, WhereThereIsNoRoomTheNewestOfTheLargestCrowdGoes) {
  for (int i = 1; i <= 5; ++i) add("crowd", i);
  EXPECT_TRUE(away.empty());
  add("crowd", 6);
  EXPECT_EQ(away, Names{"crowd6"});
  add("anna", 1);
  EXPECT_EQ(away, (Names{"crowd6", "crowd5"})) << "anna is taken";
  add("bob", 1);
  EXPECT_EQ(away.back(), "crowd4");
  add("carl", 1);
  EXPECT_EQ(away.back(), "crowd3");
  add("dora", 1);
  EXPECT_EQ(away.back(), "dora1") << "of equals the first keep their places";
  EXPECT_EQ(turns.waiting(), 4U);
  for (int i = 0; i < 4; ++i) turns.done();
  EXPECT_EQ(begun, (Names{"crowd1", "crowd2", "anna1", "bob1", "carl1"}));
}

TEST_F(TurnsTest, OneThatIsDoneAtOnceHoldsUpNobody) {
  int looked = 0;
  add("slow", 1);
  for (int i = 0; i < 3; ++i)
    turns.add("quick", {.begin = [&] { ++looked, turns.done(); }, .turned_away = [] { FAIL(); }});
  turns.done();
  EXPECT_EQ(looked, 3);
  add("anna", 1);
  EXPECT_EQ(begun.back(), "anna1");
}

}  // namespace
}  // namespace standstill::terminal
