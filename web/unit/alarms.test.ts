import { describe, expect, it } from "vitest";
import { alarms, quietlyShelved } from "../src/model/alarms";
import { lost, running, tripped } from "./sample";

describe("what needs somebody", () => {
  it("is nothing while everything is as it should be", () => expect(alarms(running())).toEqual([]));
  it("has the first-out on top, and later causes below", () => {
    const later = { ...lost, code: "output_failed", source: "mains", present: true };
    const list = alarms(tripped({ causes: [later, { ...lost, present: true }] }));
    expect(list.map((one) => [one.source, one.firstOut])).toEqual([["layout", true], ["mains", false]]);
  });
  it("knows unacknowledged, acknowledged and returned", () => {
    expect(alarms(tripped())[0]!.state).toBe("unacknowledged");
    expect(alarms(tripped({ acknowledged: true }))[0]!.state).toBe("acknowledged");
    expect(alarms(tripped({ causes: [{ ...lost, present: false }] }))[0]!.state).toBe("returned");
  });
  it("keeps a first-out that is no longer among the causes", () => {
    const list = alarms(tripped({ causes: [], links: running().links }));
    expect(list[0]).toMatchObject({ firstOut: true, state: "returned" });
  });
  it("does not show an old first-out once the plant runs", () => expect(alarms(running({ first_out: lost }))).toEqual([]));
  it("shows a warning before the trip", () => {
    const list = alarms(running({ warnings: [{ watch: "oil", detail: "70210 is above 70000" }] }));
    expect(list).toMatchObject([{ source: "oil", state: "abnormal", tone: "warn" }]);
  });
  it("puts what only warns last and grey when somebody shelved it, with name and end", () => {
    const shelved = { source: "oil", state: "shelved" as const, until: "2026-11-21T18:00:00Z", by: "anna", reason: "known" };
    const state = running({ warnings: [{ watch: "oil", detail: "hot" }, { watch: "gas", detail: "low" }], shelved: [shelved] });
    expect(alarms(state)).toMatchObject([
      { source: "gas", state: "abnormal", mayShelve: true, shelved: null },
      { source: "oil", state: "shelved", tone: "plain", shelved: { by: "anna" } },
    ]);
    expect(alarms({ ...state, shelved: [{ ...shelved, state: "out_of_service" }] })[1]!.state).toBe("out of service");
  });
  it("never puts a cause aside, nor an output that is not confirmed, nor an alert that fails", () => {
    const shelved = ["layout", "track-power", "alert crew"].map((source) => (
      { source, state: "shelved" as const, until: "", by: "anna", reason: "" }));
    const state = tripped({ shelved: shelved.slice(0, 2), warnings: [{ watch: "alert crew", detail: "fails" }] });
    state.outputs[0]!.readback = "failed";
    const list = alarms(state);
    expect(list.find((one) => one.source === "layout")).toMatchObject({ state: "unacknowledged", tone: "trip", mayShelve: false, shelved: null });
    expect(list.find((one) => one.source === "track-power")).toMatchObject({ state: "unacknowledged", tone: "trip", shelved: null });
    expect(list.find((one) => one.source === "alert crew")).toMatchObject({ state: "abnormal", mayShelve: false });
  });
  it("tells of what is put aside while nothing is the matter with it", () => {
    const state = running({ shelved: [{ source: "oil", state: "shelved", until: "", by: "anna", reason: "" }] });
    expect(quietlyShelved(state, alarms(state))).toMatchObject([{ source: "oil" }]);
  });
  it("names an output that contradicts its command as the worst, and what to do", () => {
    const state = tripped({ acknowledged: true });
    state.outputs[0]!.readback = "failed";
    const one = alarms(state).find((alarm) => alarm.source === "track-power");
    expect(one?.tone).toBe("trip");
    expect(one?.next).toContain("by hand");
  });
  it("says of an alert that fails what that means, and not that it would trip", () => {
    const [one] = alarms(running({ warnings: [{ watch: "alert crew", detail: "nobody is told by it: timed out" }] }));
    expect(one).toMatchObject({ title: "alert crew fails", consequence: "Nobody is told by it." });
  });
  it("has proof tests that are overdue, until somebody puts them aside", () => {
    const due = [{ output: "mains", last_passed: null, every_days: 180, due: "2026-11-01T00:00:00Z", overdue: true, days: 20 }];
    expect(alarms(running(), due)).toMatchObject([{ source: "mains", state: "abnormal", tone: "warn", mayShelve: true }]);
    const shelved = [{ source: "mains", state: "shelved" as const, until: "", by: "anna", reason: "next week" }];
    expect(alarms(running({ shelved }), due)).toMatchObject([{ source: "mains", state: "shelved", tone: "plain" }]);
  });
  it("has stations that are silent, also while nothing is stopped, and not one that took its leave", () => {
    const station = { instance: "bench-1", status: "running", state: "running", confirmed_epoch: 2, last_heard_ms: 900 };
    expect(alarms(running({ stations: [station] }))).toEqual([]);
    expect(alarms(running({ stations: [{ ...station, last_heard_ms: 5000 }] }))).toMatchObject([{ title: "Station bench-1 is silent", mayShelve: false }]);
    expect(alarms(running({ stations: [{ ...station, last_heard_ms: -1 }] }))).toMatchObject([{ title: "Station bench-1 is not there" }]);
    expect(alarms(running({ stations: [{ ...station, last_heard_ms: 90_000, status: "stopping" }] }))).toEqual([]);
  });
  it("has stations that are heard and have not confirmed the stop", () => {
    const station = { instance: "bench-1", status: "degraded", state: "tripped", confirmed_epoch: 2, last_heard_ms: 900 };
    expect(alarms(tripped({ stations: [station] })).at(-1)).toMatchObject({ title: "Station bench-1 has not confirmed the stop" });
    expect(alarms(tripped({ stations: [{ ...station, confirmed_epoch: 3 }] })).some((one) => one.source === "bench-1")).toBe(false);
  });
  it("shows a goodbye as no emergency", () => {
    const state = running();
    state.links[0]!.state = "closed";
    expect(alarms(state)).toMatchObject([{ state: "abnormal", source: "layout" }]);
  });
});
