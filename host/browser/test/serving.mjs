// The built page, served from a folder as any host would, and a real Chromium that opens it.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";

import { chromium } from "playwright-core";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const dist = new URL("../dist/", import.meta.url);

/** A server of the page, below a path of its own. */
export async function serving() {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://host").pathname.replace(/^\/any\/place\//, "");
    try {
      const body = await readFile(new URL(path === "" ? "index.html" : path, dist));
      response.writeHead(200, { "content-type": TYPES[extname(path === "" ? "index.html" : path)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { address: `http://127.0.0.1:${server.address().port}/any/place/`, close: () => server.close() };
}

/** Debian's Chromium. */
export function browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** Waits until the page shows a decision. */
export async function decided(page) {
  await page.waitForSelector('[data-verdict="allow"], [data-verdict="deny"], [data-verdict="failed"]');
}
