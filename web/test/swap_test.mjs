// swap_test.mjs URL PACKAGE NEW: looks at a station that streams while the files of its PACKAGE are
// replaced by those of NEW: no result is missing, the picture goes on, and the page tells the swap.
import { cpSync, renameSync } from "node:fs";
import { join } from "node:path";
import { check, runLooks, seePicture } from "./browser.mjs";

const [url, service, successor] = process.argv.slice(2);

// Each file in one step, so that none is seen half.
function replace() {
  for (const file of ["compiled.so", "model.json"]) {
    cpSync(join(successor, file), join(service, `${file}.new`));
    renameSync(join(service, `${file}.new`), join(service, file));
  }
}

// Notes the frame of every result that the page hears of, and counts the pictures of the stream.
function watch() {
  globalThis.frames = new Set();
  const events = new EventSource("/api/events");
  events.onmessage = (event) => {
    const state = JSON.parse(event.data);
    for (const result of state.results) globalThis.frames.add(result.frame);
    globalThis.swaps = state.models[0].swaps;
  };
}

async function swap(browser) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await seePicture(page);
  await page.evaluate(watch);
  await page.waitForFunction(() => globalThis.frames.size > 20);
  replace();
  await page.waitForFunction(() => globalThis.swaps === 1);
  const swapped = await page.evaluate(() => Math.max(...globalThis.frames));
  await page.waitForFunction((last) => Math.max(...globalThis.frames) > last + 20, swapped);
  const frames = await page.evaluate(() => [...globalThis.frames].sort((a, b) => a - b));
  const gaps = frames.filter((frame, i) => i > 0 && frame !== frames[i - 1] + 1);
  check(gaps.length === 0, `results are missing before frames ${gaps}`);
  const fact = page.locator(".facts div").filter({ hasText: "swaps" }).first();
  check(/swaps\s*1/.test(await fact.innerText()), `the page says: ${await fact.innerText()}`);
  await seePicture(page);
  await page.close();
}

await runLooks([["swap", swap]]);
