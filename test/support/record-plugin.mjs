// Stands between swarmup and a docker-machine plugin and writes down what either says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const plugin = spawn(process.env.RECORDED_PLUGIN ?? '', [], { stdio: ['ignore', 'pipe', 'inherit'] });
const lines = createInterface({ input: plugin.stdout });
const [address] = await once(lines, 'line');
lines.on('line', (line) => process.stdout.write(`${line}\n`));
/** @type {{ from: 'client' | 'server', hex: string }[]} */
const steps = [];
const write = (from) => (bytes) => {
  const last = steps.at(-1);
  if (last?.from === from) last.hex += bytes.toString('hex');
  else steps.push({ from, hex: bytes.toString('hex') });
};
const server = createServer((client) => {
  const upstream = connect(Number(address.split(':')[1]), '127.0.0.1');
  client.on('data', write('client')).pipe(upstream);
  upstream.on('data', write('server')).pipe(client);
  upstream.on('error', () => client.destroy());
});
plugin.on('exit', (code) => {
  writeFileSync(process.env.RECORDING ?? '', JSON.stringify(steps));
  process.exit(code ?? 1);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`127.0.0.1:${String(server.address().port)}\n`));
