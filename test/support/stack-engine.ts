import type { EngineClient, EngineRequest } from '../../src/lib/engine-client.js';

type Json = Readonly<Record<string, unknown>>;

/** What was made, by name, as it was asked for. */
export interface MadeStack {
  readonly services: Record<string, Json>;
  readonly networks: Record<string, Json>;
  readonly secrets: Record<string, Json>;
  readonly configs: Record<string, Json>;
}

/**
 * A swarm that takes what is made and keeps it; IDs are names. It has the network `st_ext`, the secret `st_sec` and the
 * config `st_cfg`, which stacks find there, and the host's own networks.
 */
export class StackEngine implements EngineClient {
  readonly what = 'the engine of this test';
  readonly made: MadeStack = { services: {}, networks: {}, secrets: {}, configs: {} };
  /** `POST /services/create` and the like, in order. */
  readonly writes: string[] = [];

  apiVersion(): Promise<string> {
    return Promise.resolve('1.41');
  }

  request<T>(method: string, path: string, { body }: EngineRequest = {}): Promise<T> {
    const [, kind = '', action] = path.split('/');
    if (method === 'GET' && action !== undefined) return Promise.resolve({ Id: action } as T);
    if (method === 'GET') return Promise.resolve(this.#list(kind) as T);
    this.writes.push(`${method} ${path}`);
    const spec = body as Json;
    const name = spec['Name'] as string;
    if (method === 'POST' && action === 'create') this.made[kind as keyof MadeStack][name] = spec;
    return Promise.resolve({ ID: name, Id: name } as T);
  }

  #list(kind: string): unknown {
    const named = (names: readonly string[], specs: Readonly<Record<string, Json>>) =>
      Object.entries({ ...Object.fromEntries(names.map((name) => [name, { Name: name }])), ...specs }).map(
        ([name, Spec]) => ({ ID: name, Version: { Index: 1 }, Spec }),
      );
    switch (kind) {
      case 'networks':
        return [
          ...[...Object.keys(this.made.networks), 'st_ext'].map((Name) => ({ Id: Name, Name, Scope: 'swarm' })),
          { Id: 'host', Name: 'host', Scope: 'local' },
        ];
      case 'secrets':
        return named(['st_sec'], this.made.secrets);
      case 'configs':
        return named(['st_cfg'], this.made.configs);
      default:
        return [];
    }
  }
}
