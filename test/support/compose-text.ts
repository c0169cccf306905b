import { type ComposeFile, readCompose } from '../../src/swarm/compose/compose-file.js';
import { stackFiles, stackNetworks, stackServices } from '../../src/swarm/compose/convert-stack.js';

type Texts = Readonly<Record<string, string>>;

/** Compose files `0.yaml`, `1.yaml` … in the folder /stack, beside `files`. */
export const composeOf = (texts: readonly string[], env: Texts = {}, files: Texts = {}): Promise<ComposeFile> =>
  readCompose(
    texts.map((text, i) => ({ path: `${String(i)}.yaml`, text })),
    {
      ...{ env, folder: '/stack' },
      readText: (path) => {
        const text = files[path];
        return text === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(text);
      },
    },
  );

/** A file with one service, `web`. */
export const serviceText = (body: string): string => `services:\n  web:\n    image: web:1\n${body}`;

/** What becomes of a file, as the stack `s`, and everything that was warned about. */
export function convert(compose: ComposeFile) {
  const warnings = [...compose.warnings];
  const networks = stackNetworks(compose, 's');
  const files = stackFiles(compose, 's');
  const nameOf = (kind: string) => (key: string) =>
    files.find((file) => file.kind === kind && file.key === key)?.name ?? `no ${kind} ${key}`;
  const names = {
    stack: 's',
    network: (key: string) => networks.find((network) => network.key === key)?.name ?? key,
    secret: nameOf('secret'),
    config: nameOf('config'),
  };
  const services = stackServices(compose, names, (warning) => warnings.push(warning));
  return { services, networks, files, warnings };
}
