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
    expect(found.dockerRepository?.folder).toBe(folder);
    expect(found.dockerRepository?.suite?.(facts.os)).toBe(suite);
  });

  // The lines of os-release that decide, as the distributions ship them.
  it.each([
    ['Fedora', 'ID=fedora\nVERSION_ID=41\nVARIANT_ID=server'],
    ['Fedora CoreOS', 'ID=fedora\nVERSION_ID=41\nVARIANT_ID=coreos'],
    ['Red Hat Enterprise Linux', 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"'],
    ['CentOS Stream', 'ID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="9"'],
    ['Rocky Linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"'],
    ['AlmaLinux', 'ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"'],
    ['Oracle Linux', 'ID="ol"\nID_LIKE="fedora"\nVARIANT_ID="server"\nVERSION_ID="9.4"'],
    ['Amazon Linux', 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"'],
    ['openSUSE', 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"'],
    ['openSUSE', 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20241120"'],
    ['SUSE Linux Enterprise', 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.6"'],
    ['Arch Linux', 'ID=arch\nBUILD_ID=rolling'],
    ['Arch Linux', 'ID=manjaro\nID_LIKE=arch'],
    ['Alpine', 'ID=alpine\nVERSION_ID=3.20.3'],
    ['Flatcar', 'ID=flatcar\nID_LIKE=coreos\nVERSION_ID=3975.2.2'],
  ])('takes %s for %j', (name, text) => {
    expect(findDistro('agent1', osOf(text)).name).toBe(name);
  });

  it('says what it found when nothing fits, and what to do', () => {
    const facts = osOf('ID=plan9\nID_LIKE="unix bell"\nPRETTY_NAME="Plan 9 from Bell Labs"');
    expect(() => findDistro('agent1', facts)).toThrow(
      expect.objectContaining({
        code: 'OS_UNSUPPORTED',
        host: 'agent1',
        message: 'cannot install Docker on agent1: it runs Plan 9 from Bell Labs (ID=plan9, ID_LIKE=unix bell)',
        hints: [
          'install Docker Engine on agent1 yourself, then run the same command again, which uses that engine',
          expect.stringMatching(/^or use a host with Ubuntu, .*Alpine or a system derived from one$/) as string,
        ],
      }),
    );
  });
});

it('no os-release ID is in the table twice', () => {
  expect(new Set(distros.map(({ id }) => id)).size).toBe(distros.length);
});
