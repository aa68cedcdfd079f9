// login_test.mjs URL TOKEN: logs in to the page of a station that other machines can see, and out
// again, as a browser on a phone does that trusts its certificate.
import { check, runLooks, seePicture } from "./browser.mjs";

const [url, token] = process.argv.slice(2);

async function statusOf(context, path) {
  const answer = await context.request.get(new URL(path, url).href, { timeout: 10_000 });
  return answer.status();
}

async function logIn(browser) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 390, height: 844 },
    isMobile: true,
  });
  const page = await context.newPage();
  const answer = await page.goto(url);
  check(answer.status() === 401, `the page is shown without a login: ${answer.status()}`);
  for (const path of ["/api/state", "/api/events", "/stream/camera.mjpeg", "/metrics", "/page.js"])
    check((await statusOf(context, path)) === 401, `${path} is shown without a login`);
  const field = page.getByLabel("Token");
  check(await field.evaluate((element) => element === document.activeElement), "no focus");
  await field.fill("not the token");
  await field.press("Enter");
  await page.getByText("The token is wrong.").waitFor();
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByTestId("verdict").filter({ hasText: /^(Pass|Fail)$/ }).waitFor();
  await seePicture(page);
  check(page.url() === url, `the address became ${page.url()}`);
  const [cookie] = await context.cookies();
  check(
    cookie.httpOnly && cookie.secure && cookie.sameSite === "Strict" && !cookie.value.includes(token),
    `the cookie is ${JSON.stringify(cookie)}`,
  );
  check((await statusOf(context, "/api/state")) === 200, "the cookie is not taken");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
  check((await statusOf(context, "/api/state")) === 401, "the login has not ended");
  await context.close();
}

await runLooks([["login", logIn]]);
