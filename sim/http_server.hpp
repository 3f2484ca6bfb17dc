// A small HTTP/1.1 server on a loopback port, that can also misbehave as cheap network relays do.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::sim {

struct HttpAnswer {
  int status = 200;
  std::string json = "{}";
};

class HttpServer {
 public:
  // `read_at` is when the last byte of the request was read.
  using Handle =
      std::function<HttpAnswer(const std::string& method, const std::string& path, Instant read_at)>;

  [[nodiscard]] static std::expected<std::unique_ptr<HttpServer>, std::string> start(
      os::Loop& loop, const std::string& address, std::uint16_t port, Handle handle);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

  void hang(bool on);  // requests are taken and neither obeyed nor answered until it ends
  std::expected<void, std::string> refuse(bool on);  // the port is closed, and connections with it
  void fail_with(int status) { error_ = status; }    // 400 to 599: nothing is obeyed; 0: works again
  void delay(Duration pause) { delay_ = pause; }     // obeyed and answered that much later

 private:
  struct Client {
    os::Fd fd;
    os::Loop::Watch watch;
    os::Loop::Timer timer;
    std::string in;
    std::string out;
    Instant read_at{};
    bool waiting = false;  // a delayed request is under way
    bool closing = false;
  };
  HttpServer(os::Loop& loop, std::string address, std::uint16_t port, Handle handle);
  std::expected<void, std::string> listen();
  void accept();
  void on_ready(int key, std::uint32_t events);
  void work(int key);
  void answer(Client& client, const std::string& method, const std::string& path);
  void flush(int key);

  os::Loop& loop_;
  std::string address_;
  std::uint16_t port_;
  Handle handle_;
  std::uint64_t requests_ = 0;
  bool hung_ = false;
  int error_ = 0;
  Duration delay_{};
  os::Fd listener_;
  std::map<int, Client> clients_;
  os::Loop::Watch listening_;
};

}  // namespace standstill::sim
