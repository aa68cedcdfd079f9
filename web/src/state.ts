// What the station tells of itself: the JSON of /api/state and of each event of /api/events.
import { useEffect, useState } from "preact/hooks";

export type Tone = "good" | "bad" | "other";

export interface ClassResult {
  label: string;
  class: number;
  score: number;
}

export interface Detection extends ClassResult {
  box: [number, number, number, number];
}

export interface Result {
  number: number;
  source: string;
  model: string;
  frame: number;
  time: string;
  picture: string | null;
  label?: string;
  score?: number;
  tone?: Tone;
  part?: number;
  of?: string; // label of the thing that was judged
  frames?: number;
  top?: ClassResult[];
  detections?: Detection[];
}

export interface Source {
  name: string;
  kind: string;
  state: "waiting" | "running" | "ended" | "failed";
  fps: number;
  frames: number;
  skipped: number;
  restarts: number;
  decoder: string;
  trouble: string;
  stream: string | null;
}

export interface ModelInService {
  name: string;
  after: string | null;
  package: string;
  model: string;
  variant: string;
  batch: number;
  ips: number;
  run_ms: number;
  judged: number;
  dropped: number;
  skipped: number;
  failed: number;
  compared: number;
  disputed: number;
  swaps: number;
  since: string;
  trouble: string;
}

export interface Sink {
  name: string;
  kind: string;
  delivered: number;
  waiting: number;
  waiting_bytes: number;
  oldest_s: number;
  dropped: number;
  failed: number;
  retries: number;
  trouble: string;
}

// What came out of one section of the table.
export interface Section {
  section: number;
  labels: Record<string, number>;
  last: string;
}

export interface Cycle {
  source: string;
  model: string;
  phase: string;
  parts: number;
  reinspected: number;
  unsorted: number;
  faults: number;
  fault: string;
  sections: Section[];
}

// How often a label was said: of parts, of pictures, or of things in them.
export interface Count {
  model: string;
  label: string;
  part: boolean;
  count: number;
  tone: Tone;
}

export interface Fault {
  number: number;
  kind: "source" | "model" | "sink" | "cycle" | "reject";
  of: string;
  text: string;
  count: number;
  time: string;
  last: string;
  picture: string | null;
}

export interface Station {
  version: string;
  uptime_s: number;
  cycle: Cycle | null;
  verdict: Result | null;
  sources: Source[];
  models: ModelInService[];
  sinks: Sink[];
  results: Result[];
  counts: Count[];
  faults: Fault[];
}

// Whether the page can be seen: it is neither in a hidden tab nor minimised.
export function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const changed = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
  return visible;
}

// A station that says nothing for so long is away: it sends its state five times a second.
const patienceMs = 5000;
const retryMs = 2000;

// Asks whether the login has ended, which an EventSource does not tell; then the page shows it.
async function checkLogin(): Promise<void> {
  const answer = await fetch("/api/state").catch(() => null);
  if (answer?.status === 401) location.reload();
}

// The newest state, and whether the station still sends any; a page that is not visible asks for
// none. It connects again by itself.
export function useStation(visible: boolean): { station: Station | null; connected: boolean } {
  const [station, setStation] = useState<Station | null>(null);
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    if (!visible) return;
    let events: EventSource;
    let timer: ReturnType<typeof setTimeout>;
    const wait = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(again, ms);
    };
    const lost = () => {
      setConnected(false);
      events.close();
      wait(retryMs);
    };
    const open = () => {
      events = new EventSource("/api/events");
      events.onmessage = (event) => {
        setStation(JSON.parse(event.data) as Station);
        setConnected(true);
        wait(patienceMs);
      };
      events.onerror = lost;
      wait(patienceMs);
    };
    const again = () => {
      events.close();
      setConnected(false);
      void checkLogin();
      open();
    };
    open();
    return () => {
      clearTimeout(timer);
      events.close();
      setConnected(false);
    };
  }, [visible]);
  return { station, connected };
}

// The time of day where the page is read, with the day before it when that is not today.
export function clock(time: string): string {
  const when = new Date(time);
  const hours = when.toLocaleTimeString("en-GB");
  const today = when.toDateString() === new Date().toDateString();
  return today ? hours : `${when.toLocaleDateString("en-CA")} ${hours}`;
}
