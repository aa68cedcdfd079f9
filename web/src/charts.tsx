import type { ComponentChildren } from "preact";
import { latest, stages, type Column, type Course } from "./history";

const width = 300;
const height = 100;

interface Point {
  x: number;
  value: number;
}

// The points between gaps, each run by itself.
function runs(column: Column): Point[][] {
  const made: Point[][] = [];
  let open = false;
  column.forEach((value, i) => {
    if (value !== null) {
      if (!open) made.push([]);
      made[made.length - 1].push({ x: (i / (column.length - 1)) * width, value });
    }
    open = value !== null;
  });
  return made;
}

const at = (point: Point, top: number) =>
  `${point.x.toFixed(1)},${(height - (point.value / top) * height).toFixed(1)}`;

// One that comes alone is as wide as a step.
function linePath(column: Column, top: number): string {
  return runs(column)
    .map((run) => `M${run.map((point) => at(point, top)).join("L")}h${run.length === 1 ? 2 : 0}`)
    .join("");
}

// The area between two columns that have their gaps at the same places.
function bandPath(low: Column, high: Column, top: number): string {
  const lower = runs(low);
  return runs(high)
    .map((run, i) => {
      const back = [...lower[i]].reverse();
      return `M${[...run, ...back].map((point) => at(point, top)).join("L")}Z`;
    })
    .join("");
}

// 1, 2 or 5 times a power of ten, at least `value`.
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

interface ChartProps {
  title: string;
  told: string;
  top: number;
  unit: string;
  minutes: number;
  legend: ComponentChildren;
  children: ComponentChildren;
}

function Chart({ title, told, top, unit, minutes, legend, children }: ChartProps) {
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div class="plot">
        <span class="tick high" aria-hidden="true">{`${top}${unit}`}</span>
        <span class="tick low" aria-hidden="true">{`0${unit}`}</span>
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={told}>
          <path class="grid" d={`M0,0H${width}M0,${height / 2}H${width}M0,${height}H${width}`} />
          {children}
        </svg>
      </div>
      <p class="span" aria-hidden="true">
        <span>{minutes} min ago</span>
        <span>now</span>
      </p>
      {legend}
    </figure>
  );
}

function Confidence({ course, minutes }: { course: Course; minutes: number }) {
  const { least, mean, most } = course.score;
  const now = latest(mean);
  const told =
    now === null
      ? "no result yet"
      : `now ${now.toFixed(2)}, of ${latest(least)!.toFixed(2)} to ${latest(most)!.toFixed(2)}`;
  return (
    <Chart
      title="Confidence"
      told={`Confidence of ${course.name} over the last ${minutes} minutes: ${told}`}
      top={1}
      unit=""
      minutes={minutes}
      legend={
        <p class="legend">
          <span class="key score">{told}</span>
        </p>
      }
    >
      <path class="band" d={bandPath(least, most, 1)} />
      <path class="line" d={linePath(mean, 1)} />
    </Chart>
  );
}

function Delay({ course, minutes }: { course: Course; minutes: number }) {
  const zero = course.ms.total.map((value) => (value === null ? null : 0));
  const sums: Column[] = [zero];
  for (const stage of stages) {
    const before = sums[sums.length - 1];
    sums.push(before.map((sum, i) => (sum === null ? null : sum + (course.ms[stage][i] ?? 0))));
  }
  const all = [...sums[stages.length], ...course.slowest_ms].map((value) => value ?? 0);
  const top = roundUp(Math.max(...all));
  const total = latest(course.ms.total);
  const told = total === null ? "no result yet" : `now ${total.toFixed(1)} ms`;
  return (
    <Chart
      title="Capture to result"
      told={`Time from capture to result of ${course.name} over the last ${minutes} minutes: ${told}`}
      top={top}
      unit=" ms"
      minutes={minutes}
      legend={
        <p class="legend">
          {stages.map((stage) => (
            <span class={`key ${stage}`} key={stage}>
              {stage} {latest(course.ms[stage])?.toFixed(2) ?? "–"}
            </span>
          ))}
          <span class="key slowest">slowest {latest(course.slowest_ms)?.toFixed(1) ?? "–"} ms</span>
        </p>
      }
    >
      {stages.map((stage, i) => (
        <path class={`area ${stage}`} key={stage} d={bandPath(sums[i], sums[i + 1], top)} />
      ))}
      <path class="line slowest" d={linePath(course.slowest_ms, top)} />
    </Chart>
  );
}

export function Charts({ courses }: { courses: Course[] }) {
  return (
    <section aria-label="Last minutes" class="card charts">
      <h2>Last minutes</h2>
      {courses.length === 0 && <p class="note">nothing yet</p>}
      {courses.map((course) => {
        const minutes = Math.round((course.step_s * course.score.mean.length) / 60);
        return (
          <div class="course" key={course.name}>
            {courses.length > 1 && <h3>{course.name}</h3>}
            <Confidence course={course} minutes={minutes} />
            <Delay course={course} minutes={minutes} />
          </div>
        );
      })}
    </section>
  );
}
