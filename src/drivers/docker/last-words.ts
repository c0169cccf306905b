import type { EngineClient } from '../../lib/engine-client.js';
import { LogFrames } from '../../lib/log-frames.js';
import type { LastWords } from '../driver.js';
import type { HostContainer } from './host-container.js';

/** API: GET /containers/{id}/json. */
interface ContainerState {
  readonly State: {
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    /** The engine's own reason, if it could not start the container. */
    readonly Error: string;
    readonly StartedAt: string;
  };
}

const lines = 20;

/** Of a host that runs, the journal of its sshd; of one that ended, the log of its container. */
export async function lastWordsOf(
  engine: EngineClient,
  container: HostContainer,
  signal: AbortSignal,
): Promise<LastWords> {
  const { Id, Names } = container;
  const name = (Names[0] ?? Id).replace(/^\//, '');
  const { State } = await engine.request<ContainerState>('GET', `/containers/${Id}/json`, { signal });
  if (State.Running) {
    const text = await execute(engine, Id, ['journalctl', '--quiet', '--no-pager', '-n', `${lines}`, ...units], signal);
    return { source: `docker exec ${name} journalctl ${units.join(' ')}`, text, runsSince: State.StartedAt };
  }
  const text = await textOf((onBytes) =>
    engine.request('GET', `/containers/${Id}/logs`, {
      ...{ signal, onBytes },
      query: { stdout: true, stderr: true, tail: lines },
    }),
  );
  return { source: `docker logs ${name}`, text, ended: endOf(State), hints: hintsFor(text) };
}

const units = ['-u', 'ssh'];

/** The output of a command in a container. API: POST /containers/{id}/exec, POST /exec/{id}/start. */
async function execute(
  engine: EngineClient,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { Id } = await engine.request<{ Id: string }>('POST', `/containers/${container}/exec`, {
    signal,
    body: { Cmd: command, AttachStdout: true, AttachStderr: true },
  });
  return textOf((onBytes) =>
    engine.request('POST', `/exec/${Id}/start`, { signal, onBytes, timeoutMs: 5000, body: { Detach: false } }),
  );
}

async function textOf(read: (onBytes: (piece: Uint8Array) => void) => Promise<unknown>): Promise<string> {
  const said: string[] = [];
  const frames = new LogFrames(({ line }) => said.push(line));
  await read((piece) => {
    frames.take(piece);
  });
  frames.end();
  return said.join('\n');
}

function endOf({ ExitCode, OOMKilled, Error: reason }: ContainerState['State']): string {
  if (OOMKilled) return 'the kernel ended it because its memory was used up';
  return reason === '' ? `its first process ended with exit code ${ExitCode}` : reason;
}

/** systemd needs inotify instances; those of root are shared by all containers of a computer. */
const hintsFor = (text: string): readonly string[] =>
  /inotify|Too many open files/i.test(text)
    ? ['raise the limit of inotify instances: sudo sysctl fs.inotify.max_user_instances=1024']
    : [];
