import { defineConfig } from "vite";

// The program embeds `dist` and serves it under a policy that allows nothing inline and nothing from elsewhere: no
// data: addresses, no preload script, relative addresses only.
const proxy = { "/api": { target: process.env.STANDSTILL_URL ?? "http://127.0.0.1:8080", ws: true } };

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2021",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    sourcemap: false,
  },
  // `npx vite` beside a running supervisor, for whoever changes the page.
  server: { host: "127.0.0.1", proxy },
  preview: { host: "127.0.0.1", proxy },
});
