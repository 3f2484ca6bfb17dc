#include "tests/firmware/machine.hpp"
#include "support/places.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

extern char** environ;

namespace standstill::firmware {

namespace {

bool readable(int fd, std::chrono::milliseconds patience) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(patience.count())) == 1;
}

template <class Value>
void put(std::vector<std::uint8_t>& bytes, Value value) {
  std::array<std::uint8_t, sizeof value> raw{};
  std::memcpy(raw.data(), &value, sizeof value);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

}  // namespace

Line::Line(std::filesystem::path path) : path_(std::move(path)) {
  std::filesystem::remove(path_);
  listener_ = os::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 1) != 0)
    listener_ = {};
}

bool Line::accept(std::chrono::milliseconds patience) {
  if (!readable(listener_.get(), patience)) return false;
  fd_ = os::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return fd_.get() >= 0;
}

bool Line::send(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

std::vector<std::uint8_t> Line::receive(std::chrono::milliseconds patience) {
  if (!readable(fd_.get(), patience)) return {};
  std::vector<std::uint8_t> bytes(4096);
  const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

void blank_flash(const std::filesystem::path& folder) {
  std::ofstream file(folder / "flash", std::ios::binary);
  const std::string sector(4096, '\xFF');
  for (std::size_t i = 0; i < loco::sectors_used; ++i) file << sector;
  file.close();
  std::filesystem::resize_file(folder / "flash",
                               16U << 20U);  // the machine's whole memory; the rest is a hole
}

Machine::Machine(const std::filesystem::path& folder, const std::string& image, bool realtime)
    : console(folder / "console"), sensors(folder / "sensors") {
  const std::string kernel = test::source_folder() + "/build/firmware/" + image + ".elf";
  std::vector<std::string> words{
      "qemu-system-arm",
      "-M",
      "mps2-an385,memory-backend=flash",
      "-object",
      "memory-backend-file,id=flash,size=16M,share=on,mem-path=" + (folder / "flash").string(),
      "-accel",
      "tcg",
      "-kernel",
      kernel,
      "-display",
      "none",
      "-monitor",
      "none",
      "-chardev",
      "socket,id=c0,path=" + console.path().string(),
      "-serial",
      "chardev:c0",
      "-chardev",
      "socket,id=c1,path=" + sensors.path().string(),
      "-serial",
      "chardev:c1"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const os::Fd file(::open((folder / "flash").c_str(), O_RDWR | O_CLOEXEC));
  memory_ = ::mmap(nullptr, 2U << 20U, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory_ == MAP_FAILED) return;
  std::memset(static_cast<std::uint8_t*>(memory_) + board::mailbox_offset, 0, sizeof(board::Mailbox));
  mailbox_ =
      reinterpret_cast<volatile board::Mailbox*>(static_cast<std::uint8_t*>(memory_) + board::mailbox_offset);
  posix_spawnattr_t how{};
  ::posix_spawnattr_init(&how);
  if (realtime) {
    const sched_param lowest{.sched_priority = 1};
    ::posix_spawnattr_setschedpolicy(&how, SCHED_RR);
    ::posix_spawnattr_setschedparam(&how, &lowest);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSCHEDULER);
  }
  const int failed = ::posix_spawnp(&pid_, argv[0], nullptr, &how, argv.data(), environ);
  ::posix_spawnattr_destroy(&how);
  if (failed != 0) return;
  started_ = console.accept(std::chrono::seconds(60)) && sensors.accept(std::chrono::seconds(60));
}

Machine::~Machine() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);  // power goes
  ::waitpid(pid_, nullptr, 0);
  ::munmap(memory_, 2U << 20U);
}

bool Machine::says(const std::string& text, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (said_.find(text) == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const auto bytes = console.receive(std::min(left, std::chrono::milliseconds(200)));
    said_.append(bytes.begin(), bytes.end());
  }
  return true;
}

void Machine::drain() {
  const auto bytes = console.receive(std::chrono::milliseconds(0));
  said_.append(bytes.begin(), bytes.end());
}

