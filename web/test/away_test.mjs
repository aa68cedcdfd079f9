// away_test.mjs PORT PROGRAM ARGUMENT...: starts a station whose page is at that port, ends it and
// starts it again: the page says that the station is away, and goes on by itself when it is back.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { runLooks, seePicture } from "./browser.mjs";

const [port, program, ...options] = process.argv.slice(2);
const url = `http://127.0.0.1:${port}/`;
let station;

async function start() {
  station = spawn(program, options, { stdio: ["ignore", "ignore", "inherit"] });
  const deadline = Date.now() + 30_000;
  while (!(await fetch(url).catch(() => null))) {
    if (station.exitCode !== null) throw new Error(`the station ended with ${station.exitCode}`);
    if (Date.now() > deadline) throw new Error("the station's page is not there after 30 s");
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function end() {
  station.kill("SIGTERM");
  await once(station, "exit");
}

async function goAway(browser) {
  await start();
  const page = await browser.newPage();
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await seePicture(page);
  const banner = page.getByRole("alert").filter({ hasText: "The station does not answer" });
  await banner.waitFor({ state: "hidden" });
  await end();
  await banner.waitFor({ state: "visible" });
  await start();
  await banner.waitFor({ state: "hidden" });
  await page.getByTestId("results").getByRole("listitem").first().waitFor();
  await seePicture(page);
  await page.close();
  await end();
}

process.on("exit", () => station?.kill("SIGKILL"));
await runLooks([["away", goAway]]);
