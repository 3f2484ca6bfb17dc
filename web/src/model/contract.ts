// What the supervisor says, as docs/http.md and docs/page.md describe it. Fields that an older or a smaller plant
// does not send are optional: the page shows what is there and claims nothing about the rest.

export type LatchWord = "tripped" | "ready" | "running";
export type LinkWord = "dialing" | "probing" | "online" | "silent" | "lost" | "closed" | "suspended";

export interface Cause {
  code: string;
  source: string;
  detail: string;
  at: string;
  present?: boolean;
}

export interface Link {
  id: string;
  kind: string;
  state: LinkWord;
  since: string;
  attempts: number;
  last_error: string | null;
  rtt_ms: number | null;
  critical?: boolean;
  budget_ms?: number;          // how long its peer may be silent
}

export interface Output {
  id: string;
  kind: string;
  commanded: "safe" | "run";
  readback: "confirmed" | "unconfirmed" | "failed" | "none";
  budget_ms?: number | null;   // by when after a trip it has to be proved safe
  secures?: boolean;           // false: a lamp, a siren, a watchdog device: no trip makes it safe
}

export const secures = (one: Output): boolean => one.secures !== false;

export interface Station {
  instance: string;
  status: string;
  state: string;
  confirmed_epoch: number;
  last_heard_ms: number;
}

// Put aside: told to nobody until its time is over. Never a cause.
export interface Shelved {
  source: string;
  state: "shelved" | "out_of_service";
  until: string;
  by: string;
  reason: string;
}

export interface State {
  site: string;
  state: LatchWord;
  epoch: number;
  acknowledged: boolean;
  first_out: Cause | null;
  causes: Cause[];
  links: Link[];
  outputs: Output[];
  sequence: { stage: number; of: number } | null;
  guard: { pid: number; permit_age_ms: number | null; realtime: boolean; cutters?: number };
  stations?: Station[];
  warnings?: { watch: string; detail: string }[];
  shelved?: Shelved[];
  version: string;
}

export interface JournalEvent {
  id: number;
  at: string;
  kind: string;
  code: string;
  source: string;
  detail: string;
  epoch: number;
  boot_ns: number;
  wall_ns: number;
  boot_id: string;
  guard_seq?: number;
  data?: unknown;
}

export interface Tag {
  link: string;
  name: string;
  value: number | null;
  unit: string;
  quality: string;
  at: string | null;
}

export interface Blocker {
  source: string;
  text: string;
  advice: string;
  age_ms: number | null;
}

export interface Difference {
  kind: string;
  id: string;
  field: string;
  before: string;
  now: string;
  advice: string;
  severity: "note" | "check" | "dangerous";
}

export interface SnapshotEntry {
  id: string;
  kind: string;
  epoch: number;
  at: string;
  bytes: number;
}

export interface ChecklistItem {
  text: string;
  system_says: string;
  known: "measured" | "believed" | "unknown";
  needs_attention: boolean;
}

export interface ChecklistStep {
  number: number;
  title: string;
  look_at: string;
  command: string;
  items: ChecklistItem[];
}

export interface Checklist {
  title: string;
  preface: string[];
  steps: ChecklistStep[];
  text: string;
}

export interface Due {
  output: string;
  last_passed: string | null;
  every_days: number;
  due: string | null;
  overdue: boolean;
  days: number;
}

export interface AlertStatus {
  id: string;
  kind: string;
  failing: boolean;
  last_error: string;
  pending: number;
  delivered: number;
  dropped: number;
  last_ok: string | null;
}

export interface EngineVariable {
  cv: number;
  name: string;
  does: string;
  value: number | null;       // null: not read yet
  known: boolean;             // read on this connection, and nothing changed it since
  unit: string;
  min: number;
  max: number;
  default: number;
  decimals: number;
  read_only: boolean;
}

export interface EngineTold {
  link: string;
  line: LinkWord;
  heard_ms: number | null;
  frame_ms: number | null;    // since its last values: asleep it says none, and may still answer
  state: LatchWord | null;
  epoch: number | null;
  reason: string;
  refusal: string | null;     // why no variable may be written now
  shutdown: { elapsed_ms: number; stages: { at_ms: number; what: string; at_most: boolean }[] } | null;
  variables: EngineVariable[];
  log: string[];
}

export const isState = (value: unknown): value is State => {
  const one = value as State | null;
  return (
    typeof one === "object" && one !== null && ["tripped", "ready", "running"].includes(one.state) &&
    typeof one.epoch === "number" && typeof one.acknowledged === "boolean" && Array.isArray(one.links) &&
    Array.isArray(one.outputs) && Array.isArray(one.causes) && typeof one.guard === "object" && one.guard !== null
  );
};
