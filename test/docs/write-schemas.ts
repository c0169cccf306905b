import { toJsonSchema } from '@valibot/to-json-schema';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editorSchema } from '../../src/lab/editor-schema.js';
import { schema } from '../lab/lab-text.js';
import { resultSchemas } from './result-schemas.js';

/** For programs that read results, and for editors of swarmup.yaml. */
const schemas = {
  'results.schema.json': resultSchemas(),
  'swarmup.schema.json': editorSchema(
    toJsonSchema(schema, { target: 'draft-07' }) as Readonly<Record<string, unknown>>,
  ),
};
for (const [file, content] of Object.entries(schemas))
  writeFileSync(join(import.meta.dirname, '..', '..', 'schema', file), `${JSON.stringify(content, undefined, 2)}\n`);
