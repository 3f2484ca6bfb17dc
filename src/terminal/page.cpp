#include "terminal/page.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace standstill::terminal {
namespace {

// Nothing from elsewhere, and nothing that stands in the markup: what a name on the layout says is never run.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view no_page =
    "<!doctype html><html lang=\"en\"><title>Standstill</title><p>This program was built without the "
    "operator's page: <code>./dev build</code> makes it and builds it in. The plant is looked after all the "
    "same: <code>standstill status</code>, or <a href=\"/api/v1/state\">/api/v1/state</a>. "
    "<code>standstill stop</code> stops.</p></html>\n";

std::string_view type_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> types{
      {{".js", "text/javascript; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".svg", "image/svg+xml"},
       {".json", "application/json"},
       {".webmanifest", "application/manifest+json"},
       {".png", "image/png"},
       {".ico", "image/x-icon"},
       {".woff2", "font/woff2"},
       {".txt", "text/plain; charset=utf-8"},
       {".html", "text/html; charset=utf-8"}}};
  if (path == "/") return "text/html; charset=utf-8";
  for (const auto& [ending, type] : types)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

// A member of a comma-separated list, without regard to parameters; "gzip;q=0" is a no.
bool lists(std::string_view header, std::string_view wanted) {
  while (!header.empty()) {
    const auto end = std::min(header.find(','), header.size());
    auto one = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
    if (!one.starts_with(wanted)) continue;
    const auto rest = one.substr(wanted.size());
    if (rest.find("q=0") != std::string_view::npos &&
        rest.find_first_of("123456789") == std::string_view::npos)
      continue;
    if (rest.empty() || rest.front() == ';' || rest.front() == ' ') return true;
  }
  return false;
}

void add_policy(Answer& answer) {
  answer.headers.emplace_back("Content-Security-Policy", policy);
  answer.headers.emplace_back("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
  answer.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
}

}  // namespace

std::optional<Answer> page_answer(const Request& request, std::span<const PageFile> files) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const std::string_view path = request.path == "/index.html" ? std::string_view("/") : request.path;
  if (files.empty() && path == "/") {
    Answer answer{.body = std::string(no_page), .type = "text/html; charset=utf-8"};
    add_policy(answer);
    return answer;
  }
  const auto file = std::ranges::find(files, path, &PageFile::path);
  if (file == files.end()) return std::nullopt;
  Answer answer{.type = std::string(type_of(file->path))};
  add_policy(answer);
  // Names below assets/ carry a hash of their content; everything else is asked for again each time.
  answer.headers.emplace_back(
      "Cache-Control", path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  answer.headers.emplace_back("ETag", file->etag);
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (lists(request.if_none_match, file->etag) ||
      lists(request.if_none_match, "W/" + std::string(file->etag))) {
    answer.status = 304;
    return answer;
  }
  const bool packed = !file->gzip.empty() && lists(request.accept_encoding, "gzip");
  if (packed) answer.headers.emplace_back("Content-Encoding", "gzip");
  answer.body = packed ? file->gzip : file->plain;
  return answer;
}

}  // namespace standstill::terminal
