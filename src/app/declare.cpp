#include "app/declare.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.hpp"
#include "app/declare_bus.hpp"
#include "app/declare_loco.hpp"
#include "app/declare_s7.hpp"
#include "app/demo.hpp"
#include "sim/run.hpp"

namespace standstill::app {

namespace {

// A negative number would wrap around; this refuses it.
const CLI::Range epochs(std::uint64_t{1}, std::uint64_t{0xFFFFFFFF});

class Declaration {
 public:
  Declaration(CLI::App& root, Context& context, Chosen& chosen)
      : root_(root), context_(context), chosen_(chosen) {}

  void all() {
    running();
    looking();
    acting();
    recovering();
    setting_up();
    by_hand();
  }

 private:
  CLI::App* command(CLI::App& parent, const char* group, const char* name, const char* description) {
    CLI::App* made = subcommand(parent, name, description);
    if (*group != '\0') made->group(group);
    return made;
  }
  void runs(CLI::App* command, std::function<int()> what) {
    command->callback([this, what = std::move(what)] { chosen_.run = what; });
  }
  // A command that only groups others.
  CLI::App& family(const char* group, const char* name, const char* description) {
    CLI::App* made = command(root_, group, name, description);
    made->require_subcommand(1);
    return *made;
  }
  // Options live as long as the parser's callbacks.
  template <class Options>
  std::shared_ptr<Options> options() {
    return std::make_shared<Options>();
  }

  void running() {
    auto* run_command = command(root_, "Run", "run", "look after the plant; starts the guard if none runs");
    auto wanted = options<RunOptions>();
    run_command
        ->add_option("--guard", wanted->guard_program,
                     "the guard's program; else standstill-guard beside this one")
        ->type_name("FILE");
    run_command
        ->add_option("--cutter", wanted->cutter_program,
                     "the cutters' program; else standstill-cutter beside the guard")
        ->type_name("FILE");
    runs(run_command, [this, wanted] { return run(context_, *wanted); });
    runs(command(root_, "Run", "station",
                 "run this machine as a station of the emergency-stop bus: safe first, then the network"),
         [this] { return run_station(context_); });
    runs(command(root_, "Run", "loco",
                 "be a locomotive's controller: sensors, heaters and servo of this machine"),
         [this] { return loco(context_); });
    runs(command(root_, "Run", "check",
                 "validate configuration and machine; print settings, times and the hazard table"),
         [this] { return check(context_); });
    runs(command(root_, "Run", "watchdog",
                 "look after the program of [watchdog] and nothing else: check it, restart it"),
         [this] { return watchdog(context_); });
    add_demo();
  }

  void add_demo() {
    auto* made = command(root_, "Run", "demo", "everything simulated: break things on purpose, and recover");
    auto wanted = options<DemoOptions>();
    made->add_option("--port", wanted->port, "of the terminal; 0: a free one (8080, or a free one)")
        ->type_name("PORT");
    made->add_option("--state-dir", wanted->folder, "keep everything in this folder; else a temporary one")
        ->type_name("FOLDER");
    made->add_flag("--no-guide", wanted->no_guide, "without the guided minute");
    made->add_flag("--exit-after-guide", wanted->exit_after_guide,
                   "end by itself; exit code 1 if a step did not happen");
    made->add_option("--script", wanted->script,
                     "keys or their names, 'until-whole' and 'sleep SECONDS', a line each; -: standard input")
        ->type_name("FILE");
    made->add_option("--pace", wanted->pace, "of the guided minute: 0.5 is twice as fast (1)")
        ->type_name("N");
    runs(made, [this, wanted] { return run_demo(context_, *wanted); });
  }

