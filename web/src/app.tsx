// The frame: the word, the stop button, where to go, and one view.
import { useEffect } from "preact/hooks";
import { SafeView } from "./parts/safe_view";
import { Banner, OtherVersion, useWordOnEverything } from "./parts/banner";
import { StopButton } from "./parts/stop_button";
import { live } from "./net/live";
import { useLoaded } from "./parts/load";
import { useRoute } from "./route";
import { useStore } from "./store";
import { Overview } from "./views/overview";
import { Layout } from "./views/layout";
import { Locomotive } from "./views/locomotive";
import { ValuesView } from "./views/values";
import { Incident } from "./views/incident";
import { Recovery } from "./views/recovery";
import { Rehearsal, type Rehearsals } from "./views/rehearsal";
import { StationsView } from "./views/stations";
import { Tests } from "./views/tests";
import { Visitors } from "./views/visitors";
import type { State } from "./model/contract";

interface View {
  id: string;
  name: string;
  there: (state: State, rehearsal: boolean) => boolean;
}

const always = (): boolean => true;
const views: View[] = [
  { id: "overview", name: "Overview", there: always },
  { id: "recovery", name: "Recovery", there: always },
  { id: "incident", name: "Incident", there: always },
  { id: "layout", name: "Layout", there: (state) => state.links.some((one) => one.kind === "rocrail") },
  { id: "values", name: "Meters and PLC", there: always },
  { id: "locomotive", name: "Locomotive", there: (state) => state.links.some((one) => one.kind === "loco") },
  { id: "stations", name: "Stations", there: (state) => state.stations !== undefined },
  { id: "tests", name: "Tests and drills", there: always },
  { id: "rehearsal", name: "Rehearsal", there: (_, rehearsal) => rehearsal },
  { id: "visitors", name: "Visitors", there: always },
];

// By keyboard only: what a finger touches must not move away from under it.
const intoSight = ({ currentTarget }: { currentTarget: HTMLElement }): void => {
  if (currentTarget.matches(":focus-visible")) currentTarget.scrollIntoView({ block: "nearest", inline: "center" });
};

export function App() {
  const one = useStore(live);
  useWordOnEverything(one);
  const route = useRoute();
  const rehearsal = (useLoaded<Rehearsals>("api/v1/rehearsal").value?.peers ?? []).length > 0;
  // A phone shows a part of the way to the views: the one that is open is in it.
  useEffect(() => document.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [route.view, one.state === null]);
  if (route.view === "visitors") return <Visitors one={one} />;
  const state = one.state;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>To the content</a>
      <header class="top">
        <Banner />
        <StopButton />
      </header>
      <nav class="views" aria-label="Views">
        <ul>
          {views.filter((view) => state === null || view.there(state, rehearsal)).map((view) => (
            <li key={view.id}><a href={`#/${view.id}`} aria-current={route.view === view.id ? "page" : undefined} onFocus={intoSight}>{view.name}</a></li>
          ))}
        </ul>
      </nav>
      <main id="main" data-view={route.view} tabIndex={-1}>
        <OtherVersion />
        {state === null
          ? <p class="nothing">No state has been heard yet.</p>
          : <SafeView key={route.view}><Chosen view={route.view} rest={route.rest} state={state} /></SafeView>}
      </main>
    </>
  );
}

function Chosen({ view, rest, state }: { view: string; rest: string[]; state: State }) {
  switch (view) {
    case "layout": return <Layout state={state} />;
    case "values": return <ValuesView state={state} />;
    case "locomotive": return <Locomotive state={state} link={rest[0] ?? ""} />;
    case "incident": return <Incident state={state} epoch={/^\d+$/.test(rest[0] ?? "") ? Number(rest[0]) : null} />;
    case "recovery": return <Recovery state={state} />;
    case "stations": return <StationsView state={state} />;
    case "rehearsal": return <Rehearsal />;
    case "tests": return <Tests state={state} />;
    default: return <Overview state={state} />;
  }
}
