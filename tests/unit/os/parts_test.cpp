// The small parts: lock files, Unix sockets, shared memory, descriptors, real time.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "os/clock.hpp"
#include "os/lock_file.hpp"
#include "os/realtime.hpp"
#include "os/shared_memory.hpp"
#include "os/unix_socket.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::os {
namespace {

using test::TemporaryFolder;

TEST(LockFile, ASecondOneSaysWhoHoldsIt) {
  TemporaryFolder folder;
  auto first = take_lock(folder / "guard.lock", "guard");
  ASSERT_TRUE(first) << first.error();
  const auto second = take_lock(folder / "guard.lock", "guard");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("process " + std::to_string(getpid()) + " "), std::string::npos)
      << second.error();
  EXPECT_NE(second.error().find("another guard"), std::string::npos);
  first->reset();
  EXPECT_TRUE(take_lock(folder / "guard.lock", "guard"));
}

TEST(LockFile, IsFreeWhenItsHolderDied) {
  TemporaryFolder folder;
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = take_lock(folder / "lock", "supervisor");
    [[maybe_unused]] const auto told = write(ready[1], "x", 1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const auto refused = take_lock(folder / "lock", "supervisor");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find(std::to_string(child)), std::string::npos);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(take_lock(folder / "lock", "supervisor"));
  close(ready[0]);
  close(ready[1]);
}

TEST(LockFile, AFolderThatIsNotThereIsNamed) {
  const auto lock = take_lock("/nonexistent/lock", "guard");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.error().find("/nonexistent/lock"), std::string::npos);
}

TEST(UnixSocket, PacketsKeepTheirBordersAndCarryADescriptor) {
  auto ends = seqpacket_pair();
  ASSERT_TRUE(ends);
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  ASSERT_TRUE(send_packet(ends->first.get(), "abc", 3, pipe_ends[1]));
  ASSERT_TRUE(send_packet(ends->first.get(), "de", 2));
  std::array<char, 16> bytes{};
  Received got = receive_packet(ends->second.get(), bytes.data(), bytes.size());
  EXPECT_EQ(got.bytes, 3);
  ASSERT_TRUE(got.passed);
  EXPECT_NE(fcntl(got.passed.get(), F_GETFD) & FD_CLOEXEC, 0)
      << "a program that is started must not inherit it";
  EXPECT_EQ(write(got.passed.get(), "!", 1), 1);
  EXPECT_EQ(read(pipe_ends[0], bytes.data(), 1), 1) << "it is the same pipe";
  got = receive_packet(ends->second.get(), bytes.data(), bytes.size());
  EXPECT_EQ(got.bytes, 2);
  EXPECT_FALSE(got.passed);
  EXPECT_EQ(receive_packet(ends->second.get(), bytes.data(), bytes.size()).bytes, -1) << "nothing there";
  ends->first.reset();
  EXPECT_EQ(receive_packet(ends->second.get(), bytes.data(), bytes.size()).bytes, 0) << "gone";
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST(UnixSocket, APacketThatIsTooLongShowsItsRealLength) {
  auto ends = seqpacket_pair();
  ASSERT_TRUE(ends);
  const std::string packet(100, 'x');
  ASSERT_TRUE(send_packet(ends->first.get(), packet.data(), packet.size()));
  std::array<char, 16> bytes{};
  EXPECT_EQ(receive_packet(ends->second.get(), bytes.data(), bytes.size()).bytes, 100);
}

TEST(UnixSocket, SendingNeverBlocks) {
  auto ends = seqpacket_pair();
  ASSERT_TRUE(ends);
  const std::string packet(4096, 'x');
  int sent = 0;
  while (send_packet(ends->first.get(), packet.data(), packet.size()) && sent < 100000) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 100000);
  ends->second.reset();
  EXPECT_FALSE(send_packet(ends->first.get(), "x", 1)) << "and a closed end raises no signal";
}

TEST(UnixSocket, ListensWithItsModeAlsoOverAnOldSocket) {
  TemporaryFolder folder;
  const std::string path = folder / "guard.sock";
  {
    ASSERT_TRUE(listen_seqpacket(path, 0600));
  }  // what a killed guard leaves behind
  auto listener = listen_seqpacket(path, 0660);
  ASSERT_TRUE(listener) << listener.error();
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);
  EXPECT_TRUE(connect_seqpacket(path));
  listener->reset();
  const auto nobody = connect_seqpacket(path);
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().find(path), std::string::npos);
}

TEST(UnixSocket, APathThatIsTooLongSaysWhatToDo) {
  const auto bound = bind_datagram("/tmp/" + std::string(200, 'x'), 0666);
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().find("shorter state_dir"), std::string::npos);
}

TEST(SharedMemory, IsZeroSharedAndRefusedWhenTooSmall) {
  auto made = SharedMemory::create("test", 4096);
  ASSERT_TRUE(made);
  auto* bytes = made->as<unsigned char>();
  for (int i = 0; i < 4096; ++i) ASSERT_EQ(bytes[i], 0);
  auto again = SharedMemory::attach(Fd(dup(made->fd())), 4096);
  ASSERT_TRUE(again);
  bytes[17] = 42;
  EXPECT_EQ(again->as<unsigned char>()[17], 42);
  const auto small = SharedMemory::attach(Fd(dup(made->fd())), 4097);
  ASSERT_FALSE(small);
  EXPECT_NE(small.error().find("same version"), std::string::npos);
  EXPECT_FALSE(SharedMemory::attach(Fd(), 1));
  SharedMemory moved = std::move(*made);
  EXPECT_EQ(moved.as<unsigned char>()[17], 42);
  EXPECT_FALSE(*made);  // NOLINT: moved from on purpose
}

TEST(FdTest, ClosesOnceAndMoves) {
  Fd one(dup(0));
  const int number = one.get();
  Fd two = std::move(one);
  EXPECT_FALSE(one);  // NOLINT
  EXPECT_EQ(two.get(), number);
  Fd& alias = two;
  two = std::move(alias);
  EXPECT_EQ(fcntl(number, F_GETFD), FD_CLOEXEC & fcntl(number, F_GETFD)) << "moving onto itself keeps it";
  two.reset();
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

// What a granted real-time policy must bring with it: the kernel ends a loop that never sleeps.
TEST(RealTime, AGrantIsLimitedAndARefusalSaysHowToAllowIt) {
  const pid_t child = fork();
  if (child == 0) {
    unsetenv("STANDSTILL_NO_REALTIME");
    const auto granted = enter_realtime(cutter_priority, false);
    if (!granted.scheduled) _exit(granted.warning.find("CAP_SYS_NICE") == std::string::npos ? 1 : 77);
    if (sched_getscheduler(0) != SCHED_FIFO) _exit(2);
    rlimit spin{};
    if (getrlimit(RLIMIT_RTTIME, &spin) != 0) _exit(3);
    _exit(spin.rlim_cur == 500000 && spin.rlim_max == 1000000 ? 0 : 4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "real-time scheduling is not allowed here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(RealTime, CanBeDeclinedAndThenSaysSo) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("STANDSTILL_NO_REALTIME", "1", 1);
    const auto granted = enter_realtime(cutter_priority, false);
    _exit(!granted.scheduled && !granted.warning.empty() && sched_getscheduler(0) == SCHED_OTHER ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Clock, CountsFromBootAndWritesTimesForPeople) {
  const Instant one = now(), two = now();
  EXPECT_LE(one, two);
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1769860800'123'456'789), "2026-01-31T12:00:00.123Z");
}

}  // namespace
}  // namespace standstill::os
