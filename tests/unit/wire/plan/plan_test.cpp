#include "wire/plan/plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "support/temporary_folder.hpp"

namespace standstill::plan {
namespace {

// A plan with one of everything, in memory that was zeroed first, so that its padding is too.
std::unique_ptr<Plan> sample() {
  void* memory = ::operator new(sizeof(Plan));
  std::memset(memory, 0, sizeof(Plan));
  std::unique_ptr<Plan> plan(new (memory) Plan{});
  plan->site = "club-layout";
  for (const char* name : {"guard", "supervisor", "cutter-1", "cutter-2", "operator", "layout", "red-button",
                           "relay-board", "mains"})
    plan->sources[plan->source_count++].name = name;
  auto& relay = plan->outputs[plan->output_count++];
  relay.name = "relay-board";
  relay.kind = OutputKind::serial;
  relay.source = 7;
  relay.escalate = 1;
  relay.safe_bytes = "RELAY_OFF\n";
  auto& mains = plan->outputs[plan->output_count++];
  mains.name = "mains";
  mains.kind = OutputKind::program;
  mains.source = 8;
  std::memcpy(mains.safe_argv.data(), "/bin/true", 10);
  plan->stages[plan->stage_count++] = {0, no_index, 1, 5};
  plan->stages[plan->stage_count++] = {500, 1, 0, no_index};
  plan->demands[plan->demand_count++].source = 6;
  seal(*plan);
  return plan;
}

std::string refusal(const Plan& plan) {
  const auto verdict = verify(plan);
  return verdict ? "" : verdict.error();
}

TEST(Crc32, GivesThePublishedCheckValue) {
  EXPECT_EQ(crc32("123456789", 9), 0xCBF43926U);  // CRC-32/ISO-HDLC, catalogue of parametrised CRC algorithms
  EXPECT_EQ(crc32("", 0), 0U);
  EXPECT_EQ(crc32("6789", 4, crc32("12345", 5)), 0xCBF43926U) << "calls chain";
}

TEST(PlanHash, IsFnv1aAndTellsPlansApart) {
  const auto one = sample();
  const std::uint64_t before = hash(*one);
  EXPECT_EQ(hash(*sample()), before) << "the same configuration must give the same plan";
  // FNV-1a computed here in the text-book way.
  std::uint64_t expected = 14695981039346656037ULL;
  const auto* bytes = reinterpret_cast<const unsigned char*>(one.get());
  for (std::size_t i = 0; i < sizeof(Plan); ++i) expected = (expected ^ bytes[i]) * 1099511628211ULL;
  EXPECT_EQ(before, expected);
  one->permit_timeout_ms = 501;
  seal(*one);
  EXPECT_NE(hash(*one), before);
}

TEST(Plan, StoredAndLoadedIsTheSame) {
  test::TemporaryFolder folder;
  const auto one = sample();
  ASSERT_TRUE(store((folder / "plan").c_str(), *one));
  auto back = std::make_unique<Plan>();
  const auto loaded = load((folder / "plan").c_str(), *back);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(std::memcmp(one.get(), back.get(), sizeof(Plan)), 0);
  EXPECT_EQ(hash(*back), hash(*one));
  EXPECT_FALSE(std::filesystem::exists(folder / "plan.new"));
  EXPECT_EQ(std::filesystem::status(folder / "plan").permissions(), std::filesystem::perms(0600));
}

TEST(Plan, AFlippedBitAnywhereIsRefused) {
  const auto one = sample();
  EXPECT_TRUE(rc::check("one bit", [&] {
    auto* bytes = reinterpret_cast<unsigned char*>(one.get());
    const auto at = *rc::gen::inRange<std::size_t>(0, sizeof(Plan));
    const auto mask = static_cast<unsigned char>(1U << *rc::gen::inRange(0, 8));
    bytes[at] ^= mask;
    const bool accepted = verify(*one).has_value();
    bytes[at] ^= mask;
    RC_ASSERT(!accepted);
  }));
  EXPECT_EQ(refusal(*one), "");
}

TEST(Plan, EveryBitOfTheHeaderAndOfTheCountsMatters) {
  const auto one = sample();
  auto* bytes = reinterpret_cast<unsigned char*>(one.get());
  for (std::size_t bit = 0; bit < offsetof(Plan, sources) * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<unsigned char>(1U << bit % 8);
    EXPECT_NE(refusal(*one), "") << "bit " << bit;
    bytes[bit / 8] ^= static_cast<unsigned char>(1U << bit % 8);
  }
}

TEST(Plan, ATruncatedOneIsRefusedAndSaysWhatToDo) {
  test::TemporaryFolder folder;
  const std::string path = folder / "plan";
  ASSERT_TRUE(store(path.c_str(), *sample()));
  auto back = std::make_unique<Plan>();
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, sizeof(Plan) - 1}) {
    std::filesystem::resize_file(path, length);
    const auto loaded = load(path.c_str(), *back);
    ASSERT_FALSE(loaded) << length;
    EXPECT_NE(loaded.error().find("shorter"), std::string::npos);
    EXPECT_NE(loaded.error().find("standstill check"), std::string::npos);
  }
  std::filesystem::remove(path);
  EXPECT_NE(load(path.c_str(), *back).error().find(path), std::string::npos) << "the file is named";
}

