import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Lab } from '../../lab/lab.js';
import type { Store } from '../../machine/store.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { OperationContext } from '../access/context.js';
import { labRecords } from './lab-records.js';

/**
 * A lab belongs to the folder of the manifest that made it: two folders from one template have the same name, and the
 * hosts of one are not those of the other. A folder that was moved takes its lab along, with a warning; `followManifest`
 * then records the new place. Errors: LAB_ELSEWHERE (exit 3) with both folders.
 */
export async function checkFolder(
  { store, report }: { readonly store: Pick<Store, 'list'>; readonly report: OperationContext['report'] },
  lab: Pick<Lab, 'name' | 'manifest'>,
): Promise<void> {
  const [here, folder] = [await realFolder(lab.manifest), dirname(lab.manifest)];
  const manifests = (await labRecords({ store }, lab.name)).flatMap(({ lab: mark }) => mark?.manifest ?? []);
  for (const manifest of new Set(manifests)) {
    const there = await realFolder(manifest);
    if (there === here || dirname(manifest) === folder) continue;
    if (there !== undefined)
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

/** Records in all hosts of a lab which manifest it has now; it writes nothing if they know. */
export async function followManifest(context: OperationContext, lab: Lab): Promise<void> {
  for (const { name, lab: mark } of await labRecords(context, lab.name))
    if (mark !== undefined && mark.manifest !== lab.manifest)
      await context.store.update(name, (record) => ({ ...record, lab: { ...mark, manifest: lab.manifest } }));
}

/** undefined: the manifest does not exist any more. */
const realFolder = async (manifest: string): Promise<string | undefined> =>
  realpath(manifest).then(dirname, () => undefined);
