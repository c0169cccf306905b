import { labLabel } from '../../lab/lab.js';
import { readReference } from './read-reference.js';
import { isSurplus, type WorkloadChange, type WorkloadPlanner } from './workload-change.js';

/** API: GET /secrets. */
interface Listed {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> | null };
}

/**
 * The secrets of a lab. Docker never shows the content of a secret, so an existing secret is not changed: other content
 * gets another name. A reference is read only when its secret is made.
 */
export async function planSecrets(planner: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const { context, lab, engine } = planner;
  const listed = (await engine?.request<readonly Listed[] | null>('GET', '/secrets', { signal: context.signal })) ?? [];
  const missing = Object.entries(lab.secrets ?? {}).filter(([name]) => !listed.some(({ Spec }) => Spec.Name === name));
  return [
    ...missing.map(([name, reference]): WorkloadChange => ({
      ...{ what: 'secret', name, action: 'create' },
      details: [`from ${reference.replace(/^command:.*/s, 'a command')}`],
      act: async (own) => {
        const data = await readReference(own, reference, lab);
        const body = { Name: name, Labels: { [labLabel]: lab.name }, Data: data.toString('base64') };
        await planner.swarm().request('POST', '/secrets/create', { body, signal: own.signal });
      },
    })),
    ...listed
      .filter(({ Spec }) => isSurplus(lab, lab.secrets, Spec))
      .map(({ ID, Spec: { Name } }): WorkloadChange => ({
        ...{ what: 'secret', name: Name, action: 'remove', details: [] },
        act: ({ signal }) => planner.swarm().request('DELETE', `/secrets/${ID}`, { signal }),
      })),
  ];
}
