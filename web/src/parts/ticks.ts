// What somebody has looked at, noted in this browser: Standstill cannot know it, and does not claim to.
import { useState } from "preact/hooks";

export interface Tick {
  who: string;
  at: string;
}

function read(key: string): Record<string, Tick> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Record<string, Tick>;
  } catch {
    return {};
  }
}

export function useTicks(key: string): [Record<string, Tick>, (item: string, on: boolean, who: string) => void] {
  const [held, hold] = useState({ key, ticks: read(key) });
  const ticks = held.key === key ? held.ticks : read(key);
  const tick = (item: string, on: boolean, who: string): void => {
    const next = { ...read(key) };
    if (on) next[item] = { who, at: new Date().toISOString() };
    else delete next[item];
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // a browser that stores nothing: the tick lasts until the page is closed
    }
    hold({ key, ticks: next });
  };
  return [ticks, tick];
}
