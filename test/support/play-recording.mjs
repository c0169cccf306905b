// A docker-machine plugin that answers byte for byte what a recorded one did, and only to the bytes that were asked.
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';

/** @type {{ from: 'client' | 'server', hex: string }[]} */
const steps = JSON.parse(readFileSync(process.env.RECORDING ?? '', 'utf8'));
const server = createServer((socket) => {
  let received = '';
  const advance = () => {
    while (steps.length > 0) {
      const [step] = steps;
      if (step.from === 'server') socket.write(Buffer.from(step.hex, 'hex'));
      else if (received.startsWith(step.hex)) received = received.slice(step.hex.length);
      else if (step.hex.startsWith(received)) return;
      else fail(`unexpected bytes: ${received} instead of ${step.hex}`);
      steps.shift();
    }
    socket.end();
  };
  socket.on('data', (bytes) => {
    received += bytes.toString('hex');
    advance();
  });
  socket.on('close', () => process.exit(0));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`127.0.0.1:${String(server.address().port)}\n`));

function fail(why) {
  process.stderr.write(`${why}\n`);
  process.exit(3);
}
