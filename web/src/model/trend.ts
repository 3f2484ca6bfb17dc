// What a value did, with its outages as gaps: a line is drawn only between samples that belong together.
export interface Sample {
  t: number;            // s since 1970
  v: number | null;     // null: not known then
}

export class Trend {
  private readonly times: number[] = [];
  private readonly values: (number | null)[] = [];

  // `keepS`: how long; `gapS`: without a sample for longer than this, the line ends.
  constructor(private readonly keepS: number, private readonly gapS: number, private readonly most = 20_000) {}

  add(sample: Sample): void {
    const last = this.times.at(-1);
    if (last !== undefined && sample.t <= last) return;
    if (last !== undefined && sample.t - last > this.gapS && this.values.at(-1) !== null) this.push(last + this.gapS / 2, null);
    this.push(sample.t, sample.v !== null && Number.isFinite(sample.v) ? sample.v : null);
    while (this.times.length > 0 && (this.times.length > this.most || this.times[0]! < sample.t - this.keepS)) {
      this.times.shift();
      this.values.shift();
    }
  }

  // What was before the first sample, oldest first, as the supervisor remembers it.
  before(samples: Sample[]): void {
    const first = this.times[0] ?? Infinity;
    const older = samples.filter((one) => one.t < first).slice(-(this.most - this.times.length));
    this.times.unshift(...older.map((one) => one.t));
    this.values.unshift(...older.map((one) => one.v));
  }

  private push(t: number, v: number | null): void {
    this.times.push(t);
    this.values.push(v);
  }

  get data(): [number[], (number | null)[]] {
    return [this.times, this.values];
  }

  // The last value holds until it is said to have changed: the line goes on to `t`, unless nothing is known.
  upTo(t: number | null): [number[], (number | null)[]] {
    const last = this.times.at(-1), value = this.values.at(-1);
    if (t === null || last === undefined || t <= last || value === null || value === undefined) return this.data;
    return [[...this.times, t], [...this.values, value]];
  }

  get gaps(): number {
    return this.values.filter((value, index) => value === null && (index === 0 || this.values[index - 1] !== null)).length;
  }
}
