import { completeClientFolder } from '../access/client-folder.js';
import type { OperationContext } from '../access/context.js';
import { engineInUse } from '../access/engine-of.js';

/** Environment variables to set, or (null) to remove, in the order in which they are printed. */
export type EnvVariables = Readonly<Record<string, string | null>>;

const dockerVariables = ['DOCKER_TLS_VERIFY', 'DOCKER_HOST', 'DOCKER_CERT_PATH', 'DOCKER_MACHINE_NAME'] as const;

/**
 * The variables that point a docker client to the engine of a host. Reads only the store, so it also works while the
 * host is off; with `check`, the engine must answer and prove that it is the host's own. `noProxy` adds the host's
 * address to the present value of NO_PROXY or no_proxy. Errors: HOST_UNKNOWN, HOST_NOT_READY (no engine yet),
 * HOST_REMOVING, NO_TLS (made with --no-tls), CERTIFICATES_MISSING; with `check` those of `confirmEngine`.
 */
export async function hostEnv(
  context: Pick<OperationContext, 'store' | 'env' | 'signal'>,
  name: string,
  options: { readonly noProxy: boolean; readonly check: boolean },
): Promise<EnvVariables> {
  const record = await context.store.require(name);
  const engine = engineInUse(record);
  if (options.check) {
    const { confirmEngine } = await import('../access/engine-over-tls.js');
    await confirmEngine(context, record, { timeoutMs: 5000 });
  }
  return {
    DOCKER_TLS_VERIFY: '1',
    DOCKER_HOST: engine.url,
    DOCKER_CERT_PATH: completeClientFolder(context.store, record),
    DOCKER_MACHINE_NAME: context.store.outsideName(record.name),
    ...(options.noProxy && withoutProxy(context.env, new URL(engine.url).hostname.replace(/^\[|\]$/g, ''))),
  };
}

/** The variables that undo `hostEnv`; NO_PROXY stays, because it may contain other addresses. */
export function unsetEnv(): EnvVariables {
  return Object.fromEntries(dockerVariables.map((variable) => [variable, null]));
}

/** Every spelling that is in use gets the address; programs disagree on which they read. */
function withoutProxy(env: OperationContext['env'], address: string): EnvVariables {
  const inUse = ['NO_PROXY', 'no_proxy'].filter((variable) => (env[variable] ?? '') !== '');
  const variables = inUse.length > 0 ? inUse : ['NO_PROXY'];
  return Object.fromEntries(variables.map((variable) => [variable, extended(env[variable] ?? '', address)]));
}

function extended(list: string, address: string): string {
  const known = list.split(',').map((entry) => entry.trim());
  if (known.includes(address)) return list;
  return list === '' ? address : `${list},${address}`;
}
