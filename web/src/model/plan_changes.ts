// What changed in a layout, put into the plan that is known: an object's typed fields change, its place does not.
import type { Plan, PlanObject } from "./layout";

const lists = ["locomotives", "blocks", "switches", "signals", "routes", "feedbacks", "outputs"] as const;

export function merged(plan: Plan, changes: Record<string, unknown>): Plan {
  const made: Plan = { ...plan };
  for (const name of lists) {
    const news = changes[name];
    if (!Array.isArray(news)) continue;
    const byId = new Map((news as PlanObject[]).map((one) => [one.id, one]));
    made[name] = (plan[name] ?? []).map((one) => {
      const change = byId.get(one.id);
      return change === undefined ? one : { ...one, ...change };
    });
  }
  if (typeof changes.power === "boolean" || changes.power === null) made.power = changes.power as boolean | null;
  return made;
}
