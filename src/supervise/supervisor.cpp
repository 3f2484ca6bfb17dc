#include "supervise/supervisor.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "record/journal_reader.hpp"
#include "supervise/alert_settings.hpp"

namespace standstill::supervise {

namespace {

constexpr Duration publish_every = 250ms;
constexpr Duration turning_within = 2s;
constexpr Duration welcome_within = 10s;  // a loaded machine may take its time to start a process

std::filesystem::path journal_file(const config::Config& config) {
  return config.site.state_dir / "journal.db";
}

}  // namespace

Supervisor::Supervisor(os::Loop& loop, const config::Config& config, CompiledPlan plan, RunOptions options)
    : loop_(loop),
      config_(config),
      plan_(std::move(plan)),
      options_(std::move(options)),
      shelved_(config.site.state_dir),
      guard_process_(options_.guard_program, options_.cutter_program, config.site.state_dir),
      port_(loop, config.site.state_dir,
            {.welcome = [this](const permit::StateBody& body) { on_welcome(body); },
             .state = [this](const permit::StateBody& body) { on_state(body); },
             .cause = [this](const permit::CauseBody& body) { on_cause(body); },
             .event = [this](const permit::EventBody& body) { on_event(body); },
             .answer = [this](const permit::AnswerBody& body) { on_answer(body); },
             .stage = [this](const permit::StageBody& body) { on_stage(body); },
             .lost = [this] { on_guard_lost(); }}),
      session_start_wall_ns_(os::wall_ns()),
      gap_(config.guard.permit_timeout) {
  remember();
  record::Recorder::Settings journal;
  journal.file = journal_file(config);
  recorder_ = std::make_unique<record::Recorder>(std::move(journal));
  scribe_ = std::make_unique<Scribe>(config.site.state_dir);
  teller_ = make_teller(config_, [this](const tell::AlertStatus& status) {
    this->journal("alert", status.failing ? "failing" : "works", status.id,
                  status.failing ? status.last_error : "delivers again");
  });
  reminders_ = make_reminders(config_);
  const plan::Plan& compiled = *plan_.plan;
  view_.site = config.site.name;
  view_.guard_trouble = "not connected yet";
  view_.guard.state = LatchState::tripped;
  verdicts_.resize(compiled.source_count);
  for (std::size_t i = 0; i < compiled.source_count; ++i)
    view_.sources.push_back({std::string(compiled.sources[i].name.view()), Standing::unknown, true, {}});
  for (const auto& output : config.outputs)
    view_.outputs.push_back({output.id, output.kind, {}, readback_words(output), output.is_safety()});
  board_ = std::make_unique<WatchBoard>(
      config_, plan_, tags_,
      [this](const std::string& id) {
        const Job* job = this->job(id);
        return job == nullptr ? Instant{} : job->vouched_at();
      },
      WatchBoard::Listener{
          .decided = [this](SourceIndex source, const Finding& finding) { decided(source, finding); },
          .told = [this](SourceIndex source, const Verdict& verdict) { report(source, verdict); },
          .warned =
              [this](const std::string& watch, bool warns, const std::string& detail) {
                std::erase_if(view_.warnings, [&](const AbnormalView& one) { return one.watch == watch; });
                if (warns) view_.warnings.push_back({watch, detail});
                if (warns) this->journal("warning", "limit", watch, detail);
                publish_soon();
              }});
  add_links();
  if (config_.bus) add_bus();
}

void Supervisor::remember() {
  auto reader = record::JournalReader::open(journal_file(config_));
  if (!reader) return;
  journal_epoch_ = reader->last_epoch().value_or(0);
  // By epoch, for which the journal has an index: a long journal is not searched while no permit goes out.
  if (const auto pictures = reader->read({.epoch = journal_epoch_, .kind = "snapshot"}))
    for (const auto& [id, event] : *pictures)
      if (event.code != "taken")
        pictured_ = {event.epoch, event.code == "written" ? event.source : std::string{}};
  if (const auto said = reader->read({.of_guard = true, .limit = 1, .newest = true}); said && !said->empty())
    heard_ = {said->front().event.boot_id, said->front().event.guard_seq};
}

Supervisor::~Supervisor() {
  ended_ = true;
  // Their threads call back into this object: they end before any part of it does.
  scribe_.reset();
  teller_.reset();
  recorder_.reset();
}

void Supervisor::begin() {
  journal("supervisor", "started", "supervisor", "version and plan are in force",
          nlohmann::json{{"pid", ::getpid()}, {"plan", plan_.hash}}.dump());
  connect_guard();
  for (auto& job : jobs_) job->begin();
  if (bus_) bus_->begin();
  tick();
  publish();
  check_proof_tests();
}

void Supervisor::connect_guard() {
  if (ending_ || port_.connected()) return;
  permit::Hello hello{};
  hello.pid = static_cast<std::uint32_t>(::getpid());
  hello.plan_hash = plan_.hash;
  hello.journal_epoch = std::max({journal_epoch_, view_.guard.epoch, bus_epoch_});
  const auto connected = port_.connect(hello);
  if (connected) {
    welcomed_ = false;
    view_.guard_trouble = "it has not answered the greeting yet";
    connect_timer_ = loop_.after(welcome_within, [this] { unwelcome(); });
    return;
  }
  view_.guard_trouble = connected.error();
  if (!guard_process_.running())
    if (const auto started = guard_process_.start(); !started) view_.guard_trouble = started.error();
  publish_soon();
  connect_timer_ = loop_.after(50ms, [this] { connect_guard(); });
}

// S2: a guard that hangs while it starts dies for nobody, and no heartbeat of its is watched yet.
void Supervisor::unwelcome() {
  if (ending_ || welcomed_) return;
  const bool ours = guard_process_.running();
  view_.guard_trouble =
      "it took the connection and has said nothing for " + std::to_string(to_ms(welcome_within) / 1000) +
      (ours ? " s: it hangs, and is replaced" : " s: it hangs; end it, and it is started anew");
  journal("guard", "hangs", "guard", view_.guard_trouble);
  tell("lost", "guard_lost", "guard", view_.guard_trouble, os::wall_ns());
  port_.leave(false);
  if (ours) guard_process_.fence();
  publish_soon();
  connect_timer_ = loop_.after(100ms, [this] { connect_guard(); });
}

// The permit goes out from here and from nowhere else: after every watch was evaluated, in the same turn.
void Supervisor::tick() {
  const Instant now = os::now();
  if (const Duration gap = gap_.turn(now); gap != Duration::zero()) {
    ++view_.overruns;
    if (running()) {
      port_.cut(pages::all_outputs);
      permit::WordBody word{};
      word.word = permit::Word::stop;
      word.code = CauseCode::loop_overrun;
      word.detail.assign("the supervisor's loop stood still for " + std::to_string(to_ms(gap)) + " ms");
      port_.word(word);
    }
  }
  last_turn_ns_ = to_ns(now);
  board_->evaluate(now);
  tell_readbacks(false);
  if (!ending_) port_.send_permit(plan_.hash);
  tick_timer_ = loop_.at(now + std::max<Duration>(config_.guard.permit_timeout / 4, 5ms), [this] { tick(); });
}

void Supervisor::publish_soon() {
  if (publish_pending_) return;
  publish_pending_ = true;
  loop_.post([this] { publish(); });
}

void Supervisor::publish() {
  publish_pending_ = false;
  view_.made = os::now();
  view_.links.clear();
  view_.publishers.clear();
  for (const auto& job : jobs_) {
    view_.links.push_back(job->status());
    if (auto publishing = job->publishing()) view_.publishers.push_back(std::move(*publishing));
  }
  if (bus_) view_.links.push_back(bus_->status());
  if (bus_) view_.stations = bus_->stations();
  view_.longest_turn = std::max(view_.longest_turn, loop_.take_longest_turn());
  view_.stage_times = stage_times_.all();
  shelf_.put(std::make_shared<const View>(view_));
  remind();
  trends_.look(tags_.all(), view_.made, os::wall_ns());
  for (const auto& over : shelved_.take_ended(os::wall_ns()))
    journal("alarm", "ended", over.source, "it is told again: its time, set by " + over.who + ", is over");
  publish_timer_ = loop_.after(publish_every, [this] { publish(); });
}

bool Supervisor::turning() const {
  return os::now() - instant_from_ns(last_turn_ns_.load()) < turning_within;
}

ViewPtr Supervisor::view_now() const {
  ViewPtr view = shelf_.get();
  if (turning() || !view->guard_connected) return view;
  auto doubtful = std::make_shared<View>(*view);
  doubtful->guard_connected = false;
  doubtful->guard_trouble = "the supervisor's own loop has stood still for " +
                            std::to_string(to_ms(os::now() - instant_from_ns(last_turn_ns_.load()))) +
                            " ms: nothing newer is known";
  return doubtful;
}

record::Event Supervisor::entry(std::string kind, std::string code, std::string source,
                                std::string detail) const {
  record::Event event;
  event.kind = std::move(kind);
  event.code = std::move(code);
  event.source = std::move(source);
  event.detail = std::move(detail);
  event.epoch = shelf_.get()->guard.epoch;
  event.boot_ns = to_ns(os::now());
  event.wall_ns = os::wall_ns();
  return event;
}

void Supervisor::journal(std::string kind, std::string code, std::string source, std::string detail,
                         std::string data) {
  record::Event event = entry(std::move(kind), std::move(code), std::move(source), std::move(detail));
  event.data = std::move(data);
  recorder_->submit(std::move(event));
}

void Supervisor::tell(std::string event, std::string code, std::string source, std::string detail,
                      std::int64_t wall_ns, std::optional<Epoch> epoch) {
  // S15: what was put aside is quiet, but no trip, no acknowledgement and no reset ever is.
  const bool quiet = event == "lost" || event == "return" || event == "prooftest_overdue";
  if (quiet && shelved_.covers(source, os::wall_ns())) return;
  tell::AlertEvent alert = alert_event(std::move(event));
  if (epoch) alert.epoch = *epoch;
  alert.code = std::move(code);
  alert.source = std::move(source);
  alert.detail = std::move(detail);
  alert.wall_ns = wall_ns;
  teller_->submit(alert);
}

tell::AlertEvent Supervisor::alert_event(std::string event) const {
  tell::AlertEvent alert;
  alert.event = std::move(event);
  alert.site = config_.site.name;
  alert.state = state_word(view_);
  alert.epoch = view_.guard.epoch;
  return alert;
}

void Supervisor::remind() {
  const permit::StateBody& guard = view_.guard;
  const bool unacknowledged =
      view_.guard_connected && guard.state == LatchState::tripped && guard.acknowledged == 0;
  for (const auto& due : reminders_.update(os::now(), guard.epoch, unacknowledged)) {
    tell::AlertEvent alert = alert_event("unacknowledged");
    alert.code = name(guard.first_out_code);
    alert.source = guard.first_out_source.view();
    alert.detail = "nobody has acknowledged it for " + std::to_string(to_ms(due.since) / 1000) +
                   " s: " + std::string(guard.first_out_detail.view());
    alert.wall_ns = os::wall_ns();
    teller_->submit_to(due.alert, alert);
  }
}

void Supervisor::stop(CauseCode code, std::string detail) {
  loop_.post([this, code, detail = std::move(detail)] { stop_now(code, detail); });
}

void Supervisor::stop_now(CauseCode code, const std::string& detail) {
  port_.cut(running() ? plan_.stages.due(os::now(), os::now()).outputs : pages::all_outputs);
  permit::WordBody word{};
  word.word = permit::Word::stop;
  word.code = code;
  word.detail.assign(detail);
  port_.word(word);
}

std::optional<permit::AnswerBody> Supervisor::word(permit::Word what, Epoch epoch, const std::string& who) {
  auto promise = std::make_shared<std::promise<permit::AnswerBody>>();
  auto answer = promise->get_future();
  loop_.post([this, promise, what, epoch, who] {
    if (!port_.connected()) return;  // the wait below runs out
    permit::WordBody word{};
    word.word = what;
    word.epoch = epoch;
    word.who.assign(who);
    answers_[port_.word(word)] = promise;
  });
  if (answer.wait_for(std::chrono::seconds(3)) != std::future_status::ready) return std::nullopt;
  const permit::AnswerBody got = answer.get();
  if (bus_ && got.refusal == Refusal::none && what != permit::Word::stop)
    loop_.post([this, what, who] {
      bus_->released(what == permit::Word::acknowledge ? estop::Action::acknowledge
                     : what == permit::Word::reset     ? estop::Action::reset
                                                       : estop::Action::start,
                     who);
    });
  return got;
}

SnapshotInput Supervisor::picture(record::SnapshotKind kind) {
  for (const auto& job : jobs_) job->catch_up();
  SnapshotInput input;
  input.kind = kind;
  input.wall_ns = os::wall_ns();
  input.at = os::now();
  view_.links.clear();
  for (const auto& job : jobs_) view_.links.push_back(job->status());
  input.view = view_;
  for (const auto& job : jobs_)
    if (auto part = job->picture()) input.parts.push_back(std::move(part));
  input.tags = tags_.all();
  if (kind == record::SnapshotKind::emergency) input.before = trends_.newest(60s);
  input.metadata = config_.site.metadata;
  input.session_start_wall_ns = session_start_wall_ns_;
  return input;
}

Job* Supervisor::job(const std::string& id) {
  for (auto& job : jobs_)
    if (id.empty() || job->config().id == id) return job.get();
  return nullptr;
}

void Supervisor::end(std::function<void()> done) {
  if (ending_) return;
  ending_ = true;
  ended_callback_ = std::move(done);
  journal("supervisor", "ended", "supervisor", "a clean end was asked for");
  // Secure first: the links' own goodbyes come when the outputs are safe.
  const bool guard_too = guard_process_.ours();
  port_.leave(guard_too);
  end_poll(os::now() + 8s);
}

void Supervisor::end_poll(Instant give_up) {
  if (guard_process_.running() && os::now() < give_up) {
    end_timer_ = loop_.after(10ms, [this, give_up] { end_poll(give_up); });
    return;
  }
  for (auto& job : jobs_) job->close();
  if (bus_) bus_->close();
  ended_ = true;
  ended_callback_();
}

}  // namespace standstill::supervise