bool Plant::send(Instant at, const loco::Measured& measured, std::span<const Duration> halves,
                 Duration tail) {
  std::vector<std::uint8_t> body;
  put(body, static_cast<std::uint64_t>(to_ns(at) / 1000));
  put(body, static_cast<std::uint16_t>(std::chrono::duration_cast<std::chrono::microseconds>(tail).count()));
  put(body, boot_reason);
  put(body, static_cast<std::uint8_t>(strain));
  put(body, static_cast<std::uint8_t>(halves.size()));
  for (const loco::Reading& one : measured.watch.readings) put(body, static_cast<std::uint8_t>(one.rail));
  for (const loco::Reading& one : measured.watch.readings)
    put(body, static_cast<std::uint8_t>(one.at < at ? 1 : 0));
  for (const loco::Reading& one : measured.watch.readings) put(body, one.value);
  put(body, measured.watch.track_volts);
  put(body, measured.encoder);
  for (const Duration half : halves)
    put(body,
        static_cast<std::uint16_t>(std::chrono::duration_cast<std::chrono::microseconds>(half).count()));
  std::vector<std::uint8_t> frame{0xA5};
  put(frame, static_cast<std::uint16_t>(body.size()));
  frame.insert(frame.end(), body.begin(), body.end());
  put(frame, crc32(frame));
  volatile board::Mailbox& box = machine_.mailbox();
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (box.plant_sent - box.plant_taken >= board::Mailbox::slots) {
    if (std::chrono::steady_clock::now() > late || box.power_gone != 0) return false;
    ::sched_yield();
  }
  const std::uint32_t slot = box.plant_sent % board::Mailbox::slots;
  box.plant_size[slot] = static_cast<std::uint32_t>(frame.size());
  for (std::size_t i = 0; i < frame.size(); ++i) box.plant[slot][i] = frame[i];
  __sync_synchronize();
  box.plant_sent = box.plant_sent + 1;
  return true;
}

std::optional<board::DriveFrame> Plant::drive(std::chrono::milliseconds patience) {
  volatile board::Mailbox& box = machine_.mailbox();
  const auto late = std::chrono::steady_clock::now() + patience;
  for (std::uint32_t turns = 0; box.board_sent == box.board_taken; ++turns) {
    if (std::chrono::steady_clock::now() > late) return std::nullopt;
    if (box.power_gone != 0) return std::nullopt;
    if (turns % 256 == 0) machine_.drain();
    if (turns < 2000)
      ::sched_yield();
    else
      ::usleep(200);
  }
  __sync_synchronize();
  std::array<std::uint8_t, 13> bytes{};
  const std::uint32_t slot = box.board_taken % board::Mailbox::slots;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = box.board[slot][i];
  __sync_synchronize();
  box.board_taken = box.board_taken + 1;
  std::uint32_t sum = 0;
  std::memcpy(&sum, &bytes[9], sizeof sum);
  if (bytes[0] != 0x5A || sum != crc32(std::span<const std::uint8_t>(bytes).first(9))) return std::nullopt;
  board::DriveFrame frame;
  std::memcpy(&frame.boiler, &bytes[1], 2);
  std::memcpy(&frame.superheater, &bytes[3], 2);
  std::memcpy(&frame.servo_tenths, &bytes[5], 2);
  frame.flags = bytes[7];
  frame.lamp = bytes[8];
  return frame;
}

std::optional<board::DriveFrame> Plant::cycle(Instant end, const loco::Measured& measured,
                                              std::span<const Duration> halves, Duration tail) {
  if (!send_cycle(end, measured, halves, tail)) return std::nullopt;
  return drive(std::chrono::seconds(60));
}

bool Plant::send_cycle(Instant end, const loco::Measured& measured, std::span<const Duration> halves,
                       Duration tail) {
  // Two frames of at most 200 halves; the first one's instant is its last edge's.
  std::size_t first = std::min(halves.size(), board::halves_a_frame);
  if (first < halves.size()) {
    Duration rest = tail;
    for (const Duration half : halves.subspan(first)) rest += half;
    if (!send(end - rest, measured, halves.first(first), {})) return false;
  } else {
    first = 0;
  }
  return send(end, measured, halves.subspan(first), tail);
}

}  // namespace standstill::firmware
