// What the README shows works, and the package holds what it should.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";

const here = new URL("..", import.meta.url);
const readme = readFileSync(new URL("README.md", here), "utf8");
const root = new URL("../../", here).pathname;
const example = readFileSync(`${root}policies/webriskops/1.1.0/examples/open-pull-request.json`, "utf8");

test("the Express example", async () => {
  const code = /## In Express\n\n```js\n([\s\S]*?)```/.exec(readme)[1];
  const folder = mkdtempSync(new URL("test/.readme-", here).pathname);
  try {
    writeFileSync(`${folder}/app.mjs`, code);
    const { app } = await import(`${folder}/app.mjs`);
    const server = app.listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const ask = (body) =>
      fetch(`http://127.0.0.1:${server.address().port}/may`, { method: "POST", headers: { "content-type": "application/json" }, body });
    const allowed = await ask(example);
    assert.equal(allowed.status, 200);
    assert.equal((await allowed.json()).decision, "allow");
    const denied = await ask(example.replace('"open_pull_request"', '"make_coffee"'));
    assert.equal(denied.status, 403);
    const wrong = await ask('{"action": 1}');
    assert.equal(wrong.status, 400);
    assert.deepEqual(Object.keys(await wrong.json()), ["error", "path"]);
    server.close();
    server.closeAllConnections();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the package holds what is built and its README, and is small", () => {
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: here, stdio: ["ignore", "pipe", "ignore"] }));
  const files = packed.files.map((file) => file.path);
  assert.ok(files.includes("README.md") && files.includes("package.json") && files.includes("dist/index.js") && files.includes("dist/index.d.ts"));
  const strays = files.filter((file) => !/^(README\.md|package\.json|dist\/[a-z/]+\.(js|d\.ts))$/.test(file));
  assert.deepEqual(strays, []);
  assert.ok(packed.size < 120_000, `${packed.size} bytes`);
});

test("the types take and refuse what the contract does", () => {
  const compile = ["tsc", "--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "test/types.ts"];
  execFileSync("npx", ["--no-install", ...compile], { cwd: here, stdio: ["ignore", "inherit", "inherit"] });
});
