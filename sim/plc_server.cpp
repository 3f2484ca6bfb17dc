#include "sim/plc_server.hpp"

#include <sys/epoll.h>

#include "sim/listener.hpp"

namespace standstill::sim {

PlcServer::PlcServer(os::Loop& loop, PlcOptions options)
    : loop_(loop),
      options_(std::move(options)),
      port_(options_.port),
      cpu_(options_.manners),
      random_(options_.seed) {
  add_commands();
  add_fault_commands();
}

std::expected<std::unique_ptr<PlcServer>, std::string> PlcServer::start(os::Loop& loop, PlcOptions options) {
  std::unique_ptr<PlcServer> made(new PlcServer(loop, std::move(options)));
  if (!made->options_.file.empty())
    if (const auto loaded = made->cpu_.memory().load(made->options_.file); !loaded)
      return std::unexpected(loaded.error());
  if (const auto listening = made->listen(); !listening) return std::unexpected(listening.error());
  made->started_ = loop.now();
  made->schedule_cycle();
  return made;
}

std::expected<void, std::string> PlcServer::listen() {
  auto listener = listen_tcp(options_.address, port_);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  port_ = port_of(listener_);
  listening_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  return {};
}

void PlcServer::accept() {
  while (os::Fd fd = accept_one(listener_)) {
    const std::uint64_t number = next_client_++;
    clients_[number] = std::make_unique<PlcClient>(loop_, std::move(fd), cpu_, faults_, random_,
                                                   [this, number] { clients_.erase(number); });
  }
}

void PlcServer::schedule_cycle() {
  if (options_.cycle <= Duration::zero()) return;
  cycle_timer_ = loop_.after(options_.cycle, [this] {
    if (cpu_.running() && program_ && !hung_) cpu_.memory().cycle(loop_.now() - started_);
    schedule_cycle();
  });
}

void PlcServer::drop(bool with_reset) {
  if (with_reset)
    for (auto& [number, client] : clients_) client->reset();
  clients_.clear();
}

void PlcServer::crash(bool with_reset) {
  listening_ = {};
  listener_.reset();
  drop(with_reset);
  hung_ = false;
  restart_timer_.cancel();
}

void PlcServer::restart(Duration pause) {
  crash(false);
  restart_timer_ = loop_.after(pause, [this] {
    cpu_.memory().restart();
    cpu_.run(true);
    // The port may still be taken by somebody quick; try again until it is free.
    if (!listen()) restart(200ms);
  });
}

void PlcServer::hang() {
  if (!listener_) return;
  hung_ = true;
  listening_ = {};  // the kernel still completes handshakes, as for a stopped process
  for (auto& [number, client] : clients_) client->freeze(true);
}

void PlcServer::resume() {
  if (!hung_ || !listener_) return;
  hung_ = false;
  listening_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  for (auto& [number, client] : clients_) client->freeze(false);
}

void PlcServer::half_open() {
  for (auto& [number, client] : clients_) client->forget();
}

}  // namespace standstill::sim
