import type { State } from "../model/contract";
import { Stations } from "../parts/plant";

export const StationsView = ({ state }: { state: State }) => (
  <div class="wide">
    <div class="view-head"><h1>Stations</h1></div>
    {state.stations === undefined
      ? <p>This supervisor is not the controller of a bus with stations.</p>
      : <Stations state={state} />}
    <p class="soft">A station obeys the stop by itself; that it has confirmed the epoch is what it said, and when it was last heard. A station that was away learns of the stop before its next command.</p>
  </div>
);
