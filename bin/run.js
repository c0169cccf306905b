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

/** The quick way, for the commands that have one (script/build.mjs makes it); undefined: it was not taken. */
async function runLight() {
  const file = join(root, 'dist', 'light', `${argv[0]}.js`);
  const source = /^[a-z]+$/.test(argv[0]) ? readIfThere(file) : undefined;
  if (source === undefined) return undefined;
  const script = new Script(source.toString(), {
    filename: file,
    // What V8 compiled at build time; it ignores what another version made.
    cachedData: readIfThere(`${file}.cache`),
  });
  const module = { exports: {} };
  const load = (path) => import(path.startsWith('.') ? pathToFileURL(join(file, '..', path)).href : path);
  script.runInThisContext()(require, module, load);
  return module.exports.run(argv);
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

async function runOclif() {
  const { main } = await import('../dist/cli/main.js');
  const { processIo } = await import('../dist/cli/command-io.js');
  return main(argv, processIo(), { root });
}

runLight()
  .then((code) => code ?? runOclif())
  .then((code) => process.exit(code));
