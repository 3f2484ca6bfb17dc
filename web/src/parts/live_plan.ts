// The layout as it is now: loaded whole, then kept by what changes. After an outage it is loaded again.
import { useEffect, useState } from "preact/hooks";
import type { Plan } from "../model/layout";
import { merged } from "../model/plan_changes";
import { get, inWords } from "../net/api";
import { Follower } from "../net/follower";

const showEveryMs = 100;

export function useLivePlan(): { plan: Plan | null; trouble: string } {
  const [held, hold] = useState<{ plan: Plan | null; trouble: string }>({ plan: null, trouble: "" });
  useEffect(() => {
    let plan: Plan | null = null, over = false, loading = false, stale = false;
    let waiting: Record<string, unknown>[] = [];
    let later: ReturnType<typeof setTimeout> | undefined;
    // However many changes came, one drawing: with the next frame, and none while nobody can see it.
    const show = (): void => void (later ??= setTimeout(() => requestAnimationFrame(() => {
      later = undefined;
      if (!over) hold({ plan, trouble: "" });
    }), showEveryMs));
    const load = async (): Promise<void> => {
      if (loading) return void (stale = true);   // it may hold what was before: once more
      loading = true;
      stale = false;
      try {
        plan = await get<Plan>("api/v1/snapshots/live");
        // What came while it was under way is newer or the same.
        for (const one of waiting) plan = merged(plan, one);
        show();
      } catch (error) {
        if (!over) hold((before) => ({ ...before, trouble: inWords(error) }));
        setTimeout(() => void (over || load()), 2000);
      } finally {
        waiting = [];
        loading = false;
        if (stale && !over) void load();
      }
    };
    const follower = new Follower(["layout"], (message) => {
      if (message.type !== "layout") return;
      if (message.reload === true) return void load();
      const changes = message.changes as Record<string, unknown> | undefined;
      if (changes === undefined) return;
      if (loading || plan === null) waiting.push(changes);
      else {
        plan = merged(plan, changes);
        show();
      }
    }, () => void load());
    void load();
    return () => {
      over = true;
      clearTimeout(later);
      follower.end();
    };
  }, []);
  return held;
}
