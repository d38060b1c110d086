// Bundles what the app server sends: `runtime.js` is written into every page, so its size counts; `vega.js` is fetched by
// pages that have such a chart.
import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// scripts/build_frontend.py puts it where the server reads.
const output = 'building';
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const common = { bundle: true, minify: true, target: 'es2022', legalComments: 'none', charset: 'utf8', logLevel: 'warning', metafile: true };
const made = await Promise.all([
  build({ ...common, entryPoints: { runtime: 'src/runtime/main.ts' }, outdir: output, format: 'iife' }),
  build({ ...common, entryPoints: { page: 'src/style/page.css' }, outdir: output }),
  build({ ...common, entryPoints: { vega: 'src/vega/main.ts' }, outdir: output, format: 'iife' })
]);

// These stand within another package's own bundle.
const WITHIN = ['delaunator', 'robust-predicates'].map(name => `node_modules/${name}/`);

/** The licences of all packages that went into the bundles, which want to go along. */
function licenses(files) {
  const packages = [...files, ...WITHIN].map(file => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean);
  return [...new Set(packages)].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = readdirSync(folder).find(file => /^licen[cs]e/i.test(file));
    if (!text && !license) throw new Error(`${name} says nothing of its licence`);
    return `${name} ${version} (${license})\n\n${text ? readFileSync(join(folder, text), 'utf8').trim() : ''}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

writeFileSync(join(output, 'licenses.txt'), licenses(made.flatMap(({ metafile }) => Object.keys(metafile.inputs))));
