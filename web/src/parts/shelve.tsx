// Putting an alarm aside, with a reason and an end; and taking it back. Causes are never put aside.
import { useState } from "preact/hooks";
import type { Shelved } from "../model/contract";
import { inWords, post } from "../net/api";
import { ask } from "../net/live";
import { mayRelease, session } from "../net/session";
import { useStore } from "../store";
import { Moment, Note } from "./pieces";

const times = [
  { name: "15 minutes", minutes: 15, out: false },
  { name: "1 hour", minutes: 60, out: false },
  { name: "8 hours", minutes: 480, out: false },
  { name: "a day, out of service", minutes: 1440, out: true },
  { name: "a week, out of service", minutes: 10_080, out: true },
];

export function Shelve({ source }: { source: string }) {
  const who = useStore(session);
  const [open, setOpen] = useState(false);
  const [time, setTime] = useState(1);
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState("");
  if (!mayRelease(who)) return trouble === "" ? null : <Note tone="warn" title={trouble} />;
  if (!open) return <button type="button" class="small" onClick={() => setOpen(true)}>Put {source} aside</button>;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const chosen = times[time]!;
    try {
      await post(`api/v1/alarms/${source}/shelve`, { minutes: chosen.minutes, out_of_service: chosen.out, reason });
      setOpen(false);
    } catch (error) {
      setTrouble(inWords(error));
    }
    void ask();
  };
  return (
    <form class="shelve" aria-label={`Put ${source} aside`} onSubmit={(event) => void submit(event)}>
      <label>For
        <select value={String(time)} onChange={(event) => setTime(Number(event.currentTarget.value))}>
          {times.map((one, index) => <option value={String(index)} key={one.name}>{one.name}</option>)}
        </select>
      </label>
      <label>Why<input required maxLength={200} value={reason} onInput={(event) => setReason(event.currentTarget.value)} /></label>
      <button type="submit">Put aside</button>
      <button type="button" onClick={() => setOpen(false)}>Leave it</button>
      {trouble !== "" && <Note tone="warn" title={trouble} />}
    </form>
  );
}

export function PutAside({ one }: { one: Shelved }) {
  const who = useStore(session);
  const [trouble, setTrouble] = useState("");
  const back = (): void => {
    post(`api/v1/alarms/${one.source}/unshelve`).then(() => ask(), (error: unknown) => setTrouble(inWords(error)));
  };
  return (
    <div class="aside">
      <p class="soft">{one.state === "shelved" ? "Shelved" : "Out of service"} by {one.by} until <Moment at={one.until} />: {one.reason}</p>
      {mayRelease(who) && <button type="button" class="small" onClick={back}>Take {one.source} back</button>}
      {trouble !== "" && <Note tone="warn" title={trouble} />}
    </div>
  );
}
