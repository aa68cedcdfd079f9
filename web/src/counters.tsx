import type { Station } from "./state";

function Table({ caption, head, rows }: { caption: string; head: string[]; rows: (string | number)[][] }) {
  if (rows.length === 0) return null;
  return (
    <div class="scroll">
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, i) =>
                i === 0 ? (
                  <th key={i} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={i}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Counters({ station }: { station: Station }) {
  const troubles = [...station.sources, ...station.sinks].filter((part) => part.trouble !== "");
  return (
    <section aria-label="In service" class="card">
      <h2>In service</h2>
      {troubles.map((part) => (
        <p key={part.name} class="trouble">
          {part.name}: {part.trouble}
        </p>
      ))}
      <Table
        caption="Models"
        head={["model", "package", "runs on", "ms", "judged", "dropped", "failed"]}
        rows={station.models.map((m) => [
          m.after ? `${m.name} after ${m.after}` : m.name, m.package, m.variant, m.run_ms.toFixed(2), m.judged, m.dropped, m.failed,
        ])}
      />
      <Table
        caption="Sinks"
        head={["sink", "kind", "delivered", "waiting", "dropped", "failed"]}
        rows={station.sinks.map((s) => [
          s.name, s.kind, s.delivered, s.waiting > 0 ? `${s.waiting}, ${s.oldest_s} s` : 0, s.dropped, s.failed,
        ])}
      />
    </section>
  );
}
