import { runScript } from '../../bootstrap/remote-script.js';
import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Runner } from '../../ssh/runner.js';
import type { OperationContext } from '../access/context.js';

const rebootMs = 10 * 60_000;

/** In a container the kernel's boot ID stays; its own PID 1 is another one. */
const bootIdBody = 'echo "$(cat /proc/sys/kernel/random/boot_id) $(cut -d" " -f22 /proc/1/stat)"';

/** Returns at once: the host goes down when the answer is on its way. */
const rebootBody = 'if [ -d /run/systemd/system ]; then systemctl --no-block reboot; else reboot; fi';

/**
 * Reboots a host by ssh and waits until it is there again with another boot ID: an ssh that still answers, or answers
 * again, proves nothing. Errors: those of `connect`; TIMEOUT (10 minutes), SSH_REFUSED and the like once it is back.
 */
export async function rebootHost(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
): Promise<void> {
  const { name } = record;
  const { signal } = context;
  const before = await bootId(await context.connect(record, { signal }), signal);
  detail('reboot');
  await reboot(await context.connect(record, { signal }), signal);
  detail('wait until the host is up again');
  await waitFor(
    {
      timeoutMs: rebootMs,
      what: `${name} to be up again after its reboot`,
      host: name,
      signal,
      intervalMs: 500,
      hints: [`check the console of the host, then run: ${swarmup`start ${name}`}`],
    },
    async (attempt) => {
      await context.disconnect(name);
      const runner = await context.connect(record, { signal: attempt });
      return (await bootId(runner, attempt)) === before ? undefined : true;
    },
  );
}

async function bootId(runner: Runner, signal: AbortSignal): Promise<string> {
  const options = { signal, timeoutMs: 15_000 };
  const { stdout } = await runScript(runner, { title: 'read the boot ID', body: bootIdBody }, options);
  return stdout.trim();
}

async function reboot(runner: Runner, signal: AbortSignal): Promise<void> {
  try {
    await runScript(runner, { title: 'reboot', body: rebootBody }, { signal, timeoutMs: 30_000 });
  } catch (error) {
    // It was faster than its answer.
    if (!(error instanceof SwarmupError && error.code === 'SSH_LOST')) throw error;
  }
}
