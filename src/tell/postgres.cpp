// An event as a row of a PostgreSQL table.
//
// By libpq's calls that do not wait (PostgreSQL manual, "Asynchronous Command Processing"): a server that
// hangs holds up neither the time-out nor the end of the program, which no call of libpqxx can promise. A row
// has a key made of the event, so that one whose confirmation was lost is not there twice.
#include <poll.h>
#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "os/clock.hpp"
#include "tell/channel.hpp"

namespace standstill::tell {
namespace {

struct End {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, End>;
using Result = std::unique_ptr<PGresult, End>;

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// PostgreSQL takes no zero byte in a text, and nothing that is no UTF-8.
std::string clean(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    bool whole = length != 0 && i + length <= text.size() && lead != 0;
    for (std::size_t k = 1; whole && k < length; ++k)
      whole = (static_cast<unsigned char>(text[i + k]) & 0xC0U) == 0x80U;
    // Overlong forms, surrogates and what lies beyond Unicode (RFC 3629, section 4).
    if (whole && length > 2) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      whole = !((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F));
    }
    made += whole ? std::string(text.substr(i, length)) : std::string("?");
    i += whole ? length : 1;
  }
  return made;
}

class Postgres final : public Channel {
 public:
  Postgres(PostgresConfig config, Duration time_out) : config_(std::move(config)), time_out_(time_out) {}

  std::expected<void, Undelivered> deliver(const AlertEvent& event, const Wake& wake) override {
    const Instant until = os::now() + time_out_;
    auto connection = connect(until, wake);
    if (!connection) return std::unexpected(std::move(connection.error()));
    auto stored = insert(connection->get(), event, until, wake);
    if (stored || !no_table_) return stored;
    no_table_ = false;
    if (auto made = make_table(connection->get(), until, wake); !made) return made;
    return insert(connection->get(), event, until, wake);
  }

 private:
  using Done = std::expected<void, Undelivered>;

  static std::unexpected<Undelivered> failure(const PGconn* connection) {
    return std::unexpected(Undelivered{.why = one_line(PQerrorMessage(connection))});
  }

  // Until the socket may be used; false: the time is up, or the program ends.
  static bool ready(const PGconn* connection, short events, Instant until, const Wake& wake) {
    for (;;) {
      const Instant now = os::now();
      if (now >= until || wake.ending()) return false;
      pollfd watched{PQsocket(connection), events, 0};
      // The wake rings for new events too, so it is asked, not listened to.
      const auto pause = std::min<std::int64_t>(to_ms(until - now) + 1, 100);
      if (::poll(&watched, 1, static_cast<int>(pause)) > 0) return true;
    }
  }

  static std::unexpected<Undelivered> late(const Wake& wake) {
    return std::unexpected(
        Undelivered{.why = wake.ending() ? "the program is ending" : "the database did not answer in time"});
  }

  std::expected<Connection, Undelivered> connect(Instant until, const Wake& wake) {
    Connection connection(PQconnectStart(config_.connection.c_str()));
    if (!connection) return std::unexpected(Undelivered{.why = "out of memory"});
    if (PQstatus(connection.get()) == CONNECTION_BAD) return failure(connection.get());
    short wanted = POLLOUT;
    for (;;) {
      if (!ready(connection.get(), wanted, until, wake)) return late(wake);
      switch (PQconnectPoll(connection.get())) {
        case PGRES_POLLING_OK:
          PQsetnonblocking(connection.get(), 1);
          return connection;
        case PGRES_POLLING_READING:
          wanted = POLLIN;
          break;
        case PGRES_POLLING_WRITING:
          wanted = POLLOUT;
          break;
        default:
          return failure(connection.get());
      }
    }
  }

