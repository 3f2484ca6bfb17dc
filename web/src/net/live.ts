// The live picture: pushed over the WebSocket, asked for when that is silent. What was heard, and when.
import { plantClock } from "../clock";
import { isState, type JournalEvent, type State, type Tag } from "../model/contract";
import { bannerWord, freshness, lateAfterMs, type BannerWord, type Freshness } from "../model/freshness";
import { parsed } from "../model/words";
import { Store } from "../store";
import { get } from "./api";
import { Follower } from "./follower";
import { breakTrends, take as takeTags } from "./tags";

export interface Live {
  state: State | null;      // the last that was heard: to be believed only while `fresh` is "live"
  heardAt: number | null;   // when what was heard was true, by the browser's clock, ms
  fresh: Freshness;
  word: BannerWord;
  pushed: boolean;          // by the WebSocket, not asked for
  otherVersion: string;     // another version of the program answers than the one that served this page
}

const askAfterMs = 1000;
const askLimitMs = 1500;
const behindForMs = 3000;   // a browser that was busy for a moment catches up by itself
const quietChangeMs = 250;  // numbers change at most four times a second; what matters changes at once

export const live = new Store<Live>({ state: null, heardAt: null, fresh: "connecting", word: "UNKNOWN", pushed: false,
  otherVersion: "" });
export const events = new Store<JournalEvent[]>([]);

// What must be on the screen at once.
const urgent = (state: State): string =>
  JSON.stringify([state.state, state.epoch, state.acknowledged, state.first_out, state.sequence, state.guard.pid,
    state.causes.map((one) => [one.source, one.code, one.present]), state.outputs, state.links.map((one) => one.state),
    (state.warnings ?? []).map((one) => one.watch)]);

const stateListeners = new Set<(state: State, at: number) => void>();
// Every state, as soon as it was heard; for what measures.
export const onState = (listener: (state: State, at: number) => void): (() => void) => {
  stateListeners.add(listener);
  return () => void stateListeners.delete(listener);
};

let newest: State | null = null, heardAt: number | null = null, pushed = false;
let shownUrgent = "", shownAt = 0, firstVersion = "", otherVersion = "";
let later: ReturnType<typeof setTimeout> | undefined;

function show(): void {
  clearTimeout(later);
  later = undefined;
  shownAt = Date.now();
  const fresh = freshness(heardAt, shownAt, newest?.guard.permit_age_ms ?? null);
  live.set({ state: newest, heardAt, fresh, word: bannerWord(newest, fresh), pushed, otherVersion });
}

function hear(state: State, byPush: boolean, ageMs = 0): void {
  newest = state;
  heardAt = Date.now() - ageMs;
  pushed = byPush;
  firstVersion ||= state.version;
  if (state.version !== firstVersion) otherVersion = state.version;
  for (const listener of stateListeners) listener(state, heardAt);
  const matters = urgent(state);
  if (matters !== shownUrgent || live.get().fresh !== "live") {
    shownUrgent = matters;
    show();
  } else {
    later ??= setTimeout(show, Math.max(0, shownAt + quietChangeMs - Date.now()));
  }
}

// The line holds back what it was given: nothing old is heard, the page asks, and follows anew, with what is true then first.
let behindSince: number | null = null;
function takeState(state: State, at: number | null): void {
  const now = Date.now(), age = at === null ? 0 : plantClock.age(at, now);
  if (age < lateAfterMs) {
    behindSince = null;
    return hear(state, true, age);
  }
  behindSince ??= now;
  if (now - behindSince < behindForMs) return;
  behindSince = null;
  follower?.again();
}

function take(message: Record<string, unknown>): void {
  if (message.type === "state" && isState(message.state)) {
    takeState(message.state, parsed(message.at as string));
  } else if (message.type === "tags" && Array.isArray(message.tags)) {
    takeTags(message.tags as Tag[], message.whole === true);
  } else if (message.type === "event" && typeof message.event === "object" && message.event !== null) {
    const event = message.event as JournalEvent;
    events.change((list) => [...list.slice(-499), event]);
  }
}

let asking = false;
export async function ask(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    const state = await get<unknown>("api/v1/state", askLimitMs);
    if (isState(state)) hear(state, false);
    if (!follower?.open) takeTags(await get<Tag[]>("api/v1/tags", askLimitMs), true);
  } catch {
    // nothing was heard; the age says so
  } finally {
    asking = false;
  }
}

let follower: Follower | null = null;

function look(): void {
  const quiet = heardAt === null ? Infinity : Date.now() - heardAt;
  if (quiet > askAfterMs || quiet < 0) void ask();
  if (quiet > 4 * askAfterMs && follower?.open) follower.again();
  if (freshness(heardAt, Date.now(), newest?.guard.permit_age_ms ?? null) !== live.get().fresh) {
    show();
    if (live.get().fresh !== "live") breakTrends();
  }
}

export function begin(): void {
  follower = new Follower(["tags"], take);
  void ask();
  setInterval(look, 250);
  document.addEventListener("visibilitychange", () => void (document.hidden || (look(), ask())));
  addEventListener("online", () => void ask());
}
