// A shape for every state, so that colour is never alone. Drawn here: nothing is loaded for them.
export type Shape = "running" | "ready" | "tripped" | "unknown" | "ok" | "warn" | "todo" | "off" | "bad";

const paths: Record<Shape, string> = {
  running: "M6 3 21 12 6 21z",
  ready: "M5 4h5v16H5zM14 4h5v16h-5z",
  tripped: "M8 2h8l6 6v8l-6 6H8l-6-6V8zM7 10.5v3h10v-3z",
  unknown: "M12 1 23 12 12 23 1 12zM9.2 9.4c0-4 6-4 6-.2 0 2.4-2.2 2.2-2.2 4.6h-2c0-3.4 2.2-3 2.2-4.6 0-1.4-2-1.4-2 .2zM11 15.4h2v2.2h-2z",
  ok: "M3 13 6 10l4 4 9-9 3 3L10 20z",
  warn: "M12 2 23 21H1zM11 9v6h2V9zM11 16.5v2h2v-2z",
  todo: "M12 2a10 10 0 1 0 .01 0zM11 6h2v8h-2zM11 16h2v2h-2z",
  off: "M12 3a9 9 0 1 0 .01 0zm0 3a6 6 0 1 1-.01 0z",
  bad: "M4 7 7 4l5 5 5-5 3 3-5 5 5 5-3 3-5-5-5 5-3-3 5-5z",
};

export function Icon({ shape, size = 18 }: { shape: Shape; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[shape]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}
