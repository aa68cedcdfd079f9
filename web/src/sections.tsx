import type { Count, Cycle, Tone } from "./state";

// What came out of each place of the table, the last part first to be seen.
export function Sections({ cycle, counts }: { cycle: Cycle; counts: Count[] }) {
  if (cycle.sections.length === 0) return null;
  const tone = (label: string): Tone =>
    counts.find((count) => count.label === label)?.tone ?? "other";
  return (
    <section aria-label="Sections" class="card">
      <h2>Sections</h2>
      <ol class="sections" data-testid="sections">
        {cycle.sections.map(({ section, labels, last }) => (
          <li key={section} class={tone(last)}>
            <strong>{section}</strong>
            <span class="last">{last}</span>
            <ul aria-label={`Parts of section ${section}`}>
              {Object.entries(labels).map(([label, count]) => (
                <li key={label}>
                  {count} {label}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}
