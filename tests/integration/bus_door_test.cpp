// Who can get in from outside: what the processes of a controller and a station listen on, as the kernel
// lists it.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "config/keys.hpp"
#include "support/bus_rig.hpp"

namespace standstill::test {
namespace {

struct Doors {
  int on_loopback = 0;
  std::string beyond;  // each in a line
};

// The sockets of a process that anybody can send to: TCP that listens (state 0A), UDP that is not connected
// (07).
void look(pid_t pid, Doors& doors) {
  if (pid <= 0) return;
  const std::string process = "/proc/" + std::to_string(pid);
  std::set<std::string> own;
  std::error_code ignored;
  for (const auto& one : std::filesystem::directory_iterator(process + "/fd", ignored)) {
    const std::string to = std::filesystem::read_symlink(one.path(), ignored).string();
    if (to.starts_with("socket:[")) own.insert(to.substr(8, to.size() - 9));
  }
  for (const std::string table : {"tcp", "tcp6", "udp", "udp6"}) {
    std::ifstream file(process + "/net/" + table);
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::vector<std::string> columns;
      for (std::string word; words >> word;) columns.push_back(word);
      if (columns.size() < 10 || !own.contains(columns[9])) continue;
      if (columns[3] != (table.starts_with("tcp") ? "0A" : "07")) continue;
      const std::string& at = columns[1];  // an address in the machine's own order of bytes
      const bool loopback =
          at.starts_with("0100007F:") || at.starts_with("00000000000000000000000001000000:");
      if (loopback)
        ++doors.on_loopback;
      else
        doors.beyond += table + " " + at + " of " + PlantRig::read(process + "/comm");
    }
  }
}

using BusDoor = BusRig;

TEST_F(BusDoor, S9_InADefaultInstallationNothingListensBeyondLoopback) {
  for (const config::Key& key : config::keys())
    if (key.section == "terminal" && key.name == "listen") {
      EXPECT_TRUE(key.initial.starts_with("\"127.0.0.1:")) << key.initial;
    }
  start_running();
  if (HasFatalFailure()) return;
  for (PlantRig* rig : {controller.get(), station.get()}) {
    ASSERT_TRUE(rig->until([&] { return !event(*rig, "second_path").empty(); })) << bus_journal(*rig);
    Doors doors;
    for (const pid_t pid : {rig->supervisor(), rig->guard(), rig->cutter(1), rig->cutter(2)}) {
      EXPECT_GT(pid, 0);
      look(pid, doors);
    }
    EXPECT_EQ(doors.beyond, "");
    EXPECT_EQ(doors.on_loopback, 2) << "the terminal's, and the one for stops by datagram";
  }
}

}  // namespace
}  // namespace standstill::test
