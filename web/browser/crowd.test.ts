// Two hundred who look on at once, some of whom do not read: the chain does not notice, and memory stays bounded.
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../src/model/contract";
import { desktop, open } from "./browser";
import { until } from "./plant";
import { browser, plant } from "./rig";
import { showsWord } from "./steps";

const onlookers = 200, idlers = 20;
const tell = (line: string): void => console.log(`crowd: ${line}`);

interface Onlooker {
  socket: Socket;
  heard: number;    // bytes
}

const follow = (): Promise<Onlooker> => new Promise((done, fail) => {
  const socket = connect(plant.port, "127.0.0.1");
  const one = { socket, heard: 0 };
  socket.on("error", fail);
  socket.on("data", (bytes: Buffer) => {
    if (one.heard === 0) {
      if (!bytes.toString("latin1").startsWith("HTTP/1.1 101")) return fail(new Error(bytes.toString("latin1").slice(0, 60)));
      socket.off("error", fail);
      socket.on("error", () => undefined);   // dropped at the end, or for being slow
      done(one);
    }
    one.heard += bytes.length;
  });
  socket.write(`GET /api/v1/events?with=tags HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
});

const residentKb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${plant.supervisor!.pid}/status`, "utf8"))![1]);

// From the trip to the read-back, by the guard's own clock, ms.
async function cut(): Promise<number> {
  await plant.bringUp();
  await fetch(`${plant.url}api/v1/stop`, { method: "POST" });
  const { epoch } = await until("the trip", async () => {
    const state = await plant.state();
    return state.state === "tripped" ? state : undefined;
  });
  return until("the proof in the journal", async () => {
    const { events } = (await (await fetch(`${plant.url}api/v1/journal?epoch=${epoch}&limit=200`)).json()) as { events: JournalEvent[] };
    const trip = events.find((one) => one.kind === "trip");
    const proof = events.find((one) => one.kind === "output_confirmed" && one.source === "track-power" && trip !== undefined && one.boot_ns >= trip.boot_ns);
    return trip && proof ? (proof.boot_ns - trip.boot_ns) / 1e6 : undefined;
  });
}

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;

describe("two hundred at once", () => {
  it("all are told, one more sees the truth, and no cut waits for them", async () => {
    const alone: number[] = [], crowded: number[] = [];
    let before = 0, after = 0;
    for (let round = 0; round < 3; ++round) {
      for (let i = 0; i < 3; ++i) alone.push(await cut());
      before ||= residentKb();
      const crowd: Onlooker[] = [];
      for (let i = 0; i < onlookers; i += 20) crowd.push(...(await Promise.all(Array.from({ length: 20 }, follow))));
      for (const one of crowd.slice(0, idlers)) one.socket.pause();   // these read nothing any more
      for (let i = 0; i < 3; ++i) crowded.push(await cut());
      const had = crowd.map((one) => one.heard);
      await until("everybody who reads to hear something", () =>
        crowd.slice(idlers).every((one, index) => one.heard > had[index + idlers]! && !one.socket.destroyed), 120_000);
      if (round === 2) {
        const context = await browser.newContext({ viewport: desktop });
        const { page } = await open(context, plant.url);
        await showsWord(page, "TRIPPED");
        await plant.bringUp();
        await showsWord(page, "RUNNING");
        await fetch(`${plant.url}api/v1/stop`, { method: "POST" });
        await showsWord(page, "TRIPPED");
        after = residentKb();
        await context.close();
      }
      for (const one of crowd) one.socket.destroy();
    }
    tell(`from the trip to its proof: median ${median(alone).toFixed(2)} ms alone, ${median(crowded).toFixed(2)} ms with ${onlookers} looking on; ` +
      `the supervisor has ${(before / 1024).toFixed(1)} MiB before and ${(after / 1024).toFixed(1)} MiB with all of them`);
    expect(after - before, "KiB more").toBeLessThan(64 * 1024);
    // A relay that the crowd held up would be late by what the crowd costs: hundreds of messages, ten times a second.
    expect(median(crowded)).toBeLessThan(10 * median(alone) + 200);
  });
});