  void looking() {
    runs(command(root_, "Look", "status", "the state now"), [this] { return status(context_); });
    runs(command(root_, "Look", "watch", "a live view, drawn again every second"),
         [this] { return watch(context_); });
    runs(command(root_, "Look", "why", "why it is not running: each reason, its age, and what to do"),
         [this] { return why(context_); });
    auto* log_command = command(root_, "Look", "log", "the journal");
    auto wanted = options<LogOptions>();
    log_command
        ->add_option("--since", wanted->since,
                     "events since then: 90s, 10m, 2h, 3d ago, or 2026-01-31T12:00:00Z")
        ->type_name("T");
    log_command->add_option("--epoch", wanted->epoch, "events of this epoch only")
        ->type_name("N")
        ->check(epochs);
    log_command->add_option("--limit", wanted->limit, "at most so many (1 to 10000)")
        ->type_name("N")
        ->check(CLI::Range(1U, 10000U));
    log_command->add_flag("-f,--follow", wanted->follow, "go on with new ones as they come");
    runs(log_command, [this, wanted] { return log(context_, *wanted); });
    runs(command(root_, "Look", "tags", "every value that the links report"),
         [this] { return tags(context_); });
    auto* health_command =
        command(root_, "Look", "health", "exit code 0 when healthy, 1 when not; a line a reason");
    auto plant = options<bool>();
    health_command->add_flag("--plant", *plant, "the links and outputs too, and the age of data");
    runs(health_command, [this, plant] { return health(context_, *plant); });
    auto& told = family("Look", "alert", "who is told, and whether it works");
    runs(command(told, "", "list", "every alert: what it delivered, what waits, its last error"),
         [this] { return alert_list(context_); });
    auto which = options<std::string>();
    auto* test =
        command(told, "", "test", "tell through it that this is a test; exit code 1 when it could not");
    test->add_option("alert", *which, "which; else all")->type_name("ALERT");
    runs(test, [this, which] { return alert_test(context_, *which); });
  }

  void acting() {
    auto* stop_command = command(root_, "Act", "stop", "trip: make everything safe. Anyone may");
    auto wanted = options<StopOptions>();
    stop_command
        ->add_option("--reason", wanted->reason,
                     "button_press, operator_command, safety_interlock, device_fault or software_error")
        ->type_name("CODE");
    stop_command->add_option("--description", wanted->description, "a sentence for the journal")
        ->type_name("TEXT");
    runs(stop_command, [this, wanted] { return stop(context_, *wanted); });
    add_word("ack", "a person has seen it; changes nothing else", Word::ack);
    add_word("reset", "un-latch, once no cause is present; energises nothing", Word::reset);
    add_word("start", "energise the outputs", Word::start);
  }

  void add_word(const char* name, const char* description, Word which) {
    auto* made = command(root_, "Act", name, description);
    auto wanted = options<WordOptions>();
    made->add_option("--epoch", wanted->epoch, "the epoch it is about; asked for at a terminal")
        ->type_name("N")
        ->check(epochs);
    made->add_option("--operator", wanted->operator_name, "who says it")->type_name("NAME");
    made->add_option("--token-file", wanted->token_file,
                     "holds NAME:SECRET or SECRET; else STANDSTILL_TOKEN, else asked for")
        ->type_name("FILE");
    runs(made, [this, wanted, which] { return word(context_, which, *wanted); });
  }

  void recovering() {
    auto& snapshot = family("Record and recover", "snapshot", "the plant as it was at a trip");
    runs(command(snapshot, "", "list", "all snapshots, newest first"),
         [this] { return snapshot_list(context_); });
    auto id = options<std::string>();
    auto target = options<std::string>();
    auto* show = command(snapshot, "", "show", "one snapshot");
    show->add_option("snapshot", *id, "an id, 'latest', 'live', or a file")
        ->required()
        ->type_name("SNAPSHOT");
    runs(show, [this, id] { return snapshot_show(context_, *id); });
    runs(command(snapshot, "", "take", "a snapshot of the plant as it is now"),
         [this] { return snapshot_take(context_); });
    auto* exported = command(snapshot, "", "export", "copy a snapshot to a file or folder");
    exported->add_option("snapshot", *id, "an id, or 'latest'")->required()->type_name("ID");
    exported->add_option("target", *target, "a file that is not there yet, or a folder")
        ->required()
        ->type_name("FILE");
    runs(exported, [this, id, target] { return snapshot_export(context_, *id, *target); });

    auto other = options<std::string>();
    auto* compared = command(root_, "Record and recover", "compare",
                             "a snapshot against the live plant, or another: what differs, and what to do");
    compared->add_option("snapshot", *id, "an id, 'latest', or a file")->required()->type_name("SNAPSHOT");
    compared->add_option("other", *other, "compare with this one instead of the live plant")
        ->type_name("SNAPSHOT");
    runs(compared, [this, id, other] { return compare(context_, *id, *other); });
    auto* list =
        command(root_, "Record and recover", "checklist", "the recovery procedure for this plant, to print");
    list->add_option("snapshot", *id, "an id, 'latest', or a file; else the newest")->type_name("SNAPSHOT");
    runs(list, [this, id] { return checklist(context_, *id); });
    auto* drill_command = command(root_, "Record and recover", "drill",
                                  "break a real link on purpose, and measure until everything is safe");
    drill_command->add_option("link", *id, "which; else the first critical one")->type_name("LINK");
    runs(drill_command, [this, id] { return drill(context_, *id); });
    auto* proof =
        command(root_, "Record and recover", "prooftest", "exercise the cut path and keep a dated report");
    proof->add_option("output", *id, "which; else all")->type_name("OUTPUT");
    runs(proof, [this, id] { return prooftest(context_, *id); });
  }

