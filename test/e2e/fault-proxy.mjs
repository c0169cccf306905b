// Runs on a host, before the engine's socket: FILE says `ok`, `slow` (every answer waits) or `down` (nobody answers).
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const [socket, file] = process.argv.slice(2);
const mode = () => readFileSync(file, 'utf8').trim();
const open = new Set();
rmSync(socket, { force: true });
createServer((client) => {
  const engine = connect('/var/run/docker.sock');
  open.add(client);
  const end = () => {
    open.delete(client);
    client.destroy();
    engine.destroy();
  };
  for (const side of [client, engine]) side.on('error', end).on('close', end);
  if (mode() === 'down') end();
  client.pipe(engine);
  engine.on('data', (chunk) => setTimeout(() => client.write(chunk), mode() === 'slow' ? 700 : 0));
}).listen(socket, () => chmodSync(socket, 0o666));
setInterval(() => {
  if (mode() === 'down') for (const client of open) client.destroy();
}, 200);
