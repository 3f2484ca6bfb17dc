#include "wire/rocrail/xml.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <pugixml.hpp>

#include "unit/wire/rocrail/recordings.hpp"
#include "wire/rocrail/characters.hpp"

namespace standstill::rocrail {
namespace {

using Event = XmlReader::Event;

// What both parsers are asked for: starts with their attributes, and ends.
std::string told(std::string_view body) {
  XmlReader xml(body);
  std::string all;
  for (;;) {
    switch (xml.next()) {
      case Event::start:
        all.append("<").append(xml.name());
        for (const auto& attribute : xml.attributes())
          all.append("|").append(attribute.name).append("=").append(attribute.value);
        all += '>';
        break;
      case Event::end:
        all.append("</").append(xml.name()).append(">");
        break;
      case Event::finished:
        return all;
      case Event::failed:
        return "failed: " + xml.error();
    }
  }
}

void walk(const pugi::xml_node& node, std::string& all) {
  all.append("<").append(node.name());
  for (const auto& attribute : node.attributes())
    all.append("|").append(attribute.name()).append("=").append(attribute.value());
  all += '>';
  for (const auto& child : node.children())
    if (child.type() == pugi::node_element) walk(child, all);
  all.append("</").append(node.name()).append(">");
}

std::string pugi_told(std::string_view body) {
  pugi::xml_document document;
  const auto result = document.load_buffer(body.data(), body.find_last_not_of('\0') + 1, pugi::parse_escapes,
                                           pugi::encoding_utf8);
  if (!result) return "failed";
  std::string all;
  walk(document.document_element(), all);
  return all;
}

std::string value_of(std::string_view value) {
  const std::string body = "<a v=\"" + std::string(value) + "\"/>";
  XmlReader xml(body);
  return xml.next() == Event::start ? std::string(xml.attribute("v")) : "failed: " + xml.error();
}

TEST(Xml, tells_the_recordings_as_pugixml_does) {
  for (const auto name : recordings::names)
    for (const auto& body : recordings::bodies(recordings::from_server(name)))
      EXPECT_EQ(told(body), pugi_told(body)) << name;
}

// Documents of every shape the reader knows, made together with what they mean.
rc::Gen<std::string> document(int depth) {
  return rc::gen::exec([depth] {
    const auto name =
        *rc::gen::elementOf(std::vector<std::string>{"lc", "bk", "a-b", "x.y", "_z", "plan", "N:m"});
    std::string text = "<" + name;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
      const bool apostrophe = *rc::gen::arbitrary<bool>();
      text += *rc::gen::elementOf(std::vector<std::string>{" ", "\n", "\t  "}) + "k" + std::to_string(i);
      text += *rc::gen::elementOf(std::vector<std::string>{"=", " = "});
      const std::string quote = apostrophe ? "'" : "\"";
      text += quote;
      for (int j = *rc::gen::inRange(0, 6); j > 0; --j)
        text += *rc::gen::elementOf(std::vector<std::string>{"a", "&amp;", "&lt;", "&gt;", "&quot;", "&apos;",
                                                             "&#228;", "&#x20AC;", "ü", "€", "😀", " ", "&",
                                                             "&x", ">", "<", "\n"});
      text += quote;
    }
    if (depth == 0 || *rc::gen::inRange(0, 3) == 0)
      return text + *rc::gen::elementOf(std::vector<std::string>{"/>", " />"});
    text += *rc::gen::elementOf(std::vector<std::string>{">", " >"});
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
      text += *rc::gen::elementOf(
          std::vector<std::string>{"", "\n", "text", "<!-- <c> -->", "<?p i?>", "<![CDATA[<d>]]>"});
      text += *document(depth - 1);
    }
    return text + "</" + name + *rc::gen::elementOf(std::vector<std::string>{">", " >"});
  });
}

RC_GTEST_PROP(Xml, tells_any_document_as_pugixml_does, ()) {
  const auto body = *document(4);
  const auto expected = pugi_told(body);
  RC_PRE(expected != "failed");
  RC_ASSERT(told(body) == expected);
}

RC_GTEST_PROP(Xml, survives_any_bytes, (const std::string& bytes)) {
  (void)told("<a b=\"" + bytes + "\"/>");
  (void)told(bytes);
  (void)root_name(bytes);
}

