// Who may: by a secret sent along, or by the session of one who signed in; and what becomes a follower.
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "os/clock.hpp"
#include "terminal/connection.hpp"
#include "terminal/follower.hpp"
#include "terminal/routes.hpp"
#include "terminal/server.hpp"
#include "terminal/shared.hpp"

namespace standstill::terminal {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

Answer viewer_may_not(const std::string& name) {
  return problem(403, "'" + name + "' is a viewer and may not do this", "sign in as an operator or engineer");
}

json about(const Session& session, Duration idle) {
  return {{"name", session.name},
          {"role", name(session.role)},
          {"token", session.token},
          {"idle_s", std::chrono::duration_cast<std::chrono::seconds>(idle).count()}};
}

// SameSite=Strict: no other page's request carries it. HttpOnly: no script reads it.
std::string set_cookie(const Shared& shared, std::string_view value, bool secure) {
  const auto longest = std::chrono::duration_cast<std::chrono::seconds>(shared.config.session_longest);
  return shared.session_cookie + "=" + std::string(value) + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" +
         std::to_string(value.empty() ? 0 : longest.count()) + (secure ? "; Secure" : "");
}

Topics topics_of(const Request& request) {
  Topics topics{Topic::state, Topic::event};
  const auto with = request.query.find("with");
  if (with == request.query.end()) return topics;
  const std::string list = "," + with->second + ",";
  if (list.find(",tags,") != std::string::npos) topics.insert(Topic::tags);
  if (list.find(",layout,") != std::string::npos) topics.insert(Topic::layout);
  return topics;
}

}  // namespace

bool Connection::in_the_clear() const {
  return shared_.tls && !caller_.local && std::holds_alternative<Plain>(stream_);
}

void Connection::to_tls(const Request& request) {
  keep_alive_ = false;
  if (request.host.empty() ||
      request.host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                                     "WXYZ0123456789.-:[]") != std::string::npos)
    return write(problem(400, "this address speaks TLS", "use https://"));
  Answer answer = problem(308, "this address speaks TLS", "use https://; only a stop is taken in the clear");
  const auto target = parser_->get().target();
  answer.headers.emplace_back("Location",
                              "https://" + request.host + std::string(target.data(), target.size()));
  write(std::move(answer));
}

void Connection::door(const Route& route, Request request) {
  if (route.path == login_path) return sign_in(std::move(request));
  if (route.path == logout_path) return sign_out(request);
  if (route.path == session_path) return tell_session(request);
  follow(request);
}

std::string Connection::cookie_of(const Request& request) const {
  return cookie_value(request.cookie, shared_.session_cookie);
}

void Connection::let_in(Request request) {
  if (request.authorization.empty() && !cookie_of(request).empty()) return by_session(std::move(request));
  auto bearer = read_bearer(request.authorization);
  if (!bearer) return write(not_logged_in("this request needs an operator"));
  verify(std::move(request), std::move(*bearer), [self = shared_from_this()](Request known, Role role) {
    if (role == Role::viewer) return self->write(viewer_may_not(known.caller.operator_name));
    self->call(std::move(known));
  });
}

// Asks the backend on another thread; what it cannot answer is answered here. `ended`, where there is one, is
// called in any case, before anything is answered.
void Connection::ask_role(Pool& pool, std::size_t most_waiting, std::function<std::optional<Role>()> question,
                          std::function<void(std::optional<Role>)> answered,
                          const std::function<void()>& ended) {
  enter(Phase::calling);
  const bool taken = pool.post(
      [self = shared_from_this(), question = std::move(question), answered = std::move(answered),
       ended]() mutable {
        std::optional<Role> role;
        bool broken = false;
        try {
          role = question();
        } catch (const std::exception&) {
          broken = true;
        }
        auto& io = self->shared_.io;
        asio::post(io, [self = std::move(self), answered = std::move(answered), ended = std::move(ended),
                        role, broken] {
          if (ended) ended();
          if (broken) return self->write(failed("the operators could not be read"));
          answered(role);
        });
      },
      most_waiting);
  if (taken) return;
  if (ended) ended();
  write(busy());
}

// Nearly every guess ends at the first look. Each connection has one request, so all of them find room there.
void Connection::verify(Request request, Bearer bearer, Verified verified) {
  enter(Phase::calling);
  request.caller.operator_name = bearer.name;
  auto look = [self = shared_from_this(), request = std::move(request), bearer = std::move(bearer),
               verified = std::move(verified)]() mutable {
    bool could_be = true;
    try {
      could_be = self->shared_.backend.could_be(bearer.name, bearer.secret);
    } catch (const std::exception&) {  // then the closer look says what is wrong
    }
    auto& io = self->shared_.io;
    asio::post(io, [self = std::move(self), request = std::move(request), bearer = std::move(bearer),
                    verified = std::move(verified), could_be]() mutable {
      if (could_be) return self->look_closely(std::move(request), std::move(bearer), std::move(verified));
      self->judged(request, std::nullopt, verified);
    });
  };
  if (!shared_.first_looks.post(std::move(look), shared_.config.most_tcp + shared_.config.most_local))
    write(busy());
}

