import { describe, expect, it } from 'vitest';
import { hereDocument, runScript, scriptText } from '../../src/bootstrap/remote-script.js';
import { localShells, runLocally } from '../support/local-shell.js';
import { ScriptedRunner } from '../support/scripted-runner.js';

describe.each(localShells.map((shell) => ({ shell })))('a script by $shell', ({ shell }) => {
  it('is not eaten by a command that reads its stdin', () => {
    const { stdout } = runLocally(shell, scriptText({ title: 'test', body: 'cat; read -r x || echo still here' }));
    expect(stdout).toBe('still here\n');
  });

  it('ends with the status of its last command', () => {
    expect(runLocally(shell, scriptText({ title: 'test', body: 'true; (exit 7)' })).status).toBe(7);
  });

  it.each(['plain', '$HOME `id` \\ "quoted" \'single\'', 'a\n\n\tb\n', ''])('takes the text %j as it is', (text) => {
    const { stdout } = runLocally(shell, scriptText({ title: 'test', body: `cat ${hereDocument(text)}` }));
    expect(stdout).toBe(text.endsWith('\n') ? text : `${text}\n`);
  });
});

it('a text with our end mark is refused', () => {
  expect(() => hereDocument('a\nSWARMUP_END_OF_FILE\nrm -rf /')).toThrow(/must not contain/);
});

it('its text goes over stdin, never over argv', async () => {
  const runner = new ScriptedRunner('agent1', [{ when: 'test' }]);
  await runScript(runner, { title: 'test', body: 'echo secret' });
  expect(runner.calls).toEqual([
    { title: 'test', command: 'sh -s', stdin: expect.stringContaining('echo secret') as string },
  ]);
});
