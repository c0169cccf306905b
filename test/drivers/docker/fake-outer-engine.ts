import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the engine answers, by `METHOD /path` without version and query; anything else is 404. */
export type Answers = Readonly<Record<string, unknown>>;

interface FakeOuterEngine extends AsyncDisposable {
  /** As in `unix:///tmp/…/docker.sock`. */
  readonly endpoint: string;
  /** Every call but pings, in order: `GET /info`. */
  readonly calls: readonly string[];
}

/**
 * An engine on a unix socket that answers from a table: for engines that this machine cannot have. `otherwise` is what
 * it says to all other calls.
 */
export async function startFakeOuterEngine(
  answers: Answers,
  otherwise?: { readonly status: number; readonly message: string },
): Promise<FakeOuterEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmup-engine-'));
  const path = join(folder, 'docker.sock');
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const call = `${request.method ?? ''} ${(request.url ?? '').replace(/^\/v[\d.]+/, '').replace(/\?.*/, '')}`;
    response.setHeader('api-version', '1.41');
    if (call === 'GET /_ping') {
      response.end('OK');
      return;
    }
    calls.push(call);
    const answer = answers[call];
    response.statusCode = answer === undefined ? (otherwise?.status ?? 404) : 200;
    response.end(JSON.stringify(answer ?? { message: otherwise?.message ?? `no answer to ${call}` }));
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    endpoint: `unix://${path}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
