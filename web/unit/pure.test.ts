import { describe, expect, it } from "vitest";
import { cell } from "../src/model/export";
import { releaseWords, tickKey } from "../src/model/recovery";
import { Trend } from "../src/model/trend";
import { ageText, causeSentence, durationText, numberText, tenthsText } from "../src/model/words";
import { ticks } from "../src/model/incident";
import { parseRoute } from "../src/route";
import { spread } from "../src/parts/timeline";
import { lost, running, tripped } from "./sample";

describe("a trend", () => {
  it("has a gap where nothing was known", () => {
    const trend = new Trend(100, 5);
    for (const [t, v] of [[1, 10], [2, 11], [3, null], [4, null], [5, 12]] as const) trend.add({ t, v });
    expect(trend.data).toEqual([[1, 2, 3, 4, 5], [10, 11, null, null, 12]]);
    expect(trend.gaps).toBe(1);
  });
  it("has a gap where nothing came for too long", () => {
    const trend = new Trend(100, 5);
    trend.add({ t: 1, v: 1 });
    trend.add({ t: 20, v: 2 });
    expect(trend.data[1]).toEqual([1, null, 2]);
  });
  it("forgets what is too old, and takes no sample from the past", () => {
    const trend = new Trend(10, 100);
    for (const t of [1, 5, 14, 13]) trend.add({ t, v: t });
    expect(trend.data[0]).toEqual([5, 14]);
  });
  it("goes on with its last value while somebody is heard, and not after an outage", () => {
    const trend = new Trend(100, Infinity);
    trend.add({ t: 1, v: 7 });
    expect(trend.upTo(9)).toEqual([[1, 9], [7, 7]]);
    expect(trend.upTo(null)).toEqual([[1], [7]]);
    trend.add({ t: 10, v: null });
    expect(trend.upTo(12)[1]).toEqual([7, null]);
  });
  it("takes up what was before it, and nothing twice", () => {
    const trend = new Trend(100, Infinity);
    trend.before([{ t: 1, v: 1 }]);
    trend.add({ t: 5, v: 5 });
    trend.before([{ t: 1, v: 9 }, { t: 2, v: 9 }]);
    expect(trend.data).toEqual([[1, 5], [1, 5]]);
    const late = new Trend(100, Infinity);
    late.add({ t: 5, v: 5 });
    late.before([{ t: 2, v: null }, { t: 4, v: 4 }, { t: 5, v: 50 }, { t: 6, v: 60 }]);
    expect(late.data).toEqual([[2, 4, 5], [null, 4, 5]]);
  });
  it("takes what is not a number as not known", () => {
    const trend = new Trend(10, 100);
    trend.add({ t: 1, v: NaN });
    expect(trend.data[1]).toEqual([null]);
  });
});

describe("words", () => {
  it("ages", () => expect([0, 59_999, 61_000, 7_260_000, 200_000_000].map(ageText)).toEqual(["0 s", "59 s", "1 min 1 s", "2 h 1 min", "2 days"]));
  it("durations, no more exact than they are", () =>
    expect([0.123, 4.26, 87.4, 12_345].map(durationText)).toEqual(["0.12 ms", "4.3 ms", "87 ms", "12.3 s"]));
  it("numbers", () => expect([230.123456, 0, -3.5, 80_000, null].map((one) => numberText(one))).toEqual(["230.12", "0", "-3.5", "80000", "–"]));
  it("a cause as one sentence", () =>
    expect(causeSentence(lost)).toMatch(/^Layout lost at \d\d:\d\d:\d\d: the connection ended without a goodbye\.$/));
});

describe("a CSV cell", () => {
  it("is quoted where it must be", () => expect(cell('a "b", c')).toBe('"a ""b"", c"'));
  it("is never a formula", () => expect(["=1+1", "+1", "@x", "-x", "-5"].map(cell)).toEqual(["'=1+1", "'+1", "'@x", "'-x", "-5"]));
});

describe("the words that release", () => {
  const now = (one: Parameters<typeof releaseWords>[0]) => releaseWords(one).filter((word) => word.now).map((word) => word.word);
  it("come one after the other", () => {
    expect(now(tripped())).toEqual(["ack"]);
    expect(now(tripped({ acknowledged: true }))).toEqual(["reset"]);
    expect(now(running({ state: "ready" }))).toEqual(["start"]);
    expect(now(running())).toEqual([]);
  });
  it("cannot be said out of turn", () => {
    expect(releaseWords(tripped()).filter((word) => word.blocked === "").map((word) => word.word)).toEqual(["ack"]);
    expect(releaseWords(running()).every((word) => word.blocked !== "")).toBe(true);
  });
  it("a reset may be asked for while a cause is present, and says that it will be refused", () => {
    const reset = releaseWords(tripped({ acknowledged: true }))[1]!;
    expect(reset.blocked).toBe("");
    expect(reset.what).toContain("refused");
  });
});

describe("what was ticked off", () => {
  it("was seen after the newest cause, of this plant: another one has to be looked at again", () => {
    const key = tickKey(tripped());
    expect(tickKey(tripped({ acknowledged: true }))).toBe(key);
    expect(tickKey(tripped({ causes: [{ ...lost, present: false }] }))).toBe(key);
    const later = { ...lost, source: "meter", at: "2026-11-21T17:12:00.000Z", present: true };
    const others = [tripped({ causes: [{ ...lost, present: true }, later] }), tripped({ site: "other" }), tripped({ epoch: 4 }),
      tripped({ first_out: { ...lost, at: "2026-11-22T09:00:00.000Z" } })].map(tickKey);
    expect(new Set([key, ...others]).size).toBe(5);
  });
});

describe("small things", () => {
  it("just before the trip is not minus nothing", () => expect([-0.02, 0, -0.06, 12.34].map(tenthsText)).toEqual(["0.0", "0.0", "-0.1", "12.3"]));
  it("the axis has zero among its round numbers", () => expect(ticks(-10_000, 2000)).toContain(0));
  it("words on the timeline do not lie on each other", () => {
    const at = spread([700, 702, 703, 705]);
    for (let i = 1; i < at.length; ++i) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(90);
    expect(at.at(-1)).toBeLessThanOrEqual(950);
  });
  it("an address that nobody wrote leads to the overview", () => {
    expect(parseRoute("")).toEqual({ view: "overview", rest: [] });
    expect(parseRoute("#/incident/7").rest).toEqual(["7"]);
    expect(parseRoute("#/%E0%A4%A").view).toBe("overview");
  });
});
