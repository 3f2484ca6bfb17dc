// The format as its page has it: every message below is written out by hand, none comes from our own writer.
#include "wire/estop/message.hpp"
#include "support/places.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/temporary_folder.hpp"
#include "unit/wire/estop/stop_text.hpp"

namespace standstill::estop {
namespace {

const std::string request_text =
    R"({"envelope":{"id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","timestamp":1769860800,)"
    R"("source":{"service":"controller","instance":"ctrl-01","version":"2.0.1"},"schema_version":"v1.0.0",)"
    R"("type":"device.command.request","correlation_id":"16fd2706-8baf-433b-82eb-8c7fada847da",)"
    R"("reply_to":"responses:ctrl-01"},"payload":{"device_id":"Relay_1","command_name":"run",)"
    R"("parameters":{"a":"b"},"timeout_ms":100}})";
const std::string response_text =
    R"({"envelope":{"id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","timestamp":"2026-01-31T12:00:00.000Z",)"
    R"("source":{"service":"station_firmware","instance":"bench-2","version":"1.4.0"},"schema_version":"v1.0.0",)"
    R"("type":"device.command.response","correlation_id":"16fd2706-8baf-433b-82eb-8c7fada847da"},)"
    R"("payload":{"device_id":"Relay_1","command_name":"run","success":false,"response":null,)"
    R"("error":{"code":"E_COMMAND_FAILED","message":"E-stop active"},"duration_ms":0}})";
const std::string heartbeat_text =
    R"({"envelope":{"id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","timestamp":"2026-01-31T12:00:00.000Z",)"
    R"("source":{"service":"station_firmware","instance":"bench-2","version":"1.4.0"},"schema_version":"v1.0.0",)"
    R"("type":"service.heartbeat"},"payload":{"status":"degraded","uptime_seconds":7,"devices":["Relay_1"],)"
    R"("free_heap":1024,"wifi_rssi":-127,"firmware_version":"1.4.0","commands_failed":3}})";

std::string x(std::size_t count) { return std::string(count, 'x'); }

TEST(EstopMessage, ReadsWhatTheFormatAllows) {
  const auto stop = read_message(stop_text);
  ASSERT_TRUE(stop) << stop.error();
  EXPECT_EQ(stop->envelope.wall_ms, 1769860800000);
  EXPECT_EQ(stop->envelope.source.instance, "bench-2");
  EXPECT_EQ(std::get<EmergencyStop>(stop->payload).reason, CauseCode::button_press);
  const auto request = read_message(request_text);
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->envelope.form, TimeForm::seconds);
  EXPECT_EQ(request->envelope.wall_ms, 1769860800000);
  EXPECT_EQ(std::get<CommandRequest>(request->payload).parameters.at("a"), "b");
  const auto response = read_message(response_text);
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(std::get<CommandResponse>(response->payload).error->code, ErrorCode::command_failed);
  const auto beat = read_message(heartbeat_text);
  ASSERT_TRUE(beat) << beat.error();
  EXPECT_EQ(std::get<Heartbeat>(beat->payload).status, Health::degraded);
  EXPECT_EQ(std::get<Heartbeat>(beat->payload).counters.at("commands_failed"), 3);
  EXPECT_TRUE(read_message(with(stop_text, R"(,"description":"red button","initiator":"operator")", "")));
  EXPECT_TRUE(read_message(with(stop_text, "red button", x(256))));
  std::string wide;
  for (int i = 0; i < 256; ++i) wide += "\xC3\xA4";  // counted in characters
  EXPECT_TRUE(read_message(with(stop_text, "red button", wide)));
  EXPECT_TRUE(read_message(with(request_text, R"("timeout_ms":100)", R"("timeout_ms":300000)")));
  EXPECT_EQ(std::get<CommandRequest>(read_message(with(request_text, R"(,"timeout_ms":100)", ""))->payload)
                .timeout_ms,
            5000);
}

struct Wrong {
  const char* what;
  std::string text;
  bool schema_sees = true;  // a schema knows no calendar, and most parsers drop a member that is there twice
};

std::vector<Wrong> wrong_ones() {
  const std::string id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  return {
      {"empty", ""},
      {"no object", "[]"},
      {"half", stop_text.substr(0, stop_text.size() - 1)},
      {"no UUIDv4", with(stop_text, id, "0f8fad5b-d9cb-169f-a165-70867728950e")},
      {"a variant of none", with(stop_text, id, "0f8fad5b-d9cb-469f-c165-70867728950e")},
      {"capitals in the id", with(stop_text, id, "0F8FAD5B-d9cb-469f-a165-70867728950e")},
      {"a line end behind the id", with(stop_text, id, id + "\\n")},
      {"a line end behind the service", with(stop_text, "station_firmware", "station_firmware\\n")},
      {"a line end behind the instance", with(stop_text, "bench-2", "bench-2\\n")},
      {"a line end behind the version", with(stop_text, "1.4.0", "1.4.0\\n")},
      {"a line end behind the reason", with(stop_text, "button_press", "button_press\\n")},
      {"a line end behind the device", with(request_text, "Relay_1", "Relay_1\\n")},
      {"a line end behind the reply channel",
       with(request_text, "responses:ctrl-01", "responses:ctrl-01\\n")},
      {"capitals in the instance", with(stop_text, "bench-2", "Bench-2")},
      {"an instance that is too long", with(stop_text, "bench-2", x(65))},
      {"a service with a dash", with(stop_text, "station_firmware", "station-firmware")},
      {"two parts of a version", with(stop_text, "1.4.0", "1.4")},
      {"another schema", with(stop_text, "v1.0.0", "v1.0.1")},
      {"a type of ours", with(stop_text, "system.emergency_stop", "estop.release")},
      {"an unknown type", with(stop_text, "system.emergency_stop", "system.emergency")},
      {"an extra member on top", with(stop_text, R"({"envelope")", R"({"more":1,"envelope")")},
      {"an extra member of the envelope", with(stop_text, R"("source")", R"("more":1,"source")")},
      {"an extra member of the source", with(stop_text, R"("service")", R"("more":1,"service")")},
      {"an extra member of the payload", with(stop_text, R"("reason")", R"("more":1,"reason")")},
      {"a member twice", with(stop_text, R"("reason")", R"("reason":"button_press","reason")"), false},
      {"no reason", with(stop_text, R"("reason":"button_press",)", "")},
      {"a wrong reason", with(stop_text, "button_press", "limit")},
      {"a long description", with(stop_text, "red button", x(257))},
      {"a long initiator", with(stop_text, R"("operator")", "\"" + x(65) + "\"")},
      {"a description that is a number", with(stop_text, R"("red button")", "7")},
      {"a time without milliseconds", with(stop_text, "12:00:00.000Z", "12:00:00Z")},
      {"a time that is none", with(stop_text, "2026-01-31", "2026-02-31"), false},
      {"a time with another zone", with(stop_text, "12:00:00.000Z", "12:00:00.000+01:00")},
      {"half a second", with(request_text, "1769860800", "1769860800.5")},
      {"a time before 1970", with(request_text, "1769860800", "-1")},
      {"a correlation on a stop",
       with(stop_text, R"("type")", R"("correlation_id":"16fd2706-8baf-433b-82eb-8c7fada847da","type")")},
      {"a reply channel on a stop", with(stop_text, R"("type")", R"("reply_to":"a","type")")},
      {"a request without a correlation",
       with(request_text, R"("correlation_id":"16fd2706-8baf-433b-82eb-8c7fada847da",)", "")},
      {"a request without a reply channel", with(request_text, R"(,"reply_to":"responses:ctrl-01")", "")},
      {"too little time", with(request_text, R"("timeout_ms":100)", R"("timeout_ms":99)")},
      {"too much time", with(request_text, R"("timeout_ms":100)", R"("timeout_ms":300001)")},
      {"a parameter that is a number", with(request_text, R"("a":"b")", R"("a":1)")},
      {"no command name", with(request_text, R"("command_name":"run")", R"("command_name":"")")},
      {"a long command name",
       with(request_text, R"("command_name":"run")", "\"command_name\":\"" + x(257) + "\"")},
      {"a failure without an error",
       with(response_text, R"("error":{"code":"E_COMMAND_FAILED","message":"E-stop active"},)", "")},
      {"a success with an error", with(response_text, R"("success":false)", R"("success":true)")},
      {"a wrong code", with(response_text, "E_COMMAND_FAILED", "E_FAILED")},
      {"a long response", with(response_text, R"("response":null)", "\"response\":\"" + x(4097) + "\"")},
      {"a long error", with(response_text, "E-stop active", x(513))},
      {"a negative duration", with(response_text, R"("duration_ms":0)", R"("duration_ms":-1)")},
      {"a wrong status", with(heartbeat_text, "degraded", "stopped")},
      {"a signal that is too good", with(heartbeat_text, "-127", "1")},
      {"a signal that is too weak", with(heartbeat_text, "-127", "-128")},
      {"no devices", with(heartbeat_text, R"("devices":["Relay_1"],)", "")},
      {"a device that is none", with(heartbeat_text, "Relay_1", "-relay")},
      {"a whole number too large", with(heartbeat_text, "1024", "18446744073709551615")},
  };
}

TEST(EstopMessage, RefusesWhatTheFormatDoesNotAllow) {
  for (const Wrong& wrong : wrong_ones()) {
    const auto read = read_message(wrong.text);
    EXPECT_FALSE(read) << wrong.what;
    EXPECT_TRUE(read || !read.error().empty()) << wrong.what;
  }
}

TEST(EstopMessage, S9_WhateverArrivesOnTheStopChannelIsAStop) {
  for (const Wrong& wrong : wrong_ones()) {
    const HeardStop heard = judge_stop(wrong.text);
    EXPECT_NE(heard.reason, CauseCode::none) << wrong.what;
    EXPECT_FALSE(heard.unreadable.empty()) << wrong.what;
    EXPECT_EQ(heard.number(), 0U) << wrong.what << ": obeyed every time";
  }
  EXPECT_FALSE(judge_stop(heartbeat_text).unreadable.empty());
  const HeardStop proper = judge_stop(stop_text);
  EXPECT_TRUE(proper.unreadable.empty());
  EXPECT_EQ(proper.reason, CauseCode::button_press);
  EXPECT_EQ(proper.instance, "bench-2");
  EXPECT_NE(proper.number(), 0U);
  EXPECT_EQ(proper.number(), judge_stop(stop_text).number());
  EXPECT_NE(proper.number(), judge_stop(with(stop_text, "0f8fad5b", "0f8fad5c")).number());
}

// The installed schema and the reader are two writings of one format; a foreign validator holds them
// together.
TEST(EstopMessage, TheSchemaJudgesAsTheReaderDoes) {
  nlohmann::json texts;
  std::vector<std::string> names;
  std::string expected;
  const auto add = [&](const std::string& what, const std::string& text, bool valid) {
    texts.push_back(text);
    names.push_back(what);
    expected += valid ? '1' : '0';
    EXPECT_EQ(read_message(text).has_value(), valid) << what;
  };
  for (const auto& text : {stop_text, request_text, response_text, heartbeat_text}) add(text, text, true);
  add("a long description", with(stop_text, "red button", x(256)), true);
  add("a success",
      with(with(response_text, R"("success":false)", R"("success":true)"),
           R"({"code":"E_COMMAND_FAILED","message":"E-stop active"})", "null"),
      true);
  for (const Wrong& wrong : wrong_ones())
    if (wrong.schema_sees) add(wrong.what, wrong.text, false);
  const test::TemporaryFolder folder;
  std::ofstream(folder / "texts") << texts;
  const std::string command = std::string("python3 ") + test::source_folder() +
                              "/tests/peers/estop/validate.py " + test::source_folder() +
                              "/packaging/schema/estop-v1.0.0.schema.json " + (folder / "texts");
  FILE* pipe = ::popen(command.c_str(), "re");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 1024> judged{};
  const bool said = std::fgets(judged.data(), judged.size(), pipe) != nullptr;
  if (const int status = ::pclose(pipe); WEXITSTATUS(status) == 77)
    GTEST_SKIP() << "no foreign validator here: install python3-jsonschema (./dev test does)";
  ASSERT_TRUE(said);
  const std::string verdicts = std::string(judged.data()).substr(0, expected.size());
  ASSERT_EQ(verdicts.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(verdicts[i], expected[i]) << names[i];
}

// A message whose depth or length is meant to hurt costs a bounded amount of work.
TEST(EstopMessage, BoundsWhatItReads) {
  EXPECT_FALSE(read_message(std::string(100'000, '[')));
  std::string deep = stop_text;
  deep = with(deep, R"("red button")", std::string(1000, '[') + std::string(1000, ']'));
  EXPECT_FALSE(read_message(deep));
  EXPECT_FALSE(read_message(with(stop_text, "red button", x(longest_message))));
}

TEST(EstopMessage, WritesTheFormatByteForByte) {
  Message message;
  message.envelope.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  message.envelope.wall_ms = 1769860800000;
  message.envelope.source = {"station_firmware", "bench-2", "1.4.0"};
  message.payload = EmergencyStop{CauseCode::button_press, "red button", "operator"};
  EXPECT_EQ(write_message(message).value(), stop_text);
  message.envelope.form = TimeForm::seconds;
  EXPECT_EQ(write_message(message).value(), with(stop_text, R"("2026-01-31T12:00:00.000Z")", "1769860800"));
}

TEST(EstopMessage, WritesNothingThatIsWrong) {
  Message message;
  message.envelope.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  message.envelope.source = {"standstill", "bench-2", "1.4.0"};
  message.payload = EmergencyStop{CauseCode::limit, {}, {}};  // no reason of the bus
  EXPECT_FALSE(write_message(message));
  message.payload = EmergencyStop{CauseCode::button_press, x(257), {}};
  EXPECT_FALSE(write_message(message));
  message.payload = EmergencyStop{CauseCode::button_press, {}, {}};
  message.envelope.source.instance = "Bench";
  EXPECT_FALSE(write_message(message));
}

TEST(EstopMessage, MakesIdsOfTheRightVersion) {
  std::array<std::uint8_t, 16> random{};
  random.fill(0xFF);
  EXPECT_EQ(uuid_of(random), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_TRUE(is_uuid(uuid_of({})));
}

}  // namespace
}  // namespace standstill::estop