  // What was sent goes out, and the answer comes in.
  Done finish(PGconn* connection, Instant until, const Wake& wake) {
    for (int left = PQflush(connection); left != 0; left = PQflush(connection)) {
      if (left < 0) return failure(connection);
      if (!ready(connection, POLLIN | POLLOUT, until, wake)) return late(wake);
      if (PQconsumeInput(connection) == 0) return failure(connection);
    }
    Done done;
    for (;;) {
      while (PQisBusy(connection) != 0) {
        if (!ready(connection, POLLIN, until, wake)) return late(wake);
        if (PQconsumeInput(connection) == 0) return failure(connection);
      }
      const Result result(PQgetResult(connection));
      if (!result) return done;
      const auto status = PQresultStatus(result.get());
      if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) continue;
      const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      no_table_ = state != nullptr && std::strcmp(state, "42P01") == 0;
      // Class 42: no right, no such column; 22 and 23: it does not fit. The same row will not fit later
      // either.
      const bool refused = state != nullptr && !no_table_ &&
                           (std::strncmp(state, "42", 2) == 0 || std::strncmp(state, "22", 2) == 0 ||
                            std::strncmp(state, "23", 2) == 0);
      done = std::unexpected(
          Undelivered{.why = one_line(PQresultErrorMessage(result.get())), .refused = refused});
    }
  }

  Done make_table(PGconn* connection, Instant until, const Wake& wake) {
    const std::string sql =
        "CREATE TABLE IF NOT EXISTS " + quoted() +
        " (id text PRIMARY KEY, at timestamptz NOT NULL, site text NOT NULL, event text NOT "
        "NULL, state text NOT NULL, epoch bigint NOT NULL, code text NOT NULL, source text "
        "NOT NULL, detail text NOT NULL, text text NOT NULL)";
    if (PQsendQuery(connection, sql.c_str()) == 0) return failure(connection);
    return finish(connection, until, wake);
  }

  Done insert(PGconn* connection, const AlertEvent& event, Instant until, const Wake& wake) {
    const std::string sql = "INSERT INTO " + quoted() +
                            " (id, at, site, event, state, epoch, code, source, detail, text) VALUES "
                            "($1,$2::timestamptz,$3,$4,$5,$6::bigint,$7,$8,$9,$10) ON CONFLICT DO NOTHING";
    const std::array<std::string, 10> values{
        clean(event.site + " " + std::to_string(event.wall_ns) + " " + event.event + " " + event.source),
        os::rfc3339(event.wall_ns),
        clean(event.site),
        clean(event.event),
        clean(event.state),
        std::to_string(event.epoch),
        clean(event.code),
        clean(event.source),
        clean(event.detail),
        clean(sentence(event))};
    std::array<const char*, 10> pointers{};
    std::ranges::transform(values, pointers.begin(), [](const std::string& value) { return value.c_str(); });
    if (PQsendQueryParams(connection, sql.c_str(), static_cast<int>(pointers.size()), nullptr,
                          pointers.data(), nullptr, nullptr, 0) == 0)
      return failure(connection);
    return finish(connection, until, wake);
  }

  // Letters, digits, '_', '-' and '.' only: the configuration's own rule for ids, checked again below.
  [[nodiscard]] std::string quoted() const { return "\"" + config_.table + "\""; }

  const PostgresConfig config_;
  const Duration time_out_;
  bool no_table_ = false;
};

}  // namespace

std::expected<std::unique_ptr<Channel>, std::string> make_channel(const PostgresConfig& config,
                                                                  Duration time_out) {
  if (config.table.empty() || config.table.size() > 63 ||
      config.table.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
          std::string::npos)
    return std::unexpected("'table' must be 1 to 63 letters, digits, '_', '-' or '.'");
  char* message = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(config.connection.c_str(), &message);
  const bool good = parsed != nullptr && !config.connection.empty();
  PQconninfoFree(parsed);
  PQfreemem(message);  // not shown: it may quote the password
  if (!good)
    return std::unexpected(
        "what 'connection_file' holds is no connection string: write host=… dbname=… user=… password=…, or "
        "postgresql://…");
  return std::make_unique<Postgres>(config, time_out);
}

}  // namespace standstill::tell
