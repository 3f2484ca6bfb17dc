// A real PostgreSQL server of the test's own, on a free port of loopback.
#pragma once

#include <pwd.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "support/mosquitto.hpp"

namespace standstill::test {

class Postgres {
 public:
  // The newest installed server's folder of programs; empty: there is none.
  static std::string programs() {
    std::string found;
    std::error_code ignored;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
      if (std::filesystem::exists(version.path() / "bin/initdb"))
        found = std::max(found, version.path().string() + "/bin");
    return found;
  }

  Postgres() {
    ::chmod(folder_.path().c_str(), 0755);
    std::filesystem::create_directory(folder_ / "data");
    if (::getuid() == 0) {  // the server refuses to run as root
      const passwd* user = ::getpwnam("postgres");
      if (user == nullptr) throw std::runtime_error("there is no user postgres");
      if (::chown((folder_ / "data").c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("the data folder cannot be given to postgres");
      before_ = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
    }
    auto words = before_;
    for (const char* word : {"/initdb", "-A", "trust", "-U", "test", "--no-sync", "-D"})
      words.push_back(word[0] == '/' ? programs() + word : word);
    words.push_back(folder_ / "data");
    OwnChild initdb(words, folder_ / "log");
    initdb.wait();
    for (int i = 0; i < 5; ++i) {
      port_ = free_port();
      start();
      if (child_) return;
    }
    throw std::runtime_error("the database does not start: " + log());
  }
  ~Postgres() { stop(); }

  void start() {
    auto words = before_;
    words.insert(words.end(),
                 {programs() + "/postgres", "-D", folder_ / "data", "-p", std::to_string(port_), "-c",
                  "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"});
    child_ = std::make_unique<OwnChild>(words, folder_ / "log");
    for (int i = 0; i < 3000; ++i) {
      if (child_->ended()) break;
      if (!ask("SELECT 1").empty()) return;
      ::usleep(20'000);
    }
    child_.reset();
  }
  // As a machine that loses its power does; its workers end with it.
  void stop() {
    if (child_) child_->end(SIGQUIT);
    child_.reset();
  }
  void hang(bool hangs) const { ::kill(child_->pid(), hangs ? SIGSTOP : SIGCONT); }

  // What psql prints, without its frame; empty when nobody answers.
  [[nodiscard]] std::string ask(const std::string& sql) const {
    const std::string command =
        programs() + "/psql -w -At -F, -c \"" + sql + "\" '" + connection() + "' 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::string all;
    char bytes[4096];
    while (const auto count = std::fread(bytes, 1, sizeof bytes, pipe.get())) all.append(bytes, count);
    return all;
  }
  [[nodiscard]] std::string connection() const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=test dbname=postgres connect_timeout=5";
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string log() const {
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> before_;
  std::uint16_t port_ = 0;
  std::unique_ptr<OwnChild> child_;
};

}  // namespace standstill::test
