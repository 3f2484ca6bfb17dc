#include "link/serial.hpp"

#include <fcntl.h>
#include <linux/serial.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "link/latency.hpp"

namespace standstill::link {

namespace {
struct Rate {
  unsigned baud;
  speed_t speed;
};
constexpr std::array rates{Rate{1200, B1200},       Rate{2400, B2400},       Rate{4800, B4800},
                           Rate{9600, B9600},       Rate{19200, B19200},     Rate{38400, B38400},
                           Rate{57600, B57600},     Rate{115200, B115200},   Rate{230400, B230400},
                           Rate{460800, B460800},   Rate{500000, B500000},   Rate{576000, B576000},
                           Rate{921600, B921600},   Rate{1000000, B1000000}, Rate{1152000, B1152000},
                           Rate{1500000, B1500000}, Rate{2000000, B2000000}, Rate{2500000, B2500000},
                           Rate{3000000, B3000000}, Rate{3500000, B3500000}, Rate{4000000, B4000000}};

std::string open_error(int error, const std::string& device) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return device + " is not there: is the adapter plugged in?";
    case EACCES:
    case EPERM:
      return "no permission to open " + device +
             ": add this program's user to the device's group (often dialout)";
    case EBUSY:
    case EWOULDBLOCK:
      return device + " is in use by another program: end that one first";
    default:
      return device + " cannot be opened: " + std::generic_category().message(error);
  }
}

const Rate* find_rate(unsigned baud) {
  for (const Rate& rate : rates)
    if (rate.baud == baud) return &rate;
  return nullptr;
}
}  // namespace

std::expected<SerialFormat, std::string> serial_format(unsigned baud, std::string_view text) {
  if (find_rate(baud) == nullptr) {
    std::string known;
    for (const Rate& rate : rates) known += (known.empty() ? "" : ", ") + std::to_string(rate.baud);
    return std::unexpected(std::to_string(baud) + " is no baud rate of a serial device; there are " + known);
  }
  SerialFormat format{.baud = baud};
  const bool known = text.size() == 3 && text[0] == '8' &&
                     (text[1] == 'N' || text[1] == 'E' || text[1] == 'O') &&
                     (text[2] == '1' || text[2] == '2');
  if (!known)
    return std::unexpected("\"" + std::string(text) +
                           "\" is no serial format; use 8N1, 8E1, 8O1, 8N2, 8E2 or 8O2");
  format.parity = text[1];
  format.stop_bits = text[2] - '0';
  return format;
}

