// What the plant says: links, command stations, watches, read-backs. The way from here to the cut is short on
// purpose.
#include <fcntl.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "record/reports.hpp"
#include "supervise/supervisor.hpp"

namespace standstill::supervise {

void Supervisor::add_links() {
  std::uint32_t seed = static_cast<std::uint32_t>(os::wall_ns());
  JobMaker maker(loop_, tags_, config_.site.state_dir);
  for (const auto& link : config_.links) {
    auto job = maker.make(
        link, ++seed,
        Job::Listener{.changed = [this](const link::Status& status, link::State previous,
                                        std::string_view why) { on_link(status, previous, why); },
                      .behind = [this, id = link.id](const Verdict& verdict) { on_behind(id, verdict); },
                      .tags = [this] { tell_readbacks(false); },
                      .said =
                          [this, id = link.id](std::string_view code, const std::string& detail) {
                            journal("link", std::string(code), id, detail);
                          }});
    if (!job) continue;
    if (link.critical) {
      SilenceSettings settings;
      settings.link.assign(link.id);
      silences_.emplace(link.id, SilenceWatch(settings));
    }
    jobs_.push_back(std::move(job));
  }
}

// S1: a decision is cut first, by the direct path, and only then put into words for the guard and everybody
// else.
void Supervisor::decided(SourceIndex source, const Finding& finding) {
  if (finding.standing != Standing::present || !running()) return;
  const Instant now = os::now();
  bool pointless = false;
  for (const auto& stage : config_.stages)
    if (const auto* send = std::get_if<config::Send>(&stage.act)) {
      const Job* job = this->job(send->link);
      const auto own = plan_.links.find(send->link);
      pointless = pointless || job == nullptr || job->state() != link::State::online ||
                  (own != plan_.links.end() && own->second == source);
    }
  port_.cut(plan_.stages.due(now, now, pointless ? now : never).outputs);
}

void Supervisor::report(SourceIndex source, const Verdict& verdict) {
  verdicts_[source] = verdict;
  port_.report(source, verdict, os::now(), os::wall_ns());
  if (!verdict.detail.empty()) view_.sources[source].detail = std::string(verdict.detail.view());
}

void Supervisor::on_link(const link::Status& status, link::State previous, std::string_view why) {
  const Instant now = os::now();
  const bool was_online = previous == link::State::online;
  if (const auto silence = silences_.find(status.id); silence != silences_.end()) {
    const SourceIndex source = plan_.links.at(status.id);
    const Finding finding = silence->second.judge(now, standing_of(status.state));
    decided(source, finding);
    Verdict verdict = spoken(finding, silence->second);
    if (finding.standing == Standing::present && !why.empty()) verdict.detail.assign(why);
    const Job* job = this->job(status.id);
    if (status.state == link::State::closed && was_online && job != nullptr && job->eases_on_goodbye())
      port_.ease();
    report(source, verdict);
  }
  board_->link_changed(status.id, status.state, now);
  if (status.state != link::State::online) tags_.link_gone(status.id);
  if (status.state == link::State::dialing || status.state == link::State::probing) return publish_soon();
  journal_link(status, why);
  if (status.state == link::State::lost && was_online)
    tell("lost", "link_lost", status.id, std::string(why), os::wall_ns());
  if (status.state == link::State::lost && previous == link::State::silent)
    tell("lost", "link_lost", status.id, std::string(why), os::wall_ns());
  if (status.state == link::State::online && status.disconnects > 0)
    tell("return", "", status.id, "the link is online again", os::wall_ns());
  publish_soon();
}

// A peer that is away for a night is dialled a thousand times: what repeats itself is written once, and
// counted.
void Supervisor::journal_link(const link::Status& status, std::string_view why) {
  LinkWritten& written = links_written_[status.id];
  if (status.state == written.state && why == written.why) {
    ++written.repeated;
    return;
  }
  std::string detail(why);
  if (written.repeated > 0)
    detail += (detail.empty() ? "" : "; ") + std::string("the line before this one held for ") +
              std::to_string(written.repeated + 1) + " attempts";
  written = {status.state, std::string(why), 0};
  journal("link", std::string(name(status.state)), status.id, std::move(detail));
}

void Supervisor::on_behind(const std::string& link, const Verdict& verdict) {
  const auto source = plan_.behind.find(link);
  if (source == plan_.behind.end()) return;
  if (verdict.standing != Standing::present) return report(source->second, verdict);
  decided(source->second, {verdict.standing, verdict.code, verdict.warn});
  report(source->second, verdict);
  journal(std::string(source_behind(*config_.link(link))), std::string(name(verdict.code)), link,
          std::string(verdict.detail.view()));
}

void Supervisor::tell_readbacks(bool all) {
  for (const auto& output : config_.outputs) {
    if (!output.readback) continue;
    const auto* tag = std::get_if<config::TagReadback>(&output.readback->input);
    if (tag == nullptr) continue;
    const std::uint8_t index = plan_.outputs.at(output.id);
    const Sample sample = board_->sample(tags_.declare(tag->source.link, tag->source.tag));
    const bool good = sample.quality == SampleQuality::good && is_finite(sample.value);
    bool safe = tag->expect ? sample.value >= *tag->expect - 1e-9 && sample.value <= *tag->expect + 1e-9
                            : sample.value < *tag->below;
    if (running() && tag->expect_run)
      safe = !(sample.value >= *tag->expect_run - 1e-9 && sample.value <= *tag->expect_run + 1e-9);
    ReadbackTold& told = readbacks_told_[index];
    if (!all && told.good == good && told.safe == safe && told.at == sample.at) continue;
    told = {good, safe, sample.at};
    port_.readback(index, good, good && safe, sample.at);
  }
}

void Supervisor::check_proof_tests() {
  scribe_->later([this] {
    const std::int64_t now = os::wall_ns();
    // An output that was never tested is due one interval after the installation, which this file dates.
    const std::string installed = config_.site.state_dir / "installed";
    const os::Fd made(::open(installed.c_str(), O_CREAT | O_EXCL | O_CLOEXEC | O_WRONLY, 0600));
    struct stat info{};
    const std::int64_t since =
        ::stat(installed.c_str(), &info) == 0 ? info.st_mtim.tv_sec * 1'000'000'000LL : now;
    for (const auto& output : config_.outputs) {
      if (!output.is_safety()) continue;
      const auto last = record::last_passed(config_.site.state_dir, record::ReportKind::prooftest, output.id);
      const auto due =
          record::proof_test_due(last.value_or(0), since, static_cast<int>(output.prooftest_days), now);
      if (due.overdue)
        loop_.post([this, id = output.id, now] {
          const std::string text =
              "the proof test of " + id + " is overdue: `standstill prooftest " + id + "`";
          journal("prooftest", "overdue", id, text);
          tell("prooftest_overdue", "", id, text, now);
        });
    }
  });
  proof_timer_ = loop_.after(std::chrono::hours(24), [this] { check_proof_tests(); });
}

}  // namespace standstill::supervise
