import type { ComponentChildren } from "preact";
import { clock, type ModelInService, type Sink, type Source, type Station } from "./state";

type Fact = [name: string, value: string | number, wrong?: boolean];

// A part of the station: its name, what it is, its trouble, and its numbers.
function Part(props: { name: string; what: ComponentChildren; trouble: string; facts: Fact[] }) {
  return (
    <div class="part">
      <h4>{props.name}</h4>
      <p class="note">{props.what}</p>
      {props.trouble && <p class="trouble">{props.trouble}</p>}
      <dl class="facts">
        {props.facts.map(([name, value, wrong]) => (
          <div key={name} class={wrong ? "wrong" : ""}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Model({ model }: { model: ModelInService }) {
  const facts: Fact[] = [
    ["run", `${model.run_ms.toFixed(2)} ms`],
    ["judged", model.judged],
    ["passed over", model.dropped + model.skipped],
    ["failed", model.failed, model.failed > 0],
    ["swaps", model.swaps],
  ];
  if (model.compared > 0)
    facts.push(["disputed", `${((100 * model.disputed) / model.compared).toFixed(1)} %`]);
  const what = (
    <>
      {model.after && `after ${model.after}: `}
      {model.model || model.package} on {model.variant}, since{" "}
      <time dateTime={model.since}>{clock(model.since)}</time>
    </>
  );
  return <Part name={model.name} what={what} trouble={model.trouble} facts={facts} />;
}

function size(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function SinkPart({ sink }: { sink: Sink }) {
  const waiting = sink.waiting > 0;
  return (
    <Part
      name={sink.name}
      what={sink.kind}
      trouble={sink.trouble}
      facts={[
        ["delivered", sink.delivered],
        ["waiting", waiting ? `${sink.waiting}, ${size(sink.waiting_bytes)}` : 0],
        ["oldest", waiting ? `${sink.oldest_s.toFixed(0)} s` : "–"],
        ["dropped", sink.dropped, sink.dropped > 0],
        ["failed", sink.failed, sink.failed > 0],
      ]}
    />
  );
}

function SourcePart({ source }: { source: Source }) {
  return (
    <Part
      name={source.name}
      what={source.decoder ? `${source.kind}, decoded by ${source.decoder}` : source.kind}
      trouble={source.trouble}
      facts={[
        ["state", source.state, source.state === "failed"],
        ["frames", source.frames],
        ["broken", source.skipped, source.skipped > 0],
        ["restarts", source.restarts],
      ]}
    />
  );
}

export function Counters({ station }: { station: Station }) {
  return (
    <section aria-label="In service" class="card service">
      <h2>In service</h2>
      <h3>Models</h3>
      {station.models.map((model) => (
        <Model key={model.name} model={model} />
      ))}
      {station.sinks.length > 0 && <h3>Sinks</h3>}
      {station.sinks.map((sink) => (
        <SinkPart key={sink.name} sink={sink} />
      ))}
      <h3>Sources</h3>
      {station.sources.map((source) => (
        <SourcePart key={source.name} source={source} />
      ))}
    </section>
  );
}
