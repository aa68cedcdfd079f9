import { useEffect, useState } from "preact/hooks";
import type { Source } from "./state";

// A browser opens six connections to a station, for all of its tabs together; each picture holds
// one, the state another.
const mostStreams = 4;

// A stream that ended stays a still picture, so it is asked for anew after the station was away.
function Stream({ source, attempt }: { source: Source; attempt: number }) {
  return (
    <img
      src={`${source.stream}?${attempt}`}
      alt={`Live picture of ${source.name} with what the models found`}
    />
  );
}

function Caption({ source, show }: { source: Source; show: (() => void) | null }) {
  return (
    <figcaption>
      <strong>{source.name}</strong>
      <span>{source.state === "running" ? `${source.fps.toFixed(1)} fps` : source.state}</span>
      <span>{source.frames} frames</span>
      {source.trouble && <span class="trouble">{source.trouble}</span>}
      {show && (
        <button type="button" onClick={show}>
          Show {source.name}
        </button>
      )}
    </figcaption>
  );
}

interface LiveProps {
  sources: Source[];
  visible: boolean;
  connected: boolean;
}

// A page that is not visible holds no connection that another may need. Of many sources those that
// were asked for last are shown.
export function Live({ sources, visible, connected }: LiveProps) {
  const [attempt, setAttempt] = useState(0);
  const [wanted, setWanted] = useState<string[]>([]);
  useEffect(() => {
    if (connected) setAttempt((before) => before + 1);
  }, [connected]);
  const streams = sources.filter((source) => source.stream).map((source) => source.name);
  const asked = wanted.filter((name) => streams.includes(name));
  const others = streams.filter((name) => !asked.includes(name));
  const shown = [...asked, ...others].slice(0, mostStreams);
  const show = (name: string) => setWanted([name, ...shown.filter((one) => one !== name)]);
  return (
    <section class="live" aria-label="Live pictures">
      {sources.map((source) => (
        <figure class="stream" key={source.name}>
          {visible && shown.includes(source.name) && <Stream source={source} attempt={attempt} />}
          <Caption
            source={source}
            show={source.stream && !shown.includes(source.name) ? () => show(source.name) : null}
          />
        </figure>
      ))}
    </section>
  );
}
