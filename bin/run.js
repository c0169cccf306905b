#!/usr/bin/env node
'use strict';
/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS (see package.json here): Node starts it 10 ms
   earlier than a module, which is a third of what `swarmup env` takes. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const root = join(__dirname, '..');
const argv = process.argv.slice(2);
// Its SDK would tell every user of Node.js 20 what versions of the year 2027 will need.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** Runs the command line by a file of dist/bundle (script/lib/bundles.mjs); undefined: it is not there, or declined. */
async function runBundle(name) {
  const file = join(root, 'dist', 'bundle', `${name}.js`);
  const source = readIfThere(file);
  if (source === undefined) return undefined;
  // esbuild writes ASCII only, and V8 need not look for more.
  const script = new Script(source.toString('latin1'), {
    filename: file,
    // What V8 compiled at build time; it ignores what another version made.
    cachedData: readIfThere(`${file}.cache`),
  });
  const module = { exports: {} };
  const load = (path) => import(String(path).startsWith('.') ? pathToFileURL(join(file, '..', path)).href : path);
  script.runInThisContext()(require, module, load);
  return module.exports.run(argv, root);
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

// The quick way, for the commands that have one, then the one for all.
const light = /^[a-z]+$/.test(argv[0] ?? '') ? runBundle(`light/${argv[0]}`) : Promise.resolve();
light
  .then((code) => code ?? runBundle('commands'))
  .then((code) => {
    if (code === undefined) process.stderr.write('Error: swarmup is not built\n  → npm run build\n');
    process.exit(code ?? 1);
  });
