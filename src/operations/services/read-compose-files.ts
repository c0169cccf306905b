import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { usageError } from '../../lib/errors.js';
import { readCompose } from '../../swarm/read-compose.js';
import type { ComposeFile } from '../../swarm/compose-schema.js';
import type { OperationContext } from '../access/context.js';
import { composeFolder } from './deploy-stack.js';

/**
 * Compose files with the variables of the environment, and of `.env` beside the first file; warnings are reported.
 * Errors: FILE_MISSING, COMPOSE_INVALID, VARIABLE_MISSING (exit 2).
 */
export async function readComposeFiles(context: OperationContext, paths: readonly string[]): Promise<ComposeFile> {
  const sources = await Promise.all(
    paths.map(async (path) => ({
      path,
      text: await readFile(path, 'utf8').catch(() => {
        throw usageError('FILE_MISSING', `the compose file ${path} cannot be read`, 'name it with -c');
      }),
    })),
  );
  const dotEnv = await readFile(join(composeFolder(paths), '.env'), 'utf8').catch(() => '');
  const { compose, warnings } = readCompose(sources, { ...parseEnv(dotEnv), ...context.env });
  for (const message of warnings) context.report({ type: 'warning', message });
  return compose;
}
