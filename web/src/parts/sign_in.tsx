// Releasing needs somebody with a name. Stopping never does.
import { useState } from "preact/hooks";
import { inWords } from "../net/api";
import { mayRelease, session, signIn, signOut } from "../net/session";
import { useStore } from "../store";
import { Note } from "./pieces";

export function SignIn() {
  const who = useStore(session);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  if (who !== null)
    return (
      <p class="signed-in">
        <span>Signed in as <strong data-testid="who">{who.name}</strong> ({who.role}).
          {!mayRelease(who) && " A viewer may look, and stop; not acknowledge, reset or start."}</span>
        <button type="button" onClick={() => void signOut()}>Sign out</button>
      </p>
    );
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    let name = String(data.get("name") ?? "").trim(), secret = String(data.get("secret") ?? "").trim();
    const colon = secret.indexOf(":");   // the whole line that `operator add` printed
    if (colon > 0) {
      if (name === "" || name === secret.slice(0, colon)) name = secret.slice(0, colon);
      secret = secret.slice(colon + 1);
    }
    setBusy(true);
    setTrouble("");
    try {
      await signIn(name, secret);
      form.reset();
    } catch (error) {
      setTrouble(inWords(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="sign-in" onSubmit={(event) => void submit(event)} aria-label="Sign in">
      <label>Name<input name="name" autocomplete="username" autocapitalize="off" spellcheck={false} /></label>
      <label>Secret<input name="secret" type="password" autocomplete="current-password" required /></label>
      <button type="submit" disabled={busy}>{busy ? "Signing in" : "Sign in"}</button>
      {trouble !== "" && <Note tone="warn" title={trouble} />}
      <p class="soft">Signing in is for acknowledge, reset, start, tests and variables. Stopping needs none. The secret is what
        <code> standstill operator add</code> printed.</p>
    </form>
  );
}
