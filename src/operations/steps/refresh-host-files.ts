import { codeOf, messageOf } from '../../lib/errors.js';
import type { OperationContext } from '../access/context.js';
import { isStale, ourContexts, removeContext, writeContext } from './docker-contexts.js';
import { refreshSshConfig } from './ssh-entries.js';

/**
 * Updates the files of other programs from the store: docker contexts and SSH entries of existing hosts are updated,
 * those of removed hosts are removed. Failures are only reported.
 */
export async function refreshHostFiles(context: OperationContext): Promise<void> {
  await refreshSshConfig(context);
  try {
    const ours = await ourContexts(context);
    if (ours.length === 0) return;
    const { machines } = await context.store.list();
    for (const own of ours) {
      const record = machines.find((machine) => machine.id === own.id);
      if (record === undefined) await removeContext(context, own.name);
      else if (await isStale(context, own, record)) await writeContext(context, record, false);
    }
  } catch (error) {
    // Without a home folder there are no contexts.
    if (codeOf(error) === 'HOME_UNKNOWN') return;
    context.report({ type: 'warning', message: `the docker contexts could not be updated: ${messageOf(error)}` });
  }
}