std::expected<os::Fd, std::string> open_serial(const std::string& device, const SerialFormat& format) {
  const Rate* rate = find_rate(format.baud);
  if (rate == nullptr) return std::unexpected(serial_format(format.baud, "8N1").error());
  os::Fd fd(::open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return std::unexpected(open_error(errno, device));
  termios mode{};
  if (tcgetattr(fd.get(), &mode) != 0) return std::unexpected(device + " is no serial device");
  if (ioctl(fd.get(), TIOCEXCL) != 0 || flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return std::unexpected(open_error(errno, device));
  cfmakeraw(&mode);
  mode.c_cflag |= CLOCAL | CREAD;
  mode.c_cflag &= ~static_cast<tcflag_t>(PARENB | PARODD | CSTOPB | CRTSCTS);
  if (format.parity != 'N') mode.c_cflag |= PARENB;
  if (format.parity == 'O') mode.c_cflag |= PARODD;
  if (format.stop_bits == 2) mode.c_cflag |= CSTOPB;
  // With VMIN 1 an empty line reads as "again", so that a read of 0 bytes always means that the device has
  // gone.
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  cfsetispeed(&mode, rate->speed);
  cfsetospeed(&mode, rate->speed);
  if (tcsetattr(fd.get(), TCSANOW, &mode) != 0) return std::unexpected(open_error(errno, device));
  // tcsetattr succeeds when any one of the settings took.
  termios taken{};
  if (tcgetattr(fd.get(), &taken) != 0 || cfgetospeed(&taken) != rate->speed)
    return std::unexpected(device + " does not take " + std::to_string(format.baud) + " baud");
  if (format.rs485) {
    serial_rs485 direction{};
    direction.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
    if (ioctl(fd.get(), TIOCSRS485, &direction) != 0)
      return std::unexpected(device + " cannot switch the direction of an RS-485 line (" +
                             std::generic_category().message(errno) +
                             "): leave out `rs485` where the adapter switches by itself");
  }
  tcflush(fd.get(), TCIOFLUSH);
  return fd;
}

SerialTransport::SerialTransport(os::Loop& loop, Settings settings)
    : loop_(loop), settings_(std::move(settings)), opening_(loop), devices_(loop, settings_.devices, [this] {
        if (returned_) returned_();
      }) {
  if (!settings_.devices.empty()) peer_ = settings_.devices.front();
}

SerialTransport::~SerialTransport() { SerialTransport::close(); }

void SerialTransport::on_return(std::function<void()> returned) { returned_ = std::move(returned); }

void SerialTransport::close() {
  done_ = nullptr;
  opening_.abandon();
  time_out_.cancel();
  // Unsent bytes would make close() wait for a line that nobody drains.
  if (device_) tcflush(device_.get(), TCIOFLUSH);
  device_.reset();
}

SerialTransport::Opened SerialTransport::open_first(const Settings& settings, std::size_t first) {
  Opened result;
  for (std::size_t i = 0; i < settings.devices.size(); ++i) {
    result.index = (first + i) % settings.devices.size();
    auto fd = open_serial(settings.devices[result.index], settings.format);
    if (fd) {
      result.device = std::move(*fd);
      if (const auto latency = shorten_latency(settings.devices[result.index]); latency && latency->refused)
        result.remark =
            settings.devices[result.index] + " holds back what it receives for up to " +
            std::to_string(latency->ms) +
            " ms, and this program may not change that: allow it with a udev rule for latency_timer";
      break;
    }
    if (!result.failures.empty()) result.failures += "; ";
    result.failures += fd.error();
  }
  return result;
}

void SerialTransport::dial(Duration time_out, Dialed done) {
  close();
  done_ = std::move(done);
  if (!served_) first_ = (first_ + 1) % settings_.devices.size();
  const bool started =
      opening_.start([settings = settings_, first = first_] { return open_first(settings, first); },
                     [this](Opened result) { opened(std::move(result)); });
  time_out_ = loop_.after(started ? time_out : Duration::zero(), [this, started] {
    time_out_.cancel();
    opening_.abandon();
    if (const auto gone = std::exchange(done_, nullptr))
      gone(std::unexpected(started
                               ? peer_ + " does not finish opening: unplug the adapter and plug it in again"
                               : "the system gives no thread to open " + peer_));
  });
}

void SerialTransport::opened(Opened result) {
  time_out_.cancel();
  const auto done = std::exchange(done_, nullptr);
  served_ = !result.device;
  if (!result.device) {
    if (done) done(std::unexpected(result.failures));
    return;
  }
  first_ = result.index;
  peer_ = settings_.devices[result.index];
  remark_ = std::move(result.remark);
  device_ = std::move(result.device);
  if (done) done({});
}

Io SerialTransport::read(std::span<std::byte> into) {
  const auto got = ::read(device_.get(), into.data(), into.size());
  if (got > 0) return {Io::Did::some, static_cast<std::size_t>(got)};
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  return {Io::Did::ended, 0, "the serial device is gone"};
}

Io SerialTransport::write(std::span<const std::byte> bytes) {
  const auto sent = ::write(device_.get(), bytes.data(), bytes.size());
  if (sent > 0) return {Io::Did::some, static_cast<std::size_t>(sent)};
  if (sent == 0 || errno == EAGAIN || errno == EINTR) return {};
  return {Io::Did::ended, 0, "the serial device is gone"};
}

}  // namespace standstill::link
