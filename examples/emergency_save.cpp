// Saves the whole layout to a file and runs a command the moment the server is lost.
//
//   emergency_save HOST PORT FOLDER [COMMAND]
//
// COMMAND gets the file's name as its last argument; it may cut the track power, call somebody, ring a bell.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <standstill/standstill.hpp>
#include <string>

namespace {

std::string file_name(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  std::strftime(text, sizeof text, "emergency_%Y%m%d_%H%M%S.json", &utc);
  return text;
}

// Written beside and renamed, so that a file of this name is always whole.
bool save(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path unfinished = file.string() + ".part";
  std::ofstream out(unfinished, std::ios::binary);
  out << text;
  out.close();
  if (!out) {
    std::cerr << "cannot write " << unfinished << ": is the disk full, the folder missing or read-only?\n";
    return false;
  }
  std::error_code error;
  std::filesystem::rename(unfinished, file, error);
  if (error) std::cerr << "cannot rename " << unfinished << ": " << error.message() << '\n';
  return !error;
}

// Without a shell, so that no name needs quoting.
void run(const std::string& command, const std::string& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    sigset_t none;  // this program's blocked signals are not the command's
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execlp(command.c_str(), command.c_str(), file.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = -1;
  if (child < 0 || ::waitpid(child, &status, 0) < 0 || status != 0) std::cerr << command << " failed\n";
}

}  // namespace

int main(int count, char** arguments) {
  const long port = count >= 4 ? std::strtol(arguments[2], nullptr, 10) : 0;
  if (count < 4 || count > 5 || port < 1 || port > 65535) {
    std::cerr << "usage: emergency_save HOST PORT FOLDER [COMMAND]   (PORT 1 to 65535, by default Rocrail's "
                 "is 8051)\n";
    return 2;
  }
  const std::filesystem::path folder = arguments[3];
  const std::string command = count == 5 ? arguments[4] : "";

  // Blocked before any thread starts, and waited for below.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const standstill::Layout layout = standstill::connect(
      arguments[1], static_cast<std::uint16_t>(port),
      {.on_loss =
           [&](const standstill::Loss& loss) {
             const bool goodbye = loss.kind == standstill::Loss::Kind::goodbye;
             std::cout << (goodbye ? "The server said goodbye." : "SERVER LOST: " + loss.detail) << std::endl;
             if (goodbye) return;
             const auto file = folder / file_name(loss.at);
             if (!command.empty()) run(command, file.string());  // safety first, paper second
             if (save(file, loss.model.export_state(loss.at)))
               std::cout << "saved " << file.string() << std::endl;
           },
       .on_return =
           [](const standstill::Return& back) {
             std::cout << "The server is back after " << back.outage.count() << " ms." << std::endl;
           }});

  if (const auto online = layout.wait_online(std::chrono::seconds(5)); !online)
    std::cerr << online.error() << "; trying on\n";
  else
    std::cout << "watching \"" << layout.model().title() << "\"" << std::endl;
  int signal = 0;
  ::sigwait(&ends, &signal);
  return 0;
}
