import { render } from "preact";
import { App } from "./app";
import { begin as beginDue } from "./net/due";
import { begin as beginLive } from "./net/live";
import { refresh } from "./net/session";
import "./style/base.css";
import "./style/frame.css";
import "./style/views.css";
import "./style/drawings.css";
import "./style/print.css";

beginLive();
beginDue();
void refresh();
render(<App />, document.getElementById("page")!);
