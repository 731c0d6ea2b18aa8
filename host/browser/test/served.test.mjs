// The page as the program serves it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

import { browser, decided, opened, program, root, served } from "./serving.mjs";

let service, chromium, folder;

before(async () => {
  service = await served();
  chromium = await browser();
  folder = mkdtempSync(join(tmpdir(), "scopegate-"));
});
after(async () => {
  await chromium?.close();
  service?.close();
  rmSync(folder, { recursive: true });
});

test("it decides at /preview, and so does a policy that is dropped on it", async () => {
  const { page, troubles, close } = await opened(chromium, `${service.address}/preview`);
  assert.equal(page.url(), `${service.address}/preview/`);
  await decided(page);
  await page.selectOption("#example", "open-pull-request");
  await page.waitForSelector('[data-verdict="allow"]');
  const mine = join(folder, "acme.wasm");
  execFileSync(program, ["build", `${root}host/cli/tests/data/acme/policy.toml`, "-o", mine], { stdio: "ignore" });
  await page.setInputFiles('input[type="file"]', mine);
  await page.waitForFunction(() => ["allow", "deny"].includes(document.querySelectorAll(".verdict")[1]?.dataset.verdict));
  assert.deepEqual(troubles, []);
  await close();
});

test("what it may do is said in headers too", async () => {
  const page = await fetch(`${service.address}/preview/`);
  assert.equal(page.headers.get("content-security-policy"), "frame-ancestors 'none'");
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  const text = await page.text();
  const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(text)[1];
  const served = await fetch(`${service.address}/preview/${script}`, { headers: { "accept-encoding": "gzip" } });
  assert.match(served.headers.get("cache-control"), /immutable/);
  assert.equal(served.headers.get("content-encoding"), "gzip");
  assert.ok(gzipSync(await served.text()).length < 150_000);
  const frame = await fetch(`${service.address}/preview/frame.html`);
  assert.equal(frame.headers.get("content-security-policy"), "frame-ancestors 'self'; sandbox allow-scripts");
});
