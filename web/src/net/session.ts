// Who is signed in. The secret goes to the supervisor once and is kept nowhere here; the session is a cookie that no
// script can read.
import { Store } from "../store";
import { get, post, setAskWho, setToken } from "./api";

export type Role = "viewer" | "operator" | "engineer";
export interface Session {
  name: string;
  role: Role;
}

interface Told {
  name: string | null;
  role?: Role;
  token?: string;   // proves that this page asks, and not another one with the same cookie
}

function take(told: Told): void {
  setToken(told.token ?? "");
  session.set(told.name && told.role ? { name: told.name, role: told.role } : null);
}

export const session = new Store<Session | null>(null);

export async function refresh(): Promise<void> {
  try {
    take(await get<Told>("api/v1/session"));
  } catch {
    session.set(null);
  }
}

setAskWho(refresh);

export async function signIn(name: string, secret: string): Promise<void> {
  take(await post<Told>("api/v1/login", { name, secret }, 12_000));
}

export async function signOut(): Promise<void> {
  await post("api/v1/logout").catch(() => undefined);
  take({ name: null });
}

export const mayRelease = (one: Session | null): boolean => one !== null && one.role !== "viewer";
