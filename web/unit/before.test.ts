import { describe, expect, it } from "vitest";
import { incidentCsv } from "../src/model/export";
import { coursePath, valueAt, valuesBefore } from "../src/model/before";

const tag = (link: string, name: string, value: number | null, quality = "good") => ({ link, name, value, unit: "W", quality, at: null });
const trip = 1_000_000_000;   // ms
const second = (before: number): number => trip / 1000 - before;

describe("values before a trip", () => {
  const snapshot = {
    tags: [tag("layout", "clock", 1), tag("press", "door", 1), tag("meter", "power", 900), tag("meter", "voltage", 230, "stale")],
    before: [
      { link: "meter", name: "power", samples: [[second(12), 500], [second(10), null], [second(8), 700], [second(-1), 5]] as [number, number | null][] },
      { link: "press", name: "door", samples: [[second(12), 1], [second(8), 1]] as [number, number | null][] },
    ],
  };
  const list = valuesBefore(snapshot, trip, ["layout"], "meter");
  it("has the first cause's own on top, what moved before what did not, and no layout", () => {
    expect(list.map((one) => one.name)).toEqual(["power", "voltage", "door"]);
  });
  it("counts from the trip, and shows nothing that came after it", () => {
    expect(list[0]!.samples.map((one) => one.ms)).toEqual([-12_000, -10_000, -8000]);
    expect(list[0]).toMatchObject({ atTrip: 900, unit: "W" });
    expect(list[1]).toMatchObject({ quality: "stale", samples: [] });
  });
  it("looks back to the newest sample that is old enough", () => {
    expect(valueAt(list[0]!, 9000)).toBe(null);
    expect(valueAt(list[0]!, 11_000)).toBe(500);
    expect(valueAt(list[0]!, 60_000)).toBe(undefined);
  });
  it("draws an outage as a gap", () => {
    expect(coursePath(list[0]!.samples)).toBe("M80.0 22.0M86.7 2.0");
    expect(coursePath([])).toBe("");
  });
  it("makes do with a snapshot of an older version", () => {
    expect(valuesBefore({}, trip, [], "meter")).toEqual([]);
    expect(valuesBefore({ tags: [tag("meter", "power", 1)] }, trip, [], "x")[0]!.samples).toEqual([]);
  });
  it("goes into the CSV file, by its time from the trip", () => {
    const one = { epoch: 3, trip: { wall_ns: trip * 1e6 } as never, events: [], lanes: [], path: [] };
    const rows = incidentCsv(one, list.slice(0, 1)).trim().split("\r\n").slice(1);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toBe("-12000.000,1970-01-12T13:46:28.000Z,value,power,meter,500 W,3,,");
    expect(rows[1]).toContain(",not known,");
    expect(rows[3]).toMatch(/^0\.000,.*,900 W,3,,$/);
  });
});
