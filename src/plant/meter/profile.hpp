// What is known of a kind of device: its registers, how it wants to be asked, how it says who it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/time.hpp"
#include "plant/meter/register.hpp"

namespace standstill::meter {

// A read that says something of the device itself.
struct Question {
  std::uint8_t function = 3;
  std::uint16_t address = 0;
  std::uint16_t count = 1;
};

struct Profile {
  std::string name;  // empty: registers of the user's own
  std::vector<Register> registers;
  Question probe;                              // asked first on every connection; any answer will do, or
  std::optional<std::uint16_t> probe_answers;  // only this one
  std::optional<Question> serial;              // two characters a word, high byte first
  Duration gap{};                              // rest that the device wants between two queries
  std::uint16_t bridge = 5;                    // words nobody asked for that are read to save a request
  std::uint16_t most = 20;                     // words in one request
};

// Carlo Gavazzi EM340. Source: the maker's Modbus specification, as tests/data/meter/em340.csv has it; 341 is
// what the word 000Bh says when it is read alone; at least 40 ms between queries.
[[nodiscard]] Profile em340();

// By its name in the configuration.
[[nodiscard]] std::optional<Profile> profile(const std::string& name);
// Of registers of the user's own; the probe is the first of them.
[[nodiscard]] Profile profile_of(std::vector<Register> registers);

}  // namespace standstill::meter
