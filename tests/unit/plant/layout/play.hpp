// Plays bytes into a session as a connection would, and collects what it tells.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "plant/layout/export.hpp"
#include "plant/layout/session.hpp"
#include "unit/wire/rocrail/recordings.hpp"
#include "wire/rocrail/frame.hpp"

namespace standstill::layout {

inline constexpr Instant start = instant_from_ns(1'000'000'000'000);

struct Play {
  std::vector<std::string> updates;
  std::vector<std::string> exceptions;
  std::vector<std::string> problems;
  std::vector<std::string> states;
  int plans = 0;
  Instant now = start;
  Session session;

  explicit Play(SessionOptions options = {.link = "layout"})
      : session(
            std::move(options),
            Listeners{.on_plan = [this](const Model&) { ++plans; },
                      .on_update =
                          [this](const Change& c) {
                            updates.push_back(std::string(name(c.kind)) + ":" + std::string(c.object->id()));
                          },
                      .on_state = [this](const Object& s, Instant) { states.emplace_back(s.get("power")); },
                      .on_exception =
                          [this](std::string_view text, std::int64_t level) {
                            exceptions.push_back(std::string(text) + "/" + std::to_string(level));
                          },
                      .on_problem = [this](std::string_view text) { problems.emplace_back(text); }}) {
    session.connected(now);
    session.sent(session.output().size());
  }
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  bool feed(std::string_view stream) { return session.feed(recordings::bytes(stream), now); }
  void work() {
    while (session.work(now)) {
    }
  }
  bool play(std::string_view stream) {
    const bool good = feed(stream);
    work();
    return good;
  }
  bool say(std::string_view body) { return play(rocrail::server_frame(body)); }
  [[nodiscard]] std::string exported() const { return export_state(session.model(), 0.0).dump(); }
  [[nodiscard]] std::string get(Kind kind, std::string_view id, std::string_view attribute) const {
    const auto object = session.model().find(kind, id);
    return object ? std::string(object->get(attribute, "(missing)")) : "(no object)";
  }
};

// A plan like a large club's, deterministic.
inline std::string large_plan(std::size_t objects) {
  std::string plan = "<plan title=\"Large\" rocrailversion=\"2.1.2688\">\n";
  const auto list = [&](std::string_view kind, std::size_t count, auto&& attributes) {
    plan.append("  <").append(kind).append("list>\n");
    for (std::size_t i = 0; i < count; ++i)
      plan.append("    <")
          .append(kind)
          .append(" id=\"")
          .append(kind)
          .append(std::to_string(i))
          .append("\" ")
          .append(attributes(i))
          .append("/>\n");
    plan.append("  </").append(kind).append("list>\n");
  };
  const std::size_t n = objects / 10;
  list("fb", n * 3, [](std::size_t i) {
    return "x=\"" + std::to_string(i) + "\" y=\"1\" z=\"0\" state=\"false\" addr=\"" + std::to_string(i) +
           "\" iid=\"\" blockid=\"bk" + std::to_string(i / 3) +
           "\" gpssid=\"0\" ori=\"west\" show=\"true\" fbtype=\"0\" counter=\"0\"";
  });
  list("sw", n * 2, [](std::size_t i) {
    return "x=\"5\" y=\"2\" z=\"0\" type=\"left\" state=\"straight\" addr1=\"" + std::to_string(i) +
           "\" port1=\"1\" iid=\"\" testing=\"false\" wantedstate=\"straight\" ori=\"north\" switched=\"0\" "
           "prot=\"N\"";
  });
  list("tk", n * 2, [](std::size_t i) {
    return "x=\"" + std::to_string(i % 100) + "\" y=\"" + std::to_string(i / 100) +
           "\" z=\"0\" type=\"straight\" ori=\"west\" prev_id=\"tk\" blockid=\"\" show=\"true\" "
           "road=\"false\"";
  });
  list("bk", n, [](std::size_t) {
    return std::string(
        "x=\"1\" y=\"3\" z=\"0\" state=\"open\" locid=\"\" signal=\"sg1\" len=\"100\" reserved=\"false\" "
        "entering=\"false\" updateenterside=\"false\" managerid=\"\" fifoids=\"\"");
  });
  list("sg", n, [](std::size_t i) {
    return "x=\"3\" y=\"4\" z=\"0\" type=\"light\" signal=\"main\" state=\"red\" aspects=\"2\" addr=\"" +
           std::to_string(i) + "\" port1=\"1\" iid=\"\"";
  });
  list("lc", n, [](std::size_t i) {
    return "addr=\"" + std::to_string(i) +
           "\" V_min=\"10\" V_mid=\"50\" V_max=\"100\" V_mode=\"percent\" spcnt=\"128\" prot=\"N\" V=\"0\" "
           "dir=\"true\" fn=\"false\" fncnt=\"8\" len=\"20\" mode=\"idle\" iid=\"\" fifotop=\"true\" "
           "fx=\"0\" throttleid=\"\"";
  });
  return plan + "</plan>";
}

}  // namespace standstill::layout
