import { builtInDrivers } from '../../src/drivers/built-in.js';
import type { DriverDeclaration } from '../../src/drivers/driver.js';
import { type Lab, labOf } from '../../src/lab/lab.js';
import { manifestSchema } from '../../src/lab/manifest-schema.js';
import { readManifest } from '../../src/lab/read-manifest.js';

const declarations: readonly DriverDeclaration[] = builtInDrivers.map(({ declaration }) => declaration);

export const schema = manifestSchema(declarations);

export const classic = `version: 1
name: lab
pools:
  managers: { role: manager, names: manager }
  agents: { role: worker, count: 2, names: agent%d }
`;

/** The lab of manifests, each laid over those before it. */
export function labFrom(...texts: readonly string[]): Lab {
  const sources = texts.map((text, i) => ({ path: `${i}.yaml`, text }));
  return labOf(readManifest(sources, { HOME: '/home/me' }, schema), sources);
}
