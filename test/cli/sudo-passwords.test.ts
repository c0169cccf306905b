import { expect, it } from 'vitest';
import { sudoPasswords } from '../../src/cli/connections.js';

/** A user who answers with these, one after another; `asked` has for which host. */
function userWho(answers: readonly string[]) {
  const asked: string[] = [];
  const left = [...answers];
  const passwords = sudoPasswords({
    passphrase: () => expect.fail('no key has a passphrase'),
    acceptHostKey: () => expect.fail('all host keys are known'),
    sudoPassword: async (_user, host, wasWrong) => {
      asked.push(`${host}${wasWrong ? ' again' : ''}`);
      return Promise.resolve(left.shift());
    },
  });
  /** As a host does that wants this password. */
  const become = async (host: string, right: string): Promise<boolean> => {
    for (let attempt = 0; ; attempt += 1) {
      const given = await passwords.next('ops', host, attempt);
      if (given === undefined) return false;
      if (given !== right) continue;
      passwords.accepted(given);
      return true;
    }
  };
  return { asked, become };
}

it('the password for sudo is asked for once, however many hosts want it, at once or later', async () => {
  const { asked, become } = userWho(['right']);
  expect(await Promise.all(['m', 'a1', 'a2'].map((host) => become(host, 'right')))).toEqual([true, true, true]);
  expect(await become('a3', 'right')).toBe(true);
  expect(asked).toEqual(['m']);
});

it('a host that refuses it asks for its own, and a wrong one is asked for again, at most three times', async () => {
  const { asked, become } = userWho(['right', 'other', 'bad', 'bad']);
  expect(await become('m', 'right')).toBe(true);
  expect(await become('a1', 'other')).toBe(true);
  expect(await become('a2', 'never')).toBe(false);
  expect(asked).toEqual(['m', 'a1 again', 'a2 again', 'a2 again']);
});
