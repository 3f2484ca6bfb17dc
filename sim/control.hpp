// The control socket of a simulated peer: a Unix stream socket, one command a line, one JSON answer a line.
//
// {"ok":true,…} or {"ok":false,"error":"…"}. The words of a line are separated by blanks. `help` lists the
// commands.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::sim {

using Words = std::vector<std::string>;  // without the command itself

// What a peer can be told. Every answer is an object; an error is a sentence that says what to type instead.
class Commands {
 public:
  using Run = std::function<std::expected<nlohmann::json, std::string>(const Words&)>;

  void add(std::string name, std::string arguments, std::string does, Run run);
  // For commands that answer nothing but ok.
  void add(std::string name, std::string arguments, std::string does, std::function<void()> run);
  [[nodiscard]] std::string answer(std::string_view line) const;  // one JSON object, without newline

 private:
  struct Command {
    std::string arguments;
    std::string does;
    Run run;
  };
  std::map<std::string, Command> commands_;
};

class Control {
 public:
  // `answer` gets a line without its end and returns the answer without one. A client that sends a line
  // longer than 64 KiB, or does not read its answers, is closed.
  using Answer = std::function<std::string(std::string_view line)>;
  [[nodiscard]] static std::expected<std::unique_ptr<Control>, std::string> start(os::Loop& loop,
                                                                                  const std::string& path,
                                                                                  Answer answer);
  ~Control();  // removes the socket file
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

 private:
  struct Client {
    os::Fd fd;
    os::Loop::Watch watch;
    std::string in;
    std::string out;
  };
  Control(os::Loop& loop, std::string path, Answer answer, os::Fd listener);
  void accept();
  void serve(Client& client, std::uint32_t events);
  [[nodiscard]] bool flush(Client& client);

  os::Loop& loop_;
  std::string path_;
  Answer answer_;
  os::Fd listener_;
  std::map<int, Client> clients_;
  os::Loop::Watch watch_;
};

}  // namespace standstill::sim
