import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../src/model/contract";
import { incidentCsv, incidentJson } from "../src/model/export";
import { against, incident, millisecondsBetween, windowOf } from "../src/model/incident";

// What `GET /api/v1/journal` answered after a real run: first start, a crash of the layout's server, a supervisor that was
// stopped for some seconds.
const { events } = JSON.parse(readFileSync(new URL("data/journal.json", import.meta.url), "utf8")) as { events: JournalEvent[] };

describe("the incident of a crash, as it was recorded", () => {
  const story = incident(events, 2, ["mains"]);
  it("has its zero at the trip, and what was noticed just before it", () => {
    expect(story.trip).toMatchObject({ kind: "trip", code: "link_lost", source: "layout", epoch: 2 });
    expect(story.events.find((event) => event.kind === "trip")?.ms).toBe(0);
    expect(story.path[0]).toMatchObject({ word: "detected", lane: "layout" });
    expect(story.path[0]!.ms).toBeLessThan(0);
  });
  it("leads to the last output commanded, and to the last that something measured", () => {
    expect(story.path.map((step) => [step.word, step.lane])).toEqual([
      ["detected", "layout"], ["decided", "latch"], ["confirmed", "track-power"], ["commanded", "mains"]]);
    const ms = story.path.map((step) => step.ms);
    expect([...ms].sort((a, b) => a - b)).toEqual(ms);
    expect(ms[3]).toBeGreaterThan(0);
    expect(ms[3]).toBeLessThan(10);
  });
  it("leaves confirmed out when nothing measures any output", () => {
    const words = incident(events, 2, ["mains", "track-power"]).path.map((step) => step.word);
    expect(words).toEqual(["detected", "decided", "commanded"]);
  });
  it("confirms nothing that nothing measures, neither in its lane nor in what is handed on", () => {
    const marks = story.lanes.find((lane) => lane.kind === "output" && lane.name === "mains")!.marks;
    expect(marks.map((mark) => mark.tone)).not.toContain("good");
    expect(marks.map((mark) => mark.word)).toContain("output carried out");
    expect(incidentCsv(story)).toMatch(/output_confirmed,,mains,carried out; nothing measures it/);
    expect(incidentCsv(story)).not.toMatch(/output_confirmed,,track-power,carried out/);
  });
  it("holds who released it, and what else was wrong, however late; and no event of another kind from then", () => {
    const trip = story.trip!;
    const later = (kind: string, minutes: number): JournalEvent => ({ ...trip, id: 10_000 + minutes, kind, source: "anna", boot_ns: trip.boot_ns + minutes * 60e9, wall_ns: trip.wall_ns + minutes * 60e9 });
    const told = incident([...events, later("cause", 7), later("ack", 9), later("start", 11), later("link", 12), { ...later("ack", 13), epoch: 3 }], 2, ["mains"]);
    expect(told.events.filter((event) => event.ms > 60_000).map((event) => event.kind)).toEqual(["cause", "ack", "start"]);
    expect(windowOf(told)).toEqual(windowOf(story));
  });
  it("keeps the lanes in the order of the chain", () => {
    const kinds = story.lanes.map((lane) => lane.kind);
    expect(kinds.indexOf("link")).toBeLessThan(kinds.indexOf("latch"));
    expect(kinds.indexOf("latch")).toBeLessThan(kinds.indexOf("output"));
  });
  it("shows from what was noticed to what was confirmed", () => {
    const { from, to } = windowOf(story);
    for (const step of story.path) expect(step.ms >= from && step.ms <= to).toBe(true);
  });
  it("does not count what came after the release", () => {
    const first = incident(events, 1, []);
    expect(first.path.find((step) => step.word === "confirmed")!.ms).toBeLessThan(200);
  });
  it("holds each output against what the configuration allows it", () => {
    const output = (id: string, budget_ms: number | null) => ({ id, kind: "", commanded: "safe" as const, readback: "none" as const, budget_ms });
    const list = against(story, [output("track-power", 2000), output("mains", null), output("other", 50)]);
    expect(list.map((one) => [one.id, one.verdict])).toEqual([["track-power", "within"], ["mains", "not measured"], ["other", "not confirmed"]]);
    expect(list[0]!.confirmed).toBeGreaterThan(0);
    expect(list[1]!.commanded).toBeGreaterThan(0);
    expect(against(story, [output("track-power", 0.001)])[0]!.verdict).toBe("late");
  });
  it("says so when the journal holds no such trip", () => expect(incident(events, 99).trip).toBeNull());
});

describe("times", () => {
  it("go by the boot clock within a boot, also when the wall clock jumps", () => {
    const [a, b] = [{ ...events[0]! }, { ...events[0]! }];
    b.boot_ns = a.boot_ns + 5e6;
    b.wall_ns = a.wall_ns - 3600e9;
    expect(millisecondsBetween(a, b)).toBe(5);
  });
  it("go by the wall clock across boots", () => {
    const [a, b] = [{ ...events[0]! }, { ...events[0]!, boot_id: "another" }];
    b.boot_ns = 5;
    b.wall_ns = a.wall_ns + 2e9;
    expect(millisecondsBetween(a, b)).toBe(2000);
  });
});

describe("what is handed on", () => {
  const story = incident(events, 2);
  it("a CSV with a row for each event", () => {
    const rows = incidentCsv(story).trimEnd().split("\r\n");
    expect(rows[0]).toMatch(/^ms_from_trip,at,kind/);
    expect(rows.length).toBe(story.events.length + 1);
    expect(rows.some((row) => /^0\.000,.*,trip,link_lost,layout,/.test(row))).toBe(true);
  });
  it("a JSON that holds the same", () => {
    const told = JSON.parse(incidentJson(story, { site: "club" })) as { epoch: number; events: unknown[]; site: string };
    expect(told).toMatchObject({ epoch: 2, site: "club" });
    expect(told.events.length).toBe(story.events.length);
  });
});
