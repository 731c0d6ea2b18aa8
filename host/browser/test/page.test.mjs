// The page in a real Chromium.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";

import { browser, decided, opened, program, root, serving } from "./serving.mjs";

const examples = readdirSync(`${root}policies/webriskops/1.1.0/examples`);
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let server, chromium, folder;

before(async () => {
  server = await serving();
  chromium = await browser();
  folder = mkdtempSync(join(tmpdir(), "scopegate-"));
});
after(async () => {
  await chromium?.close();
  server?.close();
  rmSync(folder, { recursive: true });
});

/** The page, when it shows a decision. */
async function open(options = {}, hash = "") {
  const found = await opened(chromium, server.address + hash, options);
  await decided(found.page);
  return found;
}

test("every example's verdict is the program's", async () => {
  const { page, troubles, close } = await open();
  for (const file of examples) {
    const run = spawnSync(program, ["check", "--format", "json", `${root}policies/webriskops/1.1.0/examples/${file}`]);
    const { decision, findings } = JSON.parse(run.stdout);
    await page.selectOption("#example", file.replace(".json", ""));
    await page.waitForFunction(([verdict, count]) => document.querySelector(".verdict")?.dataset.verdict === verdict && document.querySelectorAll(".findings > li").length === count, [decision, findings.length]);
  }
  assert.deepEqual(troubles, []);
  await close();
});

test("a changed fact changes the verdict, and a button changes it back", async () => {
  const { page, troubles, close } = await open();
  await page.selectOption("#example", "open-pull-request");
  await page.waitForSelector('[data-verdict="allow"]');
  await page.fill('[id="fact:actor.id"]', "");
  await page.waitForSelector('[data-verdict="deny"]');
  await page.waitForSelector(".openings li button");
  assert.ok((await page.locator(".decides").count()) > 0, "the facts that decided are marked");
  await page.locator(".openings li button").first().click();
  await page.waitForSelector('[data-verdict="allow"]');
  assert.deepEqual(troubles, []);
  await close();
});

test("a link brings the same facts", async () => {
  const first = await open();
  await first.page.selectOption("#example", "open-pull-request");
  await first.page.fill('[id="fact:tenancy.project"]', "from the link");
  await first.page.waitForFunction(() => location.hash.length > 100);
  const hash = await first.page.waitForFunction(async () => {
    const before = location.hash;
    await new Promise((later) => setTimeout(later, 400));
    return before === location.hash && before;
  });
  const second = await open({}, await hash.jsonValue());
  await second.page.waitForFunction(() => document.getElementById("fact:tenancy.project")?.value === "from the link");
  await first.close();
  await second.close();
});

test("an odd link is said to be one, and raises no error", async () => {
  const link = (text) => `s=${deflateRawSync(Buffer.from(text)).toString("base64url")}`;
  const request = JSON.parse(readFileSync(`${root}policies/webriskops/1.0.0/examples/scan.json`, "utf8"));
  const texts = [
    "", "null", "7", '"scan"', "[]", "{", "\ufeff{}", '{"scan":[]}', '{"scan":{"targets":"all"}}', '{"scan":{"targets":{"length":3}}}', '{"scan":{"targets":[7]}}',
    '{"action":["scan"]}', '{"action":{"toString":1}}', '{"now":{"toString":null,"valueOf":null}}', '{"attributes":[]}', '{"attributes":"a"}', '{"attributes":{"a":{}}}',
    '{"attributes":{"a":[[]]}}', '{"attributes":{"a":1e300}}', `${"[".repeat(200_000)}${"]".repeat(200_000)}`, `{"scan":${'{"scan":'.repeat(100_000)}1${"}".repeat(100_000)}}`,
    ...Object.keys(request).flatMap((name) => [JSON.stringify({ ...request, [name]: [[]] }), JSON.stringify({ ...request, [name]: { toString: {} } })]),
  ];
  const cut = link(JSON.stringify(request)).slice(0, 200);
  for (const hash of [...texts.map(link), "s=A", "s=AAAA", "s=____", cut, `s=${deflateRawSync(Buffer.alloc(8 << 20, 32)).toString("base64url")}`]) {
    const { page, troubles, close } = await open({}, `#${hash}`);
    await page.waitForSelector(".trouble, .page[data-ready=true]:has(.verdict.failed)");
    assert.deepEqual(troubles, [], hash.slice(0, 100));
    await close();
  }
  // What is built as a request is shown, whatever is in it.
  for (const text of ["{}", '{"action":null,"scan":null}', '{"__proto__":1,"attributes":{"__proto__":2}}', '{"action":1,"now":"never","scan":{"targets":[null,{"url":7}]},"made_up":[]}']) {
    const { page, troubles, close } = await open({}, `#${link(text)}`);
    await page.waitForSelector(".verdict.failed");
    assert.deepEqual(troubles, [], text);
    await close();
  }
});

test("the frame runs nothing where it has an origin", async () => {
  const { page, close } = await open();
  const asked = (sandbox) =>
    page.evaluate(async (sandbox) => {
      const frame = document.createElement("iframe");
      if (sandbox !== undefined) frame.setAttribute("sandbox", sandbox);
      frame.src = "./frame.html";
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
      document.body.append(frame);
      await loaded;
      const { port1, port2 } = new MessageChannel();
      const answered = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      frame.contentWindow.postMessage("postMessage(`ran in ${self.origin}`)", "*", [port2]);
      return answered;
    }, sandbox);
  for (const sandbox of [undefined, "allow-scripts allow-same-origin"]) assert.match((await asked(sandbox)).error.message, /has an origin, and runs nothing/);
  assert.equal(await asked("allow-scripts"), "ran in null");
  await close();
});

