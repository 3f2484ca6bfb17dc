#include "wire/plan/plan.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "kernel/checksum.hpp"

namespace standstill::plan {

static_assert(std::is_trivially_copyable_v<Plan>);

namespace {

std::uint32_t checksum(const Plan& plan) {
  static constexpr std::uint32_t zero = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&plan);
  constexpr std::size_t at = offsetof(Plan, crc);
  std::uint32_t crc = crc32(bytes, at);
  crc = crc32(&zero, sizeof zero, crc);
  return crc32(bytes + at + sizeof zero, sizeof plan - at - sizeof zero, crc);
}

std::unexpected<std::string> bad(const std::string& what) {
  return std::unexpected("the plan is not usable: " + what +
                         "; run `standstill check`, then `standstill run` compiles it again");
}

std::unexpected<std::string> failed(const char* path, const char* what) {
  return std::unexpected(std::string(path) + ": " + what + ": " + std::strerror(errno));
}

// Texts go to the C library as they are: one that fills its field to the last byte has no end.
template <class Text>
bool ended(const Text& text) {
  return text.c_str()[sizeof text - 1] == '\0';
}

bool ended(const Output& output) {
  return ended(output.name) && ended(output.gpio.chip) && ended(output.readback.gpio.chip) &&
         ended(output.device) && ended(output.framing) && ended(output.safe_bytes) &&
         ended(output.run_bytes) && ended(output.reply) && ended(output.reply_run) && ended(output.host) &&
         ended(output.safe_request) && ended(output.run_request) && ended(output.plc.password) &&
         ended(output.topic) && ended(output.user) && ended(output.password) &&
         output.safe_argv.back() == '\0' && output.run_argv.back() == '\0';
}

bool good_source(const Plan& plan, std::uint8_t index) {
  return index == no_index || index < plan.source_count;
}

std::expected<void, std::string> verify_outputs(const Plan& plan) {
  for (std::size_t i = 0; i < plan.output_count; ++i) {
    const Output& output = plan.outputs[i];
    const std::string where = "output '" + std::string(output.name.view()) + "'";
    if (output.kind > OutputKind::last) return bad(where + " has an unknown kind");
    if (output.source >= plan.source_count) return bad(where + " has no source");
    if (output.escalate != no_index && output.escalate >= plan.output_count)
      return bad(where + " escalates to nothing");
    if (output.readback.kind > ReadbackKind::tag) return bad(where + " has an unknown read-back");
    for (const Pattern pattern : output.patterns)
      if (pattern > Pattern::rapid) return bad(where + " has an unknown pattern");
    if (!ended(output)) return bad(where + " has a text without an end");
    if (output.kind == OutputKind::program && output.safe_argv[0] == '\0')
      return bad(where + " has no program");
    if (output.kind == OutputKind::s7_bit &&
        (output.plc.bit > 7 || output.plc.byte > 65535 || output.plc.safe > 1))
      return bad(where + " has a bit out of range");
    if (output.kind == OutputKind::mqtt && (output.topic.empty() || output.safe_request.empty()))
      return bad(where + " has nothing to publish");
    if (output.kind == OutputKind::guard_board &&
        (output.device.empty() || output.timeout_ms < 100 || output.timeout_ms > 2000))
      return bad(where + " has no device, or a time-out out of range");
    if (output.probe_ms < 1000 || output.probe_ms > 60000) return bad(where + " has probes out of range");
    if (output.kind == OutputKind::pulse && (output.pulse_ms < 1 || output.pulse_ms > 1000))
      return bad(where + " has pulses out of range");
    if (output.kind == OutputKind::watchdog && (output.expires_ms < 1000 || output.expires_ms > 60000))
      return bad(where + " has a time-out out of range");
  }
  return {};
}

std::expected<void, std::string> write_all(int fd, const Plan& plan, const char* path) {
  const auto* bytes = reinterpret_cast<const char*>(&plan);
  std::size_t done = 0;
  while (done < sizeof plan) {
    const ssize_t count = ::write(fd, bytes + done, sizeof plan - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed(path, "cannot be written");
    done += static_cast<std::size_t>(count);
  }
  if (::fsync(fd) != 0) return failed(path, "cannot be made durable");
  return {};
}

}  // namespace

std::uint32_t crc32(const void* bytes, std::size_t count, std::uint32_t seed) {
  return standstill::crc32({static_cast<const std::uint8_t*>(bytes), count}, seed);
}

void seal(Plan& plan) {
  plan.size = sizeof plan;
  plan.crc = checksum(plan);
}

std::uint64_t hash(const Plan& plan) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&plan);
  std::uint64_t value = 0xCBF29CE484222325U;
  for (std::size_t i = 0; i < sizeof plan; ++i) value = (value ^ bytes[i]) * 0x100000001B3U;
  return value;
}

std::expected<void, std::string> verify(const Plan& plan) {
  if (plan.magic_number != magic) return bad("it is no plan");
  if (plan.format != version || plan.size != sizeof plan) return bad("another version of Standstill made it");
  if (plan.crc != checksum(plan)) return bad("its checksum is wrong");
  if (plan.source_count < internal_sources || plan.source_count > max_sources ||
      plan.output_count > max_outputs || plan.stage_count > max_stages || plan.demand_count > max_demands)
    return bad("a count is out of range");
  if (plan.permit_timeout_ms < 20 || plan.permit_timeout_ms > 2000)
    return bad("permit_timeout_ms is out of range");
  if (plan.heartbeat_timeout_ms < 20 || plan.heartbeat_timeout_ms > 2000)
    return bad("heartbeat_timeout_ms is out of range");
  for (std::size_t i = 0; i < plan.stage_count; ++i) {
    const Stage& stage = plan.stages[i];
    if (stage.output != no_index && stage.output >= plan.output_count) return bad("a stage names no output");
    if (!good_source(plan, stage.link_source)) return bad("a stage names no link");
  }
  for (std::size_t i = 0; i < plan.demand_count; ++i)
    if (plan.demands[i].source >= plan.source_count) return bad("a demand has no source");
  for (std::size_t i = 0; i < plan.demand_count; ++i)
    if (!ended(plan.demands[i].a.chip) || !ended(plan.demands[i].b.chip))
      return bad("a demand has a text without an end");
  return verify_outputs(plan);
}

std::expected<void, std::string> load(const char* path, Plan& into) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed(path, "cannot be read");
  auto* bytes = reinterpret_cast<char*>(&into);
  std::size_t done = 0;
  while (done < sizeof into) {
    const ssize_t count = ::read(fd, bytes + done, sizeof into - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  ::close(fd);
  if (done < sizeof into) return bad("it is shorter than a plan");
  return verify(into);
}

std::expected<void, std::string> store(const char* path, const Plan& plan) {
  const std::string target = path;
  const std::string temporary = target + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed(temporary.c_str(), "cannot be created");
  auto written = write_all(fd, plan, temporary.c_str());
  ::close(fd);
  if (!written) return written;
  if (::rename(temporary.c_str(), path) != 0) return failed(path, "cannot be replaced");
  const std::string folder = target.substr(0, target.find_last_of('/') + 1);
  const int folder_fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0) return failed(folder.c_str(), "cannot be opened");
  const bool durable = ::fsync(folder_fd) == 0;
  ::close(folder_fd);
  if (!durable) return failed(folder.c_str(), "cannot be made durable");
  return {};
}

}  // namespace standstill::plan
