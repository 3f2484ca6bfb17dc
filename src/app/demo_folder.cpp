#include "app/demo_folder.hpp"

#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "app/demo_plant.hpp"
#include "os/clock.hpp"
#include "record/operators.hpp"

namespace standstill::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view first_line = "# Written by `standstill demo`: ";
constexpr std::size_t longest = 64;  // with "/state/standstill.sock" behind it, a socket's path has room

std::string toml_text(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') made += '\\';
    made += c;
  }
  return made + '"';
}

std::expected<void, std::string> write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  ::chmod(path.c_str(), 0600);
  if (file && file << text && file.flush()) return {};
  return std::unexpected(path + ": cannot be written: " + std::strerror(errno));
}

std::expected<void, std::string> usable(const fs::path& folder) {
  std::error_code failed;
  if (folder.string().size() > longest)
    return std::unexpected(folder.string() + " is too long for the sockets in it: choose one of at most " +
                           std::to_string(longest) + " bytes");
  fs::create_directories(folder, failed);
  if (failed || !fs::is_directory(folder))
    return std::unexpected(folder.string() + ": cannot be made: " +
                           (failed ? failed.message() : "it is no folder") + "; choose another --state-dir");
  if (fs::is_empty(folder, failed)) return {};
  std::string line;
  std::ifstream before(folder / "standstill.toml");
  if (std::getline(before, line) && line.starts_with(first_line)) return {};
  // A real plant's latch and journal are no toy.
  return std::unexpected(folder.string() +
                         " is not empty, and not from an earlier demo: choose another --state-dir");
}

}  // namespace

std::expected<DemoFolder, std::string> DemoFolder::make(const std::string& wanted) {
  if (!wanted.empty()) {
    const std::string path = fs::absolute(wanted).lexically_normal().string();
    if (const auto good = usable(path); !good) return std::unexpected(good.error());
    std::error_code ignored;
    fs::remove(path + "/alerts.jsonl", ignored);
    return DemoFolder(path, false);
  }
  std::error_code failed;
  std::string pattern = (fs::temp_directory_path(failed) / "standstill-demo-XXXXXX").string();
  if (failed || pattern.size() > longest) pattern = "/tmp/standstill-demo-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr)
    return std::unexpected("no temporary folder " + pattern + ": " + std::strerror(errno) +
                           "; name one with --state-dir");
  return DemoFolder(pattern, true);
}

DemoFolder::DemoFolder(DemoFolder&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, false)) {}

DemoFolder::~DemoFolder() {
  if (!temporary_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::expected<void, std::string> DemoFolder::write_configuration(const Plant& plant) const {
  const std::string relay = "http://127.0.0.1:" + std::to_string(plant.relay_port);
  std::string text(first_line);
  text += "a layout, its two relays, and somebody to tell.\n";
  text += "[site]\nname = \"demo\"\nstate_dir = " + toml_text(state_dir()) +
          "\nmetadata = { show_name = \"Demonstration\" }\n\n";
  text +=
      "[bus]  # this machine leads; a simulated station in another room stops and runs with it\n"
      "kind = \"local\"\ninstance = \"layout-room\"\nrole = \"controller\"\nlease_ms = 30000\nsocket = " +
      toml_text(bus_socket()) + "\nkey_file = " + toml_text(key_file()) + "\n\n";
  text += "[guard]\nsettle_ms = " + std::to_string(to_ms(plant.settle)) + "\n\n";
  text += "[[link]]\nid = \"layout\"\nkind = \"rocrail\"\nhost = \"127.0.0.1\"\nport = " +
          std::to_string(plant.rocrail_port) +
          "\nprobe_ms = 500\nsilence_ms = 1000\n"
          "reconnect = { first_ms = 500, factor = 1.5, max_ms = 1000 }\n"
          "breaker = { failures = 1000, open_ms = 1000 }\n\n";
  text +=
      "[[output]]  # between booster and rails; its answer proves that it has obeyed\n"
      "id = \"track-power\"\nkind = \"serial\"\ndevice = " +
      toml_text(relay_link()) +
      "\nsafe = \"RELAY_OFF\\n\"\nrun = \"RELAY_ON\\n\"\nexpect_reply = \"OK\"\n"
      "timeout_ms = 200\nescalate = \"mains\"\n\n";
  text +=
      "[[output]]  # feeds everything; another way to take the power away when the first does not answer\n"
      "id = \"mains\"\nkind = \"http\"\nprobe_ms = 1000\nsafe = { method = \"POST\", url = \"" +
      relay + "/power/off\" }\nrun = { method = \"POST\", url = \"" + relay + "/power/on\" }\n\n";
  text += "[[stage]]\nat_ms = 0\noutput = \"track-power\"\n\n[[stage]]\nat_ms = 1500\noutput = \"mains\"\n\n";
  text +=
      "[[alert]]\nid = \"logbook\"\nkind = \"program\"\non = [\"trip\", \"lost\", \"return\", \"ack\", "
      "\"reset\"]\n"
      "command = [\"/bin/sh\", \"-c\", 'cat >> \"$0\"; echo >> \"$0\"', " +
      toml_text(alert_file()) + "]\n\n";
  text += "[terminal]\nlisten = \"127.0.0.1:" + std::to_string(plant.terminal_port) + "\"\nrehearsal = [";
  for (const char* peer : demo_peers)
    text += " { id = " + toml_text(peer) + ", control = " + toml_text(control(peer)) + " },";
  text.back() = ' ';
  text += "]\n";
  return write(configuration(), text);
}

std::expected<estop::Keys, std::string> DemoFolder::make_key() const {
  estop::Secret secret{};
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size()))
    return std::unexpected("this machine gives no random numbers");
  const std::string text = estop::Keys::master_file({"demo", secret});
  if (const auto written = write(key_file(), text); !written) return std::unexpected(written.error());
  return estop::Keys::read(text);
}

std::expected<std::string, std::string> DemoFolder::add_operator() const {
  std::error_code failed;
  fs::create_directories(state_dir(), failed);
  if (failed) return std::unexpected(state_dir() + ": cannot be made: " + failed.message());
  const record::Operators operators(state_dir());
  [[maybe_unused]] const auto before = operators.remove("demo");  // of an earlier demo in the same folder
  auto token = operators.add("demo", record::Role::engineer, os::wall_ns());
  if (!token) return token;
  if (const auto written = write(token_file(), *token + "\n"); !written)
    return std::unexpected(written.error());
  return token;
}

}  // namespace standstill::app
