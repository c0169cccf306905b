import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateSshKey } from '../../src/ssh/keys.js';
import { knownKeysIn, readKnownKeys } from '../../src/ssh/known-hosts.js';

const key = (): string => generateSshKey('host').publicKey.trim().split(' ').slice(0, 2).join(' ');
const trusted = (text: string, host: string, port = 22): string[] =>
  knownKeysIn(text, host, port).trusted.map(({ type, blob }) => `${type} ${blob.toString('base64')}`);

describe('known_hosts', () => {
  const [one, two] = [key(), key()];

  it('finds a host by its names, its port, a pattern, but not by a negated one', () => {
    const text = `# a comment\n\nweb,10.0.0.1 ${one} of web\n[db]:2222 ${two}\n*.lan,!bad.lan ${two}\n`;
    expect(trusted(text, 'web')).toEqual([one]);
    expect(trusted(text, 'WEB')).toEqual([one]);
    expect(trusted(text, '10.0.0.1')).toEqual([one]);
    expect(trusted(text, 'web', 2222)).toEqual([]);
    expect(trusted(text, 'db', 2222)).toEqual([two]);
    expect(trusted(text, 'db')).toEqual([]);
    expect(trusted(text, 'a.lan')).toEqual([two]);
    expect(trusted(text, 'bad.lan')).toEqual([]);
  });

  it('reads what ssh-keygen hashed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-known-'));
    const path = join(folder, 'known_hosts');
    await writeFile(path, `web ${one}\n[db]:2222 ${two}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', path], { stdio: 'ignore' });
    const missing = join(folder, 'not-there');
    expect((await readKnownKeys([missing, path], 'web', 22)).trusted).toHaveLength(1);
    expect((await readKnownKeys([path], 'db', 2222)).trusted).toHaveLength(1);
    expect((await readKnownKeys([path], 'db', 22)).trusted).toHaveLength(0);
    await rm(folder, { recursive: true });
  });

  it('keeps revoked keys and authorities apart from trusted keys', () => {
    const known = knownKeysIn(`@revoked * ${one}\n@cert-authority *.lan ${two}\na.lan ${two}\n`, 'a.lan', 22);
    expect(known.revoked).toHaveLength(1);
    expect(known.hasAuthority).toBe(true);
    expect(known.trusted).toHaveLength(1);
  });

  it('passes over lines that are no keys', () => {
    expect(
      trusted(`web\nweb ssh-ed25519\nweb ssh-rsa ${one.split(' ')[1] ?? ''}\nweb ssh-ed25519 AAAA\n`, 'web'),
    ).toEqual([]);
  });
});
