// page_test.mjs URL [SCREENSHOT FOLDER]: looks at the live page of a running station as a browser on
// a desktop and on a phone does. The station judges pictures called Pass or Fail. Exit code 0: all is
// well, 1: what is wrong stands on stderr, 77: there is no browser.
import { check, runLooks, seePicture } from "./browser.mjs";

const [url, screenshots] = process.argv.slice(2);

const screens = [
  { name: "desktop-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "desktop-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true },
  { name: "phone-dark", viewport: { width: 360, height: 740 }, colorScheme: "dark", isMobile: true },
];

// The contrast of the text of `selector` with its own background (WCAG 2, 1.4.3), as it is with the
// class `tone` where one is given.
function contrastOf([selector, tone]) {
  const parse = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
  const luminance = ([red, green, blue]) => {
    const linear = (byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const element = document.querySelector(selector).cloneNode();
  if (tone) element.className = `${selector.slice(1)} ${tone}`;
  document.documentElement.append(element);
  const { color, backgroundColor } = getComputedStyle(element);
  element.remove();
  const [high, low] = [luminance(parse(color)), luminance(parse(backgroundColor))].sort(
    (a, b) => b - a,
  );
  return (high + 0.05) / (low + 0.05);
}

// A picture that was rejected is there, with its text and time.
async function seeFault(page) {
  const fault = page.getByTestId("faults").getByRole("listitem").first();
  await fault.filter({ hasText: "Rejected" }).filter({ hasText: /camera: Fail/ }).waitFor();
  await fault.getByRole("img", { name: "Picture of camera: Fail" }).scrollIntoViewIfNeeded();
  await page.waitForFunction(
    () => document.querySelector("[data-testid=faults] img")?.naturalWidth > 0,
  );
  check(/\d\d:\d\d:\d\d/.test(await fault.innerText()), "a fault has no time");
}

async function seeCharts(page) {
  for (const [name, parts] of [
    [/^Confidence of inspection over the last 5 minutes: now 0\.\d\d/, ".line"],
    [/^Time from capture to result of inspection.*: now [\d.]+ ms$/, ".area.model"],
  ]) {
    const chart = page.getByRole("img", { name });
    await chart.waitFor();
    const path = await chart.locator(parts).getAttribute("d");
    check(/^M[\d.]+,[\d.]+/.test(path ?? ""), `the chart ${name} shows nothing`);
  }
}

// How far what stands below moves while the state changes (CLS, which is good below 0.1).
async function watchJumps(page) {
  await page.evaluate(() => {
    globalThis.jumps = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.jumps += entry.value;
    }).observe({ type: "layout-shift", buffered: false });
  });
}

async function look(browser, { name, ...screen }) {
  const context = await browser.newContext(screen);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asks ${request.url()}`);
  });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page.getByTestId("verdict").filter({ hasText: /^(Pass|Fail)$/ }).waitFor();
  await page.getByTestId("results").getByRole("listitem").first().waitFor();
  await seePicture(page);
  await seeFault(page);
  await seeCharts(page);
  check(/fps/.test(await page.getByTestId("fps").first().innerText()), "no frames a second");
  check(/inferences/.test(await page.getByTestId("ips").first().innerText()), "no inferences");
  await watchJumps(page);
  const shown = () => page.getByTestId("results").innerText();
  const before = await shown();
  await page.waitForFunction(
    (text) => document.querySelector("[data-testid=results]").innerText !== text,
    before,
  );
  const jumps = await page.evaluate(() => globalThis.jumps);
  check(jumps < 0.1, `the page jumps by ${jumps.toFixed(3)}`);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  check(overflow <= 0, `the page is ${overflow} px wider than the screen`);
  const tones = ["good", "bad", "other", "found", "none"].map((tone) => [".verdict", tone]);
  for (const [selector, tone] of [["body"], ...tones]) {
    const contrast = await page.evaluate(contrastOf, [selector, tone]);
    check(
      contrast >= 4.5,
      `the contrast of ${selector} ${tone ?? ""} is ${contrast.toFixed(2)}, less than 4.5`,
    );
  }
  if (screenshots) await page.screenshot({ path: `${screenshots}/${name}.png` });
  check(complaints.length === 0, complaints.join("\n"));
  await context.close();
}

// The state of a station of so many sources.
function stateOf(count) {
  const sources = Array.from({ length: count }, (_, i) => ({
    name: `camera${i}`,
    kind: "v4l2",
    state: "running",
    fps: 30,
    frames: 1,
    skipped: 0,
    restarts: 0,
    trouble: "",
    stream: `/stream/camera${i}.mjpeg`,
  }));
  const station = { version: "0", uptime_s: 1, cycle: null, verdict: null };
  const none = { models: [], sinks: [], results: [], counts: [], faults: [] };
  return JSON.stringify({ ...station, ...none, sources });
}

// Many sources leave the browser connections for other pages.
async function lookAtManySources(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript((data) => {
    globalThis.EventSource = class {
      constructor() {
        setTimeout(() => this.onmessage({ data }));
      }
      close() {}
    };
  }, stateOf(6));
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page.locator("figure.stream").nth(5).waitFor();
  const shown = page.locator("figure.stream img");
  check((await shown.count()) === 4, `${await shown.count()} streams at once`);
  const buttons = page.getByRole("button", { name: /^Show camera/ });
  check((await buttons.count()) === 2, `${await buttons.count()} sources can be asked for`);
  await buttons.last().click();
  await page.getByRole("button", { name: "Show camera5" }).waitFor({ state: "detached" });
  check((await shown.count()) === 4, "another source is not left out for the one asked for");
  await context.close();
}

// A page that is hidden shows nothing, and shows it again when it is seen.
async function hide(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await seePicture(page);
  const turn = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await turn(true);
  await page.locator("figure.stream img").waitFor({ state: "detached" });
  await turn(false);
  await seePicture(page);
  await context.close();
}

await runLooks([
  ...screens.map((screen) => [screen.name, (browser) => look(browser, screen)]),
  ["many sources", lookAtManySources],
  ["hidden", hide],
]);
