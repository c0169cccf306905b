import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Lab } from '../../lab/lab.js';
import { manifestName } from '../../lab/read-manifest.js';
import type { Store } from '../../machine/store.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { OperationContext } from '../access/context.js';
import { labRecords } from './lab-records.js';
import { manifestSources } from './manifest-sources.js';

/**
 * A lab belongs to the folder of the manifest that made it: two folders from one template have the same name, and the
 * hosts of one are not those of the other. A folder that was moved takes its lab along, with a warning, also where
 * another lab has its old place now; `followManifest` then records the new place. Errors: LAB_ELSEWHERE (exit 3) with
 * both manifests.
 */
export async function checkFolder(
  { store, report, env }: Pick<OperationContext, 'report' | 'env'> & { readonly store: Pick<Store, 'list'> },
  lab: Pick<Lab, 'name' | 'manifest'>,
): Promise<void> {
  const [here, folder] = [await realFolder(lab.manifest), dirname(lab.manifest)];
  const manifests = (await labRecords({ store }, lab.name)).flatMap(({ lab: mark }) => mark?.manifest ?? []);
  for (const manifest of new Set(manifests)) {
    const there = await realFolder(manifest);
    if (there === here || dirname(manifest) === folder) continue;
    if (there !== undefined && (await isOfLab(manifest, lab.name, env)))
      throw new SwarmupError('LAB_ELSEWHERE', `lab ${lab.name} belongs to ${manifest}, not to ${lab.manifest}`, {
        exitCode: exitCodes.preflight,
        hints: [
          `change to its folder: cd ${dirname(manifest)}`,
          `or give the lab in this folder a name of its own: ${lab.manifest}`,
        ],
      });
    report({ type: 'warning', message: `lab ${lab.name} moved from ${dirname(manifest)} to ${folder}` });
  }
}

/** Also where the manifest cannot be read: it may be the lab's. */
const isOfLab = (manifest: string, lab: string, env: OperationContext['env']): Promise<boolean> =>
  manifestSources(manifest)
    .then((sources) => manifestName(sources, env) === lab)
    .catch(() => true);

/** Records in all hosts of a lab which manifest it has now; it writes nothing if they know. */
export async function followManifest(context: OperationContext, lab: Lab): Promise<void> {
  for (const { name, lab: mark } of await labRecords(context, lab.name))
    if (mark !== undefined && mark.manifest !== lab.manifest)
      await context.store.update(name, (record) => ({ ...record, lab: { ...mark, manifest: lab.manifest } }));
}

/** undefined: the manifest does not exist any more. */
const realFolder = async (manifest: string): Promise<string | undefined> =>
  realpath(manifest).then(dirname, () => undefined);
