// node warm-bundle.mjs FILE: writes beside dist/bundle/commands.js what V8 compiles of it when its modules are evaluated
// and a command runs. All functions together would take longer to read than the few that run take to compile.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

const [file, root] = process.argv.slice(2);
const script = new Script(readFileSync(file, 'latin1'), { filename: file });
const module = { exports: {} };
const require = Object.assign(createRequire(file), { main: { filename: `${root}/bin/run.js` } });
script.runInThisContext()(require, module, (path) => import(path));
await module.exports.evaluateAll();
await module.exports.run(['swarm', 'status', '--json'], root);
writeFileSync(`${file}.cache`, script.createCachedData());
process.exit(0);
