#include "tell/spool.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"

namespace standstill::tell {
namespace {

namespace fs = std::filesystem;

MqttMessage message(int i, std::size_t size = 0) {
  return {"meters/x", "m" + std::to_string(i) + std::string(size, '.'), false};
}

struct SpoolTest : testing::Test {
  test::TemporaryFolder folder;
  std::string place = folder / "spool";
  static void fill(Spool& spool, int from, int to, std::size_t size = 0) {
    for (int i = from; i < to; ++i) ASSERT_TRUE(spool.append(message(i, size)));
  }
  static std::string next(Spool& spool) {
    const auto entry = spool.read();
    return entry ? entry->message.payload.substr(0, entry->message.payload.find('.')) : "none";
  }
};

TEST_F(SpoolTest, what_goes_in_first_comes_out_first_also_while_it_is_read) {
  Spool spool(place, 1 << 20);
  EXPECT_TRUE(spool.empty());
  fill(spool, 0, 3);
  EXPECT_EQ(next(spool), "m0");
  fill(spool, 3, 5);
  for (int i = 1; i < 5; ++i) EXPECT_EQ(next(spool), "m" + std::to_string(i));
  EXPECT_EQ(next(spool), "none");
  EXPECT_EQ(spool.waiting(), 5U) << "read is not confirmed";
  spool.confirm(1);
  spool.rewind();
  EXPECT_EQ(next(spool), "m2");
  spool.confirm(4);
  EXPECT_TRUE(spool.empty());
  EXPECT_TRUE(fs::is_empty(place)) << "nothing is left behind";
  fill(spool, 5, 6);
  EXPECT_EQ(next(spool), "m5");
}

TEST_F(SpoolTest, a_restart_begins_at_the_first_one_that_was_not_confirmed) {
  {
    Spool spool(place, 1 << 20);
    fill(spool, 0, 2000, 100);  // several files
    for (int i = 0; i < 1500; ++i) static_cast<void>(spool.read());
    spool.confirm(1233);
  }
  Spool spool(place, 1 << 20);
  EXPECT_EQ(spool.waiting(), 766U);
  EXPECT_EQ(next(spool), "m1234");
  fill(spool, 2000, 2001);
  for (int i = 1235; i <= 2000; ++i) ASSERT_EQ(next(spool), "m" + std::to_string(i));
  EXPECT_EQ(next(spool), "none");
  EXPECT_EQ(spool.lost(), 0U);
}

TEST_F(SpoolTest, any_bytes_come_back_as_they_went_in) {
  Spool spool(place, 1 << 20);
  ASSERT_TRUE(spool.append({"a/\"b\"", "line\nend \\ \"quoted\" °C\t", false}));
  const auto entry = spool.read();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->message.topic, "a/\"b\"");
  EXPECT_EQ(entry->message.payload, "line\nend \\ \"quoted\" °C\t");
}

TEST_F(SpoolTest, S13_a_torn_last_line_is_left_out_and_spoils_nothing) {
  {
    Spool spool(place, 1 << 20);
    fill(spool, 0, 3);
  }
  std::ofstream(place + "/1.spool", std::ios::app) << R"({"topic":"meters/x","payl)";
  Spool spool(place, 1 << 20);
  EXPECT_EQ(spool.waiting(), 3U);
  fill(spool, 3, 4);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(next(spool), "m" + std::to_string(i));
  EXPECT_EQ(next(spool), "none");
}

TEST_F(SpoolTest, a_line_that_is_no_message_is_counted_and_passed_over) {
  {
    Spool spool(place, 1 << 20);
    fill(spool, 0, 1);
  }
  std::ofstream(place + "/1.spool", std::ios::app) << "nonsense\n[]\n";
  Spool spool(place, 1 << 20);
  fill(spool, 1, 2);
  EXPECT_EQ(next(spool), "m0");
  EXPECT_EQ(next(spool), "m1");
  EXPECT_EQ(spool.lost(), 2U);
}

TEST_F(SpoolTest, when_it_is_full_the_oldest_go_and_are_counted) {
  constexpr std::uint64_t most = 64 * 1024;
  Spool spool(place, most);
  fill(spool, 0, 1000, 200);
  std::uint64_t bytes = 0;
  for (const auto& file : fs::directory_iterator(place)) bytes += file.file_size();
  EXPECT_LE(bytes, most + 100);
  EXPECT_GT(bytes, most / 2);
  EXPECT_GT(spool.lost(), 0U);
  EXPECT_EQ(spool.waiting() + spool.lost(), 1000U);
  for (auto i = spool.lost(); i < 1000; ++i) ASSERT_EQ(next(spool), "m" + std::to_string(i));
  EXPECT_EQ(next(spool), "none");
}

TEST_F(SpoolTest, a_late_confirmation_of_what_was_dropped_meanwhile_confirms_nothing_else) {
  Spool spool(place, 64 * 1024);
  fill(spool, 0, 2, 200);
  const auto first = spool.read();
  ASSERT_TRUE(first);
  fill(spool, 2, 1000, 200);
  const auto waiting = spool.waiting();
  spool.confirm(first->number);
  EXPECT_EQ(spool.waiting(), waiting);
}

TEST_F(SpoolTest, a_folder_that_cannot_be_made_is_said_and_counted) {
  std::ofstream(folder / "file") << "not a folder";
  Spool spool(folder / "file/spool", 1 << 20);
  const auto written = spool.append(message(1));
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("file/spool"), std::string::npos) << written.error();
  EXPECT_EQ(spool.lost(), 1U);
  EXPECT_TRUE(spool.empty());
}

}  // namespace
}  // namespace standstill::tell
