import type { State } from "../src/model/contract";

// A plant as `status --json` printed it in the demo, running; a test changes what it is about.
export const running = (more: Partial<State> = {}): State => ({
  site: "demo", state: "running", epoch: 2, acknowledged: true, first_out: null, causes: [],
  links: [{ id: "layout", kind: "rocrail", state: "online", since: "2026-11-21T17:00:00Z", attempts: 0, last_error: null, rtt_ms: 0.4 }],
  outputs: [
    { id: "track-power", kind: "serial", commanded: "run", readback: "unconfirmed" },
    { id: "mains", kind: "http", commanded: "run", readback: "none" },
  ],
  sequence: null, guard: { pid: 12, permit_age_ms: 40, realtime: false, cutters: 2 }, warnings: [], version: "1",
  ...more,
});

export const lost = { code: "link_lost", source: "layout", detail: "the connection ended without a goodbye", at: "2026-11-21T17:10:00.123Z" };

export const tripped = (more: Partial<State> = {}): State => running({
  state: "tripped", epoch: 3, acknowledged: false, first_out: lost, causes: [{ ...lost, present: true }],
  links: [{ id: "layout", kind: "rocrail", state: "lost", since: lost.at, attempts: 3, last_error: "connection refused", rtt_ms: null }],
  outputs: [
    { id: "track-power", kind: "serial", commanded: "safe", readback: "confirmed" },
    { id: "mains", kind: "http", commanded: "safe", readback: "confirmed" },
  ],
  ...more,
});
