// Builds static files that any host can serve from any path.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { target: "es2022", modulePreload: false, assetsInlineLimit: 0 },
  worker: { format: "iife" },
});
