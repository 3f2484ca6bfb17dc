#include "app/declare_s7.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/s7_options.hpp"
#include "sim/run.hpp"

namespace standstill::app {

void declare_s7(CLI::App& tool, Context& context, Chosen& chosen) {
  const auto wanted = std::make_shared<S7Options>();
  using Run = int (*)(const Context&, const S7Options&);
  const auto add = [&](const char* name, const char* description, Run run) {
    auto* made = subcommand(tool, name, description);
    made->add_option("--link", wanted->link, "a configured link; else the only one")->type_name("LINK");
    made->add_option("--host", wanted->host, "a PLC, without any configuration")->type_name("HOST");
    made->add_option("--port", wanted->port, "its TCP port (102)")->type_name("PORT");
    made->add_option("--rack", wanted->rack, "0 to 7 (0)")->type_name("N");
    made->add_option("--slot", wanted->slot, "0 to 31 (1); an S7-300 has its CPU in 2")->type_name("N");
    made->add_option("--connection", wanted->connection, "pg, op or basic (pg)")->type_name("TYPE");
    made->add_option("--remote-tsap", wanted->remote_tsap,
                     "its access point (0x0200), instead of connection, rack and slot")
        ->type_name("N");
    made->add_option("--local-tsap", wanted->local_tsap, "ours (0x0100)")->type_name("N");
    made->add_option("--password-file", wanted->password_file, "holds the password of the session")
        ->type_name("FILE");
    made->add_option("--time-out", wanted->time_out, "of one question (5s)")->type_name("TIME");
    made->callback([&context, &chosen, wanted, run] {
      chosen.run = [&context, wanted, run] { return run(context, *wanted); };
    });
    return made;
  };
  const auto addresses = [&](CLI::App* made) {
    made->add_option("addresses", wanted->addresses,
                     "DB1.DBD0:DINT, DB1.DBX4.0, M10.2, DB2.DBB0:STRING[20], T5 …")
        ->required()
        ->type_name("ADDRESS");
    return made;
  };
  const auto repeated = [&](CLI::App* made, const char* every) {
    made->add_option("--every", wanted->every, every)->type_name("TIME");
    made->add_option("--count", wanted->count, "end after so many; else Ctrl-C ends it")->type_name("N");
    return made;
  };
  const auto tries = [&](CLI::App* made) {
    made->add_option("--tries", wanted->tries, "attempts to connect (1); 0: until the time-out")
        ->type_name("N");
  };
  tries(addresses(add("read", "values, once", s7_read)));
  auto* write = add("write", "a value; to a configured link only while running", s7_write);
  // One, and not the list that the other commands take: a list would swallow the value.
  write
      ->add_option_function<std::string>(
          "address", [wanted](const std::string& address) { wanted->addresses = {address}; },
          "where: DB1.DBW2:INT, DB1.DBX4.0")
      ->required()
      ->type_name("ADDRESS");
  write->add_option("value", wanted->value, "42, true, 3.5, text, 2026-01-31")
      ->required()
      ->type_name("VALUE");
  tries(repeated(write, "again and again: 10s"));
  repeated(addresses(add("watch", "values, a line whenever one of them changes", s7_watch)),
           "how often to look (500ms)");
  auto* log = repeated(addresses(add("log", "values, a line every second, through every outage", s7_log)),
                       "how often (1s)");
  log->add_option("--heartbeat", wanted->heartbeat, "a value that a living program keeps changing")
      ->type_name("ADDRESS");
  tries(add("status", "connection, CPU, clock, order number, blocks; exit code 0 when the CPU runs",
            s7_status));
  auto* dump = add("dump", "the bytes of a data block", s7_dump);
  tries(dump);
  dump->add_option("block", wanted->block, "DB1")->required()->type_name("BLOCK");
  dump->add_option("--from", wanted->from, "first byte (0)")->type_name("N");
  dump->add_option("--bytes", wanted->bytes, "how many; else what the PLC says it has")->type_name("N");
}

void declare_sim_plc(CLI::App& sim, Chosen& chosen) {
  const auto plc = std::make_shared<sim::RunPlc>();
  auto* made = subcommand(sim, "plc", "an S7 PLC: DB1 with a counter and a sine, all areas");
  made->add_option("--file", plc->file, "more blocks and values, as JSON (docs/plc.md)")->type_name("FILE");
  made->add_option("--address", plc->address, "where it listens (127.0.0.1)")->type_name("ADDRESS");
  made->add_option("--port", plc->port, "TCP port; 0: a free one (1102)")->type_name("PORT");
  made->add_option("--control", plc->control,
                   "a socket to break it: one command a line, one JSON answer; `help` lists them")
      ->type_name("FILE");
  made->add_option("--pdu", plc->pdu, "largest message it grants, 64 to 960 bytes (480)")->type_name("BYTES");
  made->add_option("--outstanding", plc->outstanding, "requests at once that it grants (8)")->type_name("N");
  made->add_option("--cycle-ms", plc->cycle_ms, "of its program, which counts (100); 0: it stands still")
      ->type_name("MS");
  made->add_option("--delay-ms", plc->delay_ms, "until it answers (0)")->type_name("MS");
  made->add_option("--password", plc->password, "that sessions must say first")->type_name("TEXT");
  made->callback([&chosen, plc] { chosen.run = [plc] { return sim::run_plc(*plc); }; });
}

}  // namespace standstill::app
