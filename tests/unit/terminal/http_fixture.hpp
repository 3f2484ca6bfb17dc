// A server over a supervisor of strings, on a free port and a socket in a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "support/temporary_folder.hpp"
#include "terminal/server.hpp"
#include "unit/terminal/fake_backend.hpp"
#include "unit/terminal/raw_client.hpp"

namespace standstill::terminal {

inline constexpr const char* ann = "Authorization: Bearer ann:right\r\n";

class HttpFixture : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(ServerConfig config) {
    server.reset();
    config.listen = "127.0.0.1:0";
    config.socket_path = folder / "standstill.sock";
    auto made = Server::start(config, backend);
    ASSERT_TRUE(made) << made.error();
    server = std::move(*made);
  }
  void TearDown() override {
    backend.slow = false;
    backend.slow_secrets = false;
    server.reset();
  }
  Reply ask(const std::string& bytes) { return RawClient(server->port()).ask(bytes); }
  Reply ask_local(const std::string& bytes) { return RawClient(folder / "standstill.sock").ask(bytes); }
  template <typename Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 4000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
  }

  FakeBackend backend;
  const test::TemporaryFolder folder;
  std::unique_ptr<Server> server;
};

}  // namespace standstill::terminal
