// `standstill sim loco` and `standstill cv` as a user types them.
#include <fstream>
#include <sstream>

#include "support/cli_rig.hpp"
#include "support/sim_engine.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::test {
namespace {

TEST(SimLoco, ABoilerThatBoilsDryShutsDownAndIsDrawn) {
  const TemporaryFolder folder;
  const auto ran =
      standstill({"sim", "loco", "--minutes", "2", "--fault", "leak@30", "--svg", folder / "run.svg"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_TRUE(has_text(ran.out, "FAULT leak")) << ran.out;
  EXPECT_TRUE(has_text(ran.out, "THERMAL_BOILER_LIMIT(")) << ran.out;
  EXPECT_TRUE(has_text(ran.out, "SPD:")) << ran.out;
  std::ifstream file(folder / "run.svg");
  std::string first;
  std::getline(file, first);
  EXPECT_TRUE(first.starts_with("<svg ")) << first;
  std::stringstream rest;
  rest << file.rdbuf();
  for (const char* text : {"boiler's shell", "superheater", "electronics", "pressure", "regulator's servo",
                           "heaters", "limit 110", "heaters off, vents, from", "regulator closed, from",
                           "asleep, from", "THERMAL_BOILER_LIMIT(", ">leak<"})
    EXPECT_TRUE(has_text(rest.str(), text)) << text;
}

// PNG (ISO/IEC 15948, 5.2 and 11.2.2): eight bytes of signature, then the header's length, name, width,
// height.
TEST(SimLoco, TheSameRunAsAPng) {
  const TemporaryFolder folder;
  const auto ran =
      standstill({"sim", "loco", "--minutes", "1", "--fault", "dcc-lost@20", "--png", folder / "run.png"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  std::ifstream file(folder / "run.png", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_GT(bytes.size(), 10'000U);
  EXPECT_EQ(bytes.substr(0, 16), std::string("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", 16));
  EXPECT_EQ(bytes.substr(16, 4), std::string("\0\0\x07\x08", 4)) << "two dots a pixel";
  const auto nowhere = standstill({"sim", "loco", "--minutes", "1", "--png", folder / "no/where.png"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_TRUE(has_text(nowhere.err, "cannot be written")) << nowhere.err;
}

TEST(SimLoco, AnEngineThatIsWellRunsToTheEnd) {
  const auto ran = standstill({"sim", "loco", "--minutes", "3", "--step", "30", "--cv", "42=120"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_TRUE(has_text(ran.out, "it ran to the end"));
}

TEST(SimLoco, WhatIsTypedWrongIsSaid) {
  for (const auto& [words, says] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--minutes", "1", "--fault", "dragon@3"}, "there is no fault 'dragon'"},
           {{"--minutes", "1", "--fault", "leak"}, "NAME@SECONDS"},
           {{"--fault", "leak@3"}, "needs --minutes"},
           {{"--minutes", "1", "--cv", "42=131"}, "CV42 out of range 90-130 °C"},
           {{"--minutes", "1", "--step", "127"}, "0 to 126"}}) {
    std::vector<std::string> line{"sim", "loco"};
    line.insert(line.end(), words.begin(), words.end());
    const auto ran = standstill(line);
    EXPECT_EQ(ran.code, 2) << ran.out;
    EXPECT_TRUE(has_text(ran.err, says)) << ran.err;
  }
}

class LiveLoco : public testing::Test {
 protected:
  Ran cv(std::vector<std::string> words) {
    words.insert(words.begin(), "cv");
    for (const char* more : {"--device", line.c_str(), "--timeout-ms", "60000"}) words.emplace_back(more);
    return standstill(words);
  }

  // By DCC service mode, on the simulator's programming track.
  Ran by_dcc(std::vector<std::string> words) {
    words.insert(words.begin(), "cv");
    for (const char* more : {"--programming", control.c_str(), "--timeout-ms", "60000"})
      words.emplace_back(more);
    return standstill(words);
  }

  SimEngine engine;
  TemporaryFolder folder;
  std::string line = engine.line();
  std::string control = engine.control();
};

TEST_F(LiveLoco, CvsAreListedReadWrittenSavedAndBroughtBack) {
  const auto list = cv({"list", "--json"});
  ASSERT_EQ(list.code, 0) << list.err;
  const json all = json::parse(list.out);
  ASSERT_GT(all.size(), 20U);
  for (const json& one : all)
    for (const char* key : {"cv", "name", "value", "unit", "min", "max"})
      EXPECT_TRUE(one.contains(key)) << one;
  const auto boiler = std::find_if(all.begin(), all.end(), [](const json& one) { return one["cv"] == 42; });
  ASSERT_NE(boiler, all.end());
  EXPECT_EQ((*boiler)["value"], 110);
  EXPECT_EQ((*boiler)["min"], 90);
  const std::string saved = folder / "saved";
  EXPECT_EQ(cv({"backup", saved}).code, 0);
  const auto set = cv({"set", "42", "120"});
  EXPECT_EQ(set.code, 0) << set.err;
  EXPECT_TRUE(has_text(set.out, "Updated CV42 (boiler limit) from 110 to 120 °C")) << set.out;
  EXPECT_EQ(cv({"set", "37", "20.5"}).code, 0);
  EXPECT_EQ(cv({"get", "37"}).out, "20.50\n");
  const auto refused = cv({"set", "42", "131"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_TRUE(has_text(refused.err, "CV42 out of range 90-130 °C")) << refused.err;
  EXPECT_EQ(cv({"set", "42", "warm"}).code, 2);  // not sent: the engine would take it for a stop
  EXPECT_EQ(cv({"get", "99"}).code, 4);
  for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
           {"CV32=110\nCV42=200\n", "/bad:2:1: CV42 out of range 90-130 °C"},
           {"CV32=110\n# more\nCV99=1\n", "/bad:3:1: there is no CV99"},
           {"CV32=110\nCV7=1\n", "/bad:2:1: CV7 (version) cannot be written"},
           {"CV32=110\nCV47=80\nCV46=90\n", "CV46 (servo neutral) must stay below CV47"},
           {"CV42=100\nCV35=130\n", "CV32 (target pressure) must stay 20 kPa below CV35"}}) {
    std::ofstream(folder / "bad") << text;
    const auto bad = cv({"restore", folder / "bad"});
    EXPECT_EQ(bad.code, 4) << text;
    EXPECT_TRUE(has_text(bad.err, says)) << bad.err;
    EXPECT_TRUE(has_text(bad.err, "nothing was written")) << bad.err;
    EXPECT_EQ(cv({"get", "32"}).out, "124\n") << "S16: nothing of it applies";
  }
  EXPECT_EQ(cv({"restore", saved}).code, 0);
  EXPECT_EQ(cv({"get", "42"}).out, "110\n");
  EXPECT_EQ(cv({"get", "37"}).out, "13.25\n");
}

TEST_F(LiveLoco, CvsAreReadAndWrittenOnTheProgrammingTrack) {
  EXPECT_EQ(by_dcc({"get", "42"}).out, "110\n");
  EXPECT_EQ(by_dcc({"get", "8"}).out, "13\n");
  EXPECT_EQ(by_dcc({"get", "51"}).out, "4.5\n");
  const auto set = by_dcc({"set", "42", "120"});
  EXPECT_EQ(set.code, 0) << set.err;
  EXPECT_EQ(by_dcc({"set", "31", "-5"}).code, 0);
  EXPECT_EQ(by_dcc({"get", "31"}).out, "-5\n");
  // An engine does not say why: it acknowledges, or it does not.
  const auto refused = by_dcc({"set", "42", "131"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_TRUE(has_text(refused.err, "is not acknowledged")) << refused.err;
  const auto wide = by_dcc({"set", "43", "260"});
  EXPECT_EQ(wide.code, 4);
  EXPECT_TRUE(has_text(wide.err, "beyond eight bits")) << wide.err;
  const auto nobody = by_dcc({"get", "99"});
  EXPECT_EQ(nobody.code, 3);
  EXPECT_TRUE(has_text(nobody.err, "is not acknowledged")) << nobody.err;
  // It is the same engine, and it kept the values over the power cycles.
  EXPECT_EQ(cv({"get", "42"}).out, "120\n");
  EXPECT_EQ(cv({"get", "31"}).out, "-5\n");
  const auto list = by_dcc({"list", "--json"});
  ASSERT_EQ(list.code, 0) << list.err;
  EXPECT_GT(json::parse(list.out).size(), 20U);
  const std::string saved = folder / "saved";
  EXPECT_EQ(by_dcc({"backup", saved}).code, 0);
  EXPECT_EQ(by_dcc({"set", "42", "95"}).code, 0);
  EXPECT_EQ(by_dcc({"restore", saved}).code, 0);
  EXPECT_EQ(cv({"get", "42"}).out, "120\n");
}

TEST_F(LiveLoco, WhereTheEngineIsMustBeSaidOnce) {
  EXPECT_EQ(standstill({"cv", "get", "42"}).code, 2);
  EXPECT_EQ(standstill({"cv", "get", "42", "--device", line, "--programming", control}).code, 2);
  const auto nobody = standstill({"cv", "get", "42", "--programming", folder / "nobody"});
  EXPECT_EQ(nobody.code, 3);
  EXPECT_TRUE(has_text(nobody.err, "no programming track that answers")) << nobody.err;
}

}  // namespace
}  // namespace standstill::test
