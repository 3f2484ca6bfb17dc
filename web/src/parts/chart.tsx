// A trend at full rate, in its own canvas; nothing is drawn across an outage.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clockText } from "../model/words";
import { heldUntil, remember, trendOf } from "../net/tags";

const ink = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(width: number, unit: string): uPlot.Options {
  const axis = { stroke: () => ink("--soft"), grid: { stroke: () => ink("--line"), width: 1 }, ticks: { stroke: () => ink("--line") } };
  return {
    width, height: 220, legend: { show: false }, cursor: { y: false },
    scales: { x: { time: true } },
    axes: [{ ...axis, space: 70, values: (_, list) => list.map((one) => clockText(new Date(one * 1000).toISOString())) }, { ...axis, size: 70, values: (_, list) => list.map((one) => `${one} ${unit}`) }],
    series: [{}, { stroke: () => ink("--text"), width: 1.5, spanGaps: false, points: { show: false } }],
  };
}

export function Chart({ name, unit, label }: { name: string; unit: string; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const width = (): number => Math.max(260, box.clientWidth);
    const plot = new uPlot(options(width(), unit), [[], []], box);
    const turn = (): void => {
      const [times, values] = trendOf(name)?.upTo(heldUntil()) ?? [[], []];
      plot.setData([[...times], [...values]]);
    };
    turn();
    void remember(name).then(turn);
    const timer = setInterval(turn, 500);
    const watch = new ResizeObserver(() => plot.setSize({ width: width(), height: 220 }));
    watch.observe(box);
    return () => {
      clearInterval(timer);
      watch.disconnect();
      plot.destroy();
    };
  }, [name, unit]);
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}
