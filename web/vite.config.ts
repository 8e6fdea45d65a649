// How the page is bundled: relative addresses, so that it works under a path prefix, and nothing inlined, so that the strict
// Content-Security-Policy holds. `npm run dev` asks a running server (ENCORTEX_SERVER) for everything under /v1.
import { defineConfig } from 'vite';

const server = process.env.ENCORTEX_SERVER ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // kB; NiiVue, which is fetched when slices are first asked for, is as large as this.
    chunkSizeWarningLimit: 1000,
  },
  server: { proxy: { '/v1': server, '/docs': server, '/openapi.json': server } },
});
