// node warm-bundle.mjs FILE ROOT: writes beside dist/bundle/commands.js what V8 compiles of it when its modules are
// evaluated and what commands mostly do is done once: a login, certificates, a command. All functions together would
// take longer to read than the few that run take to compile.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import ssh2 from 'ssh2';

const [file, root] = process.argv.slice(2);
const script = new Script(readFileSync(file, 'latin1'), { filename: file });
const module = { exports: {} };
const require = Object.assign(createRequire(file), { main: { filename: `${root}/bin/run.js` } });
script.runInThisContext()(require, module, (path) => import(path));
const { evaluateAll, run, ensureCertificates, issueServerCertificate, generateSshKey, connectSsh } = module.exports;
await evaluateAll();
await makeCertificates(process.env.SWARMUP_HOME);
await logIn();
await run(['swarm', 'status', '--json'], root);
writeFileSync(`${file}.cache`, script.createCachedData());
process.exit(0);

async function makeCertificates(folder) {
  const now = new Date();
  const { ca } = await ensureCertificates(folder, { now });
  await issueServerCertificate({ name: 'host', sans: ['host', '127.0.0.1'], ca, now });
}

/** To a server in this process. */
async function logIn() {
  const [own, user] = [generateSshKey('host'), generateSshKey('user')];
  const server = new ssh2.Server({ hostKeys: [own.privateKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (login) => login.accept());
    client.on('session', (accept) =>
      accept().on('exec', (accepted) => {
        const stream = accepted();
        stream.exit(0);
        stream.end();
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = { name: 'host', host: '127.0.0.1', port: server.address().port, user: 'root' };
  const keys = { hostKey: own.publicKey.trim(), privateKey: user.privateKey };
  const connection = await connectSsh({ ...address, ...keys });
  await connection.exec('true', { stdin: 'a script' });
  await connection[Symbol.asyncDispose]();
}
