import { connect } from 'node:net';
import { once } from 'node:events';
import { type EngineClient, openEngine } from '../../../../src/lib/engine-client.js';
import { messageOf, SwarmupError } from '../../../../src/lib/errors.js';

/** The engine of this machine. */
export const engine: EngineClient = openEngine({
  what: 'the engine of this machine',
  dial: async () => {
    const socket = connect('/var/run/docker.sock');
    await once(socket, 'connect');
    return socket;
  },
});

/** Ignores that something is not there, or is already as it should be. */
export async function tolerant(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof SwarmupError && ['ENGINE_304', 'ENGINE_404', 'ENGINE_409'].includes(error.code)))
      throw error;
  }
}

export const engineSays = (error: unknown, pattern: RegExp): boolean => pattern.test(messageOf(error));

/** Runs a command in a container as root; its output is not kept. Fails when it does. */
export async function execIn(container: string, command: readonly string[]): Promise<void> {
  const { Id } = await engine.request<{ Id: string }>('POST', `/containers/${container}/exec`, {
    body: { Cmd: command, AttachStdout: true, AttachStderr: true },
  });
  let said = '';
  await engine.request('POST', `/exec/${Id}/start`, {
    body: { Detach: false },
    onBytes: (piece) => (said += Buffer.from(piece).toString()),
  });
  const { ExitCode } = await engine.request<{ ExitCode: number }>('GET', `/exec/${Id}/json`);
  if (ExitCode !== 0) throw new Error(`${command.join(' ')} failed: ${said}`);
}
