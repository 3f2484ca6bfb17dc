// The track plan as shapes on its own grid: what is where, what it shows, and what runs through it.
import type { Difference } from "./contract";

export interface PlanObject {
  id: string;
  attributes?: Record<string, string>;
  nested?: { element: string; attributes: Record<string, string> }[];
  [field: string]: unknown;
}

// A snapshot, also the live one.
export interface Plan {
  model: { title?: string } | null;
  age_ms: number | null;
  timestamp?: number;
  power?: boolean | null;
  epoch?: number;
  blocks?: PlanObject[];
  switches?: PlanObject[];
  signals?: PlanObject[];
  feedbacks?: PlanObject[];
  routes?: PlanObject[];
  tracks?: PlanObject[];
  locomotives?: PlanObject[];
  outputs?: PlanObject[];
}

export type ShapeKind = "block" | "switch" | "signal" | "feedback" | "track";

export interface Shape {
  kind: ShapeKind;
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
  level: number;
  vertical: boolean;
  state: string;        // in words, for people and screen readers
  train: string;        // in a block: who
  moving: boolean;
  alert: boolean;       // occupied, thrown, red, …: what a person looks for
  turn: string;         // a switch's side, a curve's orientation
}

export interface Way {
  id: string;
  points: [number, number][];
  set: boolean;
}

export interface Drawing {
  shapes: Shape[];
  ways: Way[];
  levels: number[];
  box: { x: number; y: number; w: number; h: number };
  unplaced: string[];
}

