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

export interface Station {
  version: string;
  uptime_s: number;
  cycle: { source: string; model: string; phase: string; parts: number; fault: string } | null;
  verdict: Result | null;
  sources: Source[];
  models: ModelInService[];
  sinks: Sink[];
  results: Result[];
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

// The newest state, and whether the station still sends any; a page that is not visible asks for
// none. The browser connects again by itself.
export function useStation(visible: boolean): { station: Station | null; connected: boolean } {
  const [station, setStation] = useState<Station | null>(null);
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    if (!visible) return;
    const events = new EventSource("/api/events");
    events.onmessage = (event) => {
      setStation(JSON.parse(event.data) as Station);
      setConnected(true);
    };
    events.onerror = () => setConnected(false);
    return () => {
      events.close();
      setConnected(false);
    };
  }, [visible]);
  return { station, connected };
}
