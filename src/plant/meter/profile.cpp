// The EM340's registers, row by row as tests/data/meter/em340.csv has them; a test compares the two.
#include <array>

#include "plant/meter/profile.hpp"

namespace standstill::meter {

namespace {

struct Row {
  std::uint16_t address;
  const char* name;
  ValueType type;
  double scale;
  const char* unit;
  bool counter;
};
constexpr auto wide = ValueType::int32;
constexpr auto narrow = ValueType::int16;

constexpr auto rows = std::to_array<Row>({
    {0x0000, "voltage_l1", wide, 0.1, "V", false},
    {0x0002, "voltage_l2", wide, 0.1, "V", false},
    {0x0004, "voltage_l3", wide, 0.1, "V", false},
    {0x0006, "voltage_l12", wide, 0.1, "V", false},
    {0x0008, "voltage_l23", wide, 0.1, "V", false},
    {0x000A, "voltage_l31", wide, 0.1, "V", false},
    {0x000C, "current_l1", wide, 0.001, "A", false},
    {0x000E, "current_l2", wide, 0.001, "A", false},
    {0x0010, "current_l3", wide, 0.001, "A", false},
    {0x0012, "active_power_l1", wide, 0.1, "W", false},
    {0x0014, "active_power_l2", wide, 0.1, "W", false},
    {0x0016, "active_power_l3", wide, 0.1, "W", false},
    {0x0018, "apparent_power_l1", wide, 0.1, "VA", false},
    {0x001A, "apparent_power_l2", wide, 0.1, "VA", false},
    {0x001C, "apparent_power_l3", wide, 0.1, "VA", false},
    {0x001E, "reactive_power_l1", wide, 0.1, "var", false},
    {0x0020, "reactive_power_l2", wide, 0.1, "var", false},
    {0x0022, "reactive_power_l3", wide, 0.1, "var", false},
    {0x0024, "voltage_ln_system", wide, 0.1, "V", false},
    {0x0026, "voltage_ll_system", wide, 0.1, "V", false},
    {0x0028, "active_power_system", wide, 0.1, "W", false},
    {0x002A, "apparent_power_system", wide, 0.1, "VA", false},
    {0x002C, "reactive_power_system", wide, 0.1, "var", false},
    {0x002E, "power_factor_l1", narrow, 0.001, "1", false},
    {0x002F, "power_factor_l2", narrow, 0.001, "1", false},
    {0x0030, "power_factor_l3", narrow, 0.001, "1", false},
    {0x0031, "power_factor_system", narrow, 0.001, "1", false},
    {0x0032, "phase_sequence", narrow, 1, "1", false},
    {0x0033, "frequency", narrow, 0.1, "Hz", false},
    {0x0034, "energy_import", wide, 0.1, "kWh", true},
    {0x0036, "reactive_energy_import", wide, 0.1, "kvarh", true},
    {0x0038, "power_demand", wide, 0.1, "W", false},
    {0x003A, "power_demand_peak", wide, 0.1, "W", false},
    {0x003C, "energy_import_partial", wide, 0.1, "kWh", false},
    {0x003E, "reactive_energy_import_partial", wide, 0.1, "kvarh", false},
    {0x0040, "energy_import_l1", wide, 0.1, "kWh", true},
    {0x0042, "energy_import_l2", wide, 0.1, "kWh", true},
    {0x0044, "energy_import_l3", wide, 0.1, "kWh", true},
    {0x0046, "energy_import_tariff1", wide, 0.1, "kWh", true},
    {0x0048, "energy_import_tariff2", wide, 0.1, "kWh", true},
    {0x004E, "energy_export", wide, 0.1, "kWh", true},
    {0x0050, "reactive_energy_export", wide, 0.1, "kvarh", true},
});

}  // namespace

Profile em340() {
  Profile made;
  made.name = "em340";
  for (const Row& row : rows) {
    Register reg;
    reg.name = row.name;
    reg.address = row.address;
    reg.type = row.type;
    reg.low_word_first = true;
    reg.scale = row.scale;
    reg.unit = row.unit;
    reg.counter = row.counter;
    reg.top_is_overflow = true;
    made.registers.push_back(std::move(reg));
  }
  made.probe = {3, 0x000B, 1};
  made.probe_answers = 341;
  made.serial = Question{3, 0x5000, 7};
  made.gap = 40ms;
  return made;
}

std::optional<Profile> profile(const std::string& name) {
  if (name == "em340") return em340();
  return std::nullopt;
}

Profile profile_of(std::vector<Register> registers) {
  Profile made;
  if (!registers.empty())
    made.probe = {registers.front().function, registers.front().address, width(registers.front().type)};
  made.registers = std::move(registers);
  return made;
}

}  // namespace standstill::meter
