#include "wire/rocrail/frame_reader.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "unit/wire/rocrail/recordings.hpp"
#include "wire/rocrail/frame.hpp"
#include "wire/rocrail/xml.hpp"

namespace standstill::rocrail {
namespace {

using recordings::bodies;
using recordings::bytes;
using Result = FrameReader::Result;

std::string error_of(std::string_view stream) {
  FrameReader reader;
  auto rest = bytes(stream);
  Result result = Result::frame;
  while (result == Result::frame) result = reader.read(rest);
  return result == Result::failed ? reader.error() : "";
}

TEST(FrameReader, reads_every_recording_without_resynchronising) {
  for (const auto name : recordings::names) {
    const auto stream = recordings::from_server(name);
    const auto all = bodies(stream);
    std::size_t declared = 0;
    for (std::size_t at = 0; (at = stream.find("<xmlh>", at)) != std::string::npos; ++at) ++declared;
    EXPECT_EQ(all.size(), declared) << name;
    for (const auto& body : all) {
      EXPECT_TRUE(body.starts_with('<')) << name;
      EXPECT_TRUE(body.ends_with(std::string_view("\n\0", 2))) << name;
    }
  }
}

TEST(FrameReader, a_byte_at_a_time_makes_no_difference) {
  for (const auto name : recordings::names) {
    const auto stream = recordings::from_server(name);
    std::vector<std::size_t> cuts(stream.size());
    for (std::size_t i = 0; i < cuts.size(); ++i) cuts[i] = i;
    EXPECT_EQ(bodies(stream, cuts), bodies(stream)) << name;
  }
}

RC_GTEST_PROP(FrameReader, any_cuts_make_no_difference, ()) {
  const auto name =
      *rc::gen::elementOf(std::vector<std::string_view>(recordings::names.begin(), recordings::names.end()));
  const auto stream = recordings::from_server(name);
  auto cuts =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, stream.size() + 1));
  std::ranges::sort(cuts);
  RC_ASSERT(bodies(stream, cuts) == bodies(stream));
}

TEST(FrameReader, knows_what_the_message_under_way_still_lacks) {
  FrameReader reader;
  const auto feed = [&](std::string_view text) {
    auto rest = bytes(text);
    const Result result = reader.read(rest);
    EXPECT_TRUE(rest.empty());
    return result;
  };
  EXPECT_EQ(reader.missing(), 0U);
  EXPECT_EQ(feed("<xmlh><xml size=\"19\"/></xm"), Result::need_more);
  EXPECT_EQ(reader.missing(), 0U);  // not announced yet
  EXPECT_EQ(feed("lh>"), Result::need_more);
  EXPECT_EQ(reader.missing(), 19U);
  EXPECT_EQ(feed("<auto cmd=\"off\"/>\n"), Result::need_more);
  EXPECT_EQ(reader.missing(), 1U);
  EXPECT_EQ(feed(std::string_view("", 1)), Result::frame);
  EXPECT_EQ(reader.missing(), 0U);
}

