// How sure the models were and where the time went over the last minutes: /api/history.
import { useEffect, useState } from "preact/hooks";

export const stages = ["wait", "preprocess", "model", "decode", "publish"] as const;
export type Stage = (typeof stages)[number];

// One value a step, the oldest first; null where nothing came.
export type Column = (number | null)[];

export interface Course {
  name: string;
  step_s: number;
  score: { least: Column; mean: Column; most: Column };
  ms: Record<Stage | "total", Column>;
  slowest_ms: Column;
}

const everyMs = 2000;

// Asked for while somebody looks.
export function useHistory(awake: boolean): Course[] {
  const [courses, setCourses] = useState<Course[]>([]);
  useEffect(() => {
    if (!awake) return;
    const ask = async () => {
      const answer = await fetch("/api/history").catch(() => null);
      if (answer?.ok) setCourses(((await answer.json()) as { models: Course[] }).models);
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => clearInterval(timer);
  }, [awake]);
  return courses;
}

// The newest value there is.
export function latest(column: Column): number | null {
  for (let i = column.length - 1; i >= 0; i--) if (column[i] !== null) return column[i];
  return null;
}
