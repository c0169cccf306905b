#!/usr/bin/env node
'use strict';
/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS (see package.json here): Node.js starts it 10 ms
   earlier than a module, which is a third of what `swarmup env` takes. */
const { join } = require('node:path');

const root = join(__dirname, '..');
// Its SDK would tell every user of Node.js 20 what versions of the year 2027 will need.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

program()
  .run(process.argv.slice(2), root)
  .then((code) => process.exit(code));

function program() {
  const path = join(root, 'dist', 'program', 'program.cjs');
  try {
    return require(path);
  } catch (error) {
    if (require('node:fs').existsSync(path)) throw error;
    process.stderr.write('Error: swarmup is not built\n  → npm run build\n');
    process.exit(1);
  }
}