const number = (text: unknown): number | null => {
  const value = typeof text === "string" && text !== "" ? Number(text) : NaN;
  return Number.isFinite(value) ? value : null;
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function place(kind: ShapeKind, one: PlanObject): Shape | null {
  const at = one.attributes ?? {};
  const x = number(at.x), y = number(at.y);
  if (x === null || y === null) return null;
  const vertical = at.ori === "north" || at.ori === "south";
  const long = kind === "block" ? (at.smallsymbol === "true" ? 2 : 4) : 1;
  return {
    kind, id: one.id, x, y, w: vertical ? 1 : long, h: vertical ? long : 1, level: number(at.z) ?? 0, vertical,
    state: "", train: "", moving: false, alert: false, turn: at.ori ?? "",
  };
}

const dress: Record<ShapeKind, (shape: Shape, one: PlanObject, trains: Map<string, PlanObject>) => void> = {
  block: (shape, one, trains) => {
    const train = text(one.loco_id);
    const loco = train ? trains.get(train) : undefined;
    const speed = Number(loco?.speed ?? 0);
    shape.train = train;
    shape.moving = speed !== 0;
    shape.alert = one.occupied === true;
    const words = [one.occupied === true ? "occupied" : one.reserved === true ? "reserved" : "free"];
    if (train) words.push(speed !== 0 ? `${train} at ${speed}` : `${train} standing`);
    if (text(one.state) !== "open" && text(one.state) !== "") words.push(text(one.state));
    shape.state = words.join(", ");
  },
  switch: (shape, one) => {
    shape.state = text(one.state) || "not known";
    shape.alert = shape.state !== "straight";
    shape.turn = text(one.type);
    shape.moving = one.moving === true;
  },
  signal: (shape, one) => {
    shape.state = text(one.state) || "not known";
    shape.alert = shape.state === "red";
  },
  feedback: (shape, one) => {
    shape.alert = one.state === true;
    shape.state = shape.alert ? "reports a train" : "reports none";
  },
  track: (shape, one) => {
    shape.state = text(one.attributes?.type) || "straight";
  },
};

// A plan of thousands changes one object at a time, and what did not change is the same object: so is its shape, and whoever
// draws it sees that by looking at its identity alone.
interface Made {
  shape: Shape | null;
  train: PlanObject | undefined;
}
const made = new WeakMap<PlanObject, Made>();

function shapeOf(kind: ShapeKind, one: PlanObject, trains: Map<string, PlanObject>): Shape | null {
  const train = kind === "block" ? trains.get(text(one.loco_id)) : undefined;
  const known = made.get(one);
  if (known !== undefined && known.train === train) return known.shape;
  const shape = place(kind, one);
  if (shape !== null) dress[kind](shape, one, trains);
  made.set(one, { shape, train });
  return shape;
}

export function drawing(plan: Plan): Drawing {
  const shapes: Shape[] = [];
  const unplaced: string[] = [];
  const trains = new Map((plan.locomotives ?? []).map((one) => [one.id, one]));
  const lists: [ShapeKind, PlanObject[] | undefined][] = [["track", plan.tracks], ["feedback", plan.feedbacks],
    ["switch", plan.switches], ["signal", plan.signals], ["block", plan.blocks]];
  for (const [kind, list] of lists)
    for (const one of list ?? []) {
      const shape = shapeOf(kind, one, trains);
      if (shape === null) {
        if (kind === "block" || kind === "switch") unplaced.push(`${kind} ${one.id}`);
        continue;
      }
      shapes.push(shape);
    }
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (const one of shapes) {
    left = Math.min(left, one.x);
    top = Math.min(top, one.y);
    right = Math.max(right, one.x + one.w);
    bottom = Math.max(bottom, one.y + one.h);
  }
  const box = shapes.length === 0 ? { x: 0, y: 0, w: 1, h: 1 }
    : { x: left - 1, y: top - 1, w: right - left + 2, h: bottom - top + 2 };
  const levels = [...new Set(shapes.map((one) => one.level))].sort((a, b) => a - b);
  return { shapes, ways: (plan.tracks ?? []).length > 0 ? [] : ways(plan, shapes), levels, box, unplaced };
}

// A plan without drawn tracks: its routes tell which block leads over which switches to which.
function ways(plan: Plan, shapes: Shape[]): Way[] {
  if ((plan.routes ?? []).length === 0) return [];
  const byKey = new Map(shapes.map((one) => [`${one.kind} ${one.id}`, one]));
  const find = (kind: ShapeKind, id: string): Shape | undefined => byKey.get(`${kind} ${id}`);
  const middle = (one: Shape): [number, number] => [one.x + one.w / 2, one.y + one.h / 2];
  const list: Way[] = [];
  for (const route of plan.routes ?? []) {
    const from = find("block", text(route.from)), to = find("block", text(route.to));
    if (from === undefined || to === undefined) continue;
    const between = (route.nested ?? []).map((one) => find("switch", one.attributes.id ?? ""))
      .filter((one): one is Shape => one !== undefined).map(middle);
    const start = middle(from), end = middle(to);
    between.sort((a, b) => distance(start, a) - distance(start, b));
    list.push({ id: route.id, points: [edge(from, between[0] ?? end), ...between, edge(to, between.at(-1) ?? start)],
      set: route.status === 1 });
  }
  return list;
}

const distance = (a: [number, number], b: [number, number]): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

// Where a line towards `to` leaves a block: at its nearer end.
function edge(block: Shape, to: [number, number]): [number, number] {
  const ends: [number, number][] = block.vertical
    ? [[block.x + 0.5, block.y], [block.x + 0.5, block.y + block.h]]
    : [[block.x, block.y + 0.5], [block.x + block.w, block.y + 0.5]];
  return distance(ends[0]!, to) < distance(ends[1]!, to) ? ends[0]! : ends[1]!;
}

// Which shapes a comparison is about. A train is shown in the block that it was in, and in the one it is in now.
export function ringed(differences: Difference[]): Map<string, Difference[]> {
  const rings = new Map<string, Difference[]>();
  const add = (key: string, one: Difference): void => void rings.set(key, [...(rings.get(key) ?? []), one]);
  for (const one of differences) {
    if (one.kind === "locomotive" && one.field === "block") {
      for (const block of [one.before, one.now]) if (block !== "none") add(`block ${block}`, one);
    } else {
      add(`${one.kind} ${one.id}`, one);
    }
  }
  return rings;
}

// Whether two drawings of an object look the same: a plan of thousands changes one object at a time.
export const sameShape = (a: Shape | undefined, b: Shape | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined &&
    (Object.keys(a) as (keyof Shape)[]).every((key) => a[key] === b[key]));
