// Pages, served from folders as any host would or by the program, and a real Chromium that opens them.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";
import { build } from "vite";

export const root = new URL("../../..", import.meta.url).pathname;
export const program = process.env.SCOPEGATE ?? `${root}target/debug/scopegate`;

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };

/** The built page. */
export const dist = new URL("../dist/", import.meta.url).pathname;

/** A server of the files in `folder`, below a path of its own. */
export async function serving(folder = dist) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://host").pathname.replace(/^\/any\/place\//, "") || "index.html";
    try {
      const body = readFileSync(`${folder}/${path}`);
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { address: `http://127.0.0.1:${server.address().port}/any/place/`, close: () => server.close() };
}

/** The program's service. */
export async function served() {
  const service = spawn(program, ["serve", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface(service.stderr)) {
    const found = /listening address=(\S+)/.exec(line);
    if (found !== null) {
      service.stderr.resume();
      return { address: `http://${found[1]}`, close: () => service.kill() };
    }
  }
  throw new Error("the service ended before it listened");
}

/** A folder with files and what Vite makes of its page, which may import what this package depends on. */
export async function bundled(files) {
  const from = mkdtempSync(new URL(".bundled-", import.meta.url).pathname);
  for (const [name, content] of Object.entries(files)) writeFileSync(`${from}/${name}`, content);
  const out = `${from}/dist`;
  await build({ root: from, base: "./", configFile: false, logLevel: "error", build: { outDir: out, target: "es2022" } });
  for (const name of readdirSync(from)) {
    if (files[name] !== undefined && !name.endsWith(".html")) writeFileSync(`${out}/${name}`, files[name]);
  }
  return { folder: out, remove: () => rmSync(from, { recursive: true }) };
}

/** Debian's Chromium. */
export function browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page of `chromium` that has gone to `address`, and whatever goes wrong in it. */
export async function opened(chromium, address, options = {}) {
  const context = await chromium.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(String(error)));
  await page.goto(address);
  return { page, troubles, close: () => context.close() };
}

/** Waits until the page shows a decision. */
export async function decided(page) {
  await page.waitForSelector('[data-verdict="allow"], [data-verdict="deny"], [data-verdict="failed"]');
}
