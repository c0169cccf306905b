import { describe, expect, it } from 'vitest';
import { archiveSources } from '../../../src/drivers/docker/package-sources.js';

const deb822 = `# the archive
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm-backports
Components: main
`;
const list = `# comment
deb http://mirror.example/ubuntu noble main universe
deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/ubuntu noble-security main
deb-src http://mirror.example/ubuntu noble main
deb https://vendor.example/linux noble stable
deb https://vendor.example/apt noble-vendor main
`;

describe('archiveSources', () => {
  it('keeps the archive of the release in deb822 notation', () => {
    expect(archiveSources([{ name: 'debian.sources', text: deb822 }], 'bookworm')).toEqual({
      list: '',
      deb822:
        'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main contrib\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
      mirror: 'http://mirror.example/debian',
    });
  });

  it('keeps the archive of the release in one-line notation', () => {
    expect(archiveSources([{ name: 'sources.list', text: list }], 'noble')).toEqual({
      list: 'deb http://mirror.example/ubuntu noble main universe\ndeb [arch=amd64 signed-by=/k.gpg] https://mirror.example/ubuntu noble-security main\n',
      deb822: '',
      mirror: 'http://mirror.example/ubuntu',
    });
  });

  it('knows nothing where only vendors, disabled files or other releases are', () => {
    const vendor = 'Types: deb\nURIs: https://vendor.example\nSuites: nodistro\nComponents: main\n';
    const files = [
      { name: 'vendor.sources', text: vendor },
      { name: 'debian.sources', text: deb822 },
      { name: 'old.list.disabled', text: list },
    ];
    expect(archiveSources(files, 'noble')).toBeUndefined();
  });
});
