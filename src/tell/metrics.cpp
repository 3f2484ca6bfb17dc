#include "tell/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace standstill::tell {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::array<const char*, 3> states{"tripped", "ready", "running"};
constexpr std::array<const char*, 7> link_states{"dialing", "probing", "online",   "silent",
                                                 "lost",    "closed",  "suspended"};
constexpr std::array<const char*, 4> readbacks{"confirmed", "unconfirmed", "failed", "none"};

double seconds(Duration length) { return std::chrono::duration<double>(length).count(); }
double number(std::uint64_t count) { return static_cast<double>(count); }

class Page {
 public:
  void begin(const char* name, const char* help, MetricType type) {
    families_.push_back(
        {.name = std::string("standstill_") + name, .help = help, .type = type, .metric = {}});
  }
  void gauge(const char* name, const char* help) { begin(name, help, MetricType::Gauge); }
  void counter(const char* name, const char* help) { begin(name, help, MetricType::Counter); }
  void value(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    add(std::move(metric));
  }
  void add(ClientMetric metric) { families_.back().metric.push_back(std::move(metric)); }
  // One series a possible state, the current one 1: a graph and an alert rule need no table of numbers.
  template <std::size_t N>
  void choice(const std::array<const char*, N>& names, const std::string& current, const Labels& labels,
              const char* label) {
    for (const char* name : names) {
      Labels extended = labels;
      extended.push_back({label, name});
      value(current == name ? 1.0 : 0.0, std::move(extended));
    }
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void describe_chain(Page& page, const MetricsInput& input) {
  page.gauge("info", "Version of the supervisor; always 1.");
  page.value(1.0, {{"version", input.version}});
  page.gauge("state", "1 for the state of the latch, 0 for the others.");
  page.choice(states, input.state, {}, "state");
  page.gauge("epoch", "Number of the latest trip.");
  page.value(number(input.epoch));
  page.gauge("acknowledged", "1 when the latest trip has been acknowledged.");
  page.value(input.acknowledged ? 1.0 : 0.0);
  page.counter("trips_total", "Trips.");
  page.value(number(input.trips));
  page.gauge("guard_up", "1 while the guard answers.");
  page.value(input.guard_alive ? 1.0 : 0.0);
  page.gauge("permit_age_seconds", "Age of the last permit the guard accepted; NaN while no guard answers.");
  page.value(input.permit_age < Duration::zero() ? std::numeric_limits<double>::quiet_NaN()
                                                 : seconds(input.permit_age));
  page.gauge("loop_longest_turn_seconds", "Longest turn of the loop that watches, since the last scrape.");
  page.value(seconds(input.loop_longest_turn));
  page.counter("loop_overruns_total", "Turns of the loop that were too long for a permit.");
  page.value(number(input.loop_overruns));
}

void describe_links(Page& page, const MetricsInput& input) {
  const auto labels = [](const MetricsInput::Link& link) {
    return Labels{{"link", link.id}, {"kind", link.kind}};
  };
  page.gauge("link_state", "1 for the state of the link, 0 for the others.");
  for (const auto& link : input.links) page.choice(link_states, link.state, labels(link), "state");
  page.counter("link_disconnects_total", "Times the connection ended.");
  for (const auto& link : input.links) page.value(number(link.disconnects), labels(link));
  page.counter("link_dials_total", "Attempts to connect, or to reach a device on a line.");
  for (const auto& link : input.links) page.value(number(link.dials), labels(link));
  page.counter("link_faults_total", "What went wrong without ending the connection, by kind.");
  for (const auto& link : input.links)
    for (const auto& [fault, count] : link.faults) {
      Labels with = labels(link);
      with.push_back({"fault", fault});
      page.value(number(count), with);
    }
  page.counter("link_outage_seconds", "Total time not online since it was online first.");
  for (const auto& link : input.links) page.value(seconds(link.outage), labels(link));
  page.gauge("link_rtt_seconds", "Round trip of the last answered probe.");
  for (const auto& link : input.links)
    if (link.rtt >= Duration::zero()) page.value(seconds(link.rtt), labels(link));
  page.gauge("link_last_heard_seconds", "Age of the last valid message.");
  for (const auto& link : input.links)
    if (link.last_heard_age >= Duration::zero()) page.value(seconds(link.last_heard_age), labels(link));
}

void describe_outputs(Page& page, const MetricsInput& input) {
  page.gauge("output_safe", "1 while the output is commanded safe.");
  for (const auto& output : input.outputs) page.value(output.safe ? 1.0 : 0.0, {{"output", output.id}});
  page.gauge("output_readback", "1 for the state of the read-back, 0 for the others.");
  for (const auto& output : input.outputs)
    page.choice(readbacks, output.readback, {{"output", output.id}}, "readback");
}

void describe_stages(Page& page, const MetricsInput& input) {
  page.begin("trip_stage_seconds",
             "Time from the decision to trip to each stage of the way to the safe state.",
             MetricType::Histogram);
  for (const auto& series : input.stages) {
    ClientMetric metric;
    metric.label = {{"stage", series.stage}};
    metric.histogram.sample_count = series.count;
    metric.histogram.sample_sum = series.sum_seconds;
    for (std::size_t i = 0; i < series.at_most.size() && i < StageTimes::bounds().size(); ++i)
      metric.histogram.bucket.push_back({series.at_most[i], StageTimes::bounds()[i]});
    // Prometheus refuses a histogram without it; the library adds none of its own.
    metric.histogram.bucket.push_back({series.count, std::numeric_limits<double>::infinity()});
    page.add(std::move(metric));
  }
}

void describe_record(Page& page, const MetricsInput& input) {
  const auto labels = [](const AlertStatus& alert) {
    return Labels{{"alert", alert.id}, {"kind", alert.kind}};
  };
  page.gauge("alert_failing", "1 while the last attempt to deliver failed.");
  for (const auto& alert : input.alerts) page.value(alert.failing ? 1.0 : 0.0, labels(alert));
  page.gauge("alert_pending", "Events waiting to be delivered.");
  for (const auto& alert : input.alerts) page.value(static_cast<double>(alert.pending), labels(alert));
  page.counter("alert_delivered_total", "Events delivered.");
  for (const auto& alert : input.alerts) page.value(number(alert.delivered), labels(alert));
  page.counter("alert_dropped_total", "Events given up.");
  for (const auto& alert : input.alerts) page.value(number(alert.dropped), labels(alert));
  const auto link = [](const PublisherStatus& publisher) { return Labels{{"link", publisher.id}}; };
  page.gauge("publish_online", "1 while the broker that readings go to is there.");
  for (const auto& publisher : input.publishers) page.value(publisher.online ? 1.0 : 0.0, link(publisher));
  page.counter("publish_sent_total", "Messages that the broker confirmed.");
  for (const auto& publisher : input.publishers) page.value(number(publisher.sent), link(publisher));
  page.gauge("publish_waiting", "Messages that the broker has not confirmed yet, on disk or under way.");
  for (const auto& publisher : input.publishers)
    page.value(static_cast<double>(publisher.waiting), link(publisher));
  page.counter("publish_lost_total", "Messages that could not be kept.");
  for (const auto& publisher : input.publishers) page.value(number(publisher.lost), link(publisher));
  page.counter("publish_disconnects_total", "Times the broker was lost.");
  for (const auto& publisher : input.publishers) page.value(number(publisher.disconnects), link(publisher));
  page.gauge("journal_up", "1 while the journal can be written.");
  page.value(input.journal_ok ? 1.0 : 0.0);
  page.counter("journal_events_total", "Events written.");
  page.value(number(input.journal_events));
  page.counter("journal_lost_total", "Events that could not be kept.");
  page.value(number(input.journal_lost));
  page.counter("snapshots_total", "Snapshots written.");
  page.value(number(input.snapshots));
}

}  // namespace

const std::vector<double>& StageTimes::bounds() {
  static const std::vector<double> values{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                          0.1,    0.2,   0.5,   1.0,   2.0,  5.0,  10.0};
  return values;
}

void StageTimes::observe(std::string_view stage, Duration length) {
  auto found =
      std::find_if(series_.begin(), series_.end(), [&](const Series& s) { return s.stage == stage; });
  if (found == series_.end()) {
    series_.push_back({.stage = std::string(stage), .at_most = std::vector<std::uint64_t>(bounds().size())});
    found = series_.end() - 1;
  }
  const double value = seconds(length);
  for (std::size_t i = 0; i < bounds().size(); ++i)
    if (value <= bounds()[i]) ++found->at_most[i];
  ++found->count;
  found->sum_seconds += value;
}

std::string metrics_text(const MetricsInput& input) {
  Page page;
  describe_chain(page, input);
  describe_links(page, input);
  describe_outputs(page, input);
  describe_stages(page, input);
  describe_record(page, input);
  return page.text();
}

}  // namespace standstill::tell