TEST(Xml, reads_values_as_they_were_meant) {
  EXPECT_EQ(value_of("V200 &quot;A&amp;B&quot;"), "V200 \"A&B\"");
  EXPECT_EQ(value_of("q&lt;enter&gt;&apos;"), "q<enter>'");
  EXPECT_EQ(value_of("&#77;&#xFC;&#x1F600;"), "Mü😀");
  EXPECT_EQ(value_of("Müller"), "Müller");
  EXPECT_EQ(value_of("M\xfcller"), "Müller") << "a Latin-1 byte";
  EXPECT_EQ(value_of("\xc3"), "Ã");
  EXPECT_EQ(value_of("\xc0\xaf"), "À¯") << "an overlong form is no UTF-8";
  for (const auto* impossible : {"\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                                 "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"})
    EXPECT_EQ(value_of(impossible).size(), 2 * std::string_view(impossible).size())
        << "overlong, or beyond Unicode";
  EXPECT_EQ(value_of("\xed\xa0\x80").size(), 6U) << "a surrogate is no UTF-8";
  EXPECT_EQ(value_of("&#0;&#xD800;&#99999999999;"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(value_of("A & B &unknown; &#; &#x; &"), "A & B &unknown; &#; &#x; &");
  EXPECT_EQ(value_of("line\nbreak"), "line\nbreak");
  EXPECT_EQ(value_of("&amp;lt;"), "&lt;") << "decoded once";
}

TEST(Xml, several_decoded_values_of_one_element_stand_together) {
  std::string body = "<a";
  for (int i = 0; i < 200; ++i)
    body += " v" + std::to_string(i) + "=\"&amp;" + std::string(40, 'x') + std::to_string(i) + "\"";
  body += "/>";
  XmlReader xml(body);
  ASSERT_EQ(xml.next(), Event::start);
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(xml.attribute("v" + std::to_string(i)), "&" + std::string(40, 'x') + std::to_string(i));
}

TEST(Xml, says_what_is_wrong_and_where) {
  const auto expect_error = [](std::string_view body, const std::string& part) {
    const auto result = told(body);
    EXPECT_TRUE(result.starts_with("failed: ") && result.find(part) != std::string::npos)
        << body << " → " << result;
  };
  expect_error("", "empty message at byte 0");
  expect_error("\n", "empty message");
  expect_error("text", "text outside");
  expect_error("<a/><b/>", "second element");
  expect_error("<a/>x", "text outside");
  expect_error("<a>", "ends inside an element");
  expect_error("<a", "ends inside a tag");
  expect_error("<a b", "without '='");
  expect_error("<a b=c/>", "value");
  expect_error("<a b=\"c/>", "value that does not end");
  expect_error("<a b=\"c\"d=\"e\"/>", "no space");
  expect_error(std::string_view("<a b=\"\0\"/>", 10), "NUL");
  expect_error("<a></b>", "fits no open element at byte 7");
  expect_error("</a>", "fits no open element");
  expect_error("<1/>", "starts no element");
  expect_error("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", "document type");
  expect_error("<a><!-- </a>", "comment");
  expect_error("<?xml", "processing instruction");
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "<a>";
  expect_error(deep, "deeper than 64");
  std::string wide = "<a";
  for (int i = 0; i < 2049; ++i) wide += " b=\"\"";
  expect_error(wide + "/>", "2048");
}

TEST(Xml, escaping_is_undone_by_reading) {
  EXPECT_TRUE(rc::check("whatever is valid UTF-8 without control characters comes back", [] {
    std::string text;
    for (const auto code :
         *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(32, 0x2000)))
      append_utf8(text, code);
    std::string escaped;
    append_escaped(escaped, text);
    RC_ASSERT(value_of(escaped) == text);
    RC_ASSERT(pugi_told("<a v=\"" + escaped + "\"/>") == "<a|v=" + text + "></a>");
  }));
  std::string escaped;
  append_escaped(escaped, "a\nb\tc\x01\xfc");
  EXPECT_EQ(escaped, "a&#10;b&#9;c\uFFFD\uFFFD");
}

TEST(Xml, root_name_looks_no_further) {
  EXPECT_EQ(root_name("<?xml version=\"1.0\"?>\n<!-- <b> --><sys cmd=\"shutdown\""), "sys");
  EXPECT_EQ(root_name("<pong/>"), "pong");
  EXPECT_EQ(root_name("no"), "");
  EXPECT_EQ(root_name("<"), "");
  EXPECT_EQ(root_name("<!-- "), "");
}

}  // namespace
}  // namespace standstill::rocrail
