// Requests to the supervisor, each with a time limit: a page that waits for ever tells nobody anything.
import { plantClock } from "../clock";
import { parsed } from "../model/words";

export class Refused extends Error {
  constructor(readonly status: number, message: string, readonly reasons: string[], readonly hint: string) {
    super(message);
  }
}

interface Problem {
  error?: string;
  hint?: string;
  reasons?: string[];
}

const usualLimitMs = 8000;

async function answerOf<T>(response: Response): Promise<T> {
  const body = (await response.json().catch(() => ({}))) as T & Problem;
  if (response.ok) return body;
  throw new Refused(response.status, body.error ?? `The supervisor answered ${response.status}.`, body.reasons ?? [],
    body.hint ?? "");
}

async function request<T>(path: string, init: RequestInit, limitMs: number): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), limitMs);
  const sent = Date.now();
  try {
    const response = await fetch(new URL(path.replace(/^\//, ""), document.baseURI), {
      ...init, signal: abort.signal, credentials: "same-origin", cache: "no-store",
    });
    const at = parsed(response.headers.get("X-Standstill-At"));
    if (at !== null) plantClock.answered(at, sent, Date.now());
    return await answerOf<T>(response);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(0, "The supervisor does not answer.", [], "It may be gone: look at the plant itself.");
  } finally {
    clearTimeout(timer);
  }
}

let token = "";
export const setToken = (value: string): void => void (token = value);

export const get = <T>(path: string, limitMs = usualLimitMs): Promise<T> => request<T>(path, { method: "GET" }, limitMs);

// Asks who is signed in: when the supervisor does not know any more who asks, the page must not go on saying that it does.
let askWho: () => Promise<void> = () => Promise.resolve();
export const setAskWho = (ask: () => Promise<void>): void => void (askWho = ask);

export async function post<T>(path: string, body?: unknown, limitMs = usualLimitMs): Promise<T> {
  const mine = token;
  try {
    return await send<T>(path, body, limitMs);
  } catch (error) {
    if (mine === "" || !(error instanceof Refused) || (error.status !== 401 && error.status !== 403)) throw error;
    await askWho();
    if (token === mine) throw error;
    throw new Refused(error.status, token === "" ? "You are not signed in any more. Sign in again, under Recovery, and say it once more."
      : "Somebody has signed in anew in this browser. Look who it is, under Recovery, and say it once more.", [], "");
  }
}

const send = <T>(path: string, body: unknown, limitMs: number): Promise<T> =>
  request<T>(path, {
    method: "POST",
    headers: {
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(token === "" ? {} : { "X-Standstill-Token": token }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    keepalive: true,
  }, limitMs);

export const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));
