// A value that views look at. Everything the page knows is in a few of these.
import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  change(make: (value: T) => T): void {
    this.set(make(this.value));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, show] = useState(store.get());
  useEffect(() => {
    show(() => store.get());
    return store.subscribe(() => show(() => store.get()));
  }, [store]);
  return value;
}
