import { describe, expect, it } from 'vitest';
import { distros, findDistro } from '../../../src/bootstrap/distros/distros.js';
import { factsOf } from '../facts-text.js';

const osOf = (text: string) => ({ os: factsOf({ os: text }).os });

describe('findDistro', () => {
  it.each([
    ['Debian', 'ID=debian\nVERSION_CODENAME=bookworm', 'debian', 'bookworm'],
    ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble', 'ubuntu', 'noble'],
    ['Raspbian', 'ID=raspbian\nID_LIKE=debian\nVERSION_CODENAME=bookworm', 'raspbian', 'bookworm'],
    [
      'Ubuntu',
      'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble',
      'ubuntu',
      'noble',
    ],
    ['Debian', 'ID=linuxmint\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm', 'debian', 'bookworm'],
    ['Debian', 'ID=kali\nID_LIKE=debian\nVERSION_CODENAME=kali-rolling', 'debian', 'kali-rolling'],
    ['Debian', 'ID=neueswort\nID_LIKE="fremdwort debian"', 'debian', undefined],
  ])('takes %s for %j', (name, text, folder, suite) => {
    const facts = osOf(text);
    const found = findDistro('agent1', facts);
    expect(found.name).toBe(name);
    expect(found.dockerRepository.folder).toBe(folder);
    expect(found.dockerRepository.suite(facts.os)).toBe(suite);
  });

  it('says what it found when nothing fits, and what to do', () => {
    const facts = osOf('ID=plan9\nID_LIKE="unix bell"\nPRETTY_NAME="Plan 9 from Bell Labs"');
    expect(() => findDistro('agent1', facts)).toThrow(
      expect.objectContaining({
        code: 'OS_UNSUPPORTED',
        host: 'agent1',
        message: 'cannot install Docker on agent1: it runs Plan 9 from Bell Labs (ID=plan9, ID_LIKE=unix bell)',
        hints: [
          'install Docker Engine on agent1 yourself, then run the same command again: it is used as it is',
          'or use a host with Ubuntu, Raspbian, or Debian or a system derived from one',
        ],
      }),
    );
  });
});

it('no os-release ID is in the table twice', () => {
  expect(new Set(distros.map(({ id }) => id)).size).toBe(distros.length);
});
