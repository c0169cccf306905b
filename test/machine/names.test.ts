import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';
import { checkDistinct, checkHostName } from '../../src/machine/check-names.js';
import { isName } from '../../src/machine/names.js';

function refusal(check: () => void): SwarmupError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SwarmupError) return error;
    throw error;
  }
}

describe('checkHostName', () => {
  it.each(['a', '7', 'agent1', 'a--b', 'x'.repeat(63)])('accepts %s', (name) => {
    checkHostName(name);
  });

  it.each([
    ['', '"" is not a valid host name: the name is empty', 'use a name like agent1'],
    ['Agent1', '"Agent1" is not a valid host name: only lower-case letters are allowed', 'use agent1'],
    [
      'my_host.1',
      '"my_host.1" is not a valid host name: only letters, digits and hyphens are allowed, not "_" "."',
      'use my-host-1',
    ],
    ['-a', '"-a" is not a valid host name: the name cannot begin or end with a hyphen', 'use a'],
    [
      'x'.repeat(64),
      `"${'x'.repeat(64)}" is not a valid host name: the name has 64 characters, but only 63 are allowed`,
      `use ${'x'.repeat(63)}`,
    ],
    [
      '..',
      '".." is not a valid host name: only letters, digits and hyphens are allowed, not "."',
      'use a name like agent1',
    ],
  ])('refuses %j', (name, message, hint) => {
    expect(
      refusal(() => {
        checkHostName(name);
      }),
    ).toMatchObject({ code: 'NAME_INVALID', exitCode: 2, message, hints: [hint] });
  });

  it('has the same rule for swarms', () => {
    expect(
      refusal(() => {
        checkHostName('!', 'swarm');
      }),
    ).toMatchObject({
      message: '"!" is not a valid swarm name: only letters, digits and hyphens are allowed, not "!"',
      hints: ['use a name like default'],
    });
  });

  it('accepts labels of RFC 1123 and nothing else, and proposes only what it accepts', () => {
    const near = fc.string({ unit: fc.constantFrom(...Array.from('abzAZ09-_. é\n')), maxLength: 70 });
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (name) => {
        const letters = Array.from(name);
        const valid =
          name.length >= 1 &&
          name.length <= 63 &&
          letters.every((letter) => 'abcdefghijklmnopqrstuvwxyz0123456789-'.includes(letter)) &&
          letters[0] !== '-' &&
          letters.at(-1) !== '-';
        const error = refusal(() => {
          checkHostName(name);
        });
        expect(error === undefined).toBe(valid);
        if (error === undefined) return;
        expect(error.message).not.toMatch(/[\n\r\u001b]/);
        const hint = error.hints[0] ?? '';
        expect(isName(hint.replace(/^use (a name like )?/, ''))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('checkDistinct', () => {
  it('names each name that is given more than once', () => {
    checkDistinct([]);
    checkDistinct(['a', 'b']);
    expect(
      refusal(() => {
        checkDistinct(['a', 'b', 'a', 'c', 'b', 'a']);
      }),
    ).toMatchObject({
      code: 'NAME_DUPLICATE',
      exitCode: 2,
      message: 'given more than once: a, b',
    });
  });
});
