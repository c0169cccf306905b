import { readFile } from 'node:fs/promises';
import { usageError } from '../../lib/errors.js';
import { type ComposeFile, readCompose } from '../../swarm/compose/compose-file.js';
import type { OperationContext } from '../access/context.js';
import { composeFolder } from './deploy-stack.js';

/**
 * Reads compose files with the variables of the environment; warnings are reported. As docker does, it does not read
 * `.env`. Errors: FILE_MISSING, COMPOSE_INVALID, VARIABLE_MISSING (exit 2).
 */
export async function readComposeFiles(context: OperationContext, paths: readonly string[]): Promise<ComposeFile> {
  const sources = await Promise.all(
    paths.map(async (path) => ({
      path,
      text: await readFile(path, 'utf8').catch(() => {
        throw usageError('FILE_MISSING', `the compose file ${path} cannot be read`, 'name the compose file with -c');
      }),
    })),
  );
  const compose = await readCompose(sources, {
    env: context.env,
    folder: composeFolder(paths),
    readText: (path) => readFile(path, 'utf8'),
  });
  for (const message of compose.warnings) context.report({ type: 'warning', message });
  return compose;
}
