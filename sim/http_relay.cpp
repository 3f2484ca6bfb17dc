#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "sim/relay.hpp"
#include "sim/words.hpp"

namespace standstill::sim {

using Json = nlohmann::json;

namespace {
HttpAnswer sense(const Contact& contact) {
  return {200, contact.energised() ? "{\"energised\":true}" : "{\"energised\":false}"};
}
}  // namespace

std::expected<std::unique_ptr<HttpRelay>, std::string> HttpRelay::start(os::Loop& loop,
                                                                        const HttpRelayOptions& options) {
  std::unique_ptr<HttpRelay> made(new HttpRelay(os::now()));
  auto server = HttpServer::start(
      loop, options.address, options.port,
      [relay = made.get()](const std::string& method, const std::string& path, Instant read_at) {
        return relay->serve(method, path, read_at);
      });
  if (!server) return std::unexpected(server.error());
  made->server_ = std::move(*server);
  made->add_commands();
  return made;
}

HttpAnswer HttpRelay::serve(const std::string& method, const std::string& path, Instant read_at) {
  const bool switching = path == "/power/on" || path == "/power/off";
  const bool asking = path == "/power/status" || path == "/sense";
  if (!switching && !asking)
    return {404, "{\"error\":\"no such path; try /power/on, /power/off, /power/status, /sense\"}"};
  if (method != (switching ? "POST" : "GET")) {
    return {405, std::string("{\"error\":\"use ") + (switching ? "POST" : "GET") + "\"}"};
  }
  if (path == "/sense") return sense(contact_);
  if (switching) contact_.tell(path == "/power/on", read_at);
  return {200, contact_.told() ? "{\"power\":\"on\"}" : "{\"power\":\"off\"}"};
}

void HttpRelay::add_commands() {
  commands_.add("status", "", "contact, and how often and when it was told",
                [this](const Words&) -> std::expected<Json, std::string> {
                  auto status = contact_.status();
                  status["port"] = server_->port();
                  status["requests"] = server_->requests();
                  return status;
                });
  commands_.add("stick", "on|off", "welded contact: answers 200 and stays",
                on_off([this](bool on) { weld(on); }));
  commands_.add("hang", "on|off", "takes requests, neither obeys nor answers until off",
                on_off([this](bool on) { server_->hang(on); }));
  commands_.add("delay", "MS", "obeys and answers that much later",
                milliseconds([this](Duration pause) { server_->delay(pause); }));
  commands_.add("refuse", "on|off", "the port is closed",
                [this](const Words& words) -> std::expected<Json, std::string> {
                  if (words.size() != 1 || (words[0] != "on" && words[0] != "off"))
                    return std::unexpected("say on or off");
                  const auto done = server_->refuse(words[0] == "on");
                  if (!done) return std::unexpected(done.error());
                  return Json::object();
                });
  commands_.add("error", "STATUS|off", "answers with that status, 400 to 599, and obeys nothing",
                [this](const Words& words) -> std::expected<Json, std::string> {
                  const auto status = number(words, 0, 400, 599);
                  const bool off = words.size() == 1 && words[0] == "off";
                  if (!status && !off) return std::unexpected("say a status from 400 to 599, or off");
                  server_->fail_with(status.value_or(0));
                  return Json::object();
                });
  commands_.add("quit", "", "end the simulated relay", [this] {
    if (quit_) quit_();
  });
}

std::expected<std::unique_ptr<HttpServer>, std::string> serve_sense(os::Loop& loop, const Contact& contact,
                                                                    const std::string& address,
                                                                    std::uint16_t port) {
  return HttpServer::start(loop, address, port,
                           [&contact](const std::string& method, const std::string& path, Instant) {
                             if (path != "/sense" || method != "GET")
                               return HttpAnswer{404, "{\"error\":\"only GET /sense is here\"}"};
                             return sense(contact);
                           });
}

}  // namespace standstill::sim
