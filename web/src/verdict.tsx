import type { Count, Result, Station } from "./state";

function percent(score: number): string {
  return `${(100 * score).toFixed(1)} %`;
}

function headline(result: Result): { text: string; tone: string; note: string } {
  if (result.detections) {
    const count = result.detections.length;
    const best = result.detections[0];
    const what = count === 1 ? "1 detection" : `${count} detections`;
    return {
      text: what,
      tone: count > 0 ? "found" : "none",
      note: best ? `best: ${best.label} ${percent(best.score)}` : "nothing in the picture",
    };
  }
  return {
    text: result.label ?? "undecided",
    tone: result.tone ?? "other",
    note: percent(result.score ?? 0),
  };
}

// Where parts are judged, what was said of single pictures is not told.
function Counts({ counts }: { counts: Count[] }) {
  const parts = counts.some((count) => count.part);
  const shown = counts.filter((count) => count.part === parts);
  shown.sort((a, b) => b.count - a.count);
  return (
    <ul class="counts" aria-label={parts ? "Parts by verdict" : "Results by label"}>
      {shown.slice(0, 8).map((count) => (
        <li key={`${count.model} ${count.label}`}>
          {count.label} <strong>{count.count}</strong>
        </li>
      ))}
    </ul>
  );
}

export function Verdict({ station }: { station: Station }) {
  const result = station.verdict ?? station.results[0] ?? null;
  const { text, tone, note } = result
    ? headline(result)
    : { text: "No result yet", tone: "none", note: "" };
  const cycle = station.cycle;
  return (
    <section class={`verdict ${tone}`} aria-label="Verdict">
      <p class="headline" aria-live="polite" data-testid="verdict">
        {text}
      </p>
      <p class="note">
        {note}
        {result?.part !== undefined && `, part ${result.part}`}
        {result?.picture && `, ${result.picture}`}
      </p>
      {cycle && (
        <p class="note">
          cycle {cycle.phase}, {cycle.parts} parts
          {cycle.reinspected > 0 && `, ${cycle.reinspected} judged again`}
          {cycle.unsorted > 0 && `, ${cycle.unsorted} not sorted`}
          {cycle.fault && <span class="trouble"> {cycle.fault}</span>}
        </p>
      )}
      <Counts counts={station.counts} />
      <dl class="meters">
        {station.sources.map((source) => (
          <div key={`s ${source.name}`}>
            <dt>{source.name}</dt>
            <dd data-testid="fps">{source.fps.toFixed(1)} fps</dd>
          </div>
        ))}
        {station.models.map((model) => (
          <div key={`m ${model.name}`}>
            <dt>{model.name}</dt>
            <dd data-testid="ips">{model.ips.toFixed(1)} inferences/s</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
