// Exit 0 when the local engine can pull the node image's base, or has it. Asked of the engine: it may have a mirror.
import { request } from 'node:http';

const base = { image: 'debian', tag: 'bookworm-slim' };
const call = (method, path) =>
  new Promise((resolve) => {
    const sent = request({ socketPath: '/var/run/docker.sock', method, path, timeout: 60_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    sent.on('timeout', () => sent.destroy()).on('error', () => resolve({ status: 0, text: '' }));
    sent.end();
  });

const present = await call('GET', `/images/${base.image}:${base.tag}/json`);
if (present.status === 200) process.exit(0);
const pulled = await call('POST', `/images/create?fromImage=${base.image}&tag=${base.tag}`);
process.exit(pulled.status === 200 && !pulled.text.includes('"error"') ? 0 : 1);
