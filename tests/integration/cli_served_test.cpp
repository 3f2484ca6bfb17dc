// The words that a supervisor made of strings answers over a real socket, and the stop that needs none.
#include "support/cli_rig.hpp"
#include "terminal/server.hpp"

namespace standstill::test {
namespace {

// A supervisor of strings behind the real server and the real socket.
class Strings : public terminal::Backend {
 public:
  bool alive() override { return true; }
  terminal::Outcome stop(const terminal::StopRequest&) override { return {}; }
  std::vector<terminal::Readiness> readiness() override { return {}; }
  std::string metrics() override { return {}; }
  terminal::Outcome state() override {
    return {
        200,
        R"({"site":"club","state":"tripped","epoch":7,"acknowledged":false,"first_out":null,"causes":[],"links":[],"outputs":[],"sequence":null,"guard":{"pid":1,"permit_age_ms":5,"realtime":false},"version":"x"})"};
  }
  terminal::Outcome word(terminal::Word word, std::uint64_t epoch, const terminal::Caller& caller) override {
    if (epoch != 7)
      return {409, R"({"error":"refused","reasons":["epoch 6 is not the current one, which is 7"]})"};
    return {200, json{{"word", static_cast<int>(word)}, {"by", caller.operator_name}}.dump()};
  }
  terminal::Outcome journal(const terminal::JournalQuery& query) override {
    const std::lock_guard lock(mutex_);
    asked_ = query;
    return {
        200,
        R"({"events":[{"id":1,"at":"2027-01-15T08:00:00.000Z","kind":"trip","code":"link_lost","source":"layout","detail":"gone","epoch":7}]})"};
  }
  terminal::Outcome snapshots() override { return {200, "{}"}; }
  terminal::Outcome snapshot(const std::string&) override { return {404, R"({"error":"none"})"}; }
  terminal::Outcome take_snapshot(const terminal::Caller&) override { return {200, R"({"id":"manual_x"})"}; }
  terminal::Outcome compare(const std::string&, const std::string&) override { return {}; }
  terminal::Outcome why() override {
    return {
        200,
        R"({"state":"tripped","running":false,"blockers":[{"source":"layout","text":"link_lost: gone","advice":"bring it back","age_ms":61000}]})"};
  }
  terminal::Outcome checklist(const std::string&) override {
    return {200, R"({"title":"t","text":"THE LIST"})"};
  }
  terminal::Outcome tags() override {
    return {200, R"([{"link":"layout","name":"clock","value":1,"unit":"","quality":"good","at":null}])"};
  }
  terminal::Outcome health(bool plant) override {
    return {200, plant ? R"({"healthy":false,"reasons":["link layout: lost"]})"
                       : R"({"healthy":true,"reasons":[]})"};
  }
  terminal::Outcome links() override { return {}; }
  terminal::Outcome visitors() override { return {}; }
  terminal::Outcome trend(const std::string&) override { return {}; }
  terminal::Outcome rehearsal() override { return {}; }
  terminal::Outcome rehearse(const std::string&, const std::string&, const terminal::Caller&) override {
    return {};
  }
  terminal::Outcome shelve(const terminal::ShelveRequest&, const terminal::Caller&) override { return {}; }
  terminal::Outcome unshelve(const std::string&, const terminal::Caller&) override { return {}; }
  terminal::Outcome alerts() override {
    return {
        200,
        R"([{"id":"crew","kind":"webhook","failing":false,"last_error":"","pending":0,"delivered":3,"dropped":0,"last_ok":null},{"id":"chief","kind":"sms","failing":true,"last_error":"the service answered 401","pending":1,"delivered":0,"dropped":0,"last_ok":null}])"};
  }
  terminal::Outcome test_alert(const std::string& id, const terminal::Caller&) override {
    if (id != "crew" && id != "chief") return {404, R"({"error":"there is no alert"})"};
    return {200, json{{"id", id},
                      {"delivered", id == "crew"},
                      {"waiting", 0},
                      {"error", id == "crew" ? json(nullptr) : json("the service answered 401")}}
                     .dump()};
  }
  terminal::Outcome reports() override { return {200, "{}"}; }
  terminal::Outcome report(const std::string&) override { return {404, R"({"error":"none"})"}; }
  terminal::Outcome drill(const std::string& link, const terminal::Caller&) override {
    if (link == "nothing")
      return {409, R"({"error":"refused","reasons":["a drill needs the plant running"]})"};
    return {200, json{{"passed", link != "slow"}, {"epoch", 8}, {"outputs", json::array()}}.dump()};
  }
  terminal::Outcome prooftest(const std::string& output, const terminal::Caller&) override {
    return {200, json{{"passed", output.empty()}}.dump()};
  }
  terminal::Outcome send(const std::string& link, const std::string& command,
                         const terminal::Caller&) override {
    return {200, json{{"sent", link + "|" + command}}.dump()};
  }
  terminal::Outcome engine(const std::string&) override { return {404, "{}"}; }
  terminal::Outcome stop_engine(const std::string&, const terminal::Caller&) override { return {404, "{}"}; }
  terminal::Outcome write_variable(const std::string&, std::uint32_t, const std::string&,
                                   const terminal::Caller&) override {
    return {404, "{}"};
  }
  bool could_be(const std::string&, const std::string&) override { return true; }
  std::optional<terminal::Role> verify(const std::string& name, const std::string& secret) override {
    if (secret != "RIGHT") return std::nullopt;
    return name == "vic" ? terminal::Role::viewer : terminal::Role::operator_;
  }
  std::optional<terminal::Role> role_of(const std::string&) override { return std::nullopt; }
  std::unique_ptr<terminal::Changes> changes() override { return nullptr; }
  terminal::JournalQuery asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  terminal::JournalQuery asked_;
};

class CliServed : public Cli {
 protected:
  void SetUp() override {
    write();
    std::filesystem::create_directories(state_dir());
    auto server =
        terminal::Server::start({.listen = "", .socket_path = state_dir() + "/standstill.sock"}, backend_);
    ASSERT_TRUE(server.has_value()) << server.error();
    server_ = std::move(*server);
  }
  Ran as(const std::string& token, std::vector<std::string> words) {
    words.insert(words.begin(), {"-c", file()});
    return standstill(std::move(words), {"STANDSTILL_TOKEN=" + token});
  }
  Strings backend_;
  std::unique_ptr<terminal::Server> server_;
};

TEST_F(CliServed, StatusIsZeroWhateverTheState) {
  const auto text = with_file({"status"});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(text.out.starts_with("TRIPPED  club, epoch 7")) << text.out;
  EXPECT_EQ(json::parse(with_file({"--json", "status"}).out)["epoch"], 7);
  EXPECT_EQ(json::parse(with_file({"status", "--json"}).out)["epoch"], 7)
      << "the option may stand behind, too";
}

TEST_F(CliServed, S5_S9_WordsCarryEpochAndNameAndTellTheReasons) {
  const auto good = as("ann:RIGHT", {"ack", "--epoch", "7", "--json"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_EQ(json::parse(good.out)["by"], "ann");
  EXPECT_EQ(json::parse(good.out)["word"], 0);
  EXPECT_EQ(json::parse(as("ann:RIGHT", {"reset", "--epoch", "7", "--json"}).out)["word"], 1);
  EXPECT_EQ(json::parse(as("ann:RIGHT", {"start", "--epoch", "7", "--json"}).out)["word"], 2);
  const auto late = as("ann:RIGHT", {"reset", "--epoch", "6"});
  EXPECT_EQ(late.code, 4);
  EXPECT_TRUE(has_text(late.err, "epoch 6 is not the current one")) << late.err;
  EXPECT_EQ(as("ann:WRONG", {"ack", "--epoch", "7"}).code, 4);
  EXPECT_EQ(as("vic:RIGHT", {"ack", "--epoch", "7"}).code, 4);
  EXPECT_EQ(as("RIGHT", {"ack", "--epoch", "7"}).code, 2) << "whose secret?";
  EXPECT_EQ(as("RIGHT", {"ack", "--epoch", "7", "--operator", "ann"}).code, 0);
  std::ofstream(folder_ / "token") << "RIGHT\n";
  EXPECT_EQ(with_file({"ack", "--epoch", "7", "--operator", "ann", "--token-file", folder_ / "token"}).code,
            0);
}

TEST_F(CliServed, LogWhyTagsHealthAndChecklist) {
  const auto log = with_file({"log", "--epoch", "7", "--limit", "5", "--since", "2h"});
  EXPECT_EQ(log.code, 0) << log.err;
  EXPECT_TRUE(has_text(log.out, "link_lost"));
  EXPECT_EQ(backend_.asked().epoch, 7U);
  EXPECT_EQ(backend_.asked().limit, 5U);
  EXPECT_EQ(backend_.asked().since, "2h");
  EXPECT_EQ(json::parse(with_file({"log", "--json"}).out)["id"], 1) << "one object a line";
  EXPECT_EQ(with_file({"log", "--since", "yesterday"}).code, 2);
  const auto why = with_file({"why"});
  EXPECT_TRUE(has_text(why.out, "bring it back") && has_text(why.out, "61 s")) << why.out;
  EXPECT_TRUE(has_text(with_file({"tags"}).out, "layout.clock"));
  EXPECT_TRUE(json::parse(with_file({"tags", "--json"}).out).is_array());
  EXPECT_EQ(with_file({"health"}).code, 0);
  const auto plant = with_file({"health", "--plant"});
  EXPECT_EQ(plant.code, 1);
  EXPECT_TRUE(has_text(plant.out, "link layout: lost"));
  EXPECT_EQ(with_file({"checklist"}).out, "THE LIST\n");
}

TEST_F(CliServed, AlertsAreListedAndTested) {
  const auto list = with_file({"alert", "list"});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_TRUE(has_text(list.out, "FAILING") && has_text(list.out, "the service answered 401")) << list.out;
  EXPECT_EQ(json::parse(with_file({"alert", "list", "--json"}).out).size(), 2U);
  EXPECT_EQ(with_file({"alert", "test", "crew"}).code, 0);
  EXPECT_EQ(with_file({"alert", "test", "nobody"}).code, 2);
  const auto all = with_file({"alert", "test"});
  EXPECT_EQ(all.code, 1) << "one of them could not";
  EXPECT_TRUE(has_text(all.out, "crew: told") &&
              has_text(all.out, "chief: NOT TOLD: the service answered 401"));
}

TEST_F(CliServed, ExercisesSayNoWithOneAndRefusalsWithFour) {
  EXPECT_EQ(with_file({"drill"}).code, 0);
  EXPECT_EQ(with_file({"drill", "slow"}).code, 1);
  const auto refused = with_file({"drill", "nothing"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_TRUE(has_text(refused.err, "needs the plant running"));
  EXPECT_EQ(with_file({"prooftest"}).code, 0);
  EXPECT_EQ(with_file({"prooftest", "relay"}).code, 1);
}

TEST_F(CliServed, RocrailSendGoesThroughTheSupervisor) {
  const auto sent = with_file({"rocrail", "send", "lc", "BR01", "V=40", "--json"});
  EXPECT_EQ(sent.code, 0) << sent.err;
  EXPECT_EQ(json::parse(sent.out)["sent"], "layout|lc BR01 V=40");
  const auto spaced = with_file({"rocrail", "send", "lc", "BR 01", "stop", "--json"});
  EXPECT_EQ(json::parse(spaced.out)["sent"], "layout|lc \"BR 01\" stop");
  const auto around = with_file({"rocrail", "send", "--host", "127.0.0.1", "--port", "1", "stop", "--json"});
  EXPECT_EQ(json::parse(around.out)["sent"], "layout|stop") << "its address is no way around the supervisor";
  EXPECT_EQ(with_file({"rocrail", "send", "frobnicate"}).code, 2);
  EXPECT_EQ(with_file({"rocrail", "send", "--link", "other", "stop"}).code, 2);
}

// The guard alone: no supervisor anywhere.
class CliStop : public Cli {};

TEST_F(CliStop, S9_StopGoesStraightToTheGuard) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  const Epoch before = rig.state->epoch;
  std::ofstream(file()) << "[site]\nname = \"club\"\nstate_dir = \"" << rig.folder.path()
                        << "\"\nrubbish = true\n";
  Ran ran;
  std::atomic<bool> done = false;
  std::thread user([&] {
    ran = with_file(
        {"stop", "--reason", "button_press", "--description", "smoke\nat \x1b[2Jbooster 2", "--json"});
    done = true;
  });
  EXPECT_TRUE(rig.until([&] { return done.load() && rig.all_safe(); }));
  user.join();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto report = json::parse(ran.out);
  EXPECT_EQ(report["epoch"], before + 1);
  EXPECT_EQ(report["outputs"], 1);
  EXPECT_TRUE(has_text(ran.err, "has errors")) << "stopped in spite of the configuration";
  EXPECT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
  EXPECT_EQ(rig.state->first_out_code, CauseCode::button_press);
  EXPECT_EQ(rig.state->first_out_detail.view(), "smoke at ?[2Jbooster 2");
}

TEST_F(CliStop, S9_AMistypedStopStopsAllTheSame) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  std::ofstream(file()) << "[site]\nname = \"club\"\nstate_dir = \"" << rig.folder.path() << "\"\n";
  for (const std::vector<std::string>& words : {std::vector<std::string>{"stop", "now", "please"},
                                                {"stop", "--resaon", "x"},
                                                {"stop", "--reason", "panic"},
                                                {"stop", "--reason"}}) {
    Ran ran;
    std::atomic<bool> done = false;
    rig.causes.clear();
    std::thread user([&] {
      ran = with_file(words);
      done = true;
    });
    EXPECT_TRUE(rig.until([&] { return done.load() && !rig.causes.empty(); })) << words[1];
    user.join();
    EXPECT_TRUE(has_text(ran.out, "latched")) << words[1] << ran.err;
  }
}

}  // namespace
}  // namespace standstill::test
