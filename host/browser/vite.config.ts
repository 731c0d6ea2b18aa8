// Builds static files that any host can serve from any path.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    modulePreload: false,
    // The transpiler runs where nothing can be fetched: it brings its modules along.
    assetsInlineLimit: (file) => file.includes("js-component-bindgen-component"),
  },
  worker: { format: "iife" },
});