test("the keyboard is enough: an example, a changed fact, and the button that opens the gate", async () => {
  const { page, close } = await open();
  /** Presses Tab until what `selector` finds has the focus. */
  const reach = async (selector) => {
    for (let presses = 0; presses < 300; presses++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
    }
    assert.fail(`Tab does not reach ${selector}`);
  };
  await reach("#example");
  await page.keyboard.type("open-pull");
  await page.waitForSelector('[data-verdict="allow"]');
  await reach('[id="fact:actor.id"]');
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.waitForSelector('[data-verdict="deny"]');
  await page.waitForSelector(".openings li button");
  await reach(".openings li button");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none", "what has the focus shows it");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-verdict="allow"]');
  await close();
});

test("a dropped component decides beside; one that is none is refused", async () => {
  const { page, close } = await open();
  const mine = join(folder, "acme.wasm");
  execFileSync(program, ["build", `${root}host/cli/tests/data/acme/policy.toml`, "-o", mine], { stdio: "ignore" });
  const none = join(folder, "none.wasm");
  writeFileSync(none, "no component");
  await page.setInputFiles('input[type="file"]', none);
  await page.waitForSelector(".trouble");
  assert.match(await page.textContent(".trouble"), /none\.wasm: .*not WebAssembly/);
  await page.setInputFiles('input[type="file"]', mine);
  await page.waitForFunction(() => document.querySelectorAll(".verdict").length === 2);
  await page.waitForFunction(() => document.querySelectorAll(".verdict")[1].dataset.verdict !== "none");
  await close();
});

test("a component of several modules is transpiled on the page, and decides", async () => {
  const { page, troubles, close } = await open();
  const { change } = JSON.parse(readFileSync(`${root}guest/sdk/examples/change-ticket/bases.json`, "utf8"));
  await page.click("text=Paste a request");
  await page.fill("textarea", JSON.stringify(change));
  await page.click("text=Use it");
  await page.setInputFiles('input[type="file"]', process.env.COMPONENT_IN_JAVASCRIPT);
  await page.waitForFunction(() => document.querySelectorAll(".verdict")[1]?.dataset.verdict === "allow");
  await page.fill('[id="fact:attributes.change_ticket"]', "79927398710");
  await page.waitForFunction(() => document.querySelectorAll(".verdict")[1]?.dataset.verdict === "deny");
  assert.match(await page.locator(".verdict").nth(1).textContent(), /check digit/);
  assert.deepEqual(troubles, []);
  await close();
});

test("names in a component do not become code", async () => {
  const { page, close } = await open();
  const bytes = readFileSync(process.env.COMPONENT_IN_JAVASCRIPT);
  // A name of one of its modules, of the same length.
  const [before, after] = ["cabi_realloc", "cabi'ealloc;"].map((name) => Buffer.from(name));
  for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at)) after.copy(bytes, at);
  const mine = join(folder, "names.wasm");
  writeFileSync(mine, bytes);
  await page.setInputFiles('input[type="file"]', mine);
  await page.waitForSelector(".trouble");
  assert.match(await page.textContent(".trouble"), /cannot be transpiled/);
  await close();
});

test("a policy that never ends is stopped, and the page goes on", async () => {
  const { guest } = await import("../../node/test/guest.mjs");
  const { page, close } = await open();
  const endless = join(folder, "endless.wasm");
  writeFileSync(endless, guest({ evaluate: "(loop $again (br $again)) unreachable" }));
  await page.setInputFiles('input[type="file"]', endless);
  await page.waitForFunction(() => document.querySelectorAll(".verdict")[1]?.dataset.verdict === "failed");
  assert.match(await page.locator(".verdict").nth(1).textContent(), /was stopped/);
  await page.fill('[id="fact:actor.id"]', "");
  await page.waitForFunction(() => document.querySelector(".verdict")?.dataset.verdict === "deny");
  await close();
});

test("how long a changed fact takes until the page shows what it does", async () => {
  const { page, close } = await open();
  await page.selectOption("#example", "open-pull-request");
  await page.waitForSelector('[data-verdict="allow"]');
  const median = await page.evaluate(async () => {
    const verdict = () => document.querySelector(".verdict").dataset.verdict;
    const times = [];
    for (let round = 0; round < 40; round++) {
      const input = document.getElementById("fact:actor.id");
      const before = verdict();
      const begin = performance.now();
      input.value = before === "allow" ? "" : "user-17";
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((shown) => {
        const observer = new MutationObserver(() => verdict() !== before && (observer.disconnect(), shown()));
        observer.observe(document.body, { subtree: true, attributes: true, childList: true });
      });
      times.push(performance.now() - begin);
      await new Promise((later) => setTimeout(later, 20));
    }
    return times.sort((one, other) => one - other)[times.length >> 1];
  });
  console.log(`a changed fact: ${median.toFixed(1)} ms (median)`);
  await close();
});

test("axe finds nothing, wide and narrow, light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1440]) {
      const { page, close } = await open({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      await page.fill('[id="fact:actor.id"]', "");
      await page.waitForSelector('[data-verdict="deny"]');
      await page.addScriptTag({ path: axe });
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`), [], `${colorScheme} ${width}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `the page is ${wider} px wider than ${width}`);
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${colorScheme}-${width}.png` });
      await close();
    }
  }
});

test("the first load is small", () => {
  const dist = new URL("../dist/", import.meta.url);
  const assets = readdirSync(new URL("assets/", dist)).filter((name) => !name.startsWith("transpiler"));
  const files = ["index.html", ...assets.map((name) => `assets/${name}`)];
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0);
  assert.ok(bytes < 150_000, `${bytes} bytes`);
  console.log(`first load: ${bytes} bytes compressed`);
});
