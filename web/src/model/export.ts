// What leaves the page as a file: an incident as CSV and JSON, for whoever asks.
import type { BeforeValue } from "./before";
import type { Incident } from "./incident";

// A cell that begins like a formula would be one in a spreadsheet: it is quoted as text.
export function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const plain = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

// Events, and behind them what each value did before the trip, as rows of kind "value".
export function incidentCsv(one: Incident, values: BeforeValue[] = []): string {
  const rows: unknown[][] = [["ms_from_trip", "at", "kind", "code", "source", "detail", "epoch", "id", "data"]];
  for (const event of one.events)
    rows.push([event.ms.toFixed(3), event.at, event.kind, event.code, event.source, event.detail, event.epoch, event.id,
      event.data ?? ""]);
  const trip = (one.trip?.wall_ns ?? 0) / 1e6;
  for (const value of values)
    for (const sample of [...value.samples, { ms: 0, value: value.atTrip }])
      rows.push([sample.ms.toFixed(3), new Date(trip + sample.ms).toISOString(), "value", value.name, value.link,
        sample.value === null ? "not known" : `${sample.value}${value.unit ? ` ${value.unit}` : ""}`, one.epoch, "", ""]);
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export const incidentJson = (one: Incident, more: Record<string, unknown>): string =>
  JSON.stringify({ epoch: one.epoch, path: one.path, events: one.events, ...more }, null, 1) + "\n";

export function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
