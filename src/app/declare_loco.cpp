#include "app/declare_loco.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cv_options.hpp"
#include "sim/loco_run.hpp"

namespace standstill::app {

void declare_cv(CLI::App& tool, Context& context, Chosen& chosen) {
  const auto wanted = std::make_shared<CvOptions>();
  using Run = int (*)(const Context&, const CvOptions&);
  const auto add = [&](const char* name, const char* description, Run run) {
    CLI::App* made = subcommand(tool, name, description);
    made->add_option("--device", wanted->device, "the engine's telemetry line, a serial device or a pty")
        ->type_name("FILE");
    made->add_option("--programming", wanted->programming,
                     "instead, by DCC service mode on the programming track of `standstill sim loco`: its "
                     "control socket")
        ->type_name("FILE");
    made->add_option("--baud", wanted->baud, "its speed (115200)")->type_name("N");
    made->add_option("--timeout-ms", wanted->timeout_ms, "for one answer (2000)")->type_name("MS");
    made->callback([&context, &chosen, wanted, run] {
      chosen.run = [&context, wanted, run] { return run(context, *wanted); };
    });
    return made;
  };
  add("list", "every variable with its value, unit and range", cv_list);
  const auto number = [&](CLI::App* to) {
    to->add_option("cv", wanted->number, "its number")->type_name("CV")->required();
  };
  number(add("get", "one value", cv_get));
  auto* set = add("set", "writes one value; exit code 4 when the engine refuses it", cv_set);
  number(set);
  set->add_option("value", wanted->value, "in its unit")->type_name("VALUE")->required();
  const auto file = [&](CLI::App* to, const char* what) {
    to->add_option("file", wanted->file, what)->type_name("FILE")->required();
  };
  file(add("backup", "writes every value into a file", cv_backup), "a line a variable");
  file(add("restore", "writes a file's values into the engine", cv_restore), "made by backup");
}

void declare_sim_loco(CLI::App& sim, Chosen& chosen) {
  const auto wanted = std::make_shared<sim::RunLoco>();
  CLI::App* made =
      subcommand(sim, "loco", "a live-steam engine: in real time, or with --minutes as fast as it goes");
  made->add_option("--minutes", wanted->minutes,
                   "of simulated time; exit code 1 when the engine shut itself down")
      ->type_name("N");
  made->add_option("--step", wanted->step, "commanded speed step, 0 to 126 (60)")->type_name("N");
  made->add_flag("--cold", wanted->cold, "begins cold; else under steam");
  made->add_option("--fault", wanted->faults, "what breaks when, for example leak@30; with --minutes")
      ->type_name("NAME@SECONDS");
  made->add_option("--cv", wanted->cvs, "a configuration variable, for example 42=120")
      ->type_name("CV=VALUE");
  made->add_option("--svg", wanted->svg, "draws the run; with --minutes")->type_name("FILE");
  made->add_option("--png", wanted->png, "the same as a PNG; needs libcairo2")->type_name("FILE");
  made->add_option("--pty,--link", wanted->link, "a symbolic link to make to its telemetry line")
      ->type_name("FILE");
  made->add_option("--control", wanted->control, "a socket to break it: one command a line, one JSON answer")
      ->type_name("FILE");
  made->callback([&chosen, wanted] { chosen.run = [wanted] { return sim::run_loco(*wanted); }; });
}

}  // namespace standstill::app
