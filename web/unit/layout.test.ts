import { describe, expect, it } from "vitest";
import { drawing, ringed, type Plan } from "../src/model/layout";
import { merged } from "../src/model/plan_changes";

const plan = (): Plan => ({
  model: { title: "two blocks" }, age_ms: 10,
  blocks: [
    { id: "bk1", occupied: true, reserved: false, loco_id: "V 200", state: "open", attributes: { x: "2", y: "3", z: "0" } },
    { id: "bk2", occupied: false, reserved: false, loco_id: null, state: "closed", attributes: { x: "10", y: "3", z: "0", ori: "north" } },
    { id: "bk3", occupied: false, attributes: {} },
  ],
  switches: [{ id: "sw1", state: "turnout", moving: false, attributes: { x: "7", y: "3", type: "left" } }],
  signals: [{ id: "sg1", state: "red", attributes: { x: "6", y: "3" } }],
  feedbacks: [{ id: "fb1", state: true, attributes: { x: "3", y: "3", z: "1" } }],
  routes: [{ id: "bk1-bk2", from: "bk1", to: "bk2", status: 1, nested: [{ element: "swcmd", attributes: { id: "sw1", cmd: "turnout" } }] }],
  locomotives: [{ id: "V 200", speed: 40, block: "bk1", direction: true }],
});

describe("the plan as a drawing", () => {
  it("puts each object where the plan has it, blocks four cells long", () => {
    const one = drawing(plan());
    expect(one.shapes.find((shape) => shape.id === "bk1")).toMatchObject({ x: 2, y: 3, w: 4, h: 1, train: "V 200", moving: true, alert: true });
    expect(one.shapes.find((shape) => shape.id === "bk2")).toMatchObject({ w: 1, h: 4, vertical: true, state: "free, closed" });
    expect(one.box).toEqual({ x: 1, y: 2, w: 11, h: 6 });
    expect(one.levels).toEqual([0, 1]);
  });
  it("names what has no place instead of putting it somewhere", () => expect(drawing(plan()).unplaced).toEqual(["block bk3"]));
  it("draws a way over its switches where the plan has no tracks", () => {
    const [way] = drawing(plan()).ways;
    expect(way).toEqual({ id: "bk1-bk2", points: [[6, 3.5], [7.5, 3.5], [10.5, 3]], set: true });
  });
  it("draws the tracks themselves where the plan has them", () => {
    const one = drawing({ ...plan(), tracks: [{ id: "tk1", attributes: { x: "8", y: "3", type: "curve", ori: "east" } }] });
    expect(one.ways).toEqual([]);
    expect(one.shapes.find((shape) => shape.kind === "track")).toMatchObject({ state: "curve", turn: "east" });
  });
  it("survives an empty plan", () => expect(drawing({ model: null, age_ms: null }).shapes).toEqual([]));
});

describe("what changes", () => {
  it("is put into the plan; places stay", () => {
    const before = plan();
    const after = merged(before, { blocks: [{ id: "bk1", occupied: false, loco_id: null, state: "open" }], power: false });
    expect(drawing(after).shapes.find((shape) => shape.id === "bk1")).toMatchObject({ x: 2, train: "", alert: false });
    expect(after.power).toBe(false);
    expect(before.blocks![0]!.occupied).toBe(true);
    expect(after.switches).toBe(before.switches);
  });
});

describe("rings", () => {
  it("a train that moved rings the block it left and the one it is in", () => {
    const difference = { kind: "locomotive", id: "V 200", field: "block", before: "bk1", now: "bk2", advice: "", severity: "dangerous" as const };
    expect([...ringed([difference]).keys()]).toEqual(["block bk1", "block bk2"]);
    expect([...ringed([{ ...difference, kind: "switch", id: "sw1", field: "state" }]).keys()]).toEqual(["switch sw1"]);
  });
});

describe("a plan in which one thing changes", () => {
  it("keeps every other shape as the same object, so that nobody draws it again", () => {
    const before = plan(), after = merged(before, { feedbacks: [{ id: "fb1", state: false }], switches: [] });
    const [a, b] = [drawing(before), drawing(after)];
    const changed = b.shapes.filter((shape) => !a.shapes.includes(shape)).map((shape) => shape.id);
    expect(changed).toEqual(["fb1"]);
    expect(b.shapes.find((shape) => shape.id === "fb1")!.alert).toBe(false);
  });
  it("shows a train's speed where the train stands, although its block did not change", () => {
    const before = plan(), after = merged(before, { locomotives: [{ id: "V 200", speed: 0 }] });
    const [a, b] = [drawing(before), drawing(after)];
    expect(a.shapes.find((shape) => shape.id === "bk1")!.moving).toBe(true);
    expect(b.shapes.find((shape) => shape.id === "bk1")).toMatchObject({ moving: false, train: "V 200" });
  });
});
