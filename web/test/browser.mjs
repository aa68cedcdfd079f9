// What the tests in a browser share. Exit code 0: all is well, 1: what is wrong stands on stderr, 77:
// there is no browser.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);

export function check(holds, text) {
  if (!holds) throw new Error(text);
}

export async function openBrowser() {
  if (!browserPath) {
    console.error("there is no /usr/bin/chromium");
    process.exit(77);
  }
  return chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });
}

// Waits until the picture of the first source has come; in a page behind another one too, which is
// not drawn.
export async function seePicture(page) {
  await page.waitForFunction(
    () => document.querySelector("figure.stream img")?.naturalWidth > 0,
    null,
    { polling: 100 },
  );
}

// Runs each of [name, what to do with the browser], and ends the process.
export async function runLooks(looks) {
  const browser = await openBrowser();
  let failed = false;
  for (const [name, look] of looks) {
    try {
      await look(browser);
    } catch (error) {
      failed = true;
      console.error(`${name}: ${error.message}`);
    }
  }
  await browser.close();
  process.exit(failed ? 1 : 0);
}
