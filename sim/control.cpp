#include "sim/control.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/listener.hpp"

namespace standstill::sim {

using Json = nlohmann::json;

namespace {
constexpr std::size_t longest_line = 64U * 1024U;
// Text a user typed may be any bytes; a JSON answer must not fail over them.
std::string one_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
}  // namespace

void Commands::add(std::string name, std::string arguments, std::string does, Run run) {
  commands_[std::move(name)] = {std::move(arguments), std::move(does), std::move(run)};
}

void Commands::add(std::string name, std::string arguments, std::string does, std::function<void()> run) {
  add(std::move(name), std::move(arguments), std::move(does), [run = std::move(run)](const Words&) {
    run();
    return std::expected<Json, std::string>(Json::object());
  });
}

std::string Commands::answer(std::string_view line) const {
  std::istringstream in{std::string(line)};
  std::string name;
  in >> name;
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  if (name == "help") {
    Json list = Json::array();
    for (const auto& [command, about] : commands_) {
      const std::string usage = about.arguments.empty() ? command : command + " " + about.arguments;
      list.push_back({{"command", usage}, {"does", about.does}});
    }
    return one_line({{"ok", true}, {"commands", list}});
  }
  const auto found = commands_.find(name);
  if (found == commands_.end()) {
    const std::string what = name.empty() ? "empty line" : "unknown command '" + name + "'";
    return one_line({{"ok", false}, {"error", what + "; 'help' lists the commands"}});
  }
  auto result = found->second.run(words);
  if (!result) return one_line({{"ok", false}, {"error", name + ": " + result.error()}});
  (*result)["ok"] = true;
  return one_line(*result);
}

std::expected<std::unique_ptr<Control>, std::string> Control::start(os::Loop& loop, const std::string& path,
                                                                    Answer answer) {
  auto listener = listen_unix(path);
  if (!listener) return std::unexpected(listener.error());
  return std::unique_ptr<Control>(new Control(loop, path, std::move(answer), std::move(*listener)));
}

Control::Control(os::Loop& loop, std::string path, Answer answer, os::Fd listener)
    : loop_(loop), path_(std::move(path)), answer_(std::move(answer)), listener_(std::move(listener)) {
  watch_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
}

Control::~Control() { ::unlink(path_.c_str()); }

void Control::accept() {
  while (os::Fd fd = accept_one(listener_)) {
    const int key = fd.get();
    Client& client = clients_[key];
    client.fd = std::move(fd);
    client.watch = loop_.watch(key, EPOLLIN, [this, key](std::uint32_t events) {
      if (const auto found = clients_.find(key); found != clients_.end()) serve(found->second, events);
    });
  }
}

void Control::serve(Client& client, std::uint32_t events) {
  const int key = client.fd.get();
  std::array<char, 4096> bytes{};
  bool ended = (events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0;
  if ((events & EPOLLIN) != 0) {
    const auto count = ::read(key, bytes.data(), bytes.size());
    if (count > 0) client.in.append(bytes.data(), static_cast<std::size_t>(count));
    ended = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
  }
  for (auto end = client.in.find('\n'); end != std::string::npos; end = client.in.find('\n')) {
    std::string line = client.in.substr(0, end);
    client.in.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    client.out += answer_(line) + '\n';
  }
  const bool too_much = client.in.size() > longest_line || client.out.size() > 64 * longest_line;
  if (!flush(client) || ended || too_much) {
    client.watch = {};
    clients_.erase(key);
  }
}

bool Control::flush(Client& client) {
  while (!client.out.empty()) {
    const auto sent = ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent <= 0) return false;
    client.out.erase(0, static_cast<std::size_t>(sent));
  }
  client.watch.change(client.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  return true;
}

}  // namespace standstill::sim
