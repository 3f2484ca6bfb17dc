// What a view asks the supervisor for, again and again while it is looked at.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, inWords } from "../net/api";

export interface Loaded<T> {
  value: T | null;
  at: number | null;      // when it was heard, browser's clock
  trouble: string;        // why the newest request failed; "" when it did not
  again: () => void;
}

// `everyMs` 0: once, and whenever `path` or `key` changes. `path` null: nothing is asked.
export function useLoaded<T>(path: string | null, everyMs = 0, key: unknown = ""): Loaded<T> {
  const [held, hold] = useState<{ path: string | null; value: T | null; at: number | null; trouble: string }>(
    { path, value: null, at: null, trouble: "" });
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async (): Promise<void> => {
      clearTimeout(timer);
      if (path === null || over) return;
      try {
        const value = await get<T>(path);
        if (!over) hold({ path, value, at: Date.now(), trouble: "" });
      } catch (error) {
        if (!over) hold((before) => ({ ...before, trouble: inWords(error) }));
      }
      if (!over && everyMs > 0) timer = setTimeout(() => void turn(), document.hidden ? 4 * everyMs : everyMs);
    };
    again.current = () => void turn();
    void turn();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [path, everyMs, key]);
  const mine = held.path === path;
  return { value: mine ? held.value : null, at: mine ? held.at : null, trouble: held.trouble, again: () => again.current() };
}