TEST(FrameReader, the_memory_of_a_large_message_serves_the_next_one) {
  const auto framed = [](char fill, std::size_t size) {
    return "<xmlh><xml size=\"" + std::to_string(size) + "\"/></xmlh>" + std::string(size, fill);
  };
  FrameReader reader;
  const auto take = [&](const std::string& stream) {
    auto rest = bytes(stream);
    EXPECT_EQ(reader.read(rest), Result::frame);
    return reader.take_body();
  };
  std::string first = take(framed('a', 200'000));
  const char* const memory = first.data();
  reader.give_back(std::move(first));
  std::string small = take(framed('b', 100));
  EXPECT_NE(small.data(), memory);  // not wasted on a small one
  reader.give_back(std::move(small));
  const std::string second = take(framed('c', 150'000));
  EXPECT_EQ(second.data(), memory);
  EXPECT_EQ(second, std::string(150'000, 'c'));
  // Half a message at the end of a connection leaves its memory, and nothing of what it said.
  std::string half = framed('d', 180'000);
  half.resize(100'000);
  auto rest = bytes(half);
  EXPECT_EQ(reader.read(rest), Result::need_more);
  reader.reset();
  EXPECT_TRUE(reader.between_frames());
  EXPECT_EQ(reader.missing(), 0U);
  EXPECT_EQ(take(framed('e', 70'000)), std::string(70'000, 'e'));
}

TEST(FrameReader, reads_what_clients_sent) {
  for (const auto name : recordings::names)
    EXPECT_NO_THROW((void)bodies(recordings::from_client(name))) << name;
  EXPECT_EQ(bodies(recordings::from_client("02-plan")), std::vector<std::string>{"<model cmd=\"plan\"/>"});
}

TEST(FrameReader, accepts_the_headers_of_2_1) {
  const std::string stream(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlh><xml controlcode=\"\" slavecode=\"\" name=\"ping\" size=\"9\"/></xmlh>"
      "<pong/>\n\0\0 \r\n\0<xmlh>\n <xml name=\"x\"/>\n <xml size='4'/>\n</xmlh><a/><xmlh><xml size=\"0\"/></xmlh>"
      "<xmlh><xml size=\"4\"></xml></xmlh><b/>",
      sizeof "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlh><xml controlcode=\"\" slavecode=\"\" name=\"ping\" size=\"9\"/></xmlh>"
      "<pong/>\n\0\0 \r\n\0<xmlh>\n <xml name=\"x\"/>\n <xml size='4'/>\n</xmlh><a/><xmlh><xml size=\"0\"/></xmlh>"
      "<xmlh><xml size=\"4\"></xml></xmlh><b/>" - 1);
  EXPECT_EQ(bodies(stream), (std::vector<std::string>{std::string("<pong/>\n\0", 9), "<a/>", "", "<b/>"}));
}

TEST(FrameReader, size_counts_bytes_and_is_followed_blindly) {
  // The body holds what a reader that looks for NULs, lines or headers would stumble over.
  const std::string body("<a t=\"\xc3\xbc \xfc </xmlh> <xmlh>\"/>\0\n<x", 32);
  const std::string stream = frame("a", body) + frame("b", "<b/>");
  EXPECT_EQ(bodies(stream), (std::vector<std::string>{body, "<b/>"}));
}

TEST(FrameReader, says_what_is_wrong) {
  EXPECT_NE(error_of("HTTP/1.1 400 Bad Request\r\n").find("no Rocrail message"), std::string::npos);
  EXPECT_NE(error_of("HTTP/1.1 400").find("HTTP"), std::string::npos) << "shows what came";
  EXPECT_NE(error_of("<html>").find("no Rocrail message"), std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml size=\"104857600\"/></xmlh>").find("104857600"), std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml size=\"16777217\"/></xmlh>").find("16777216"), std::string::npos);
  EXPECT_EQ(error_of("<xmlh><xml size=\"16777216\"/></xmlh>"), "") << "the limit itself is allowed";
  EXPECT_NE(error_of("<xmlh><xml size=\"99999999999999999999999\"/></xmlh>").find("limit"),
            std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml size=\"-1\"/></xmlh>").find("no number"), std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml size=\"\"/></xmlh>").find("no number"), std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml size=\"1x\"/></xmlh>").find("no number"), std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml name=\"a\"/></xmlh>").find("without a size"), std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml size=\"1\"/><xml size=\"2\"/></xmlh>").find("more than one"),
            std::string::npos);
  EXPECT_NE(error_of("<xmlh><xml size=\"1\"</xmlh>").find("cannot be read"), std::string::npos);
  EXPECT_NE(error_of("<xmlh>" + std::string(5000, ' ')).find("longer than"), std::string::npos);
  EXPECT_EQ(error_of(frame("a", "<a/>") + "<xm"), "") << "an unfinished header is no error";
}

TEST(FrameReader, stays_failed_until_reset) {
  FrameReader reader;
  auto rubbish = bytes("rubbish");
  ASSERT_EQ(reader.read(rubbish), Result::failed);
  const std::string good = frame("a", "<a/>");
  auto rest = bytes(good);
  EXPECT_EQ(reader.read(rest), Result::failed);
  reader.reset();
  EXPECT_EQ(reader.read(rest), Result::frame);
  EXPECT_EQ(reader.take_body(), "<a/>");
  EXPECT_TRUE(reader.between_frames());
}

}  // namespace
}  // namespace standstill::rocrail
