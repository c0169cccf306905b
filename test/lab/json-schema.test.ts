import { toJsonSchema } from '@valibot/to-json-schema';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { schema } from './lab-text.js';

it('the JSON schema for editors, which the build writes, is that of the manifest', () => {
  const path = join(import.meta.dirname, '..', '..', 'schema', 'swarmup.schema.json');
  const published: unknown = JSON.parse(readFileSync(path, 'utf8'));
  expect(published).toEqual({ title: 'swarmup.yaml', ...toJsonSchema(schema, { target: 'draft-07' }) });
});
