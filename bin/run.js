#!/usr/bin/env node
'use strict';
/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS (see package.json here): Node starts it 10 ms
   earlier than a module, which is a third of what `swarmup env` takes. */
const { join } = require('node:path');
const { processIo, runLight } = require('../dist/light.cjs');

const argv = process.argv.slice(2);
const io = processIo();

async function start() {
  const code = await runLight(argv, io);
  if (code !== undefined) return code;
  const { main } = await import('../dist/cli/main.js');
  return main(argv, io, { root: join(__dirname, '..') });
}

start().then((code) => process.exit(code));
