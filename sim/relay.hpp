// Simulated relays to rehearse with: one on a serial line (a pty), one in the network (HTTP).
//
// Both own a contact whose true state can be sensed apart from what the relay answers. Each lives on the loop
// it is given; every function must be called in that loop's thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"
#include "sim/contact.hpp"
#include "sim/control.hpp"
#include "sim/http_server.hpp"

namespace standstill::sim {

struct SerialRelayOptions {
  std::string link{};                 // symbolic link to the pty, re-pointed after a replug; empty: none
  std::string run_line = "RELAY_ON";  // energises; lines end in \n or \r
  std::string safe_line = "RELAY_OFF";
  std::string reply = "OK";  // after each; anything else is answered "ERROR"
};

class SerialRelay {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<SerialRelay>, std::string> start(
      os::Loop& loop, SerialRelayOptions options);
  ~SerialRelay();  // removes the symbolic link
  SerialRelay(const SerialRelay&) = delete;
  SerialRelay& operator=(const SerialRelay&) = delete;

  [[nodiscard]] const std::string& device() const { return device_; }  // "/dev/pts/N"; empty while unplugged
  [[nodiscard]] const Contact& contact() const { return contact_; }
  void on_change(Contact::Changed changed) { contact_.on_change(std::move(changed)); }

  void weld(bool on) { contact_.weld(on); }
  void mute(bool on) { mute_ = on; }              // obeys, says nothing
  void garble(bool on) { garble_ = on; }          // replies with flipped bits
  void delay(Duration pause) { delay_ = pause; }  // obeys and replies that much later
  void unplug();                                  // the device node is gone; the contact stays as it is
  std::expected<void, std::string> replug();

  [[nodiscard]] std::string command(std::string_view line) const { return commands_.answer(line); }
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

 private:
  SerialRelay(os::Loop& loop, SerialRelayOptions options);
  void read();
  void obey(const std::string& line, Instant read_at);
  void say(std::string text);
  void add_commands();

  os::Loop& loop_;
  SerialRelayOptions options_;
  Contact contact_;
  std::string device_;
  os::Fd own_end_;  // held open, so that the pty outlives its users
  os::Fd far_end_;
  os::Loop::Watch watch_;
  std::map<std::uint64_t, os::Loop::Timer> late_;  // lines waiting for their delay
  std::string line_;
  bool mute_ = false;
  bool garble_ = false;
  Duration delay_{};
  std::uint64_t next_late_ = 0;
  Commands commands_;
  std::function<void()> quit_;
};

struct HttpRelayOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
};

// POST /power/on, POST /power/off, GET /power/status → {"power":"on|off"}: what the relay believes.
// GET /sense → {"energised":true|false}: what the contact really does, as a sensor of its own would say.
class HttpRelay {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<HttpRelay>, std::string> start(
      os::Loop& loop, const HttpRelayOptions& options);
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] const Contact& contact() const { return contact_; }
  [[nodiscard]] HttpServer& server() { return *server_; }  // to make it hang, refuse, fail, or be slow
  void on_change(Contact::Changed changed) { contact_.on_change(std::move(changed)); }
  void weld(bool on) { contact_.weld(on); }

  [[nodiscard]] std::string command(std::string_view line) const { return commands_.answer(line); }
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

 private:
  explicit HttpRelay(Instant now) : contact_(now) {}
  [[nodiscard]] HttpAnswer serve(const std::string& method, const std::string& path, Instant read_at);
  void add_commands();

  Contact contact_;
  std::unique_ptr<HttpServer> server_;
  Commands commands_;
  std::function<void()> quit_;
};

// GET /sense for a contact that has no HTTP of its own (the serial relay's). `contact` must outlive the
// server.
[[nodiscard]] std::expected<std::unique_ptr<HttpServer>, std::string> serve_sense(os::Loop& loop,
                                                                                  const Contact& contact,
                                                                                  const std::string& address,
                                                                                  std::uint16_t port);

}  // namespace standstill::sim
