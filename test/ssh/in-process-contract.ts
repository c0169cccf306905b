import { connectSsh } from '../../src/ssh/ssh-runner.js';
import { runnerContract } from '../contracts/runner-contract.js';
import { startSshHost } from '../support/ssh-host.js';

/** The contract against the SSH server of the tests, with commands, files and sockets of this machine. */
export function inProcessContract(name: string): void {
  runnerContract(name, {
    terminals: false,
    async start() {
      const host = await startSshHost({
        root: '/',
        localSockets: true,
        commands: [{ match: /^/, reply: 'run-locally' }],
      });
      const connection = await connectSsh(host.target);
      return { connection, cut: host.dropConnections, [Symbol.asyncDispose]: host.close };
    },
  });
}
