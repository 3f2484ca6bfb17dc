// A whole plant of real processes for a browser to look at: the built program as supervisor, guard and cutters, and the
// program's own simulated peers. Nothing listens beyond loopback; everything started here is ended here, by its pid.
import { spawn, type ChildProcess, execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { State } from "../src/model/contract";

export const programs = process.env.STANDSTILL_BIN ?? join(__dirname, "../../build/release/bin");
const program = join(programs, "standstill");

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

// Machines stand still for seconds: waits are for conditions, and long.
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, limitMs = 60_000): Promise<T> {
  const end = Date.now() + limitMs;
  let last: unknown = "";
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what} ${last instanceof Error ? last.message : ""}`);
    await pause(30);
  }
}

const freePort = (): Promise<number> => new Promise((done) => {
  const server = createServer();
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    server.close(() => done(port));
  });
});

const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("STANDSTILL_"))),
  STANDSTILL_NO_REALTIME: "1",
});

export class Peer {
  private constructor(readonly process: ChildProcess, readonly said: string, private readonly control: string) {}

  static async start(folder: string, name: string, words: string[], expected: RegExp): Promise<Peer> {
    const control = join(folder, `${name}.ctl`);
    const child = spawn(program, ["sim", ...words, "--control", control], { stdio: ["ignore", "pipe", "inherit"], env: environment() });
    let text = "";
    child.stdout!.on("data", (bytes: Buffer) => (text += bytes.toString()));
    await until(`the simulated ${name}`, () => expected.test(text));
    return new Peer(child, text, control);
  }

  get port(): number {
    return Number(/:(\d+)/.exec(this.said)![1]);
  }

  tell(line: string): Promise<Record<string, unknown>> {
    return new Promise((done, fail) => {
      let answer = "";
      const socket = connect(this.control, () => socket.write(`${line}\n`));
      socket.on("error", fail);
      socket.on("data", (bytes) => {
        answer += bytes.toString();
        if (answer.includes("\n")) {
          socket.destroy();
          const said = JSON.parse(answer) as Record<string, unknown>;
          if (said.ok === true) done(said);
          else fail(new Error(`${line}: ${answer}`));
        }
      });
    });
  }
}

export interface Wish {
  plan?: string;          // an XML file for the Rocrail server
  relay?: boolean;        // false: only the layout and one relay over HTTP
  more?: string;          // more of the configuration
  stations?: number;      // it is the controller of a bus with so many simulated ones
  installedDaysAgo?: number;
}

export class Plant {
  readonly folder = mkdtempSync(join(tmpdir(), "standstill-page-"));
  port = 0;
  secret = "";
  viewer = "";
  supervisor: ChildProcess | null = null;
  layout!: Peer;
  relay!: Peer;
  mains!: Peer;
  meter!: Peer;
  plc!: Peer;
  engine!: Peer;
  stations: Peer | null = null;

  static async start(wish: Wish = {}): Promise<Plant> {
    const plant = new Plant();
    try {
      await plant.begin(wish);
    } catch (error) {
      await plant.end();
      throw error;
    }
    return plant;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get configuration(): string {
    return join(this.folder, "standstill.toml");
  }

  private async begin(wish: Wish): Promise<void> {
    const { folder } = this;
    const layout = ["rocrail", "--port", "0", "--running", "--tick-ms", "100", ...(wish.plan ? ["--plan", wish.plan] : [])];
    [this.layout, this.relay, this.mains, this.meter, this.plc, this.engine] = await Promise.all([
      Peer.start(folder, "layout", layout, /listening on .*:\d+/),
      Peer.start(folder, "relay", ["relay", "--pty", join(folder, "relay")], /pty /),
      Peer.start(folder, "mains", ["relay", "--http", "--port", "0"], /listening on .*:\d+/),
      Peer.start(folder, "meter", ["meter", "--port", "0"], /listening on .*:\d+/),
      Peer.start(folder, "plc", ["plc", "--port", "0"], /listening on .*:\d+/),
      Peer.start(folder, "engine", ["loco", "--pty", join(folder, "engine")], /pty /),
    ]);
    this.port = await freePort();
    writeFileSync(this.configuration, this.text(wish));
    this.secret = this.run("operator", "add", "anna", "--role", "engineer");
    this.viewer = this.run("operator", "add", "vera", "--role", "viewer");
    if (wish.installedDaysAgo !== undefined) {   // a file of the supervisor's dates the installation
      const installed = join(folder, "state", "installed"), then = Date.now() / 1000 - wish.installedDaysAgo * 86_400;
      mkdirSync(join(folder, "state"), { recursive: true, mode: 0o700 });
      writeFileSync(installed, "", { mode: 0o600 });
      utimesSync(installed, then, then);
    }
    const key = join(folder, "bus.key");
    if (wish.stations !== undefined) this.run("bus", "keygen", key);
    await this.startSupervisor();
    if (wish.stations !== undefined) await this.startStations(wish.stations);
  }

  async startStations(count: number): Promise<void> {
    const words = ["station", "-n", String(count), "--url", `unix://${join(this.folder, "bus.sock")}`, "--key-file", join(this.folder, "bus.key"), "--prefix", "bench", "--lease-ms", "20000"];
    this.stations = await Peer.start(this.folder, "stations", words, /link: connected/);
  }

  private text(wish: Wish): string {
    const mains = `http://127.0.0.1:${this.mains.port}`;
    return `[site]
name = "club-layout"
state_dir = "${join(this.folder, "state")}"
[guard]
permit_timeout_ms = 2000
heartbeat_timeout_ms = 1000
settle_ms = 500
[[link]]
id = "layout"
kind = "rocrail"
host = "127.0.0.1"
port = ${this.layout.port}
probe_ms = 2000
silence_ms = 15000
reconnect = { first_ms = 500, factor = 1.5, max_ms = 1000 }
breaker = { failures = 1000, open_ms = 1000 }
[[link]]
id = "meter"
kind = "modbus-tcp"
host = "127.0.0.1"
port = ${this.meter.port}
profile = "em340"
critical = false
poll_ms = 1000
[[link]]
id = "press"
kind = "s7"
host = "127.0.0.1"
port = ${this.plc.port}
critical = false
poll_ms = 200
tags = [ { name = "counter", address = "DB1.DBD0:DINT" }, { name = "door", address = "DB1.DBX4.0" } ]
[[link]]
id = "mallet"
kind = "loco"
device = "${join(this.folder, "engine")}"
critical = false
silence_ms = 20000
reconnect = { first_ms = 100, max_ms = 500 }
[[output]]
id = "track-power"
kind = "serial"
device = "${join(this.folder, "relay")}"
safe = "RELAY_OFF\\n"
run = "RELAY_ON\\n"
expect_reply = "OK"
timeout_ms = 2000
escalate = "mains"
[[output]]
id = "mains"
kind = "http"
timeout_ms = 10000
probe_ms = 2000
safe = { method = "POST", url = "${mains}/power/off" }
run = { method = "POST", url = "${mains}/power/on" }
${wish.stations === undefined ? "" : `[bus]
kind = "local"
socket = "${join(this.folder, "bus.sock")}"
instance = "ctrl-01"
role = "controller"
lease_ms = 20000
key_file = "${join(this.folder, "bus.key")}"
`}${wish.more ?? ""}
[terminal]
listen = "127.0.0.1:${this.port}"
visitors = { running = "Welcome to the club." }
rehearsal = [ ${["layout", "relay", "mains", "meter", "plc", "engine"].map((name) => `{ id = "${name}", control = "${join(this.folder, `${name}.ctl`)}" }`).join(", ")} ]
`;
  }

  // A command of the program, to its end; what it printed.
  run(...words: string[]): string {
    return execFileSync(program, ["-c", this.configuration, ...words], { env: environment(), encoding: "utf8" }).trim();
  }

  async startSupervisor(): Promise<void> {
    const log = openSync(join(this.folder, "log"), "a");
    this.supervisor = spawn(program, ["-c", this.configuration, "run"], { stdio: ["ignore", log, log], env: environment() });
    closeSync(log);
    await until("the supervisor", async () => (await this.state()).guard.pid !== 0);
  }

  async state(): Promise<State> {
    const answer = await fetch(`${this.url}api/v1/state`, { signal: AbortSignal.timeout(3000) });
    return (await answer.json()) as State;
  }

  signal(name: NodeJS.Signals): void {
    this.supervisor!.kill(name);
  }

  private async word(word: string): Promise<boolean> {
    const { epoch } = await this.state();
    const answer = await fetch(`${this.url}api/v1/${word}`, {
      method: "POST", headers: { Authorization: `Bearer ${this.secret}`, "Content-Type": "application/json" }, body: JSON.stringify({ epoch }),
    });
    return answer.ok;
  }

  // However it stands, to running; for tests that are about something else.
  async bringUp(): Promise<void> {
    await until("the plant to run", async () => {
      const state = await this.state();
      if (state.state === "running") return true;
      if (state.state === "tripped" && !state.acknowledged) await this.word("ack");
      if (state.state === "tripped") await this.word("reset");
      if ((await this.state()).state === "ready") await this.word("start");
      await pause(100);
      return undefined;
    }, 90_000);
  }

  // Whoever has this plant's own folder among his arguments is ours.
  private pids(): number[] {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(this.folder);
      } catch {
        return false;
      }
    }).map(Number);
  }

  async end(): Promise<void> {
    for (const name of ["SIGCONT", "SIGTERM", "SIGKILL"] as const) {
      for (const pid of this.pids()) {
        try {
          process.kill(pid, name);
        } catch {
          // it has gone by itself
        }
      }
      if (name === "SIGTERM") await until("everybody to go", () => this.pids().length === 0, 12_000).catch(() => undefined);
    }
    await until("everybody to be gone", () => this.pids().length === 0, 12_000).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
