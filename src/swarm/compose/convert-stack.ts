import type { ContainerDraft, ServiceDraft } from '../service-draft.js';
import type { References } from '../service-options.js';
import { attachmentsOf } from './attachments.js';
import type { ComposeFile } from './compose-file.js';
import { byName } from './file-uses.js';
import { convertKeys } from './keys.js';
import { fileDraft, type FileDraft, networkDraft, type NetworkDraft, volumeMount } from './object-keys.js';
import { type ComposeService, serviceKeys } from './service-keys.js';
import type { ServiceTarget } from './service-target.js';
import { ownName, stackLabel, type StackNames } from './stack-names.js';

/** The networks that services of the stack are in. Errors: NETWORK_UNKNOWN (exit 2). */
export function stackNetworks(compose: ComposeFile, stack: string): readonly NetworkDraft[] {
  const used = new Set<string>();
  for (const [name, { networks = {} }] of Object.entries(compose.services)) {
    const own = Object.keys(networks);
    for (const key of own.length === 0 ? ['default'] : own) {
      if (key !== 'default' && !Object.hasOwn(compose.networks, key))
        throw compose.fault(
          ['services', name, 'networks', key],
          `the network ${key} is not declared`,
          'declare the network under networks at the top level',
        );
      used.add(key);
    }
  }
  return [...used].sort().map((key) => checkedNetwork(compose, networkDraft(stack, key, compose.networks[key])));
}

const localDrivers = ['bridge', 'host', 'null', 'none'];

function checkedNetwork(compose: ComposeFile, draft: NetworkDraft): NetworkDraft {
  const driver = String(draft.body['Driver']);
  if (!draft.external && localDrivers.includes(driver))
    throw compose.fault(
      ['networks', draft.key, 'driver'],
      `services cannot use networks of the driver ${driver}`,
      'leave out the driver: networks of services are overlay networks',
    );
  return draft;
}

/** The secrets and configs that the stack declares. */
export const stackFiles = (compose: ComposeFile, stack: string): readonly FileDraft[] =>
  (['secret', 'config'] as const).flatMap((kind) =>
    Object.entries(compose[`${kind}s`]).map(([key, declared]) => fileDraft(kind, stack, key, declared)),
  );

/**
 * The services of the stack as docker makes them; networks, secrets and configs are given by name. `names`: of the
 * stack's secrets and configs. Errors: COMPOSE_INVALID, *_UNKNOWN (exit 2); `warn` gets the ignored parts.
 */
export function stackServices(
  compose: ComposeFile,
  names: StackNames,
  warn: (message: string) => void,
): readonly ServiceDraft[] {
  return Object.entries(compose.services).map(([name, service]) => serviceDraft(compose, name, service, names, warn));
}

const validName = /^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/;

function serviceDraft(
  compose: ComposeFile,
  name: string,
  service: ComposeService,
  names: StackNames,
  warn: (message: string) => void,
): ServiceDraft {
  const { stack } = names;
  const path = ['services', name];
  const fullName = ownName(stack, name);
  if (!validName.test(fullName) || fullName.length > 63)
    throw compose.fault(
      path,
      `${fullName} cannot be the name of a service`,
      'a name has at most 63 letters, digits, - and _',
    );
  const container: ContainerDraft = { Image: '', Labels: { [stackLabel]: stack }, Privileges: {} };
  const draft: ServiceDraft = {
    Name: fullName,
    Labels: { [stackLabel]: stack },
    Mode: { Replicated: { Replicas: 1 } },
    // Docker sends these when they are empty, too: to swarm that is not the same as none.
    TaskTemplate: { ContainerSpec: container, Resources: {}, Placement: {} },
    EndpointSpec: {},
  };
  const to: ServiceTarget = {
    ...{ name, service, draft, container, names },
    volume: (key) => {
      const declared = Object.hasOwn(compose.volumes, key) ? compose.volumes[key] : undefined;
      return declared && volumeMount(stack, key, declared);
    },
    warn: (message) => {
      warn(`${path.join('.')}: ${message}`);
    },
    fail: (further, message, ...hints) => {
      throw compose.fault([...path, ...further], message, ...hints);
    },
  };
  convertKeys(serviceKeys, service, to);
  draft.TaskTemplate.Networks ??= attachmentsOf({}, name, names);
  if (container.Configs !== undefined) container.Configs = byName('ConfigName', container.Configs);
  return draft;
}

/** The same service with IDs instead of the names of its references. Errors: those of `references`. */
export function withIds(draft: ServiceDraft, references: References): ServiceDraft {
  const { Networks = [], ContainerSpec: container } = draft.TaskTemplate;
  const { Secrets, Configs } = container;
  const credentials = (
    container['Privileges'] as { readonly CredentialSpec?: { readonly Config?: string } } | undefined
  )?.CredentialSpec;
  return {
    ...draft,
    TaskTemplate: {
      ...draft.TaskTemplate,
      Networks: Networks.map((network) => ({ ...network, Target: references.network(network.Target) })),
      ContainerSpec: {
        ...container,
        ...(Secrets && {
          Secrets: Secrets.map((use) => ({ SecretID: references.secret(String(use['SecretName'])), ...use })),
        }),
        ...(Configs && {
          Configs: Configs.map((use) => ({ ConfigID: references.config(String(use['ConfigName'])), ...use })),
        }),
        ...(credentials?.Config !== undefined && {
          Privileges: { CredentialSpec: { Config: references.config(credentials.Config) } },
        }),
      },
    },
  };
}
