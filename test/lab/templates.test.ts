import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labOf } from '../../src/lab/lab.js';
import { wantedHosts } from '../../src/lab/plan-hosts.js';
import { readManifest } from '../../src/lab/read-manifest.js';
import { initLab, listTemplates } from '../../src/operations/lab/init-lab.js';
import { readCompose } from '../../src/swarm/compose/compose-file.js';
import { schema } from './lab-text.js';

const folder = join(import.meta.dirname, '..', '..', 'templates', 'labs');
const names = readdirSync(folder);
const read = (name: string, file: string) => {
  const path = join(folder, name, file);
  return { path, text: readFileSync(path, 'utf8') };
};

describe.each(names)('the template %s', (name) => {
  const source = read(name, 'swarmup.yaml');
  const { manifest, fault, warnings } = readManifest([source], {}, schema);
  const lab = labOf({ manifest, fault }, [source]);

  it('is a lab without warnings, whose hosts have names of their own', () => {
    expect(warnings).toEqual([]);
    expect(wantedHosts(lab, []).length).toBeGreaterThanOrEqual(3);
  });

  it('has compose files that can be read, and counts of services that they have', async () => {
    const paths = Object.entries(lab.stacks ?? {}).flatMap(([stack, { file }]) =>
      [file].flat().map((path) => [stack, path] as const),
    );
    const services = await Promise.all(
      paths.map(async ([stack, path]) => {
        const around = { env: {}, folder, readText: () => Promise.reject(new Error('it names no file of variables')) };
        const compose = await readCompose([read(name, path)], around);
        expect(compose.warnings).toEqual([]);
        return Object.keys(compose.services).map((key) => `${stack}_${key}`);
      }),
    );
    const counted = Object.entries(lab.services ?? {}).filter(([, { image }]) => image === undefined);
    expect(services.flat()).toEqual(expect.arrayContaining(counted.map(([service]) => service)));
  });
});

it.each([
  ['My Lab!', [], 'my-lab'],
  ['shop', ['default'], 'shop'],
  ['shop', ['shop', 'shop-2'], 'shop-3'],
  ['no-swarm', [], 'no-swarm-2'],
  ['日本', [], 'default'],
])('init names the lab after its folder: %s, when there are %j', async (name, swarms, lab) => {
  const above = await mkdtemp(join(tmpdir(), 'swarmup-init-'));
  try {
    const into = join(above, name);
    const result = await initLab(into, { template: 'default', force: false, schema: false, swarms });
    expect(result.lab).toBe(lab);
    const [file = ''] = result.files.filter((path) => path.endsWith('swarmup.yaml'));
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^name: ${lab} # name of the lab`, 'm'));
  } finally {
    await rm(above, { recursive: true });
  }
});

it('init writes all files of a template, says what it is, and writes over nothing', async () => {
  expect((await listTemplates()).map((row) => row.name)).toEqual(expect.arrayContaining(names));
  expect((await listTemplates())[0]).toEqual({
    name: 'default',
    about: expect.stringMatching(/^One manager and two/) as unknown,
  });
  const into = await mkdtemp(join(tmpdir(), 'swarmup-init-'));
  try {
    const request = { template: 'monitoring', force: false, schema: true, swarms: [] };
    await initLab(into, request);
    expect((await readdir(into)).sort()).toEqual(
      [...readdirSync(join(folder, 'monitoring')), 'swarmup.schema.json'].sort(),
    );
    await expect(initLab(into, request)).rejects.toMatchObject({ code: 'FILE_EXISTS', exitCode: 2 });
    await expect(initLab(into, { ...request, template: 'moitoring' })).rejects.toMatchObject({
      code: 'TEMPLATE_UNKNOWN',
      hints: ['did you mean monitoring?', 'swarmup init --list shows all'],
    });
  } finally {
    await rm(into, { recursive: true });
  }
});
