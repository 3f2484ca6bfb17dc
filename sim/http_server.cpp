#include "sim/http_server.hpp"

#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "os/clock.hpp"
#include "sim/listener.hpp"

namespace standstill::sim {

namespace {

constexpr std::size_t longest_request = 64U * 1024U;

struct Head {
  std::string method;
  std::string path;
  std::size_t body = 0;
  bool close = false;
  bool valid = false;
};

Head parse(const std::string& text) {
  Head head;
  std::istringstream in(text);
  std::string version;
  std::string line;
  std::getline(in, line);
  std::istringstream(line) >> head.method >> head.path >> version;
  head.valid = !head.path.empty() && head.path.front() == '/' && version.starts_with("HTTP/1.");
  head.close = version == "HTTP/1.0";
  while (std::getline(in, line)) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string name = line.substr(0, colon);
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    while (!value.empty() && (value.back() == '\r' || value.back() == ' ')) value.pop_back();
    if (::strcasecmp(name.c_str(), "connection") == 0 && ::strcasecmp(value.c_str(), "close") == 0)
      head.close = true;
    if (::strcasecmp(name.c_str(), "transfer-encoding") == 0) head.valid = false;
    if (::strcasecmp(name.c_str(), "content-length") == 0) {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), head.body);
      if (error != std::errc{} || end != value.data() + value.size() || head.body > longest_request)
        head.valid = false;
    }
  }
  return head;
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return status < 500 ? "Refused" : "Failed";
  }
}

}  // namespace

HttpServer::HttpServer(os::Loop& loop, std::string address, std::uint16_t port, Handle handle)
    : loop_(loop), address_(std::move(address)), port_(port), handle_(std::move(handle)) {}

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::start(os::Loop& loop,
                                                                          const std::string& address,
                                                                          std::uint16_t port, Handle handle) {
  std::unique_ptr<HttpServer> made(new HttpServer(loop, address, port, std::move(handle)));
  auto listening = made->listen();
  if (!listening) return std::unexpected(listening.error());
  return made;
}

std::expected<void, std::string> HttpServer::listen() {
  auto listener = listen_tcp(address_, port_);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  port_ = port_of(listener_);
  listening_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  return {};
}

void HttpServer::accept() {
  while (os::Fd fd = accept_one(listener_)) {
    const int key = fd.get();
    Client& client = clients_[key];
    client.fd = std::move(fd);
    client.watch = loop_.watch(key, EPOLLIN, [this, key](std::uint32_t events) { on_ready(key, events); });
  }
}

void HttpServer::on_ready(int key, std::uint32_t events) {
  const auto found = clients_.find(key);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    std::array<char, 4096> bytes{};
    const auto count = ::recv(key, bytes.data(), bytes.size(), 0);
    const bool ended = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    if (ended || client.in.size() > 2 * longest_request) {
      clients_.erase(found);
      return;
    }
    if (count > 0) client.in.append(bytes.data(), static_cast<std::size_t>(count));
    client.read_at = os::now();
  }
  work(key);
}

void HttpServer::work(int key) {
  const auto found = clients_.find(key);
  if (found == clients_.end()) return;
  Client& client = found->second;
  while (!hung_ && !client.waiting && !client.closing) {
    const auto end = client.in.find("\r\n\r\n");
    if (end == std::string::npos) break;
    const Head head = parse(client.in.substr(0, end + 2));
    if (!head.valid) {
      client.closing = true;
      client.out += "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      break;
    }
    if (client.in.size() < end + 4 + head.body) break;
    client.in.erase(0, end + 4 + head.body);
    client.closing = head.close;
    if (delay_ > Duration::zero()) {
      client.waiting = true;
      client.timer = loop_.after(delay_, [this, key, head] {
        Client& late = clients_.at(key);
        late.waiting = false;
        late.read_at = os::now();
        answer(late, head.method, head.path);
        work(key);
      });
    } else {
      answer(client, head.method, head.path);
    }
  }
  flush(key);
}

void HttpServer::answer(Client& client, const std::string& method, const std::string& path) {
  ++requests_;
  HttpAnswer made;
  if (error_ != 0) {
    made = {error_, "{\"error\":\"told to fail\"}"};
  } else {
    made = handle_(method, path, client.read_at);
  }
  client.out += "HTTP/1.1 " + std::to_string(made.status) + " " + reason(made.status) +
                "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(made.json.size()) +
                (client.closing ? "\r\nConnection: close" : "") + "\r\n\r\n" + made.json;
}

void HttpServer::flush(int key) {
  Client& client = clients_.at(key);
  while (!client.out.empty()) {
    const auto sent = ::send(key, client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent <= 0) {
      clients_.erase(key);
      return;
    }
    client.out.erase(0, static_cast<std::size_t>(sent));
  }
  if (client.out.empty() && client.closing && !client.waiting) {
    clients_.erase(key);
    return;
  }
  client.watch.change(client.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void HttpServer::hang(bool on) {
  hung_ = on;
  if (on) return;
  std::vector<int> keys;
  for (const auto& [key, client] : clients_) keys.push_back(key);
  for (const int key : keys) work(key);
}

std::expected<void, std::string> HttpServer::refuse(bool on) {
  if (on) {
    listening_ = {};
    listener_.reset();
    clients_.clear();
    return {};
  }
  if (listener_) return {};
  return listen();
}

}  // namespace standstill::sim
