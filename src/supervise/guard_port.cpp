#include "supervise/guard_port.hpp"

#include <sys/epoll.h>

#include "os/clock.hpp"
#include "os/unix_socket.hpp"

namespace standstill::supervise {

using permit::Type;

GuardPort::GuardPort(os::Loop& loop, std::string state_dir, Handlers handlers)
    : loop_(loop), state_dir_(std::move(state_dir)), handlers_(std::move(handlers)) {}

// The lifeline is let go before its page is unmapped: the thread's list of held mutexes would lead nowhere.
GuardPort::~GuardPort() { drop(); }

std::expected<void, std::string> GuardPort::connect(const permit::Hello& hello) {
  auto socket = os::connect_seqpacket(state_dir_ + "/guard.sock");
  if (!socket) return std::unexpected(socket.error());
  socket_ = std::move(*socket);
  watch_ = loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { readable(); });
  permit_sequence_ = 0;
  send(Type::hello, hello);
  return {};
}

template <class Body>
void GuardPort::send(Type type, const Body& body) {
  if (!socket_) return;
  const auto message = permit::Message::of(type, body);
  // A full queue means a guard that does not read: its permit time-out will say the rest.
  [[maybe_unused]] const bool sent = os::send_packet(socket_.get(), &message, sizeof message);
}

void GuardPort::drop() {
  watch_ = {};
  socket_.reset();
  if (holding_) os::lifeline_release(cuts_.as<pages::CutPage>()->supervisor);
  holding_ = false;
  cuts_ = {};
}

void GuardPort::readable() {
  permit::Message message;
  for (int i = 0; i < 64 && socket_; ++i) {
    os::Received got = os::receive_packet(socket_.get(), &message, sizeof message);
    if (got.bytes < 0) return;
    if (got.bytes == 0) {
      drop();
      if (handlers_.lost) handlers_.lost();
      return;
    }
    if (got.bytes != static_cast<std::ptrdiff_t>(sizeof message) || message.magic_number != permit::magic)
      continue;
    switch (message.type) {
      case Type::welcome:
        if (auto page = os::SharedMemory::attach(std::move(got.passed), sizeof(pages::CutPage))) {
          cuts_ = std::move(*page);
          holding_ = os::lifeline_hold(cuts_.as<pages::CutPage>()->supervisor);
        }
        if (handlers_.welcome) handlers_.welcome(message.as<permit::StateBody>());
        break;
      case Type::state:
        if (handlers_.state) handlers_.state(message.as<permit::StateBody>());
        break;
      case Type::cause:
        if (handlers_.cause) handlers_.cause(message.as<permit::CauseBody>());
        break;
      case Type::event:
        if (handlers_.event) handlers_.event(message.as<permit::EventBody>());
        break;
      case Type::answer:
        if (handlers_.answer) handlers_.answer(message.as<permit::AnswerBody>());
        break;
      case Type::stage:
        if (handlers_.stage) handlers_.stage(message.as<permit::StageBody>());
        break;
      default:
        break;
    }
  }
}

void GuardPort::cut(std::uint32_t due) {
  if (cuts_) pages::cut(*cuts_.as<pages::CutPage>(), due, plan::max_outputs);
}

void GuardPort::send_permit(std::uint64_t plan_hash) {
  send(Type::permit, permit::PermitBody{++permit_sequence_, to_ns(os::now()), plan_hash});
}

void GuardPort::report(SourceIndex source, const Verdict& verdict, Instant at, std::int64_t wall_ns) {
  send(Type::report,
       permit::Report{source, verdict.standing, verdict.code, to_ns(at), wall_ns, verdict.detail});
}

std::uint64_t GuardPort::word(permit::WordBody word) {
  word.id = ++word_id_;
  word.sent_ns = to_ns(os::now());
  send(Type::word, word);
  return word.id;
}

void GuardPort::ease() { send(Type::ease, 0); }

void GuardPort::readback(std::uint8_t output, bool good, bool safe, Instant at) {
  send(Type::readback, permit::ReadbackBody{output, static_cast<std::uint8_t>(safe),
                                            static_cast<std::uint8_t>(good), to_ns(at)});
}

void GuardPort::sent(std::uint8_t stage, bool ok) {
  send(Type::sent, permit::SentBody{stage, static_cast<std::uint8_t>(ok)});
}

void GuardPort::command(std::uint8_t output, bool run) {
  send(Type::command, permit::CommandBody{output, static_cast<std::uint8_t>(run)});
}

void GuardPort::replan() { send(Type::replan, 0); }

void GuardPort::leave(bool guard_too) {
  send(guard_too ? Type::quit : Type::bye, 0);
  drop();
}

}  // namespace standstill::supervise
