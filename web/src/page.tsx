import { Live } from "./live";
import { Results } from "./results";
import { useStation, useVisible, type Station } from "./state";
import { Counters } from "./counters";
import { Verdict } from "./verdict";

function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 1 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}

function Header({ station, connected }: { station: Station | null; connected: boolean }) {
  return (
    <header class="top">
      <img src="/icon.svg" alt="" width="28" height="28" />
      <h1>Turnstone station</h1>
      <p class={connected ? "link on" : "link off"} role="status">
        {connected ? `connected, up ${uptime(station?.uptime_s ?? 0)}` : "not connected"}
      </p>
    </header>
  );
}

export function Page() {
  const visible = useVisible();
  const { station, connected } = useStation(visible);
  return (
    <>
      <Header station={station} connected={connected} />
      {station === null ? (
        <p class="waiting">Waiting for the station …</p>
      ) : (
        <main class="columns">
          <Live sources={station.sources} visible={visible} connected={connected} />
          <div class="side">
            <Verdict station={station} />
            <Results results={station.results} />
            <Counters station={station} />
          </div>
        </main>
      )}
    </>
  );
}
