// The incident on one time axis: lanes from the link to the read-back, and one line across them where the time went.
import type { Incident, Lane, Mark } from "../model/incident";
import { ticks, windowOf } from "../model/incident";
import { durationText, fromTrip } from "../model/words";

const wide = 1000, left = 150, right = 20, laneTall = 34, top = 64;

export function Timeline({ one: all }: { one: Incident }) {
  const { from, to } = windowOf(all);
  const inside = (mark: Mark): boolean => mark.ms >= from && mark.ms <= to;
  const lanes = all.lanes.map((lane) => ({ ...lane, marks: lane.marks.filter(inside) })).filter((lane) => lane.marks.length > 0);
  const one = { ...all, lanes };
  const x = (ms: number): number => left + ((ms - from) / (to - from || 1)) * (wide - left - right);
  const y = (index: number): number => top + index * laneTall + laneTall / 2;
  const tall = top + one.lanes.length * laneTall + 34;
  const row = (name: string): number => {
    const own = one.lanes.findIndex((lane) => lane.name === name);
    return own >= 0 ? own : one.lanes.findIndex((lane) => lane.kind === "latch");
  };
  const line = one.path.map((step) => [x(step.ms), y(Math.max(0, row(step.lane)))] as const);
  const said = one.path.map((step) => `${step.word} at ${durationText(step.ms)}`).join(", ");
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Timeline of the incident">
      <svg class="timeline" viewBox={`0 0 ${wide} ${tall}`} role="img" aria-label={`Time axis in milliseconds from the trip: ${said}.`}>
        {ticks(from, to).map((ms) => (
          <g key={ms} class={ms === 0 ? "zero" : "tick"}>
            <line x1={x(ms)} x2={x(ms)} y1={top - 6} y2={tall - 28} />
            <text x={x(ms)} y={tall - 12} text-anchor="middle">{ms === 0 ? "trip" : durationText(ms)}</text>
          </g>
        ))}
        {lanes.map((lane, index) => <LaneRow lane={lane} y={y(index)} x={x} key={`${lane.kind} ${lane.name}`} />)}
        <polyline class="path" points={line.map((point) => point.join(",")).join(" ")} />
        {spread(one.path.map((step) => x(step.ms))).map((at, index) => {
          const step = one.path[index]!, point = line[index]!;
          return (
            <g class="path-step" key={step.word}>
              <line x1={point[0]} y1={point[1]} x2={at} y2={40} />
              <circle cx={point[0]} cy={point[1]} r={5} />
              <text x={at} y={18} text-anchor="middle">{step.word}</text>
              <text x={at} y={34} text-anchor="middle" class="strong">{fromTrip(step.ms)}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

// Words that would lie on each other move apart.
export function spread(at: number[], apart = 96): number[] {
  const made = [...at];
  for (let i = 1; i < made.length; ++i) made[i] = Math.max(made[i]!, made[i - 1]! + apart);
  const over = Math.max(0, (made.at(-1) ?? 0) - (wide - 50));
  for (let i = made.length - 1, limit = wide - 50; i >= 0 && over > 0; --i, limit -= apart) made[i] = Math.min(made[i]!, limit);
  const under = Math.max(0, left - (made[0] ?? left));
  return made.map((one) => one + under * (under > 0 ? 1 : 0));
}

function LaneRow({ lane, y, x }: { lane: Lane; y: number; x: (ms: number) => number }) {
  return (
    <g class={`lane ${lane.kind}`}>
      <line class="lane-line" x1={left} x2={wide - right} y1={y} y2={y} />
      <text x={left - 10} y={y + 4} text-anchor="end">{lane.name.length > 20 ? `${lane.name.slice(0, 19)}…` : lane.name}</text>
      {lane.marks.map((mark) => <MarkShape mark={mark} at={x(mark.ms)} y={y} key={mark.event.id} />)}
    </g>
  );
}

function MarkShape({ mark, at, y }: { mark: Mark; at: number; y: number }) {
  const shape = mark.tone === "bad" ? `M${at - 6} ${y - 6}h12v12h-12z`
    : mark.tone === "good" ? `M${at} ${y - 8}l8 8-8 8-8-8z` : `M${at - 2} ${y - 7}h4v14h-4z`;
  return (
    <path class={`mark ${mark.tone}`} d={shape}>
      <title>{`${durationText(mark.ms)}: ${mark.word} ${mark.event.source} ${mark.event.detail}`}</title>
    </path>
  );
}
