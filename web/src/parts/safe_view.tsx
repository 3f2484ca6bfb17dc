// A view that breaks takes neither the word nor the stop button with it.
import { Component, type ComponentChildren } from "preact";
import { Note } from "./pieces";

export class SafeView extends Component<{ children: ComponentChildren }, { broken: string }> {
  override state = { broken: "" };

  override componentDidCatch(error: unknown): void {
    this.setState({ broken: error instanceof Error ? error.message : String(error) });
  }

  override render() {
    return this.state.broken === "" ? this.props.children
      : <Note tone="warn" title="This view cannot be shown. The state above and the stop button still work." lines={[this.state.broken]} />;
  }
}
