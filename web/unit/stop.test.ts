import { describe, expect, it } from "vitest";
import { answered, begin, failed, over, seen, stopText, stopWord } from "../src/model/stop";
import { running, tripped } from "./sample";

describe("a stop tells the truth in steps", () => {
  it("sent, latched, confirmed, with milliseconds", () => {
    let run = begin(1000, running());
    expect(stopWord(run, 1000)).toBe("sent");
    run = answered(run, 1010);
    expect(stopWord(run, 1010)).toBe("sent");
    const unconfirmed = tripped();
    unconfirmed.outputs[1]!.readback = "unconfirmed";
    run = seen(run, unconfirmed, 1030);
    expect(stopWord(run, 1030)).toBe("latched");
    expect(stopText(run, 1030)).toContain("confirmed 1 of 2");
    run = seen(run, tripped(), 1080);
    expect(stopWord(run, 1080)).toBe("confirmed");
    expect(stopText(run, 1080)).toEqual(["sent, taken after 10 ms", "latched after 30 ms", "confirmed 2 of 2 after 80 ms"]);
  });
  it("an answer alone is not a latch", () => {
    const run = seen(answered(begin(0, running()), 5), running(), 10);
    expect(stopWord(run, 10)).toBe("sent");
  });
  it("an old trip does not count as this one before the stop was taken", () => {
    const run = begin(0, tripped());
    expect(seen(run, tripped(), 5).latchedAt).toBeNull();
    expect(seen(answered(run, 4), tripped(), 5).latchedAt).toBe(5);
  });
  it("a tripped state of the same epoch is no trip of a plant that ran", () => {
    const run = answered(begin(0, running({ epoch: 3 })), 1);
    expect(seen(run, tripped({ epoch: 3 }), 5).latchedAt).toBeNull();
  });
  it("what nothing measures is never counted as confirmed", () => {
    const state = tripped();
    state.outputs[1]!.readback = "none";
    const run = seen(answered(begin(0, running()), 1), state, 9);
    expect(stopWord(run, 9)).toBe("unproved");
    expect(stopText(run, 9).join()).toContain("confirmed 1 of 2");
    expect(stopText(run, 9).join()).toContain("look at it");
  });
  it("a failed read-back confirms nothing", () => {
    const state = tripped();
    state.outputs[0]!.readback = "failed";
    expect(seen(answered(begin(0, running()), 1), state, 9).confirmedAt).toBeNull();
  });
  it("without a guard nothing is confirmed", () => {
    const state = tripped({ guard: { pid: 0, permit_age_ms: null, realtime: false } });
    expect(seen(answered(begin(0, running()), 1), state, 9).latchedAt).toBeNull();
  });
  it("is over when the plant was released, also when a read-back never confirmed", () => {
    const state = tripped();
    state.outputs[0]!.readback = "unconfirmed";
    const run = seen(answered(begin(0, running()), 1), state, 9);
    expect(stopWord(run, 9)).toBe("latched");
    expect(over(run, tripped())).toBe(false);
    expect(over(run, running())).toBe(false);   // from before the trip, and late
    expect(over(run, running({ state: "ready", epoch: 3 }))).toBe(true);
    const again = seen(answered(begin(0, tripped()), 1), state, 9);
    expect(over(again, running({ state: "ready", epoch: 3 }))).toBe(true);
    expect(over(answered(begin(0, running()), 1), running())).toBe(false);
  });
  it("does not wait for a lamp, and does not count it", () => {
    const state = tripped();
    state.outputs.push({ id: "lamp", kind: "indicator", commanded: "safe", readback: "none", secures: false });
    const run = seen(answered(begin(0, running()), 1), state, 9);
    expect(stopWord(run, 9)).toBe("confirmed");
    expect(stopText(run, 9)).toContain("confirmed 2 of 2 after 9 ms");
  });
  it("says so when nobody answers", () => {
    const run = failed(begin(0, null), "no");
    expect(stopWord(run, 1500)).toBe("sent");
    expect(stopWord(run, 2500)).toBe("no answer");
    expect(stopText(run, 2500).join()).toContain("red button");
  });
});
