// The track plan drawn: blocks, switches, signals, feedbacks; a train is a filled arrow in its block.
import type { Difference } from "../model/contract";
import { Component } from "preact";
import { sameShape, type Drawing, type Shape, type Way } from "../model/layout";

const cell = 24;

// So many shapes are compared with what was drawn before they are looked at one by one.
const groupOf = 50;

export function PlanDrawing({ one, before, rings, level, label }: {
  one: Drawing; before?: Map<string, Shape>; rings?: Map<string, Difference[]>; level: number | null; label: string;
}) {
  const { box } = one;
  const shapes = level === null ? one.shapes : one.shapes.filter((shape) => shape.level === level);
  const groups: Shape[][] = [];
  for (let i = 0; i < shapes.length; i += groupOf) groups.push(shapes.slice(i, i + groupOf));
  return (
    <svg class="plan" viewBox={`${box.x * cell} ${box.y * cell} ${box.w * cell} ${box.h * cell}`} role="img" aria-label={label}
         width={Math.min(box.w * cell, 2400)}>
      <Ways list={one.ways} />
      {groups.map((group, index) => <Group key={index} shapes={group} before={before} bare={one.ways.length > 0} />)}
      {rings && shapes.filter((shape) => rings.has(`${shape.kind} ${shape.id}`)).map((shape) => (
        <Ring shape={shape} list={rings.get(`${shape.kind} ${shape.id}`)!} key={`ring ${shape.kind} ${shape.id}`} />
      ))}
    </svg>
  );
}

const sameWay = (a: Way, b: Way | undefined): boolean =>
  b !== undefined && a.id === b.id && a.set === b.set && String(a.points) === String(b.points);

class Ways extends Component<{ list: Way[] }> {
  override shouldComponentUpdate(next: { list: Way[] }): boolean {
    return next.list !== this.props.list &&
      (next.list.length !== this.props.list.length || !next.list.every((way, index) => sameWay(way, this.props.list[index])));
  }

  override render() {
    return (
      <g>
        {this.props.list.map((way) => (
          <polyline key={way.id} class={`way ${way.set ? "set" : ""}`} points={way.points.map(([x, y]) => `${x * cell},${y * cell}`).join(" ")} />
        ))}
      </g>
    );
  }
}

interface Some {
  shapes: Shape[];
  before: Map<string, Shape> | undefined;
  bare: boolean;
}

class Group extends Component<Some> {
  override shouldComponentUpdate(next: Some): boolean {
    return next.bare !== this.props.bare || next.before !== this.props.before || next.shapes.length !== this.props.shapes.length ||
      next.shapes.some((shape, index) => shape !== this.props.shapes[index]);
  }

  override render() {
    const { shapes, before, bare } = this.props;
    return <g>{shapes.map((shape) => <Kept shape={shape} was={before?.get(`${shape.kind} ${shape.id}`)} bare={bare} key={`${shape.kind} ${shape.id}`} />)}</g>;
  }
}

function Ring({ shape, list }: { shape: Shape; list: Difference[] }) {
  const worst = list.some((one) => one.severity === "dangerous") ? "dangerous" : "check";
  return (
    <rect class={`ring ${worst}`} x={shape.x * cell - 5} y={shape.y * cell - 5} width={shape.w * cell + 10}
          height={shape.h * cell + 10} rx={10}>
      <title>{list.map((one) => `${one.kind} ${one.id} ${one.field}: was ${one.before}, is ${one.now}`).join("\n")}</title>
    </rect>
  );
}

interface Piece {
  shape: Shape;
  was?: Shape | undefined;
  bare: boolean;
}

// Drawn again only when it looks different.
class Kept extends Component<Piece> {
  override shouldComponentUpdate(next: Piece): boolean {
    return next.bare !== this.props.bare || !sameShape(next.shape, this.props.shape) || !sameShape(next.was, this.props.was);
  }

  override render() {
    return <Drawn {...this.props} />;
  }
}

// `bare`: no tracks are drawn, so a switch is a knot of the ways, not a piece of track.
function Drawn({ shape, was, bare }: Piece) {
  const x = shape.x * cell, y = shape.y * cell;
  const title = <title>{`${shape.kind} ${shape.id}: ${shape.state}${was && was.state !== shape.state ? `; at the trip: ${was.state}` : ""}`}</title>;
  if (shape.kind === "track") return <Track shape={shape} />;
  if (shape.kind === "block") {
    const w = shape.w * cell, h = shape.h * cell;
    const middle = { x: x + w / 2, y: y + h / 2 };
    return (
      <g class={`block ${shape.alert ? "occupied" : ""} ${shape.moving ? "moving" : ""}`}>
        {title}
        <rect x={x + 1} y={y + 3} width={w - 2} height={h - 6} rx={5} />
        {shape.train && <path class="train" d={`M${x + 6} ${y + 7}h${shape.vertical ? 6 : 10}l6 5-6 5h-${shape.vertical ? 6 : 10}z`} />}
        <text x={shape.train ? x + 25 : middle.x} y={middle.y + 4} text-anchor={shape.train ? "start" : "middle"}>
          {shape.train || shape.id}
        </text>
        {was && was.train !== "" && was.train !== shape.train && (
          <text class="ghost" x={middle.x} y={y - 3} text-anchor="middle">was {was.train}</text>
        )}
      </g>
    );
  }
  if (shape.kind === "switch" && bare)
    return (
      <g class={`switch knot ${shape.alert ? "thrown" : ""} ${shape.moving ? "moving" : ""}`}>
        {title}
        <path d={shape.alert ? `M${x + 12} ${y + 4}l8 8-8 8-8-8z` : `M${x + 7} ${y + 7}h10v10h-10z`} />
      </g>
    );
  if (shape.kind === "switch") {
    const down = shape.turn === "right";
    return (
      <g class={`switch ${shape.alert ? "thrown" : ""} ${shape.moving ? "moving" : ""}`}>
        {title}
        <rect class="hit" x={x} y={y} width={cell} height={cell} />
        <line class={shape.alert ? "leg" : "leg set"} x1={x} y1={y + 12} x2={x + cell} y2={y + 12} />
        <line class={shape.alert ? "leg set" : "leg"} x1={x + 8} y1={y + 12} x2={x + cell} y2={down ? y + cell : y} />
      </g>
    );
  }
  if (shape.kind === "signal")
    return (
      <g class={`signal ${shape.alert ? "red" : "other"}`}>
        {title}
        {shape.alert ? <rect x={x + 6} y={y + 6} width={12} height={12} /> : <circle cx={x + 12} cy={y + 12} r={6.5} />}
      </g>
    );
  return <g class={`feedback ${shape.alert ? "on" : ""}`}>{title}<circle cx={x + 12} cy={y + 12} r={3.5} /></g>;
}

function Track({ shape }: { shape: Shape }) {
  const x = shape.x * cell, y = shape.y * cell, half = cell / 2;
  const ends: Record<string, [number, number]> = { west: [0, half], east: [cell, half], north: [half, 0], south: [half, cell] };
  // A curve joins two neighbouring sides; which two, its orientation says.
  const curves: Record<string, [string, string]> = { west: ["west", "south"], north: ["north", "west"], east: ["east", "north"], south: ["south", "east"] };
  const sides: [string, string] = shape.state === "curve" ? (curves[shape.turn] ?? ["west", "south"])
    : shape.vertical ? ["north", "south"] : ["west", "east"];
  const [a, b] = [ends[sides[0]]!, ends[sides[1]]!];
  return <line class="track" x1={x + a[0]} y1={y + a[1]} x2={x + b[0]} y2={y + b[1]} />;
}
