// What heats: pressure, superheat and the power that the track has.
#include "plant/loco/control.hpp"

#include <gtest/gtest.h>

#include "unit/plant/loco/scene.hpp"

namespace standstill::loco {
namespace {

const Drive& heated(Scene& scene, Control& control, int cycles) {
  Orders orders;
  orders.heat = true;
  for (int i = 0; i < cycles; ++i) {
    scene.turn();
    (void)control.step(orders, {}, scene.chain.watches(), 0);
  }
  return control.drive();
}

TEST(LocoControl, BothHeatersTakeNoMoreThanThePowerBudgetAndTheBoilerComesFirst) {
  for (const int budget : {10, 20, 32, 40, 45, 60}) {  // CV51, tenths of an ampere
    Scene scene;
    scene.read(Watched::pressure, 0);
    scene.read(Watched::superheater, 20);
    ASSERT_TRUE(scene.settings.write(51, budget).done);
    scene.boot();
    Control control;
    control.configure(scene.settings);
    const Drive& drive = heated(scene, control, 10);
    const int boiler = drive.boiler_permille * Control::boiler_milliamps / 1000;
    const int superheater = drive.superheater_permille * Control::superheater_milliamps / 1000;
    EXPECT_LE(boiler + superheater, budget * 100) << budget;
    EXPECT_GE(boiler + superheater, std::min(budget * 100, 4500) - 10) << budget << ": and no less";
    EXPECT_GE(boiler, std::min(budget * 100, Control::boiler_milliamps) - 5) << budget;
  }
}

TEST(LocoControl, FiveKilopascalsAboveTheTargetNothingHeatsTheBoiler) {
  Scene scene;
  scene.noise = 0;
  scene.read(Watched::boiler, 95);
  scene.read(Watched::pressure, 100);
  scene.boot();
  Control control;
  control.configure(scene.settings);
  EXPECT_GT(heated(scene, control, 1500).boiler_permille, 900) << "24 kPa are missing, for half a minute";
  for (float is = 100; is < 128.9F; is += 0.1F) {
    scene.read(Watched::pressure, is);
    (void)heated(scene, control, 1);
  }
  scene.read(Watched::pressure, 128.9F);
  EXPECT_GT(heated(scene, control, 3).boiler_permille, 0) << "its memory still heats";
  scene.read(Watched::pressure, 129.1F);
  EXPECT_EQ(heated(scene, control, 3).boiler_permille, 0);
}

}  // namespace
}  // namespace standstill::loco