TEST(Plan, OneOfAnotherVersionIsRefusedAsSuch) {
  auto one = sample();
  one->format = version + 1;
  seal(*one);
  EXPECT_NE(refusal(*one).find("another version"), std::string::npos);
  one = sample();
  one->magic_number = 0x464C457FU;  // an ELF file
  seal(*one);
  EXPECT_NE(refusal(*one).find("no plan"), std::string::npos);
}

// A sealed plan is only as good as its compiler: what would lead the guard outside its tables is refused as
// well.
TEST(Plan, EveryIndexAndCountIsChecked) {
  const auto refused = [](const std::function<void(Plan&)>& spoil) {
    const auto one = sample();
    spoil(*one);
    seal(*one);
    return !verify(*one);
  };
  EXPECT_FALSE(refused([](Plan&) {}));
  EXPECT_TRUE(refused([](Plan& p) { p.source_count = 4; })) << "the guard's own sources";
  EXPECT_TRUE(refused([](Plan& p) { p.source_count = 129; }));
  EXPECT_TRUE(refused([](Plan& p) { p.output_count = 33; }));
  EXPECT_TRUE(refused([](Plan& p) { p.stage_count = 17; }));
  EXPECT_TRUE(refused([](Plan& p) { p.demand_count = 17; }));
  EXPECT_TRUE(refused([](Plan& p) { p.permit_timeout_ms = 19; }));
  EXPECT_TRUE(refused([](Plan& p) { p.permit_timeout_ms = 2001; }));
  EXPECT_TRUE(refused([](Plan& p) { p.heartbeat_timeout_ms = 0; }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[0].source = 9; }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[0].escalate = 2; }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[0].kind = static_cast<OutputKind>(99); }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[0].readback.kind = static_cast<ReadbackKind>(99); }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[1].safe_argv[0] = '\0'; }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[1].safe_argv.fill('x'); }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[1].run_argv.fill('x'); }));
  EXPECT_TRUE(refused([](Plan& p) { p.stages[0].link_source = 9; }));
  EXPECT_TRUE(refused([](Plan& p) { p.stages[1].output = 2; }));
  EXPECT_TRUE(refused([](Plan& p) { p.demands[0].source = 9; }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[0].probe_ms = 0; }));
  const auto bit_refused = [&](const std::function<void(PlcBit&)>& spoil) {
    return refused([&](Plan& p) {
      p.outputs[0].kind = OutputKind::s7_bit;
      spoil(p.outputs[0].plc);
    });
  };
  EXPECT_FALSE(bit_refused([](PlcBit&) {}));
  EXPECT_TRUE(bit_refused([](PlcBit& b) { b.bit = 8; }));
  EXPECT_TRUE(bit_refused([](PlcBit& b) { b.byte = 65536; }));
  EXPECT_TRUE(bit_refused([](PlcBit& b) { b.safe = 2; }));
  EXPECT_TRUE(
      bit_refused([](PlcBit& b) { std::memset(static_cast<void*>(&b.password), 'x', sizeof b.password); }));
  EXPECT_TRUE(refused([](Plan& p) { p.outputs[0].patterns[1] = static_cast<Pattern>(9); }));
}

// Texts that fill their field to the last byte have no NUL behind them, and are handed to open() and
// getaddrinfo().
TEST(Plan, ATextWithoutItsEndIsRefused) {
  const auto spoilt = [](auto& text) { std::memset(static_cast<void*>(&text), 'x', sizeof text); };
  auto one = sample();
  spoilt(one->outputs[0].device);
  seal(*one);
  EXPECT_NE(refusal(*one), "");
  one = sample();
  spoilt(one->outputs[0].host);
  seal(*one);
  EXPECT_NE(refusal(*one), "");
  one = sample();
  spoilt(one->outputs[0].gpio.chip);
  seal(*one);
  EXPECT_NE(refusal(*one), "");
  one = sample();
  spoilt(one->demands[0].b.chip);
  seal(*one);
  EXPECT_NE(refusal(*one), "");
}

TEST(Plan, AFailedStoreLeavesTheOldOne) {
  test::TemporaryFolder folder;
  const std::string path = folder / "plan";
  const auto one = sample();
  ASSERT_TRUE(store(path.c_str(), *one));
  std::filesystem::create_directory(folder / "plan.new");  // the temporary file cannot be made
  auto other = sample();
  other->settle_ms = 1;
  seal(*other);
  const auto stored = store(path.c_str(), *other);
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().find("plan.new"), std::string::npos);
  auto back = std::make_unique<Plan>();
  ASSERT_TRUE(load(path.c_str(), *back));
  EXPECT_EQ(hash(*back), hash(*one));
}

}  // namespace
}  // namespace standstill::plan
