#include "output/peer/s7_bit_output.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "os/clock.hpp"
#include "wire/s7/user_data.hpp"

namespace standstill::output {

namespace {

constexpr std::size_t longest_request = 64;  // bytes; taken before the first cut
constexpr std::uint16_t wished_pdu = 240;    // every CPU grants that, and a bit needs less

std::string place(const s7::Range& bit) {
  s7::Address address;
  address.area = bit.area;
  address.db = bit.db;
  address.byte = bit.start / 8;
  address.bit = static_cast<std::uint8_t>(bit.start % 8);
  address.type = s7::Type::boolean;
  return s7::to_text(address);
}

}  // namespace

S7BitOutput::S7BitOutput(const plan::Output& output)
    : output_(output),
      bit_(s7::bit_range(static_cast<s7::Area>(output.plc.area), output.plc.db, output.plc.byte,
                         output.plc.bit)),
      dialer_(output) {
  request_.reserve(longest_request);
}

Outcome S7BitOutput::trouble() const { return dialer_.trouble(why_); }

void S7BitOutput::close(const std::string& why) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  if (fd_) ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  fd_.reset();
  why_ = why;
}

S7BitOutput::End S7BitOutput::fail(End end, const std::string& why) {
  // Refused is an answer: the connection is good. So it is when a cut came: safe is said right behind run, on
  // the same connection, which keeps their order. Whatever else would come on it would come too late.
  overtaken_ = end == End::aborted;
  if (end == End::refused || end == End::aborted)
    why_ = why;
  else
    close(why);
  return end;
}

// Not ended, and nothing on it that nobody asked for; the answer to a run that a cut overtook may still come.
bool S7BitOutput::usable() const { return overtaken_ ? static_cast<bool>(fd_) : still_quiet(fd_); }

std::uint16_t S7BitOutput::begin() {
  request_.clear();
  return ++sequence_;
}

s7::FrameReader::Result S7BitOutput::receive(Instant until, const Abort& abort, End& end) {
  using Result = s7::FrameReader::Result;
  for (;;) {
    const Result what = reader_.next();
    if (what != Result::need_more) return what;
    if (abort()) end = End::aborted;
    if (os::now() >= until) end = End::late;
    if (end != End::closed) return Result::need_more;
    pollfd ask{fd_.get(), POLLIN, 0};
    if (::poll(&ask, 1, slice(until)) <= 0) continue;
    std::array<std::byte, 512> bytes{};
    const ssize_t count = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) {
      end = End::closed;
      return Result::need_more;
    }
    reader_.add(std::span(bytes).first(static_cast<std::size_t>(count)));
  }
}

S7BitOutput::Answer S7BitOutput::exchange(std::uint16_t sequence, Instant until, const Abort& abort,
                                          Instant* commanded) {
  using Result = s7::FrameReader::Result;
  const Sent sent = send_all(fd_, request_.data(), request_.size(), until, abort);
  if (sent != Sent::all)
    return {fail(sent == Sent::late ? End::late : End::closed, "the connection takes no bytes")};
  if (commanded != nullptr) *commanded = os::now();
  for (;;) {
    End end = End::closed;
    switch (receive(until, abort, end)) {
      case Result::need_more:
        return {
            fail(end, end == End::closed ? "closed the connection without an answer" : "no answer in time")};
      case Result::data: {
        const auto message = s7::read_message(reader_.message());
        if (!message) return {fail(End::closed, message.error())};
        if (message->sequence == sequence) {
          overtaken_ = false;
          return {End::answered, *message};
        }
        break;  // of a question that was given up: nobody waits for it
      }
      case Result::failed:
        return {fail(End::closed, reader_.error())};
      case Result::disconnect:
        return {fail(End::closed, "the PLC ended the connection")};
      case Result::connect:
      case Result::confirm:
        return {fail(End::closed, "the PLC sent what nobody asked for")};
    }
  }
}

