// One WebSocket that comes back by itself. What it says is believed by whoever listens, not here.
export class Follower {
  private socket: WebSocket | null = null;
  private waitMs = firstWaitMs;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private over = false;

  constructor(private readonly topics: string[], private readonly hear: (message: Record<string, unknown>) => void,
              private readonly opened: () => void = () => undefined) {
    this.connect();
  }

  get open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  // A connection that is open and silent is broken, and nobody says so.
  again(): void {
    this.socket?.close();
  }

  end(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private connect(): void {
    const address = new URL("api/v1/events", document.baseURI);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    if (this.topics.length > 0) address.searchParams.set("with", this.topics.join(","));
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = (message) => {
      this.waitMs = firstWaitMs;
      let said: unknown;
      try {
        said = JSON.parse(String(message.data));
      } catch {
        return;   // not understood is not heard: the page grows late, and asks
      }
      if (typeof said === "object" && said !== null) this.hear(said as Record<string, unknown>);
    };
    socket.onclose = () => {
      if (this.over || this.socket !== socket) return;
      this.timer = setTimeout(() => this.connect(), this.waitMs * (0.8 + 0.4 * Math.random()));
      this.waitMs = Math.min(longestWaitMs, this.waitMs * 1.6);
    };
  }
}

const firstWaitMs = 400;
const longestWaitMs = 4000;
