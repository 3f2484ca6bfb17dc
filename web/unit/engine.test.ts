import { describe, expect, it } from "vitest";
import type { EngineTold, EngineVariable, Tag } from "../src/model/contract";
import { countdown, defaultText, gauges, logLine, part, rangeText, valueText, wakefulness, wrongValue } from "../src/model/engine";

const variable = (cv: number, value: number | null, more: Partial<EngineVariable> = {}): EngineVariable => ({
  cv, name: "boiler limit", does: "", value, known: value !== null, unit: "°C", min: 90, max: 130, default: 110, decimals: 0, read_only: false, ...more,
});
const tag = (name: string, value: number | null, quality = "good"): Tag => ({ link: "mallet", name, value, unit: "°C", quality, at: null });

describe("values against limits", () => {
  const list = [tag("boiler", 105), tag("servo", 90), { ...tag("boiler", 50), link: "other" }, tag("tripped", 0)];
  it("takes the limit from the engine itself, and makes none up", () => {
    expect(gauges("mallet", list, [variable(42, null)])[0]).toMatchObject({ name: "boiler", limit: null, over: false });
    expect(gauges("mallet", list, [variable(42, 106)])[0]).toMatchObject({ limit: 106, limitName: "CV42", over: false });
    expect(gauges("mallet", list, [variable(42, 105)])[0]).toMatchObject({ over: true });
  });
  it("shows those of this engine, and what it has no limit for without one", () => {
    const made = gauges("mallet", list, []);
    expect(made.map((one) => one.name)).toEqual(["boiler", "servo"]);
    expect(made[1]).toMatchObject({ limit: null, limitName: "" });
  });
  it("claims nothing of a value that is not good", () => {
    expect(gauges("mallet", [tag("boiler", 140, "no_link")], [variable(42, 110)])[0]!.over).toBe(false);
  });
  it("draws the servo from closed to open", () => {
    const [servo] = gauges("mallet", [tag("servo", 103)], [variable(46, 77), variable(47, 129)]);
    expect(part(servo!, 103)).toBeCloseTo(0.5);
    expect(part(servo!, 200)).toBe(1);
  });
});

describe("a shutdown", () => {
  const shutdown = { elapsed_ms: 1000, stages: [{ at_ms: 0, what: "vents", at_most: false }, { at_ms: 5000, what: "closed", at_most: false }] };
  it("counts down from what was said, and on from there", () => {
    expect(countdown(shutdown, 500).stages.map((one) => one.left)).toEqual([0, 3500]);
    expect(countdown(shutdown, 500).over).toBe(false);
    expect(countdown(shutdown, 4000)).toMatchObject({ over: true });
  });
  it("does not go back when this device's clock does", () => {
    expect(countdown(shutdown, -9000).stages[1]!.left).toBe(4000);
  });
});

describe("whether it is awake", () => {
  const one = { line: "online", heard_ms: 400, frame_ms: 400, state: "tripped" } as EngineTold;
  it("is told by its values, not by its answers", () => {
    expect(wakefulness(one)).toBe("awake");
    expect(wakefulness({ ...one, frame_ms: 9000 })).toBe("asleep");
    expect(wakefulness({ ...one, frame_ms: null })).toBe("asleep");
  });
  it("is not known of one that is not heard, or that goes silent while it runs", () => {
    expect(wakefulness({ ...one, frame_ms: 9000, heard_ms: 20_000 })).toBe("unknown");
    expect(wakefulness({ ...one, frame_ms: 9000, state: "running" })).toBe("unknown");
    expect(wakefulness({ ...one, line: "lost" })).toBe("unknown");
  });
});

// Said by the simulated engine when its DCC signal was cut.
describe("the log of a shutdown", () => {
  it("is read as the engine says it", () => {
    expect(logLine("LOG 2 DCC_TIMEOUT(2007ms) at 10100 ms, 8 events").what).toBe("DCC_TIMEOUT(2007ms) at 10100 ms, 8 events");
    expect(logLine("LOG none: no shutdown was saved").what).toBe("no shutdown was saved");
    expect(logLine("EVENT 1000 booted - none 0")).toEqual({ seconds: 1, what: "booted", where: "", detail: "" });
    expect(logLine("EVENT 5007 started - none 60")).toMatchObject({ what: "started", detail: "speed step 60" });
    expect(logLine("EVENT 11100 trip dcc-signal signal_lost 0")).toEqual({ seconds: 11.1, what: "trip", where: "dcc-signal", detail: "signal lost" });
    expect(logLine("EVENT 11100 stage - none 1")).toMatchObject({ what: "stage", detail: "regulator to the whistle position" });
  });
  it("has kinds of two words, and values of sensors in thousandths", () => {
    expect(logLine("EVENT 41280 cause gone boiler limit 112000")).toEqual({ seconds: 41.28, what: "cause gone", where: "boiler", detail: "limit, 112.0 °C" });
    expect(logLine("EVENT 41280 CV written - none 42")).toMatchObject({ what: "CV written", where: "", detail: "CV42" });
  });
  it("leaves what it does not know as it is", () => {
    expect(logLine("EVENT x")).toMatchObject({ seconds: null, what: "EVENT x" });
  });
});

describe("a variable that somebody types", () => {
  const radius = variable(37, 13.25, { min: 5, max: 50, decimals: 2, unit: "mm", default: 13.25 });
  it("has to be a number in its range, with its decimals", () => {
    expect(wrongValue(variable(42, 110), "131")).toBe("It takes 90 to 130 °C.");
    expect(wrongValue(variable(42, 110), "1e2")).toBe("Write a number.");
    expect(wrongValue(variable(42, 110), "105.5")).toBe("It takes whole numbers.");
    expect(wrongValue(radius, "13.255")).toBe("It takes 2 decimals at most.");
    expect(wrongValue(radius, " 13.5 ")).toBe("");
    expect(wrongValue(variable(31, 0, { min: -20, max: 20 }), "-20")).toBe("");
  });
  it("is written as the engine writes it", () => {
    expect([valueText(radius), rangeText(radius), defaultText(radius)]).toEqual(["13.25", "5.00 to 50.00 mm", "13.25"]);
    expect(valueText(variable(42, null))).toBe("–");
    expect(rangeText(variable(7, 1, { min: 1, max: 1 }))).toBe("1");
  });
});
