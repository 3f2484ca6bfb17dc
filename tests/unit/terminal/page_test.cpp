#include "terminal/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "unit/terminal/http_fixture.hpp"

namespace standstill::terminal {
namespace {

using testing::HasSubstr;

constexpr std::array<PageFile, 2> files{
    {{"/", "\"one\"", "<html>", "packed"}, {"/assets/index-1a2b.js", "\"two\"", "run()", "packed too"}}};

std::string header(const Answer& answer, std::string_view name) {
  const auto found = std::ranges::find(answer.headers, name, [](const auto& one) { return one.first; });
  return found == answer.headers.end() ? std::string{} : found->second;
}

Answer ask_for(const std::string& path, const std::string& encoding = {}, const std::string& known = {}) {
  Request request{.method = "GET", .path = path, .query = {}};
  request.accept_encoding = encoding;
  request.if_none_match = known;
  return page_answer(request, files).value_or(Answer{.status = 404});
}

TEST(Page, IsServedAsItIsAndPackedToThoseWhoUnderstandIt) {
  const auto plain = ask_for("/");
  EXPECT_EQ(plain.body, "<html>");
  EXPECT_EQ(plain.type, "text/html; charset=utf-8");
  EXPECT_EQ(header(plain, "Content-Encoding"), "");
  EXPECT_EQ(ask_for("/index.html").body, "<html>");
  for (const char* encoding : {"gzip", "br, gzip", "deflate, gzip;q=0.5", "gzip , br"}) {
    const auto packed = ask_for("/", encoding);
    EXPECT_EQ(packed.body, "packed") << encoding;
    EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
    EXPECT_EQ(header(packed, "Vary"), "Accept-Encoding");
  }
  for (const char* encoding : {"gzip;q=0", "gzip;q=0.0", "br", "x-gzip2", "identity"})
    EXPECT_EQ(ask_for("/", encoding).body, "<html>") << encoding;
}

TEST(Page, WhatHasNotChangedIsNotSentAgain) {
  const auto fresh = ask_for("/");
  EXPECT_EQ(header(fresh, "ETag"), "\"one\"");
  EXPECT_EQ(header(fresh, "Cache-Control"), "no-cache");
  const auto known = ask_for("/", "gzip", "\"zero\", \"one\"");
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.body, "");
  EXPECT_EQ(ask_for("/", "", "W/\"one\"").status, 304);
  EXPECT_EQ(ask_for("/", "", "\"two\"").status, 200);
  const auto script = ask_for("/assets/index-1a2b.js");
  EXPECT_EQ(script.type, "text/javascript; charset=utf-8");
  EXPECT_THAT(header(script, "Cache-Control"), HasSubstr("immutable"));
}

TEST(Page, NothingInlineAndNothingFromElsewhereRuns) {
  const auto policy = header(ask_for("/"), "Content-Security-Policy");
  for (const char* rule : {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "base-uri 'none'",
                           "form-action 'none'", "frame-ancestors 'none'"})
    EXPECT_THAT(policy, HasSubstr(rule));
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(policy.find("http"), std::string::npos);
}

TEST(Page, OnlyWhatIsInTheTableIsServed) {
  for (const char* path : {"/assets", "/assets/", "/index.htm", "/etc/passwd", "", "/assets/index-1a2b.js/"})
    EXPECT_EQ(ask_for(path).status, 404) << path;
  Request post{.method = "POST", .path = "/", .query = {}};
  EXPECT_FALSE(page_answer(post, files));
}

TEST(Page, ABuildWithoutItSaysSo) {
  Request request{.method = "GET", .path = "/", .query = {}};
  const auto answer = page_answer(request, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->body, HasSubstr("without the operator's page"));
  request.path = "/assets/index.js";
  EXPECT_FALSE(page_answer(request, {}));
}

class PageOverHttp : public HttpFixture {};

TEST_F(PageOverHttp, TheRootAnswersWithTheSecurityHeaders) {
  const auto reply = ask(get("/"));
  EXPECT_EQ(reply.status, 200);
  for (const char* line :
       {"Content-Type: text/html", "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
        "Referrer-Policy: no-referrer", "script-src 'self'", "Cross-Origin-Opener-Policy"})
    EXPECT_TRUE(reply.has(line)) << line << "\n" << reply.head;
  for (const char* path :
       {"/../operators", "/assets/../../latch", "/assets/%2e%2e/%2e%2e/etc/passwd", "//"}) {
    const auto status = ask(get(path)).status;
    EXPECT_TRUE(status == 400 || status == 404) << path << " " << status;
  }
}

// What the build put into the program is what web/dist has; nothing to see where it was not made.
TEST_F(PageOverHttp, EveryEmbeddedFileComesBack) {
  if (page_files().empty()) GTEST_SKIP() << "built without web/dist";
  bool index = false;
  for (const auto& file : page_files()) {
    index = index || file.path == "/";
    const auto reply = ask(get(file.path));
    ASSERT_EQ(reply.status, 200) << file.path;
    EXPECT_EQ(reply.body, file.plain) << file.path;
    const auto packed = ask(get(file.path, "Accept-Encoding: gzip\r\n"));
    EXPECT_TRUE(packed.has("Content-Encoding: gzip"));
    EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b") << "RFC 1952";
    EXPECT_EQ(ask(get(file.path, "If-None-Match: " + std::string(file.etag) + "\r\n")).status, 304);
  }
  EXPECT_TRUE(index);
}

}  // namespace
}  // namespace standstill::terminal
