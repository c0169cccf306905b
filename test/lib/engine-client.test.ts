import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EngineClient, openEngine } from '../../src/lib/engine-client.js';

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true });
});

/** A real HTTP server on a unix socket, as the engine is one; `/_ping` offers the given API version. */
async function engine(answer: RequestListener, apiVersion = '1.41'): Promise<{ client: EngineClient; seen: string[] }> {
  const seen: string[] = [];
  const path = join(folder, 'engine.sock');
  server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (request.url === '/_ping') response.setHeader('Api-Version', apiVersion).end('OK');
    else answer(request, response);
  });
  server.listen(path);
  await once(server, 'listening');
  const dial = async (): Promise<ReturnType<typeof connect>> => {
    const socket = connect(path);
    await once(socket, 'connect');
    return socket;
  };
  return { client: openEngine({ dial, what: 'the engine of agent1', host: 'agent1' }), seen };
}

describe('engine client', () => {
  it('speaks the newest version both know and asks for it once', async () => {
    const { client, seen } = await engine((_, response) => response.end('{"ID":"x"}'));
    expect(await client.request('GET', '/info')).toEqual({ ID: 'x' });
    await client.request('GET', '/nodes', { query: { filters: '{"a":1}', all: true, none: undefined } });
    expect(seen).toEqual(['GET /_ping', 'GET /v1.41/info', 'GET /v1.41/nodes?filters=%7B%22a%22%3A1%7D&all=true']);
  });

  it('does not speak a version newer than it was written for', async () => {
    const { client } = await engine((_, response) => response.end(), '1.99');
    expect(await client.apiVersion()).toBe('1.44');
  });

  it('sends a body as JSON with its length and takes an empty answer', async () => {
    let got = '';
    let length: string | undefined;
    const { client } = await engine((request, response) => {
      length = request.headers['content-length'];
      request.on('data', (chunk: Buffer) => (got += chunk.toString()));
      request.on('end', () => response.writeHead(204).end());
    });
    expect(await client.request('POST', '/swarm/join', { body: { token: 'ü123' } })).toBeUndefined();
    expect(got).toBe('{"token":"ü123"}');
    expect(length).toBe(String(Buffer.byteLength(got)));
  });

  it("turns an error status into the engine's own sentence, with the host", async () => {
    const { client } = await engine((_, response) => response.writeHead(503).end('{"message":"not a manager"}'));
    await expect(client.request('GET', '/swarm')).rejects.toMatchObject({
      code: 'ENGINE_503',
      host: 'agent1',
      retryable: true,
      message: 'the engine of agent1: not a manager (GET /swarm)',
    });
  });

  it('uploads a stream and hands over JSON lines as they come; an error line fails the call', async () => {
    let size = 0;
    const { client } = await engine((request, response) => {
      request.on('data', (chunk: Buffer) => (size += chunk.length));
      request.on('end', () => {
        response.write('{"stream":"one"}\n{"str');
        response.end('eam":"two"}\n{"error":"no space left on device"}\n');
      });
    });
    const lines: unknown[] = [];
    const rawBody = Readable.from([Buffer.alloc(70_000), Buffer.alloc(30_000)]);
    const call = client.request('POST', '/build', { rawBody, onJson: (line) => void lines.push(line) });
    await expect(call).rejects.toMatchObject({
      code: 'ENGINE_500',
      message: expect.stringContaining('no space left') as string,
    });
    expect(lines).toEqual([{ stream: 'one' }, { stream: 'two' }]);
    expect(size).toBe(100_000);
  });

  it('names the engine that does not answer, and asks again at the next call', async () => {
    let refuse = true;
    const { client } = await engine((_, response) => response.end('{}'));
    const flaky = openEngine({
      what: 'the engine of agent2',
      dial: async () => {
        if (refuse) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        const socket = connect(join(folder, 'engine.sock'));
        await once(socket, 'connect');
        return socket;
      },
    });
    await expect(flaky.request('GET', '/info')).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: 'the engine of agent2 does not answer: ECONNREFUSED',
    });
    refuse = false;
    expect(await flaky.request('GET', '/info')).toEqual({});
    expect(await client.request('GET', '/info')).toEqual({});
  });

  it('ends a call at its deadline and says what for', async () => {
    const { client } = await engine(() => undefined);
    await expect(client.request('GET', '/info', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      exitCode: 124,
      message: expect.stringContaining('the engine of agent1 to answer GET /info') as string,
    });
  });

  it("stops at once with the caller's reason when aborted", async () => {
    const controller = new AbortController();
    const { client } = await engine(() => {
      controller.abort(new Error('Ctrl-C'));
    });
    await expect(client.request('GET', '/info', { signal: controller.signal })).rejects.toThrow('Ctrl-C');
  });

  it('reports an answer that breaks off', async () => {
    const { client } = await engine((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"half":');
      setImmediate(() => response.destroy());
    });
    await expect(client.request('GET', '/info')).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });
});
