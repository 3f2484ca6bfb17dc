// A plan of 20 000 objects, parsed and modelled; and what one update costs in a small plan and in a large
// one.
//
// Ours is what the supervisor does: the session is fed the framed plan in the link engine's portions, decodes
// it in its slices and makes it the model. The yardstick parses the same bytes with pugixml and builds
// nothing. With a file name as argument the plan is written there too, for the Python yardstick.
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <pugixml.hpp>
#include <random>

#include "bench/sample.hpp"
#include "os/clock.hpp"
#include "plant/layout/session.hpp"
#include "sim/generate_plan.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

constexpr std::size_t read_bytes = std::size_t{64} * 1024;  // as the link engine reads
constexpr int rounds = 31;
constexpr std::size_t large = 20'000, small = 100;

// Processor time of this thread: what else the machine does disturbs it little.
double now_ns() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e9 + static_cast<double>(spent.tv_nsec);
}

std::string framed(const std::string& body) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlh>\n  <xml size=\"" +
         std::to_string(body.size() + 2) + "\"/>\n</xmlh>" + body + "\n" + std::string(1, '\0');
}

void take_in(layout::Session& session, const std::string& stream) {
  std::span<const std::byte> rest = std::as_bytes(std::span(stream));
  while (!rest.empty()) {
    const auto portion = rest.first(std::min(rest.size(), read_bytes));
    if (!session.feed(portion, os::now())) std::abort();
    rest = rest.subspan(portion.size());
    while (session.work(os::now())) {
    }
  }
}

// Updates of `different` feedbacks spread over the plan, framed as the server does.
std::vector<std::string> updates_of(const layout::Model& model, std::size_t different, std::size_t count) {
  std::vector<std::string> ids;
  model.each(layout::Kind::fb, [&](const layout::Object& object) { ids.emplace_back(object.id()); });
  different = std::min(different, ids.size());
  std::mt19937 random(7);
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(framed("<fb id=\"" + ids[random() % different * (ids.size() / different)] + "\" state=\"" +
                          (i % 2 == 0 ? "true" : "false") + "\" val=\"" + std::to_string(i) + "\"/>"));
  return made;
}

layout::Session fresh_session() {
  layout::Session session({}, {});
  session.connected(os::now());
  return session;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string plan = sim::generate_plan(large, 1);
  const std::string stream = framed(plan);
  if (argc > 1) std::ofstream(argv[1], std::ios::binary) << plan;

  Row parse{"plan of 20 000 objects parsed and modelled / pugixml", {}, {}, 2.5};
  parse.compared = 0.5;  // a batch job: its typical duration counts, not the machine's hiccups
  std::size_t objects = 0;
  for (int round = -2; round < rounds; ++round) {  // the first two warm up
    double began = now_ns();
    {
      pugi::xml_document document;
      if (!document.load_buffer(plan.data(), plan.size())) return 1;
      if (round >= 0) parse.yardstick.push_back(now_ns() - began);
    }
    auto session = std::make_unique<layout::Session>(layout::SessionOptions{}, layout::Listeners{});
    session->connected(os::now());
    began = now_ns();
    take_in(*session, stream);
    if (round >= 0) parse.ours.push_back(now_ns() - began);
    objects = session->model().count();
  }
  bool good = objects >= large && print(parse);
  std::fprintf(stderr, "bench: the plan has %zu bytes, the model %zu objects\n", plan.size(), objects);

  auto in_large = fresh_session();
  auto in_small = fresh_session();
  take_in(in_large, stream);
  take_in(in_small, framed(sim::generate_plan(small, 1)));
  constexpr std::size_t batch = 200, batches = 60;
  const std::size_t few = in_small.model().count(layout::Kind::fb);
  const auto small_updates = updates_of(in_small.model(), few, batches * batch);
  const auto large_updates = updates_of(in_large.model(), few, batches * batch);
  const auto cold_updates = updates_of(in_large.model(), large, batches * batch);
  Row update{"one update, plan of 20 000 / of 100, as many objects move", {}, {}, 1.5};
  Row cold{"the same, every object of the large plan moves", {}, {}, {}};
  update.compared = cold.compared = 0.5;
  const auto time_batch = [&](layout::Session& session, const std::vector<std::string>& updates,
                              std::size_t from) {
    const double began = now_ns();
    for (std::size_t i = from; i < from + batch; ++i) take_in(session, updates[i]);
    return (now_ns() - began) / batch;
  };
  for (std::size_t from = 0; from < batches * batch; from += batch) {
    const double in_100 = time_batch(in_small, small_updates, from);
    const double in_20000 = time_batch(in_large, large_updates, from);
    const double all_of_20000 = time_batch(in_large, cold_updates, from);
    if (from < 2 * batch) continue;
    update.yardstick.push_back(in_100);
    update.ours.push_back(in_20000);
    cold.yardstick.push_back(in_100);
    cold.ours.push_back(all_of_20000);
  }
  good = print(update) && good;
  print(cold);
  // For bench/run, which compares with Python.
  if (argc > 2) std::ofstream(argv[2]) << percentile(parse.ours, 0.5) << "\n";
  return good ? 0 : 1;
}
