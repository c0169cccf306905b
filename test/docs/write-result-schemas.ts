import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultSchemas } from './result-schemas.js';

const path = join(import.meta.dirname, '..', '..', 'schema', 'results.schema.json');
writeFileSync(path, `${JSON.stringify(resultSchemas(), undefined, 2)}\n`);
