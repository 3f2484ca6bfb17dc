#include "tell/mail.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace standstill::tell {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::size_t body_line = 76;  // RFC 2045, 6.7 (5)

void append_hex(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '=';
  out += hex_digits[byte >> 4U];
  out += hex_digits[byte & 15U];
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 32 || c == '\x7f') c = ' ';
  return line;
}

// RFC 5322, 3.3; names are English whatever the locale.
std::string date(std::int64_t wall_ns) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = wall_ns / 1'000'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> time{};
  std::strftime(time.data(), time.size(), " %Y %H:%M:%S +0000", &utc);
  return std::string(days[static_cast<std::size_t>(utc.tm_wday)]) + ", " + std::to_string(utc.tm_mday) + " " +
         months[static_cast<std::size_t>(utc.tm_mon)] + time.data();
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  const auto put = [&](std::string_view piece) {
    if (column + piece.size() > body_line - 1) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool line_ends = i + 1 == text.size() || text[i + 1] == '\n';
    if (c == '\n') {
      out += "\r\n";
      column = 0;
    } else if ((c >= '!' && c <= '~' && c != '=') || (c == ' ' && !line_ends)) {
      put({&c, 1});
    } else {
      std::string coded;
      append_hex(coded, c);
      put(coded);
    }
  }
  return out;
}

}  // namespace

std::string encode_header_words(std::string_view text, std::size_t first_line_used) {
  const std::string line = one_line(text);
  const bool plain = std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (plain && line.find("=?") == std::string::npos && first_line_used + line.size() <= 200) return line;
  // An encoded word is at most 75 characters (RFC 2047, 2) and never splits a character.
  constexpr std::string_view begin = "=?UTF-8?Q?";
  std::string out(begin);
  std::size_t column = first_line_used + begin.size();
  for (std::size_t i = 0; i < line.size();) {
    std::size_t end = i + 1;
    while (end < line.size() && continues_character(line[end])) ++end;
    std::string coded;
    for (; i < end; ++i) {
      const char c = line[i];
      const bool safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      if (c == ' ')
        coded += '_';
      else if (safe)
        coded += c;
      else
        append_hex(coded, c);
    }
    if (column + coded.size() + 2 > 74) {
      out += "?=\r\n ";
      out += begin;
      column = 1 + begin.size();
    }
    out += coded;
    column += coded.size();
  }
  return out + "?=";
}

bool looks_like_address(std::string_view text) {
  const auto at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() || text.find('@', at + 1) != text.npos)
    return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 32 || c == '\x7f' || c == '<' || c == '>' || c == ',' || c == ';';
  });
}

std::string format_mail(const Mail& mail) {
  const std::string domain = mail.from.substr(mail.from.find('@') + 1);
  std::string out = "Date: " + date(mail.wall_ns) + "\r\nFrom: Standstill <" + mail.from + ">\r\nTo: ";
  for (std::size_t i = 0; i < mail.to.size(); ++i) out += (i == 0 ? "<" : ",\r\n <") + mail.to[i] + ">";
  out += "\r\nMessage-ID: <" + mail.message_id + "@" + domain + ">\r\nSubject: ";
  out += encode_header_words(mail.subject, 9);
  // RFC 3834: no out-of-office answers to a machine.
  out +=
      "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
      "charset=UTF-8\r\n";
  out += "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
  return out + quoted_printable(mail.text) + "\r\n";
}

}  // namespace standstill::tell
