// What is written piece by piece must be, byte for byte, what is written whole.
#include "plant/layout/document.hpp"

#include <gtest/gtest.h>

#include "plant/layout/export.hpp"
#include "unit/plant/layout/play.hpp"

namespace standstill::layout {
namespace {

using Json = Document::Json;
using Order = Document::Order;

template <class Any>
std::string dumped(const Any& value, int indent) {
  return value.dump(indent, ' ', false, Any::error_handler_t::replace);
}

void expect_the_bytes_of_the_whole(const Document& document) {
  const Json whole = document.whole();
  for (const int indent : {-1, 0, 1, 2, 4}) {
    EXPECT_EQ(document.text(indent, Order::as_set), dumped(whole, indent)) << indent;
    EXPECT_EQ(document.text(indent, Order::by_name), dumped(nlohmann::json(whole), indent)) << indent;
  }
}

TEST(Document, OfRecordedLayoutsIsWrittenAsTheWholeIs) {
  for (const char* recording : {"02-plan", "03-session-commands-A", "07-kill-9"}) {
    Play play;
    play.play(recordings::from_server(recording));
    for (const Detail detail : {Detail::everything, Detail::typed}) {
      const auto document = export_document(play.session.model(), 1.5, detail);
      expect_the_bytes_of_the_whole(document);
      EXPECT_EQ(document.text(1, Order::as_set).find("\"attributes\"") == std::string::npos,
                detail == Detail::typed);
    }
  }
}

TEST(Document, OfAnyShapeIsWrittenAsTheWholeIs) {
  Document inner;
  inner.set("z", Json(1));
  inner.set("none", Document::Items([](const auto&) {}));
  inner.set("a", Json{{"y", {1, 2, {{"k", nullptr}}}}, {"b", Json::object()}, {"c", Json::array()}});
  Document document;
  expect_the_bytes_of_the_whole(document);
  document.set("line \n \"end\"", Json("two\nlines, a tab\t and caf\xE9"));
  document.set("items", Document::Items([](const auto& take) {
                 take(Json{{"id", "2"}, {"attributes", {{"x", "1\n2"}}}});
                 take(Json(nullptr));
                 take(Json::array());
               }));
  document.add("layouts", inner);
  document.add("layouts", Document{});
  document.add("layouts", inner);
  document.set("age", Json(0.1));
  document.set("items again", Json{3, 2, 1});
  expect_the_bytes_of_the_whole(document);
}

TEST(Document, AMemberSetTwiceKeepsItsPlaceAndTheNewValue) {
  Document document;
  document.set("b", Json(1));
  document.set("a", Json(2));
  document.set("b", Document::Items([](const auto& take) { take(Json(3)); }));
  EXPECT_EQ(document.text(-1, Order::as_set), R"({"b":[3],"a":2})");
  EXPECT_EQ(document.text(-1, Order::by_name), R"({"a":2,"b":[3]})");
  EXPECT_TRUE(document.contains("a"));
  EXPECT_FALSE(document.contains("c"));
  Document other;
  other.set("a", Json(4));
  other.set("c", Json(5));
  document.take(other);
  EXPECT_EQ(document.text(-1, Order::as_set), R"({"b":[3],"a":4,"c":5})");
}

// The point of it all: an item is with the reader before the next one is made.
TEST(Document, HoldsOneItemAtATime) {
  std::string written;
  std::size_t most_ahead = 0;
  Document document;
  document.set("items", Document::Items([&](const auto& take) {
                 std::size_t made = 0;
                 for (int i = 0; i < 1000; ++i) {
                   const std::string item(50, 'x');
                   made += item.size();
                   take(Json(item));
                   most_ahead = std::max(most_ahead, made > written.size() ? made - written.size() : 0);
                 }
               }));
  document.write([&](std::string_view bytes) { written += bytes; }, 1, Order::by_name);
  EXPECT_EQ(most_ahead, 0U);
  EXPECT_GT(written.size(), 50'000U);
}

}  // namespace
}  // namespace standstill::layout
