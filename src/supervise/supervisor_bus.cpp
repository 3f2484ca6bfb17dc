// The bus beside the supervisor: what it decides goes to the guard like everything else.
#include "os/clock.hpp"
#include "supervise/supervisor.hpp"

namespace standstill::supervise {

void Supervisor::add_bus() {
  auto start = prepare_bus(config_);
  // Without a member the source stays unknown, and the guard accepts no reset.
  if (!start) return journal("bus", "failed", "bus", start.error());
  const SourceIndex source = plan_.watches.at(std::string(station::bus_source));
  BusMember::Surroundings around;
  around.decided = [this, source](const Finding& finding) { decided(source, finding); };
  around.told = [this, source](const Verdict& verdict) { report(source, verdict); };
  around.stop = [this](CauseCode code, const std::string& detail) { stop_now(code, detail); };
  around.word = [this](estop::Action action, Epoch epoch, const std::string& who,
                       std::function<void(bool, const std::string&)> answered) {
    bus_word(action, epoch, who, std::move(answered));
  };
  around.raise = [this](Epoch at_least) {
    if (at_least <= bus_epoch_ && !port_.connected()) return;
    bus_epoch_ = std::max(bus_epoch_, at_least);
    // The greeting is where a guard hears of an epoch that it did not see: it trips, and goes beyond it.
    port_.cut(pages::all_outputs);
    port_.leave(false);
    view_.guard_connected = false;
    connect_timer_ = loop_.after(50ms, [this] { connect_guard(); });
  };
  around.journal = [this](std::string_view code, const std::string& detail) {
    journal("bus", std::string(code), "bus", detail);
  };
  around.alarm = [this](const std::string& detail) {
    journal("bus", "missing", "bus", detail);
    tell("lost", "device_fault", "bus", detail, os::wall_ns());
  };
  around.changed = [this](const link::Status& status, link::State previous, std::string_view why) {
    on_link(status, previous, why);
  };
  around.off_loop = [this](std::function<void()> task) { scribe_->later(std::move(task)); };
  around.command = [this](const std::string& output, bool run) {
    port_.command(plan_.outputs.at(output), run);
  };
  around.tags = &tags_;
  bus_ = std::make_unique<BusMember>(loop_, config_, std::move(*start), std::move(around));
}

void Supervisor::bus_word(estop::Action action, Epoch epoch, const std::string& who,
                          std::function<void(bool, const std::string&)> answered) {
  if (!port_.connected()) return answered(false, "the guard does not answer");
  permit::WordBody word{};
  word.word = action == estop::Action::acknowledge ? permit::Word::acknowledge
              : action == estop::Action::reset     ? permit::Word::reset
                                                   : permit::Word::start;
  word.epoch = epoch;
  word.who.assign(who);
  bus_answers_[port_.word(word)] = [this, epoch, what = word.word,
                                    answered = std::move(answered)](const permit::AnswerBody& body) {
    std::string reasons;
    if (body.refusal != Refusal::none)
      for (const auto& one : refusal_reasons(view_, what, body.refusal, epoch, os::now()))
        reasons += (reasons.empty() ? "" : "; ") + one;
    answered(body.refusal == Refusal::none, reasons);
  };
}

}  // namespace standstill::supervise
