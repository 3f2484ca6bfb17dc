#include "sim/generate_plan.hpp"

#include <algorithm>
#include <random>

namespace standstill::sim {

namespace {

// Shares of a large layout, in percent; what rounding leaves over becomes feedbacks.
constexpr std::size_t switch_share = 18;
constexpr std::size_t block_share = 14;
constexpr std::size_t signal_share = 14;
constexpr std::size_t output_share = 8;
constexpr std::size_t text_share = 4;
constexpr std::size_t route_share = 14;
constexpr std::size_t loco_share = 4;

class Text {
 public:
  explicit Text(std::string& out) : out_(out) {}
  Text& open(const char* name) {
    out_ += std::string("    <") + name;
    return *this;
  }
  Text& put(const char* name, const std::string& value) {
    out_.append(" ").append(name).append("=\"").append(value).append("\"");
    return *this;
  }
  Text& put(const char* name, std::size_t value) { return put(name, std::to_string(value)); }
  void close(const char* end = "/>\n") { out_ += end; }

 private:
  std::string& out_;
};

std::string named(const char* prefix, std::size_t number) { return prefix + std::to_string(number); }

}  // namespace

std::string generate_plan(std::size_t objects, std::uint32_t seed) {
  objects = std::clamp<std::size_t>(objects, 1, 1'000'000);
  std::mt19937 random(seed);
  const auto dice = [&random](std::size_t sides) { return static_cast<std::size_t>(random()) % sides; };
  const std::size_t switches = objects * switch_share / 100;
  const std::size_t blocks = objects * block_share / 100;
  const std::size_t signals = std::min(blocks, objects * signal_share / 100);
  const std::size_t outputs = objects * output_share / 100;
  const std::size_t texts = objects * text_share / 100;
  const std::size_t routes = std::min(blocks, objects * route_share / 100);
  const std::size_t locos = std::min(blocks / 3, objects * loco_share / 100);
  const std::size_t sensors = objects - switches - blocks - signals - outputs - texts - routes - locos;

  std::string out;
  out.reserve(objects * 220 + 1024);
  Text text(out);
  out +=
      "<plan title=\"Generated plan\" rocrailversion=\"2.0-0\" donkey=\"false\" healthy=\"true\" "
      "rocrailpwd=\"/srv/railway/generated\">\n  <zlevel z=\"0\" title=\"Level0\"/>\n  <tklist/>\n";
  const auto where = [&](std::size_t i) {
    text.put("x", i % 200).put("y", i / 200).put("z", std::size_t{0});
  };

  out += "  <fblist>\n";
  for (std::size_t i = 1; i <= sensors; ++i) {
    text.open("fb").put("id", named("fb", i));
    where(i);
    text.put("state", "false").put("addr", i).put("iid", "");
    text.put("blockid", i <= blocks ? named("bk", i) : "").put("gpssid", "0").close();
  }
  out += "  </fblist>\n  <swlist>\n";
  for (std::size_t i = 1; i <= switches; ++i) {
    const char* state = dice(3) == 0 ? "turnout" : "straight";
    text.open("sw").put("id", named("sw", i));
    where(i);
    text.put("type", dice(2) == 0 ? "left" : "right").put("state", state).put("addr1", i / 4 + 1);
    text.put("port1", i % 4 + 1).put("iid", "").put("testing", "false").put("wantedstate", state).close();
  }
  out += "  </swlist>\n  <bklist>\n";
  for (std::size_t i = 1; i <= blocks; ++i) {
    const bool taken = i % 3 == 0 && i / 3 <= locos;
    text.open("bk").put("id", named("bk", i));
    where(i);
    text.put("state", "open").put("locid", taken ? named("loco ", i / 3) : "");
    text.put("signal", i <= signals ? named("sg", i) : "")
        .put("len", 80 + dice(200))
        .put("reserved", "false");
    text.put("entering", "false")
        .put("updateenterside", "false")
        .put("managerid", "")
        .put("fifoids", "")
        .close();
  }
  out += "  </bklist>\n  <sglist>\n";
  for (std::size_t i = 1; i <= signals; ++i) {
    text.open("sg").put("id", named("sg", i));
    where(i);
    text.put("type", "light")
        .put("signal", "main")
        .put("state", "red")
        .put("aspects", dice(2) == 0 ? "2" : "4");
    text.put("addr", 2000 + i).put("port1", "1").put("iid", "").close();
  }
  out += "  </sglist>\n  <colist>\n";
  for (std::size_t i = 1; i <= outputs; ++i) {
    text.open("co").put("id", named("co", i));
    where(i);
    text.put("state", dice(2) == 0 ? "on" : "off")
        .put("addr", 4000 + i)
        .put("port", "1")
        .put("iid", "")
        .close();
  }
  out += "  </colist>\n  <txlist>\n";
  for (std::size_t i = 1; i <= texts; ++i) {
    text.open("tx").put("id", named("tx", i));
    where(i);
    text.put("text", named("Gleis ", i)).put("format", "").put("block", "").close();
  }
  out += "  </txlist>\n  <stlist>\n";
  for (std::size_t i = 1; i <= routes; ++i) {
    text.open("st")
        .put("id", named("rt", i))
        .put("bka", named("bk", i))
        .put("bkb", named("bk", i % blocks + 1));
    text.put("bkaside", "true").put("bkbside", "true").close(switches == 0 ? "/>\n" : ">\n");
    if (switches == 0) continue;
    out += "  ";
    text.open("swcmd")
        .put("id", named("sw", i % switches + 1))
        .put("cmd", dice(2) == 0 ? "straight" : "turnout")
        .close();
    out += "    </st>\n";
  }
  out += "  </stlist>\n  <lclist>\n";
  for (std::size_t i = 1; i <= locos; ++i) {
    text.open("lc").put("id", named("loco ", i)).put("addr", i).put("V_min", "10").put("V_mid", "50");
    text.put("V_max", "100").put("V_mode", "percent").put("spcnt", "128").put("prot", "N").put("V", "0");
    text.put("dir", "true")
        .put("fn", "false")
        .put("fncnt", "8")
        .put("len", 10 + dice(40))
        .put("mode", "idle");
    text.put("blockid", named("bk", i * 3)).put("iid", "").put("fifotop", "true").put("fx", "0");
    text.put("throttleid", "").close();
  }
  out +=
      "  </lclist>\n  <carlist/>\n  <operatorlist/>\n  <sclist/>\n  <tourlist/>\n  <locationlist/>\n"
      "  <actionlist/>\n  <seltablist/>\n  <sblist/>\n  <boosterlist/>\n  <weather/>\n</plan>\n";
  return out;
}

}  // namespace standstill::sim
