// screenshot.mjs URL FOLDER: the live page as a browser on a desktop and on a phone shows it, for the
// manual: FOLDER/page.png and FOLDER/page-phone.png.
import { openBrowser, seePicture } from "./browser.mjs";

const [url, folder] = process.argv.slice(2);
const browser = await openBrowser();
const pages = [];
for (const [name, viewport] of [
  ["page", { width: 1280, height: 1080 }],
  ["page-phone", { width: 390, height: 844 }],
]) {
  const page = await browser.newPage({ viewport });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page.getByTestId("verdict").filter({ hasNotText: "No result yet" }).waitFor();
  await page.getByTestId("faults").getByRole("img").first().waitFor();
  await seePicture(page);
  pages.push([page, `${folder}/${name}.png`]);
}
for (const [page, path] of pages) await page.screenshot({ path });
await browser.close();
