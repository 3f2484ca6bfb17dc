// Outputs, links and stations: a name, a state word, one number that matters.
import { secures, type Link, type Output, type State, type Station } from "../model/contract";
import { presence, type Presence } from "../model/stations";
import { ageText, durationText } from "../model/words";
import { Age, Chip, Panel, Table, type Tone } from "./pieces";
import type { Shape } from "./icon";

type Look = { tone: Tone; shape: Shape; word: string };

export function outputLook(one: Output): Look {
  if (!secures(one)) return { tone: "plain", shape: "off", word: "secures nothing" };
  if (one.readback === "failed") return { tone: "trip", shape: "bad", word: "not confirmed: look at it" };
  if (one.commanded === "run")
    return { tone: "plain", shape: "running", word: one.readback === "none" ? "energised, no read-back" : "energised" };
  if (one.readback === "confirmed") return { tone: "ok", shape: "ok", word: "safe, confirmed" };
  if (one.readback === "none") return { tone: "todo", shape: "todo", word: "commanded safe, nothing measures it" };
  return { tone: "warn", shape: "warn", word: "commanded safe, not confirmed yet" };
}

export function Outputs({ state }: { state: State }) {
  return (
    <Panel title="Outputs" name="outputs">
      <ul class="rows">
        {state.outputs.map((one) => {
          const look = outputLook(one);
          return (
            <li key={one.id} data-output={one.id}>
              <span class="row-name">{one.id}<span class="kind">{one.kind}</span></span>
              <Chip tone={look.tone} shape={look.shape}>{look.word}</Chip>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

export function linkLook(one: Link): Look {
  if (one.state === "online") return { tone: "plain", shape: "ok", word: "online" };
  if (one.state === "lost" || one.state === "suspended") return { tone: "trip", shape: "bad", word: one.state };
  if (one.state === "closed") return { tone: "warn", shape: "off", word: "closed: said goodbye" };
  return { tone: "warn", shape: "warn", word: one.state };
}

export function Links({ state }: { state: State }) {
  return (
    <Panel title="Links" name="links">
      <ul class="rows">
        {state.links.map((one) => {
          const look = linkLook(one);
          return (
            <li key={one.id} data-link={one.id}>
              <span class="row-name">{one.id}<span class="kind">{one.kind}</span></span>
              <span class="row-more number">
                {one.state === "online" && one.rtt_ms !== null
                  ? durationText(one.rtt_ms)
                  : one.attempts > 0 ? `attempt ${one.attempts}` : ""}
              </span>
              <Chip tone={look.tone} shape={look.shape}>{look.word}</Chip>
              {one.last_error && one.state !== "online" && <p class="row-detail">{one.last_error}, <Age at={one.since} /></p>}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

const presenceLooks: Record<Presence, { tone: Tone; shape: Shape }> = {
  heard: { tone: "plain", shape: "ok" }, starting: { tone: "plain", shape: "off" }, left: { tone: "plain", shape: "off" },
  degraded: { tone: "warn", shape: "warn" }, silent: { tone: "warn", shape: "bad" }, "never heard": { tone: "warn", shape: "bad" },
};

// Green says that a stop was confirmed; while nothing is stopped there is nothing to be proud of.
function stationLook(one: Station, state: State): Look {
  const { epoch } = state;
  if (one.confirmed_epoch >= epoch)
    return { tone: state.state === "tripped" ? "ok" : "plain", shape: "ok", word: `confirmed epoch ${one.confirmed_epoch}` };
  return one.confirmed_epoch === 0
    ? { tone: "todo", shape: "todo", word: "has confirmed nothing yet" }
    : { tone: "warn", shape: "warn", word: `still at epoch ${one.confirmed_epoch}` };
}

export function Stations({ state }: { state: State }) {
  const stations = state.stations ?? [];
  const confirmed = stations.filter((one) => one.confirmed_epoch >= state.epoch).length;
  return (
    <Panel title="Stations" name="stations" extra={<span class="number">{confirmed} of {stations.length} confirmed epoch {state.epoch}</span>}>
      <Table label="Stations on the bus" head={["Station", "Stop", "On the bus", "Its state", "Last heard"]}>
        {stations.map((one) => {
          const look = stationLook(one, state), there = presence(one);
          return (
            <tr key={one.instance}>
              <th scope="row">{one.instance}</th>
              <td><Chip tone={look.tone} shape={look.shape}>{look.word}</Chip></td>
              <td><Chip {...presenceLooks[there]}>{there}</Chip></td>
              <td>{one.state || "not known"}</td>
              <td class="number">{one.last_heard_ms < 0 ? "never" : `${ageText(one.last_heard_ms)} ago`}</td>
            </tr>
          );
        })}
      </Table>
    </Panel>
  );
}
