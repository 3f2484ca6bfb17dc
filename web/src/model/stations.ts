// Whether a station of the bus is there. `docs/stations.md`: one that was not heard for five seconds is an alarm.
import type { Station } from "./contract";

export const silentAfterMs = 5000;

export type Presence = "never heard" | "left" | "silent" | "starting" | "degraded" | "heard";

export function presence(one: Station): Presence {
  if (one.last_heard_ms < 0) return "never heard";
  if (one.last_heard_ms >= silentAfterMs) return one.status === "stopping" ? "left" : "silent";
  if (one.status === "starting") return "starting";
  if (one.status === "stopping") return "left";
  // One that is stopped calls itself degraded, as everybody on a stopped bus does.
  return one.status === "degraded" && one.state !== "tripped" ? "degraded" : "heard";
}

export const isAway = (one: Station): boolean => ["never heard", "silent"].includes(presence(one));
