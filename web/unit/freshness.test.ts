import { describe, expect, it } from "vitest";
import { bannerWord, freshness, visitorWord } from "../src/model/freshness";
import { running, tripped } from "./sample";

describe("what may be believed", () => {
  it("nothing, before anything was heard", () => expect(freshness(null, 5000, null)).toBe("connecting"));
  it("grows late after two seconds and is gone after five", () => {
    expect(freshness(1000, 2999, 10)).toBe("live");
    expect(freshness(1000, 3000, 10)).toBe("late");
    expect(freshness(1000, 6000, 10)).toBe("gone");
  });
  it("a clock that was set back proves nothing", () => expect(freshness(10_000, 9_000, 0)).toBe("gone"));
  it("an answer of a loop that stands still is not fresh: its permit is old", () => {
    expect(freshness(1000, 1001, 2500)).toBe("late");
    expect(freshness(1000, 1001, 60_000)).toBe("gone");
  });
});

describe("what visitors are told", () => {
  it("is what the plant's word is", () => {
    expect(visitorWord("RUNNING", running())).toBe("running");
    expect(visitorWord("TRIPPED", tripped())).toBe("tripped");
    expect(visitorWord("UNKNOWN", null)).toBe("unknown");
  });
  it("is not that it is safely stopped while an output does not confirm, or is not cut yet", () => {
    const failed = tripped(), staged = tripped();
    failed.outputs[0]!.readback = "failed";
    staged.outputs[1]!.commanded = "run";
    expect(visitorWord("TRIPPED", failed)).toBe("unknown");
    expect(visitorWord("TRIPPED", staged)).toBe("unknown");
  });
});

describe("the word", () => {
  it("is the latch's while it is live", () => {
    expect(bannerWord(running(), "live")).toBe("RUNNING");
    expect(bannerWord(tripped(), "live")).toBe("TRIPPED");
    expect(bannerWord(running({ state: "ready" }), "live")).toBe("READY");
  });
  it("is UNKNOWN in every other case, never the last state", () => {
    for (const fresh of ["connecting", "late", "gone"] as const) expect(bannerWord(running(), fresh)).toBe("UNKNOWN");
    expect(bannerWord(null, "live")).toBe("UNKNOWN");
  });
  it("is UNKNOWN without a guard: nobody knows what is energised", () => {
    const state = tripped({ guard: { pid: 0, permit_age_ms: null, realtime: false } });
    expect(bannerWord(state, "live")).toBe("UNKNOWN");
  });
});
