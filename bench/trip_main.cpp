// The server's connection dies → the relay's write completed; beside a bare epoll loop of the same scheduling
// class.
//
// One sample of the yardstick and one of ours alternate, each after quiet, as a stop comes. Several plants
// take turns, so that the others can be brought back together. Compared is the moment after write() returned,
// noted by the process that wrote; that the relay has read it, behind the pseudo terminal, is printed below
// and not compared.
//
// usage: bench_trip [SAMPLES] [--only TEXT] [--keep FILE]   (default 200 a variant)
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "bench/options.hpp"
#include "bench/peer.hpp"
#include "bench/plant.hpp"
#include "bench/sample.hpp"
#include "bench/yardstick.hpp"
#include "os/clock.hpp"
#include "sim/generate_plan.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

constexpr std::size_t plants_at_once = 5;
constexpr double limit = 2.5;
constexpr int batches = 2;  // a ratio over the limit is looked at with up to three times as many samples

struct Variant {
  const char* name;
  bool realtime, loaded;
  std::size_t arriving;  // bytes of a large plan that arrive before the end
  std::size_t samples;
};

std::string framed(const std::string& body) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlh>\n  <xml size=\"" +
         std::to_string(body.size() + 2) + "\"/>\n</xmlh>" + body + "\n" + std::string(1, '\0');
}

// Sends what arrives last and ends the connection; the moment just before the end.
std::int64_t die(os::Fd connection, std::string_view last_words, bool realtime) {
  while (!last_words.empty()) {
    const ssize_t count = ::send(connection.get(), last_words.data(), last_words.size(), MSG_NOSIGNAL);
    if (count <= 0) break;
    last_words.remove_prefix(static_cast<std::size_t>(count));
  }
  // Below everybody who is measured and above the load: the load must not come between the clock and the
  // close.
  if (realtime) become_realtime(1);
  const std::int64_t at = to_ns(os::now());
  // Not close(): the thread that serves the peers may still hold the socket in its poll(), and only the last
  // one to let go of it ends the connection. The bytes are the same.
  ::shutdown(connection.get(), SHUT_RDWR);
  if (realtime) become_realtime(0);
  return at;
}

std::optional<std::int64_t> later_than(std::int64_t began, std::int64_t at) {
  return at > began ? std::optional(at) : std::nullopt;
}

// What did not happen within this time counts as having taken it: a slow sample is not a missing one.
constexpr std::int64_t patience_ns = 1'000'000'000;
double since(std::int64_t died, std::optional<std::int64_t> at) {
  return static_cast<double>(at ? *at - died : patience_ns);
}

template <class Look>
std::optional<std::int64_t> await(const Look& look) {
  const std::int64_t end = to_ns(os::now()) + patience_ns;
  for (;;) {
    ::usleep(20'000);  // long after it has happened, so that looking disturbs nothing
    if (const std::optional<std::int64_t> at = look(); at || to_ns(os::now()) >= end) return at;
  }
}

class Course {
 public:
  Course(const Variant& variant, const std::string& last_words)
      : variant_(variant), last_words_(std::string_view(last_words).substr(0, variant.arriving)) {
    const std::string plan = recorded_plan();
    bare_peer_ = peers_.add({});
    for (std::size_t i = 0; i < plants_at_once; ++i) plan_peers_.push_back(peers_.add(plan));
    peers_.begin();
    yardstick_ = std::make_unique<Yardstick>(
        Yardstick::of_connection(peers_.port(bare_peer_), bare_relay_.device(), variant.realtime));
    for (const std::size_t peer : plan_peers_)
      plants_.push_back(std::make_unique<Plant>(PlantSettings{
          .port = peers_.port(peer), .relays = 1, .megabytes = 0, .realtime = variant.realtime}));
  }

  void sample_until(std::size_t wanted, Row& writes, Row& reads) {
    const std::size_t most = 3 * wanted;
    for (std::size_t tries = 0; writes.ours.size() < wanted && tries < most; tries += plants_at_once) {
      for (auto& plant : plants_) plant->ask_release();
      std::vector<bool> running;
      for (auto& plant : plants_) running.push_back(plant->released());
      for (std::size_t i = 0; i < plants_.size(); ++i) {
        if (!running[i]) continue;
        take_yardstick(writes, reads);
        take_ours(i, writes, reads);
      }
    }
  }

 private:
  void take_yardstick(Row& writes, Row& reads) {
    yardstick_->arm();
    bare_relay_.arm();
    quiet();
    const std::int64_t died = die(peers_.take(bare_peer_), last_words_, variant_.realtime);
    const auto written = await([&] { return later_than(died, yardstick_->written_ns()); });
    writes.yardstick.push_back(since(died, written));
    reads.yardstick.push_back(since(died, await([&] { return later_than(died, bare_relay_.heard_ns()); })));
  }

  void take_ours(std::size_t i, Row& writes, Row& reads) {
    Plant& plant = *plants_[i];
    plant.arm();
    quiet();
    const std::int64_t died = die(peers_.take(plan_peers_[i]), last_words_, variant_.realtime);
    const auto written = await([&] { return plant.written_ns(died); });
    writes.ours.push_back(since(died, written));
    reads.ours.push_back(since(died, await([&] { return plant.heard_ns(); })));
  }

  void quiet() const { ::usleep(variant_.arriving > 0 ? 40'000 : 25'000); }

  Variant variant_;
  std::string_view last_words_;
  Peers peers_;
  std::size_t bare_peer_ = 0;
  std::vector<std::size_t> plan_peers_;
  Relay bare_relay_;
  std::unique_ptr<Yardstick> yardstick_;
  std::vector<std::unique_ptr<Plant>> plants_;
};

bool measure(const Variant& variant, const std::string& large_plan, const Options& options,
             std::vector<Row>& extra) {
  std::unique_ptr<BusyCores> load;
  Course course(variant, large_plan);
  Row warm_up, warm_reads;
  course.sample_until(plants_at_once, warm_up, warm_reads);
  if (variant.loaded) load = std::make_unique<BusyCores>();
  Row writes{std::string("connection dies: written, ") + variant.name, {}, {}, limit};
  Row reads{std::string("connection dies: read behind a pty, ") + variant.name, {}, {}, {}};
  for (int batch = 1; batch <= batches && (batch == 1 || writes.fails()); ++batch)
    course.sample_until(variant.samples * static_cast<std::size_t>(batch), writes, reads);
  const bool good = print(writes);
  options.note("trip", variant.name, writes);
  extra.push_back(std::move(reads));
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv, 200);
  const std::string one = framed(sim::generate_plan(10'000, 1));
  const std::string large_plan = one + one.substr(0, one.size() / 2);
  const bool allowed = become_realtime(1);
  become_realtime(0);
  bool good = true;
  std::vector<Row> extra;
  for (const Variant& variant :
       {Variant{"ordinary, idle", false, false, 0, options.samples},
        Variant{"ordinary, both cores loaded", false, true, 0, options.samples},
        Variant{"real time, idle", true, false, 0, options.samples},
        Variant{"real time, both cores loaded", true, true, 0, options.samples},
        Variant{"a 10 000-object plan arriving", allowed, false, large_plan.size(), options.samples / 4}}) {
    if (!options.wanted(variant.name)) continue;
    if (variant.realtime && !allowed) {
      std::fprintf(stderr, "bench: %s: not measured, this machine allows no real-time scheduling\n",
                   variant.name);
      continue;
    }
    good = measure(variant, large_plan, options, extra) && good;
  }
  for (const Row& row : extra) print(row);
  return good ? 0 : 1;
}
