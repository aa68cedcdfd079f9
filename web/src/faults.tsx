import { clock, type Fault } from "./state";

const titles: Record<Fault["kind"], string> = {
  source: "Source lost",
  model: "Model failed",
  sink: "Sink refused",
  cycle: "Cycle stopped",
  reject: "Rejected",
};

function Picture({ fault }: { fault: Fault }) {
  if (!fault.picture) return <div class="picture" />;
  return (
    <a class="picture" href={fault.picture} target="_blank" rel="noreferrer">
      <img src={fault.picture} alt={`Picture of ${fault.of}: ${fault.text}`} loading="lazy" />
    </a>
  );
}

export function Faults({ faults }: { faults: Fault[] }) {
  return (
    <section aria-label="Last faults" class="card">
      <h2>Last faults</h2>
      {faults.length === 0 && <p class="note">none since the station was started</p>}
      <ol class="faults" data-testid="faults">
        {faults.slice(0, 8).map((fault) => (
          <li key={fault.number}>
            <Picture fault={fault} />
            <div>
              <p class="what">
                <strong>{titles[fault.kind]}</strong>
                {fault.count > 1 && <span class="times"> {fault.count} times</span>}
              </p>
              <p class="text">
                {fault.of}: {fault.text}
              </p>
              <time dateTime={fault.time}>{clock(fault.time)}</time>
              {fault.count > 1 && <span class="until"> to {clock(fault.last)}</span>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