void Connection::look_closely(Request request, Bearer bearer, Verified verified) {
  Turns& turns = caller_.local ? shared_.local_logins : shared_.tcp_logins;
  auto look = [self = shared_from_this(), request = std::move(request), bearer = std::move(bearer),
               verified = std::move(verified), &turns] {
    auto question = [&backend = self->shared_.backend, bearer] {
      return backend.verify(bearer.name, bearer.secret);
    };
    self->ask_role(
        self->shared_.logins, most_calls_waiting_local, std::move(question),
        [self, request, verified](std::optional<Role> role) { self->judged(request, role, verified); },
        [&turns] { turns.done(); });
  };
  turns.add(caller_.peer,
            {.begin = std::move(look), .turned_away = [self = shared_from_this()] { self->write(busy()); }});
}

void Connection::judged(const Request& request, std::optional<Role> role, const Verified& verified) {
  auto& logins = shared_.failed_logins;
  const std::string& name = request.caller.operator_name;
  if (role) {
    logins.succeeded(name, caller_.peer);
    return verified(request, *role);
  }
  // The phase makes it the next to be closed when connections run short: guessing never keeps others out.
  enter(Phase::idle);
  timer_.expires_after(logins.failed(name, caller_.peer, os::now()));
  timer_.async_wait([self = shared_from_this()](ErrorCode cancelled) {
    if (!cancelled) self->write(not_logged_in("name or secret is wrong"));
  });
}

void Connection::sign_in(Request request) {
  const json body = json::parse(request.body, nullptr, false);
  const auto text = [&](const char* member) {
    return body.is_object() && body.contains(member) && body.at(member).is_string()
               ? body.at(member).get<std::string>()
               : std::string{};
  };
  Bearer bearer{text("name"), text("secret")};
  if (bearer.name.empty() || bearer.secret.empty())
    return write(
        problem(400, "'name' and 'secret' are both needed",
                "send {\"name\": NAME, \"secret\": SECRET} as `standstill operator add` printed them"));
  const std::string old = cookie_of(request);
  request.body.clear();
  verify(std::move(request), std::move(bearer), [self = shared_from_this(), old](Request known, Role role) {
    Shared& shared = self->shared_;
    shared.sessions.close(old);
    const auto cookie = shared.sessions.open(known.caller.operator_name, role, os::now());
    if (!cookie) return self->write(failed("the system gives no random numbers"));
    const Session* session = shared.sessions.find(*cookie, os::now());
    Answer answer{.body = about(*session, shared.config.session_idle).dump()};
    answer.headers.emplace_back("Set-Cookie",
                                set_cookie(shared, *cookie, std::holds_alternative<Secure>(self->stream_)));
    self->write(std::move(answer));
  });
}

void Connection::sign_out(const Request& request) {
  shared_.sessions.close(cookie_of(request));
  Answer answer{.body = R"({"name":null})"};
  answer.headers.emplace_back("Set-Cookie", set_cookie(shared_, {}, std::holds_alternative<Secure>(stream_)));
  write(std::move(answer));
}

void Connection::tell_session(const Request& request) {
  const Session* session = shared_.sessions.find(cookie_of(request), os::now());
  write({.body = session == nullptr ? json{{"name", nullptr}}.dump()
                                    : about(*session, shared_.config.session_idle).dump()});
}

void Connection::by_session(Request request) {
  const std::string cookie = cookie_of(request);
  const Session* session = shared_.sessions.find(cookie, os::now());
  if (session == nullptr) return write(not_logged_in("the session has ended"));
  if (!same_text(request.token, session->token))
    return write(problem(403, "this request does not show that the page itself asks",
                         "send the session's 'token' as the header X-Standstill-Token"));
  request.caller.operator_name = session->name;
  // The operator may have been removed, or changed, since.
  auto question = [&backend = shared_.backend, name = session->name] { return backend.role_of(name); };
  ask_role(shared_.calls, most_calls_waiting_tcp, std::move(question),
           [self = shared_from_this(), request = std::move(request)](std::optional<Role> role) {
             const std::string& name = request.caller.operator_name;
             if (!role) {
               self->shared_.sessions.close_all_of(name);
               return self->write(not_logged_in("'" + name + "' is no operator any more"));
             }
             if (*role == Role::viewer) return self->write(viewer_may_not(name));
             self->call(request);
           });
}

void Connection::follow(const Request& request) {
  if (!boost::beast::websocket::is_upgrade(parser_->get())) {
    Answer answer = problem(426, "this address is a WebSocket", "connect with ws:// or wss://");
    answer.headers.emplace_back("Upgrade", "websocket");
    return write(std::move(answer));
  }
  if (!same_origin(request.origin, request.host))
    return write(problem(403, "this request comes from another page (" + request.origin + ")",
                         "use the supervisor's own address"));
  if (shared_.feed.count() >= shared_.config.most_followers) return write(busy());
  timer_.cancel();
  lowest(stream_).expires_never();
  std::make_shared<Follower>(std::move(stream_), shared_, caller_.local, topics_of(request))
      ->start(parser_->release());
}

}  // namespace standstill::terminal
