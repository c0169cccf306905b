import { connectSsh } from '../../src/ssh/ssh-runner.js';
import { runnerContract } from '../contracts/runner-contract.js';
import { startRealSshd, whyNoSshd } from '../support/real-sshd.js';

runnerContract("OpenSSH's sshd", {
  terminals: true,
  async start(context) {
    const reason = whyNoSshd();
    if (reason !== undefined) {
      if (process.env['CI'] !== undefined) throw new Error(reason);
      context.skip(reason);
    }
    const sshd = await startRealSshd();
    const connection = await connectSsh(sshd.target);
    return {
      connection,
      cut: () => sshd.kill(),
      [Symbol.asyncDispose]: () => sshd[Symbol.asyncDispose](),
    };
  },
});
