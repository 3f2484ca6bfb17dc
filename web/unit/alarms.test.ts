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
  it("shows a goodbye as no emergency", () => {
    const state = running();
    state.links[0]!.state = "closed";
    expect(alarms(state)).toMatchObject([{ state: "abnormal", source: "layout" }]);
  });
});