  void setting_up() {
    auto& people = family("Set up", "operator", "who may release");
    auto name = options<std::string>();
    auto role = std::make_shared<std::string>("operator");
    auto* add = command(people, "", "add", "a new operator: prints NAME:SECRET once, and stores a hash");
    add->add_option("name", *name, "letters, digits, '.', '_', '-'")->required()->type_name("NAME");
    add->add_option("--role", *role, "viewer, operator or engineer (operator)")->type_name("ROLE");
    runs(add, [this, name, role] { return operator_add(context_, *name, *role); });
    runs(command(people, "", "list", "all who are known"), [this] { return operator_list(context_); });
    auto* removed = command(people, "", "remove", "somebody may no longer release");
    removed->add_option("name", *name, "whose")->required()->type_name("NAME");
    runs(removed, [this, name] { return operator_remove(context_, *name); });
    auto shell = options<std::string>();
    auto* completion = command(root_, "Set up", "completion", "a completion script for a shell");
    completion->add_option("shell", *shell, "bash, zsh or fish")->required()->type_name("SHELL");
    runs(completion, [this, shell] { return chosen_.completion(*shell); });
    runs(command(root_, "Set up", "manual", "the manual page, for man"), [this] { return chosen_.manual(); });
    runs(command(root_, "Set up", "config-reference", "every key of the configuration, as Markdown"),
         [this] { return config_reference(context_); });
    runs(command(root_, "Set up", "config-schema", "the configuration's JSON Schema"),
         [this] { return config_schema(context_); });
    runs(command(root_, "Set up", "version", "the version"), [this] { return version(context_); });
  }

