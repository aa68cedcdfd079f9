import { Charts } from "./charts";
import { Counters } from "./counters";
import { Faults } from "./faults";
import { useHistory } from "./history";
import { Live } from "./live";
import { Results } from "./results";
import { Sections } from "./sections";
import { useStation, useVisible, type Station } from "./state";
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
      <p class={connected ? "link on" : "link off"}>
        {connected ? `up ${uptime(station?.uptime_s ?? 0)}` : "not connected"}
      </p>
      {location.protocol === "https:" && (
        <form method="post" action="/logout">
          <button>Log out</button>
        </form>
      )}
    </header>
  );
}

export function Page() {
  const visible = useVisible();
  const { station, connected } = useStation(visible);
  const courses = useHistory(visible && connected);
  return (
    <>
      <Header station={station} connected={connected} />
      {station === null ? (
        <p class="waiting">Waiting for the station …</p>
      ) : (
        <main class={connected ? "columns" : "columns stale"}>
          <div class="wide">
            <Live sources={station.sources} visible={visible} connected={connected} />
            <Charts courses={courses} />
            <Faults faults={station.faults} />
          </div>
          <div class="side">
            <Verdict station={station} />
            {station.cycle && <Sections cycle={station.cycle} counts={station.counts} />}
            <Results results={station.results} />
            <Counters station={station} />
          </div>
        </main>
      )}
      <p class="away" role="alert" hidden={connected || station === null || !visible}>
        The station does not answer. What is shown is old; the page tries again by itself.
      </p>
    </>
  );
}
