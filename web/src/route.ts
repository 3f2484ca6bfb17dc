// Which view: kept in the address, so that a page can be sent to somebody, and Back goes back.
import { useEffect, useState } from "preact/hooks";

export interface Route {
  view: string;
  rest: string[];
}

export const parseRoute = (hash: string): Route => {
  const [view = "", ...rest] = hash.replace(/^#\/?/, "").split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return "";
    }
  });
  return { view: view || "overview", rest };
};

export const go = (to: string): void => void (location.hash = `#/${to}`);

export function useRoute(): Route {
  const [hash, show] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => show(location.hash);
    addEventListener("hashchange", changed);
    changed();   // the address may have changed since the first look, before anybody listened
    return () => removeEventListener("hashchange", changed);
  }, []);
  return parseRoute(hash);
}
