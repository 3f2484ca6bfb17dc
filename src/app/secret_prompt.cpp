#include "app/secret_prompt.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace standstill::app {

namespace {

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

volatile std::sig_atomic_t interrupted = 0;

// Echo off for as long as this lives. An interrupt ends the reading first, so that the terminal is always put
// back.
class Quiet {
 public:
  Quiet() {
    struct sigaction note{};
    note.sa_handler = [](int) { interrupted = 1; };  // without SA_RESTART
    ::sigaction(SIGINT, &note, &old_int_);
    ::sigaction(SIGTERM, &note, &old_term_);
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~Quiet() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    ::sigaction(SIGINT, &old_int_, nullptr);
    ::sigaction(SIGTERM, &old_term_, nullptr);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  struct sigaction old_int_{}, old_term_{};
  termios before_{};
  bool changed_ = false;
};

}  // namespace

bool interactive() { return ::isatty(STDIN_FILENO) != 0; }

std::string ask_line(const std::string& prompt) {
  std::fprintf(stderr, "%s", prompt.c_str());
  std::array<char, 512> line{};
  if (std::fgets(line.data(), line.size(), stdin) == nullptr) return {};
  return trimmed(line.data());
}

std::string ask_secret(const std::string& prompt) {
  std::string secret;
  {
    const Quiet quiet;
    secret = ask_line(prompt);
  }
  std::fputc('\n', stderr);
  if (interrupted != 0) std::exit(130);
  return secret;
}

std::expected<std::string, std::string> join_token(const std::string& name, const std::string& token,
                                                   const std::string& where) {
  const std::string plain = trimmed(token);
  if (plain.empty())
    return std::unexpected(where +
                           " is empty: it must hold NAME:SECRET, as `standstill operator add` printed it");
  const auto colon = plain.find(':');
  if (colon == std::string::npos) {
    if (name.empty())
      return std::unexpected(where +
                             " holds a secret without a name: add --operator NAME, or write NAME:SECRET");
    return name + ":" + plain;
  }
  if (!name.empty() && plain.substr(0, colon) != name)
    return std::unexpected(where + " is of '" + plain.substr(0, colon) + "', but --operator names '" + name +
                           "': leave one of them out");
  return plain;
}

std::expected<std::string, std::string> bearer(const std::string& operator_name,
                                               const std::string& token_file) {
  if (!token_file.empty()) {
    std::ifstream file(token_file);
    if (!file)
      return std::unexpected(token_file + ": " + std::strerror(errno) +
                             ": name a readable file that holds NAME:SECRET");
    std::string line;
    std::getline(file, line);
    return join_token(operator_name, line, token_file);
  }
  if (const char* token = std::getenv("STANDSTILL_TOKEN"); token != nullptr && *token != '\0')
    return join_token(operator_name, token, "STANDSTILL_TOKEN");
  if (!interactive())
    return std::unexpected(
        "who are you? Name a file with --token-file, or put NAME:SECRET into STANDSTILL_TOKEN "
        "(`standstill operator add NAME` makes one)");
  const std::string name = operator_name.empty() ? ask_line("operator: ") : operator_name;
  if (name.empty()) return std::unexpected("no operator was named");
  return join_token(name.substr(0, name.find(':')), ask_secret("secret of " + name + ": "), "what was typed");
}

}  // namespace standstill::app
