import type { MountConfig, PortConfig } from './spec-values.js';
import type { ServiceSpec } from './workload.js';

/** A service spec while it is put together (API reference, "ServiceSpec"); fields that are not named here are kept. */
export interface ServiceDraft {
  Name: string;
  Labels: Record<string, string>;
  Mode: Record<string, { Replicas?: number; TotalCompletions?: number; MaxConcurrent?: number }>;
  TaskTemplate: TaskDraft;
  EndpointSpec?: { Mode?: 'vip' | 'dnsrr'; Ports?: PortConfig[] };
  UpdateConfig?: UpdateDraft;
  RollbackConfig?: UpdateDraft;
  [key: string]: unknown;
}

export interface UpdateDraft {
  Parallelism?: number;
  Delay?: number;
  FailureAction?: string;
  Monitor?: number;
  MaxFailureRatio?: number;
  Order?: string;
}

interface TaskDraft {
  ContainerSpec: ContainerDraft;
  Resources?: { Limits?: ResourceDraft; Reservations?: ResourceDraft };
  RestartPolicy?: { Condition?: string; Delay?: number; MaxAttempts?: number; Window?: number };
  Placement?: { Constraints?: string[]; Preferences?: unknown[]; MaxReplicas?: number; [key: string]: unknown };
  Networks?: NetworkAttachment[];
  LogDriver?: { Name?: string; Options?: Record<string, string> };
  ForceUpdate?: number;
  [key: string]: unknown;
}

export interface ResourceDraft {
  NanoCPUs?: number;
  MemoryBytes?: number;
  Pids?: number;
  GenericResources?: unknown[];
}

export interface ContainerDraft {
  Image: string;
  Labels?: Record<string, string>;
  Command?: string[];
  Args?: string[];
  Env?: string[];
  Mounts?: MountConfig[];
  Healthcheck?: { Test?: string[]; Interval?: number; Timeout?: number; StartPeriod?: number; Retries?: number };
  Secrets?: FileReference[];
  Configs?: FileReference[];
  [key: string]: unknown;
}

export interface NetworkAttachment {
  Target: string;
  Aliases?: string[];
  DriverOpts?: Record<string, string>;
}

/** A secret or config in a container; `SecretID`/`SecretName` or `ConfigID`/`ConfigName`. */
export interface FileReference {
  /** A config of the container's runtime is not a file. */
  File?: { Name: string; UID: string; GID: string; Mode: number };
  [key: string]: unknown;
}

/** `GET` answers leave out empty fields; a draft has all of them. The original stays as it is. */
export function draftOf(spec: ServiceSpec): ServiceDraft {
  const copy = structuredClone(spec) as unknown as ServiceDraft;
  copy.Labels = { ...copy.Labels };
  copy.TaskTemplate = { ...copy.TaskTemplate, ContainerSpec: { ...copy.TaskTemplate.ContainerSpec } };
  return copy;
}

export const emptyDraft = (name: string, image: string): ServiceDraft => ({
  Name: name,
  Labels: {},
  Mode: { Replicated: { Replicas: 1 } },
  TaskTemplate: { ContainerSpec: { Image: image } },
});

/**
 * Keeps the fields that a description cannot express: a forced update would otherwise replace every task, and so would
 * a digest and platforms that docker has found for the image's tag.
 */
export function withKept(spec: ServiceSpec, wanted: ServiceDraft): ServiceDraft {
  const now = spec as unknown as ServiceDraft;
  const { ContainerSpec: container, Placement: placement } = wanted.TaskTemplate;
  const { Image: image } = now.TaskTemplate.ContainerSpec;
  const isSameImage = image === container.Image || image.startsWith(`${container.Image}@`);
  const isolation = container['Isolation'] ?? now.TaskTemplate.ContainerSpec['Isolation'];
  const platforms = isSameImage ? now.TaskTemplate.Placement?.['Platforms'] : undefined;
  return {
    ...wanted,
    TaskTemplate: {
      ...wanted.TaskTemplate,
      ForceUpdate: now.TaskTemplate.ForceUpdate ?? 0,
      Runtime: now.TaskTemplate['Runtime'],
      ...((platforms ?? placement) !== undefined && {
        Placement: { ...placement, ...(platforms !== undefined && { Platforms: platforms }) },
      }),
      ContainerSpec: {
        ...container,
        Image: isSameImage ? image : container.Image,
        ...(isolation !== undefined && { Isolation: isolation }),
      },
    },
    ...(wanted.EndpointSpec === undefined &&
      now.EndpointSpec !== undefined && { EndpointSpec: { Mode: now.EndpointSpec.Mode ?? 'vip' } }),
  };
}
