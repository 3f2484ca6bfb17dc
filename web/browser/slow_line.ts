// A line between browser and supervisor that loses nothing and holds back what a WebSocket was given, as a slow one does whose
// buffers are full. Everything else passes at once.
import { connect, createServer, type Server, type Socket } from "node:net";

export class SlowLine {
  heldBackMs = 0;
  passed = 0;                       // pieces that came late
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server, private readonly target: number) {
    server.on("connection", (socket) => this.join(socket));
  }

  static before(target: number): Promise<SlowLine> {
    return new Promise((done) => {
      const server = createServer();
      const line = new SlowLine(server, target);
      server.listen(0, "127.0.0.1", () => done(line));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}/`;
  }

  private join(near: Socket): void {
    const far = connect(this.target, "127.0.0.1");
    let upgraded = false, free = 0;
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.open.add(one);
      one.on("error", () => undefined);
      one.on("close", () => (this.open.delete(one), other.destroy()));
    }
    near.on("data", (bytes: Buffer) => {
      upgraded ||= /^Upgrade: websocket/im.test(bytes.toString("latin1"));
      far.write(bytes);
    });
    far.on("data", (bytes: Buffer) => {
      if (!upgraded) return void near.write(bytes);
      const late = this.heldBackMs > 0, at = free = Math.max(free, Date.now() + this.heldBackMs);   // in their order
      setTimeout(() => {
        if (late) ++this.passed;
        if (near.writable) near.write(bytes);
      }, at - Date.now());
    });
  }

  async end(): Promise<void> {
    for (const one of this.open) one.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
