// Which outputs have to be proved again: asked for once a minute, and when the plant's state changed, which a test does.
import type { Due } from "../model/contract";
import { Store } from "../store";
import { get } from "./api";
import { live } from "./live";

export const overdue = new Store<Due[]>([]);

const everyMs = 60_000;

export async function askOverdue(): Promise<void> {
  try {
    const told = await get<{ due: Due[] }>("api/v1/reports");
    overdue.set(told.due.filter((one) => one.overdue));
  } catch {
    // what was known holds; that nobody answers is told by the word
  }
}

export function begin(): void {
  let word = "";
  live.subscribe(() => {
    if (live.get().word === word) return;
    word = live.get().word;
    void askOverdue();
  });
  setInterval(() => void askOverdue(), everyMs);
}
