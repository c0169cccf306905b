import { expect, it } from 'vitest';
import { upstreamVersion, versionMatches } from '../../src/bootstrap/engine-version.js';

const docker = '5:24.0.7-1~debian.12~bookworm';
const debian = '20.10.24+dfsg1-1+deb12u1+b2';

it.each([
  ['24', docker, true],
  ['24.0', docker, true],
  ['24.0.7', docker, true],
  ['v24.0.7', docker, true],
  [docker, docker, true],
  ['2', docker, false],
  ['24.0.70', docker, false],
  ['24.1', docker, false],
  ['24.0.7.1', docker, false],
  ['5:24.0.7-1~debian.11~bullseye', docker, false],
  ['5', docker, false],
  ['20.10', debian, true],
  ['20.10.24', '20.10.24+dfsg1', true],
  ['', debian, false],
  ['latest', debian, false],
])('version %s asked for, %s offered: %s', (asked, offered, fits) => {
  expect(versionMatches(asked, offered)).toBe(fits);
});

it.each([
  [docker, '24.0.7'],
  [debian, '20.10.24'],
  ['28.5.2', '28.5.2'],
])("Docker's own version of %s is %s", (version, upstream) => {
  expect(upstreamVersion(version)).toBe(upstream);
});
