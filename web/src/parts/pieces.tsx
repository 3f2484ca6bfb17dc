// Small pieces that every view is made of.
import type { ComponentChildren } from "preact";
import { useNow } from "../clock";
import { agoText, momentText, parsed } from "../model/words";
import { Icon, type Shape } from "./icon";

export type Tone = "plain" | "ok" | "warn" | "trip" | "todo";

export function Chip({ tone, shape, children }: { tone: Tone; shape?: Shape; children: ComponentChildren }) {
  return (
    <span class={`chip ${tone}`}>
      {shape && <Icon shape={shape} size={14} />}
      <span>{children}</span>
    </span>
  );
}

export function Panel({ title, extra, children, name }: {
  title: string; extra?: ComponentChildren; children: ComponentChildren; name?: string;
}) {
  const id = `panel-${(name ?? title).toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return (
    <section class={`panel ${name ?? ""}`} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {extra}
      </div>
      {children}
    </section>
  );
}

export function Age({ at }: { at: string | null }) {
  const now = useNow();
  const ms = parsed(at);
  if (ms === null) return <span class="soft">never</span>;
  return <time class="number" dateTime={at ?? ""} title={momentText(at, now)}>{agoText(now - ms)}</time>;
}

export function Moment({ at }: { at: string | null }) {
  const now = useNow();
  return <time class="number" dateTime={at ?? ""}>{momentText(at, now)}</time>;
}

export function Note({ tone, title, lines = [] }: { tone: Tone; title: string; lines?: string[] }) {
  return (
    <div class={`note ${tone}`} role={tone === "trip" || tone === "warn" ? "alert" : "status"}>
      <Icon shape={tone === "ok" ? "ok" : tone === "todo" ? "todo" : "warn"} />
      <div>
        <strong>{title}</strong>
        {lines.length > 0 && <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>}
      </div>
    </div>
  );
}

// A table that a narrow screen can scroll, also by keyboard.
export function Table({ label, head, children }: { label: string; head: string[]; children: ComponentChildren }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr>{head.map((one) => <th scope="col" key={one}>{one}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
