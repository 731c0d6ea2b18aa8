// The vectors of `tests/vectors` in Chromium, byte for byte; and what the package's README shows for browsers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";

import { browser, bundled, opened, program, root, serving } from "./serving.mjs";

const vectors = (name) => gunzipSync(readFileSync(`${root}tests/vectors/${name}.jsonl.gz`)).toString();
const built = (version) => execFileSync(program, ["build", `${root}policies/webriskops/${version}`, "-o", "-"], { maxBuffer: 1 << 24, stdio: ["ignore", "pipe", "ignore"] });
let chromium;

before(async () => {
  chromium = await browser();
});
after(() => chromium?.close());

/** What `look` finds on the page that Vite makes of `files`. */
async function on(files, look) {
  const { folder, remove } = await bundled(files);
  const server = await serving(folder);
  const { page, troubles, close } = await opened(chromium, server.address);
  try {
    return await look(page, troubles);
  } finally {
    await close();
    server.close();
    remove();
  }
}

const ASKING = `
import { defaultPolicy, InputError, loadPolicy } from "scopegate";

const lines = async (name) => (await (await fetch(name)).text()).trimEnd().split("\\n").map((line) => JSON.parse(line));

globalThis.compared = (async () => {
  const policy = await defaultPolicy();
  const earlier = await loadPolicy(await (await fetch("earlier.wasm")).arrayBuffer(), { reuseInstances: true });
  const [of, ofEarlier, invalid] = [await lines("decisions.json"), await lines("earlier.json"), await lines("invalid.json")];
  const differences = [];
  for (const [decides, decisions] of [[policy, of], [earlier, ofEarlier]]) {
    for (const { request, decision } of decisions) {
      for (const asked of [request, JSON.parse(request)]) {
        const found = JSON.stringify(decides.evaluate(asked));
        if (found !== decision) differences.push(request);
      }
    }
  }
  for (const { name, text, path } of invalid) {
    try {
      policy.evaluate(text);
      differences.push(name + ": it decides");
    } catch (error) {
      if (!(error instanceof InputError) || error.path !== path) differences.push(name + ": " + error.message);
    }
  }
  return { decisions: Math.min(of.length, ofEarlier.length), invalid: invalid.length, differences };
})();
`;

test("every vector", async () => {
  const files = {
    "index.html": '<!doctype html><title>vectors</title><link rel="icon" href="data:,"><script type="module" src="./asking.js"></script>',
    "asking.js": ASKING,
    "decisions.json": vectors("decisions-1.1.0"),
    "earlier.json": vectors("decisions"),
    "earlier.wasm": built("1.0.0"),
    "invalid.json": vectors("invalid"),
  };
  const { decisions, invalid, differences } = await on(files, (page) => page.evaluate(() => globalThis.compared));
  assert.ok(decisions > 5_000 && invalid >= 200);
  assert.deepEqual(differences, []);
});

test("the README's example for browsers", async () => {
  const readme = readFileSync(`${root}host/node/README.md`, "utf8");
  const example = /## In a browser\n\n```html\n([\s\S]*?)```/.exec(readme)[1];
  const files = {
    "index.html": `<!doctype html><title>example</title><link rel="icon" href="data:,"><body>${example}</body>`,
    "request.json": readFileSync(`${root}policies/webriskops/1.1.0/examples/open-pull-request.json`),
    "policy.wasm": built("1.1.0"),
  };
  await on(files, async (page, troubles) => {
    await page.waitForFunction(() => document.body.textContent.trim() === "allow");
    assert.deepEqual(troubles, []);
  });
});
