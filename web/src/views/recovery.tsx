// The guided list: what to look at, what is known of it (measured or only believed), and the three words that release.
import { useState } from "preact/hooks";
import type { Checklist, ChecklistItem, ChecklistStep, JournalEvent, State } from "../model/contract";
import { releaseWords, tickKey, type Release } from "../model/recovery";
import { useNow } from "../clock";
import { causeSentence, clockText, dayText } from "../model/words";
import { inWords, post, Refused } from "../net/api";
import { ask } from "../net/live";
import { mayRelease, session } from "../net/session";
import { useTicks } from "../parts/ticks";
import { useLoaded } from "../parts/load";
import { Chip, Moment, Note, Panel } from "../parts/pieces";
import { SignIn } from "../parts/sign_in";
import { useStore } from "../store";

export function Recovery({ state }: { state: State }) {
  const now = useNow();
  const key = `${state.state} ${state.epoch} ${state.acknowledged} ${state.links.map((one) => one.state).join()}`;
  const list = useLoaded<Checklist>(state.state === "running" ? null : "api/v1/checklist", 4000, key);
  return (
    <div class="narrow">
      <div class="view-head">
        <h1>{state.site}: recovery of epoch {state.epoch}</h1>
        <button type="button" class="no-print" onClick={() => print()}>Print</button>
      </div>
      <p class="print-only">{state.first_out && `${dayText(state.first_out.at)}: ${causeSentence(state.first_out)} `}State: {state.state}. As of {dayText(new Date(now).toISOString())}, {clockText(new Date(now).toISOString())}.</p>
      {state.state === "running"
        ? <Note tone="ok" title="The plant is running. There is nothing to recover." />
        : <p>Work from top to bottom. Nothing here energises anything before the last word, start.</p>}
      {list.trouble !== "" && <Note tone="warn" title={list.trouble} />}
      <ol class="steps">
        {(list.value?.steps ?? []).filter((step) => releaseOf(step) === null)
          .map((step) => <Step step={step} seen={tickKey(state)} key={step.title} />)}
      </ol>
      <Words state={state} />
      <Done epoch={state.epoch} />
      <p class="print-only">Done by ____________________   date and time ____________________</p>
    </div>
  );
}

const releaseOf = (step: ChecklistStep): string | null =>
  /^standstill (ack|reset|start)\b/.exec(step.command)?.[1] ?? null;

function Step({ step, seen }: { step: ChecklistStep; seen: string }) {
  const open = step.items.filter((one) => one.needs_attention).length;
  return (
    <li class="step">
      <div class="panel-head">
        <h2>{step.title}</h2>
        {open > 0 ? <Chip tone="todo" shape="todo">{open} to look at</Chip> : <Chip tone="plain" shape="ok">nothing open</Chip>}
      </div>
      <p class="soft">{step.look_at}</p>
      {step.command !== "" && <p class="soft">As a command: <code>{step.command}</code></p>}
      <ul class="items">{step.items.map((one) => <Item item={one} seen={seen} key={one.text} />)}</ul>
    </li>
  );
}

const knownWords = { measured: "measured", believed: "only believed", unknown: "not known" };

function Item({ item, seen }: { item: ChecklistItem; seen: string }) {
  const who = useStore(session);
  const [ticks, tick] = useTicks(seen);
  const ticked = ticks[item.text];
  return (
    <li class={item.needs_attention && !ticked ? "attention" : ""}>
      <label>
        <input type="checkbox" checked={ticked !== undefined}
               onChange={(event) => tick(item.text, event.currentTarget.checked, who?.name ?? "somebody")} />
        <span>
          {item.text}
          <span class="says">
            <Chip tone={item.needs_attention ? "todo" : item.known === "measured" ? "ok" : "plain"}
                  shape={item.needs_attention ? "todo" : item.known === "measured" ? "ok" : "off"}>{knownWords[item.known]}</Chip>
            {item.system_says}
          </span>
          {ticked && <span class="soft number">seen by {ticked.who}, <Moment at={ticked.at} /> (noted in this browser)</span>}
        </span>
      </label>
    </li>
  );
}

function Words({ state }: { state: State }) {
  const who = useStore(session);
  const [refusal, setRefusal] = useState<{ word: Release; title: string; reasons: string[] } | null>(null);
  const [busy, setBusy] = useState<Release | null>(null);
  const say = async (word: Release): Promise<void> => {
    setBusy(word);
    setRefusal(null);
    try {
      await post(`api/v1/${word}`, { epoch: state.epoch });
    } catch (error) {
      const reasons = error instanceof Refused ? [...error.reasons, error.hint].filter((one) => one !== "") : [];
      setRefusal({ word, title: refusedTitle(word, error), reasons });
    } finally {
      setBusy(null);
      void ask();
    }
  };
  return (
    <Panel title="Acknowledge, reset, start" name="release">
      <SignIn />
      <ol class="release">
        {releaseWords(state).map((one) => (
          <li key={one.word} class={one.now ? "now" : ""}>
            <button type="button" class={one.now ? "primary" : ""} data-word={one.word}
                    disabled={one.blocked !== "" || busy !== null || !mayRelease(who)} onClick={() => void say(one.word)}>
              {one.title}
            </button>
            <span>
              {one.done ? <Chip tone="plain" shape="ok">done</Chip> : one.blocked || (mayRelease(who) ? one.what : "Sign in first. " + one.what)}
            </span>
            {refusal?.word === one.word && <Note tone="warn" title={refusal.title} lines={refusal.reasons} />}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function refusedTitle(word: Release, error: unknown): string {
  if (error instanceof Refused && error.status === 409) return `Refused: ${word} is not possible yet.`;
  return inWords(error);
}

function Done({ epoch }: { epoch: number }) {
  const journal = useLoaded<{ events: JournalEvent[] }>(`api/v1/journal?epoch=${epoch}&limit=1000`, 3000);
  const words = (journal.value?.events ?? []).filter((one) => ["ack", "reset", "start", "refused"].includes(one.kind));
  if (words.length === 0) return null;
  return (
    <Panel title="Who did what" name="done">
      <ul class="plain">
        {words.map((one) => (
          <li key={one.id}><Moment at={one.at} /> <strong>{one.kind === "ack" ? "acknowledge" : one.kind}</strong>{" "}
            {one.source && `by ${one.source}`} {one.detail}</li>
        ))}
      </ul>
    </Panel>
  );
}