  void by_hand();
  void modbus_by_hand();
  void simulated();
  void simulated_meter(CLI::App& sim);
  CLI::App& root_;
  Context& context_;
  Chosen& chosen_;
};

void Declaration::by_hand() {
  auto& tool = family("By hand", "rocrail", "a Rocrail server by hand");
  auto wanted = options<RocrailOptions>();
  const auto with_target = [wanted](CLI::App* made) {
    made->add_option("--link", wanted->link, "a configured link; else the only one")->type_name("LINK");
    made->add_option("--host", wanted->host, "a server, without any configuration")->type_name("HOST");
    made->add_option("--port", wanted->port, "its client port (8051)")->type_name("PORT");
    return made;
  };
  auto* send = with_target(command(tool, "", "send", "a command; to a configured link only while running"));
  send->add_option("command", wanted->words,
                   "go, stop, lc BR01 V=40, sw sw1 turnout, fn BR01 1 on, or an XML element")
      ->required()
      ->type_name("WORD");
  runs(send, [this, wanted] { return rocrail_send(context_, *wanted); });
  runs(with_target(command(tool, "", "follow", "everything the server says, as it comes")),
       [this, wanted] { return rocrail_follow(context_, *wanted); });
  runs(with_target(command(tool, "", "plan", "the whole plan, as XML (--json: its objects)")),
       [this, wanted] { return rocrail_plan(context_, *wanted); });
  auto* list = with_target(command(tool, "", "list", "the plan's objects"));
  list->add_option("kind", wanted->kind, "lc, bk, sw, sg, st, fb, co, tx, car …; else all")
      ->type_name("KIND");
  runs(list, [this, wanted] { return rocrail_list(context_, *wanted); });
  modbus_by_hand();
  simulated();
  declare_cv(family("By hand", "cv", "a locomotive's configuration variables, by telemetry or by DCC"),
             context_, chosen_);
  declare_s7(family("By hand", "s7", "a Siemens S7 PLC by hand"), context_, chosen_);
  declare_bus(family("By hand", "bus", "the emergency-stop bus: keys, stations, messages"), context_,
              chosen_);
}

void Declaration::modbus_by_hand() {
  auto& tool = family("By hand", "modbus", "a Modbus device by hand");
  auto wanted = options<ModbusOptions>();
  const auto with_target = [wanted](CLI::App* made) {
    made->add_option("--host", wanted->host, "a device in the network")->type_name("HOST");
    made->add_option("--port", wanted->port, "its port (502)")->type_name("PORT");
    made->add_option("--device", wanted->device, "a serial device")->type_name("FILE");
    made->add_option("--baud", wanted->baud, "of the serial line (9600)")->type_name("N");
    made->add_option("--framing", wanted->framing, "of the serial line (8N1)")->type_name("8N1");
    made->add_option("--timeout-ms", wanted->timeout_ms, "for one answer (500)")
        ->type_name("MS")
        ->check(CLI::Range(1U, 60000U));
    return made;
  };
  const auto with_unit = [wanted, with_target](CLI::App* made) {
    with_target(made);
    made->add_option("--unit", wanted->unit, "unit number (1)")->type_name("U")->check(CLI::Range(0U, 255U));
    made->add_option("--address", wanted->address, "zero-based, as on the wire; 0x… is hexadecimal (0)")
        ->type_name("A");
    return made;
  };
  const auto with_read = [wanted, with_unit](CLI::App* made) {
    with_unit(made);
    made->add_option("--function", wanted->function, "1 coils, 2 inputs, 3 holding, 4 input registers (3)")
        ->type_name("F");
    made->add_option("--count", wanted->count, "how many (1)")->type_name("N");
    made->add_option("--retries", wanted->retries, "when nothing comes back (2)")->type_name("N");
    return made;
  };
  runs(with_read(command(tool, "", "read", "registers, or coils and inputs")),
       [this, wanted] { return modbus_read(context_, *wanted); });
  auto* write = with_unit(command(tool, "", "write", "registers; to a configured link only while running"));
  write->add_option("--value", wanted->values, "one, or several for neighbours")->required()->type_name("N");
  write->add_flag("--coil", wanted->coil, "coils instead: 0 or 1");
  runs(write, [this, wanted] { return modbus_write(context_, *wanted); });
  auto* scan = with_target(command(tool, "", "scan", "which units answer, and what they say they are"));
  scan->add_option("--address", wanted->address, "the register that is asked for (0)")->type_name("A");
  scan->add_option("--first", wanted->first, "unit to begin with (1)")->type_name("U");
  scan->add_option("--last", wanted->last, "unit to end with (247)")->type_name("U");
  runs(scan, [this, wanted] { return modbus_scan(context_, *wanted); });
  auto* watched = with_read(command(tool, "", "watch", "reads again and again; * marks what changed"));
  watched->add_option("--interval-ms", wanted->interval_ms, "between two reads (1000)")->type_name("MS");
  watched->add_option("--rounds", wanted->rounds, "so many, then end; 0: until interrupted")->type_name("N");
  runs(watched, [this, wanted] { return modbus_watch(context_, *wanted); });
  auto& meters = family("Look", "meter", "what the configured meters say");
  auto link = options<std::string>();
  auto* show = command(meters, "", "show", "every value with its quality and the time of its reading");
  show->add_option("link", *link, "which; else all")->type_name("LINK");
  runs(show, [this, link] { return meter_show(context_, *link); });
  auto plot = options<MeterPlotOptions>();
  auto* plotted = command(meters, "", "plot", "the last hour of a value, outages as gaps");
  plotted->add_option("tag", plot->tags, "LINK.NAME, or several; else the first of each link")
      ->type_name("TAG");
  plotted->add_option("--out", plot->out, "a picture instead, .svg or .png")->type_name("FILE");
  runs(plotted, [this, plot] { return meter_plot(context_, *plot); });
}

void Declaration::simulated_meter(CLI::App& sim) {
  auto wanted = options<sim::RunMeter>();
  auto* meter =
      command(sim, "", "meter", "an energy meter (EM340) on a pseudo terminal, or with --tcp in the network");
  meter->add_flag("--tcp", wanted->tcp, "Modbus TCP; else RTU on a pseudo terminal");
  meter->add_option("--address", wanted->address, "where to listen (127.0.0.1)")->type_name("ADDRESS");
  auto* port = meter->add_option("--port", wanted->port, "TCP port, implies --tcp; 0: a free one (502)");
  port->type_name("PORT");
  meter->add_option("--pty,--link", wanted->link, "a symbolic link to make to the pseudo terminal")
      ->type_name("FILE");
  meter->add_option("--unit", wanted->units, "unit number, or several for several meters (1)")
      ->type_name("U");
  meter->add_option("--serial", wanted->serial, "serial number of the first (BX1230045678A)")
      ->type_name("TEXT");
  meter->add_option("--seed", wanted->seed, "of its small changes (1)")->type_name("N");
  meter->add_option("--control", wanted->control, "a socket to break it: one command a line, one JSON answer")
      ->type_name("FILE");
  runs(meter, [wanted, port] {
    wanted->tcp = wanted->tcp || port->count() > 0;
    return sim::run_meter(*wanted);
  });
}

void Declaration::simulated() {
  auto& sim = family("By hand", "sim", "a simulated peer in the foreground");
  auto rocrail = options<sim::RunRocrail>();
  auto* server = command(sim, "", "rocrail", "a Rocrail server with a layout whose trains move");
  server->add_option("--plan", rocrail->plan, "a plan file; else the demonstration layout")
      ->type_name("FILE");
  server->add_option("--address", rocrail->address, "where to listen (127.0.0.1)")->type_name("ADDRESS");
  server->add_option("--port", rocrail->port, "0: a free one (8051)")->type_name("PORT");
  server
      ->add_option("--control", rocrail->control,
                   "a socket to break it: one command a line, one JSON answer; `help` lists them")
      ->type_name("FILE");
  server->add_option("--flavour", rocrail->flavour, "answer as version 2.0 or 2.1 does")
      ->type_name("2.0|2.1");
  server
      ->add_option("--reader-sleep-ms", rocrail->reader_sleep_ms,
                   "how long it waits before it reads what a client says")
      ->type_name("MS");
  server->add_flag("--split", rocrail->split, "header and body of a frame in two writes");
  server->add_flag("--console", rocrail->console,
                   "announce a goodbye and do not keep it, as a server's console does");
  server->add_option("--clock-divider", rocrail->clock_divider, "model seconds a second, 1 to 100 (10)")
      ->type_name("N");
  server->add_option("--tick-ms", rocrail->tick_ms, "how often trains move (100)")->type_name("MS");
  server->add_option("--seed", rocrail->seed, "of the trains' choices (1)")->type_name("N");
  server->add_flag("--running", rocrail->running, "trains under way from the start");
  runs(server, [rocrail] { return sim::run_rocrail(*rocrail); });
  auto relay = options<sim::RunRelay>();
  auto* board = command(sim, "", "relay", "a relay: serial on a pseudo terminal, or with --http over HTTP");
  board->add_flag("--http", relay->http, "an HTTP relay: /power/on, /power/off, /power/status");
  board->add_option("--address", relay->address, "of the HTTP relay (127.0.0.1)")->type_name("ADDRESS");
  board->add_option("--port", relay->port, "of the HTTP relay; 0: a free one")->type_name("PORT");
  board->add_option("--pty,--link", relay->link, "a symbolic link to make to the pseudo terminal")
      ->type_name("FILE");
  board->add_option("--run-line", relay->run_line, "what switches it on (RELAY_ON)")->type_name("TEXT");
  board->add_option("--safe-line", relay->safe_line, "what switches it off (RELAY_OFF)")->type_name("TEXT");
  board->add_option("--reply", relay->reply, "what it answers (OK); empty: nothing")->type_name("TEXT");
  board
      ->add_option("--sense-port", relay->sense_port,
                   "GET /sense of the serial relay tells its contact; 0: a free port")
      ->type_name("PORT");
  board->add_option("--control", relay->control, "a socket to break it: one command a line, one JSON answer")
      ->type_name("FILE");
  runs(board, [relay] { return sim::run_relay(*relay); });
  declare_sim_plc(sim, chosen_);
  simulated_meter(sim);
  declare_sim_loco(sim, chosen_);
  declare_sim_station(sim, chosen_);
}

}  // namespace

CLI::App* subcommand(CLI::App& parent, const char* name, const char* description) {
  CLI::App* made = parent.add_subcommand(name, description);
  made->footer("Also: -c FILE, --json, -v (standstill --help)");
  return made;
}

void declare_commands(CLI::App& root, Context& context, Chosen& chosen) {
  auto declaration = std::make_shared<Declaration>(root, context, chosen);
  declaration->all();
  chosen.declaration = std::move(declaration);
}

}  // namespace standstill::app
