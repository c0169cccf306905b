import { readReference } from './read-reference.js';
import { labLabel, type WorkloadChange, type WorkloadPlanner } from './workload-change.js';

/** API: GET /secrets. */
interface Listed {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> | null };
}

/**
 * The secrets of a lab. Docker tells nobody what is in one, so one that is there is left alone: for another content it
 * gets another name. Where a reference leads is only read when the secret is made.
 */
export async function planSecrets(planner: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const { context, lab, engine } = planner;
  const { signal } = context;
  const listed = (await engine?.request<readonly Listed[] | null>('GET', '/secrets', { signal })) ?? [];
  const missing = Object.entries(lab.secrets ?? {}).filter(([name]) => !listed.some(({ Spec }) => Spec.Name === name));
  const surplus = listed.filter(
    ({ Spec: { Name, Labels } }) => Labels?.[labLabel] === lab.name && !Object.hasOwn(lab.secrets ?? {}, Name),
  );
  return [
    ...missing.map(([name, reference]): WorkloadChange => ({
      ...{
        what: 'secret',
        name,
        action: 'create',
        details: [`from ${reference.replace(/^command:.*/s, 'a command')}`],
      },
      act: async () => {
        const data = await readReference(context, reference, lab.folder);
        const body = { Name: name, Labels: { [labLabel]: lab.name }, Data: data.toString('base64') };
        await planner.swarm().request('POST', '/secrets/create', { body, signal });
      },
    })),
    ...surplus.map(({ ID, Spec: { Name } }): WorkloadChange => ({
      ...{ what: 'secret', name: Name, action: 'remove', details: [] },
      act: async () => {
        await planner.swarm().request('DELETE', `/secrets/${ID}`, { signal });
      },
    })),
  ];
}
