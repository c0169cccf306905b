import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSshKey } from '../../src/ssh/keys.js';
import { quoteWord } from '../../src/lib/quote.js';
import { redact } from '../../src/ssh/redact.js';

describe('redact', () => {
  it('masks given secrets in every form', () => {
    const secret = `it's a "secret"\n`;
    const base64 = Buffer.from(secret).toString('base64');
    const text = `${secret} ${quoteWord(secret)} ${JSON.stringify({ secret })} ${base64} ${secret.trim()}`;
    expect(redact(text, [secret])).toBe('*** *** {"secret":"***"} *** ***');
  });

  it('leaves nothing of a secret, wherever it is', () => {
    const secret = fc.string({ minLength: 4 }).filter((text) => text.trim().length >= 4 && !text.includes('*'));
    fc.assert(
      fc.property(fc.string(), secret, fc.string(), (before, hidden, after) => {
        expect(redact(`${before}${hidden}${after}`, [hidden])).not.toContain(hidden);
      }),
    );
  });

  it('masks the longer of two secrets that begin alike', () => {
    expect(redact('password password1', ['password', 'password1'])).toBe('*** ***');
  });

  it('does not mask everything for an empty secret', () => {
    expect(redact('a b', ['', ' '])).toBe('a b');
  });

  it.each([
    [
      'docker swarm join --token SWMTKN-1-49nj1cmql0-8vxv8rssmk 10.0.0.2:2377',
      'docker swarm join --token *** 10.0.0.2:2377',
    ],
    ['unlock with SWMKEY-1-7c37Cc8654o6p38HnroywCi19pllOnGtbdZEgtKxZu8.', 'unlock with ***.'],
  ])('masks Docker tokens: %s', (text, masked) => {
    expect(redact(text)).toBe(masked);
  });

  it('masks private keys, also cut short and in JSON', () => {
    const { privateKey } = generateSshKey('agent1');
    expect(redact(`before\n${privateKey}after`)).toBe('before\n***\nafter');
    expect(redact(`before\n${privateKey.slice(0, 100)}`)).toBe('before\n***');
    expect(redact(JSON.stringify({ privateKey }))).toBe(String.raw`{"privateKey":"***\n"}`);
    expect(redact('-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY----- x')).toBe('*** x');
    const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
    expect(redact(certificate)).toBe(certificate);
  });
});