bool S7BitOutput::open(Instant until, const Abort& abort) {
  using Result = s7::FrameReader::Result;
  reader_.reset();
  fd_ = dialer_.dial(until, abort);
  if (!fd_) {
    why_ = dialer_.why();
    return false;
  }
  const auto give_up = [this](const std::string& why) {
    close(why);
    return false;
  };
  const auto greeting =
      s7::connect_frame({.source = 1, .tsaps = {output_.plc.local_tsap, output_.plc.remote_tsap}});
  if (send_all(fd_, greeting.data(), greeting.size(), until, abort) != Sent::all)
    return give_up("the connection takes no bytes");
  End end = End::closed;
  const Result confirmed = receive(until, abort, end);
  if (confirmed == Result::failed) return give_up(reader_.error());
  if (confirmed != Result::confirm)
    return give_up(end == End::closed ? "the PLC refuses the connection: check rack, slot and connection"
                                      : "no answer in time");
  std::uint16_t sequence = begin();
  s7::put(request_, s7::setup_request(sequence, {1, 1, wished_pdu}));
  const auto setup = exchange(sequence, until, abort);
  if (setup.end != End::answered) return give_up(why_);
  if (setup.message.error != 0) return give_up(s7::header_error_text(setup.message.error));
  if (const auto granted = s7::read_setup(setup.message); !granted) return give_up(granted.error());
  if (output_.plc.password.view().empty()) return true;
  sequence = begin();
  const auto data = s7::password_data(output_.plc.password.view());
  s7::put(request_, s7::user_request(sequence, {s7::UserFunction::enter_password, data}));
  const auto unlocked = exchange(sequence, until, abort);
  if (unlocked.end != End::answered) return give_up(why_);
  const auto reply = s7::read_user_reply(unlocked.message);
  if (!reply) return give_up(reply.error());
  if (reply->error != 0) return give_up(s7::header_error_text(reply->error));
  return true;
}

S7BitOutput::End S7BitOutput::write(bool value, Instant until, const Abort& abort, Instant& commanded) {
  const std::uint16_t sequence = begin();
  const std::array<std::byte, 1> data{std::byte{value ? std::uint8_t{1} : std::uint8_t{0}}};
  const s7::WriteItem item{bit_, data};
  s7::append_write_request(request_, sequence, std::span(&item, 1));
  const auto answer = exchange(sequence, until, abort, &commanded);
  if (answer.end != End::answered) return answer.end;
  if (answer.message.error != 0) return fail(End::refused, s7::header_error_text(answer.message.error));
  std::array<s7::ItemCode, 1> code{};
  if (const auto read = s7::read_write_reply(answer.message, 1, code); !read)
    return fail(End::closed, read.error());
  if (code[0] == s7::ItemCode::type || code[0] == s7::ItemCode::size)
    return fail(End::refused, place(bit_) + ": the PLC refuses to write single bits");
  if (code[0] != s7::ItemCode::good) return fail(End::refused, place(bit_) + ": " + s7::item_text(code[0]));
  return End::answered;
}

S7BitOutput::End S7BitOutput::read(bool& value, Instant until, const Abort& abort) {
  const std::uint16_t sequence = begin();
  s7::append_read_request(request_, sequence, std::span(&bit_, 1));
  const auto answer = exchange(sequence, until, abort);
  if (answer.end != End::answered) return answer.end;
  if (answer.message.error != 0) return fail(End::refused, s7::header_error_text(answer.message.error));
  std::array<s7::ItemReply, 1> reply{};
  if (const auto read = s7::read_read_reply(answer.message, std::span(&bit_, 1), reply); !read)
    return fail(End::closed, read.error());
  if (reply[0].code != s7::ItemCode::good)
    return fail(End::refused, place(bit_) + ": " + s7::item_text(reply[0].code));
  value = reply[0].data[0] != std::byte{0};
  return End::answered;
}

Outcome S7BitOutput::probe() {
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  const auto no_cut = [] { return false; };
  if (!usable()) close(why_);
  bool value = false;
  End end = End::closed;
  if (fd_) end = read(value, until, no_cut);
  if (end == End::closed) {
    // The PLC may have restarted, or come back under another address.
    if (!dialer_.resolve()) return dialer_.trouble(dialer_.why());
    if (!open(until, no_cut)) return trouble();
    end = read(value, until, no_cut);
  }
  if (end != End::answered) return trouble();
  const bool safe = output_.plc.safe != 0;
  if (made_safe_ && value != safe) {
    Instant commanded{};
    const End again = write(safe, until, no_cut, commanded);
    if (again == End::answered) why_ = place(bit_) + " was safe and had changed: made safe again";
    return trouble();
  }
  Outcome outcome;
  outcome.good = true;
  return outcome;
}

Outcome S7BitOutput::apply(bool run, const Abort& abort) {
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  const bool safe = output_.plc.safe != 0;
  made_safe_ = false;
  Outcome outcome;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!usable() && !open(until, abort)) break;
    const End end = write(run != safe, until, abort, outcome.commanded);
    if (end == End::answered) {
      made_safe_ = !run;
      outcome.good = true;
      return outcome;
    }
    // A connection that ended while nobody used it: safe is said again on a new one, run is not (it may have
    // been heard).
    if (end != End::closed || run) break;
  }
  const Instant commanded = outcome.commanded;
  outcome = trouble();
  outcome.commanded = commanded;
  return outcome;
}

}  // namespace standstill::output
