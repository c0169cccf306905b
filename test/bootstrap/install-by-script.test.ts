import { spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installByScript, installScript } from '../../src/bootstrap/install-by-script.js';
import { scriptText } from '../../src/bootstrap/remote-script.js';
import { ScriptedRunner } from '../support/scripted-runner.js';

const good = '#!/bin/sh\nmain() {\n  echo installed\n}\nmain\n';
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/good': (response) => response.end(good),
  '/fails': (response) => response.end('#!/bin/sh\necho no space left\nexit 3\n'),
  '/html': (response) => response.end('<html>sign in first</html>'),
  '/half': (response) => response.end('#!/bin/sh\necho must not run\nmain() {\n  echo'),
  '/broken-off': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('#!/bin/sh\necho must not run\n', () => response.destroy());
  },
};
const server = createServer((request, response) => {
  const answer = answers[request.url ?? ''];
  if (answer === undefined) response.writeHead(404).end('#!/bin/sh\necho must not run\n');
  else answer(response);
});
let base = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

/** As a host runs it, while the server of this process answers. */
async function run(path: string): Promise<{ code: number | null; output: string }> {
  const child = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(scriptText(installScript(`${base}${path}`)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

describe('the install script', () => {
  it('is run when it came whole', async () => {
    expect(await run('/good')).toEqual({ code: 0, output: 'installed\n' });
    expect(await run('/fails')).toEqual({ code: 3, output: 'no space left\n' });
  });

  it.each([
    ['/missing', /404/],
    ['/html', /no shell script/],
    ['/half', /not complete/],
    ['/broken-off', /unusable: ./],
  ])('is not run at all for %s', async (path, reason) => {
    const { code, output } = await run(path);
    expect(code).toBe(90);
    expect(output).toMatch(reason);
    expect(output).not.toContain('must not run');
  });

  const options = { signal: undefined, detail: () => undefined };
  it('is named with the reason when it fails', async () => {
    const unusable = { when: 'run the install script', exitCode: 90, stdout: 'unusable: curl: (22) error: 404\n' };
    await expect(
      installByScript(new ScriptedRunner('a', [unusable]), 'https://x.example/', options),
    ).rejects.toMatchObject({
      code: 'INSTALL_SCRIPT_UNUSABLE',
      message: 'the install script https://x.example/ was not run on a: curl: (22) error: 404',
    });
    const failed = { when: 'run the install script', exitCode: 3, stdout: 'x\nno space left\n' };
    await expect(
      installByScript(new ScriptedRunner('a', [failed]), 'https://x.example/', options),
    ).rejects.toMatchObject({
      code: 'ENGINE_INSTALL_FAILED',
      message: 'the install script https://x.example/ failed on a: no space left',
    });
  });

  it('is nothing with none', async () => {
    await expect(installByScript(new ScriptedRunner('a', []), 'none', options)).rejects.toMatchObject({
      code: 'ENGINE_MISSING',
    });
  });
});
