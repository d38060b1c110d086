// Bundles what the app server sends: `runtime.js` is written into every page, so its size counts.
import { build } from 'esbuild';
import { mkdirSync, rmSync } from 'node:fs';

// scripts/build_frontend.py puts it where the server reads.
const output = 'building';
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const common = { bundle: true, minify: true, target: 'es2022', legalComments: 'none', charset: 'utf8', logLevel: 'warning' };
await build({ ...common, entryPoints: { runtime: 'src/runtime/main.ts' }, outdir: output, format: 'iife' });
await build({ ...common, entryPoints: { page: 'src/style/page.css' }, outdir: output });
