import { clock, type Result } from "./state";

function what(result: Result): string {
  return result.of ? `${result.of}: ${finding(result)}` : finding(result);
}

function finding(result: Result): string {
  if (!result.detections) return `${result.label} ${(result.score ?? 0).toFixed(2)}`;
  if (result.detections.length === 0) return "nothing";
  const shown = result.detections.slice(0, 3).map((d) => `${d.label} ${d.score.toFixed(2)}`);
  const more = result.detections.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

export function Results({ results }: { results: Result[] }) {
  return (
    <section aria-label="Last results" class="card">
      <h2>Last results</h2>
      {results.length === 0 && <p class="note">none yet</p>}
      <ol class="results" data-testid="results">
        {results.slice(0, 12).map((result) => (
          <li key={result.number} class={result.tone ?? ""}>
            <time dateTime={result.time}>{clock(result.time)}</time>
            <span class="what">{what(result)}</span>
            <span class="from">{result.picture ?? result.source}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
