/** JSON with sorted keys; empty parts are left out, as the engine writes some of them only sometimes. */
export function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const parts = Object.entries(value)
    .map(([key, part]) => [key, stableJson(part)] as const)
    .filter(([, text]) => text !== '{}' && text !== '[]' && text !== 'null')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${parts.map(([key, text]) => `${key}:${text}`).join(',')}}`;
}
