import { describe, expect, it } from "vitest";
import { PlantClock } from "../src/model/plant_clock";

const ahead = 3_600_000;   // the plant's clock is an hour before the device's

describe("the age of what was pushed", () => {
  it("is nothing while it comes at once, however far the clocks are apart", () => {
    const clock = new PlantClock();
    for (let now = 1000; now < 60_000; now += 1000) expect(clock.age(now + ahead, now)).toBe(0);
    expect(clock.ahead).toBe(ahead);
  });

  it("grows with what a slow line holds back", () => {
    const clock = new PlantClock();
    clock.age(1000 + ahead, 1020);
    expect(clock.age(2000 + ahead, 5020)).toBe(3000);
    expect(clock.age(3000 + ahead, 33_020)).toBe(30_000);
  });

  it("is known from the first message on, when a question was answered before it", () => {
    const clock = new PlantClock();
    clock.answered(1010 + ahead, 1000, 1040);
    expect(clock.age(500 + ahead, 9000)).toBe(8470);   // by 30 ms less than it is: the way of the answer
  });

  it("a device whose clock was set makes old what is new, until the next answer", () => {
    const clock = new PlantClock();
    clock.age(1000 + ahead, 1000);
    expect(clock.age(2000 + ahead, 12_000)).toBe(10_000);
    clock.answered(2100 + ahead, 12_090, 12_110);
    expect(clock.age(3000 + ahead, 13_010)).toBe(0);
  });

  it("an answer that was slow itself proves no other clock", () => {
    const clock = new PlantClock();
    clock.age(1000 + ahead, 1000);
    clock.answered(8000 + ahead, 5000, 9400);
    expect(clock.age(2000 + ahead, 9500)).toBe(7500);
  });
});
