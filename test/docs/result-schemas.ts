import { join } from 'node:path';
import ts from 'typescript';

type Schema = Readonly<Record<string, unknown>>;

const file = join(import.meta.dirname, 'result-types.ts');

/**
 * The JSON schema of what commands print with `--json`, made of their TypeScript types: `properties` has each command
 * by its words, `definitions` the types by their names, `Failure` among them. Types that are inferred are followed as well, for which
 * generators that read declarations only give up.
 */
export function resultSchemas(): Schema {
  const options: ts.CompilerOptions = {
    ...{ target: ts.ScriptTarget.ES2023, lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'] },
    ...{ module: ts.ModuleKind.NodeNext, strict: true, exactOptionalPropertyTypes: true },
    ...{ skipLibCheck: true, types: ['node'], noEmit: true },
  };
  const program = ts.createProgram([file], options);
  const source = program.getSourceFile(file);
  const checker = program.getTypeChecker();
  const typeOf = (name: string): ts.Type => {
    const found = source?.statements.find((part) => ts.isInterfaceDeclaration(part) && part.name.text === name);
    if (found === undefined) throw new Error(`${file} has no interface ${name}`);
    return checker.getTypeAtLocation(found);
  };
  const writer = new SchemaWriter(checker);
  writer.schemaOf(typeOf('Failure'));
  const { properties } = writer.inPlace(typeOf('Results'));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'What swarmup prints with --json, by the words of the command',
    properties,
    definitions: Object.fromEntries([...writer.definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

class SchemaWriter {
  readonly definitions = new Map<string, Schema>();

  constructor(private readonly checker: ts.TypeChecker) {}

  /** A reference where the type has a name, else the schema itself. */
  schemaOf(type: ts.Type): Schema {
    const name = nameOf(type);
    if (name === undefined) return this.inPlace(type);
    if (!this.definitions.has(name)) {
      this.definitions.set(name, {});
      this.definitions.set(name, this.inPlace(type));
    }
    return { $ref: `#/definitions/${name}` };
  }

  inPlace(type: ts.Type): Schema {
    if (type.isUnion()) return this.#choice(type.types);
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: this.checker.typeToString(type) === 'true' };
    if (type.flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any)) return {};
    if (this.checker.isArrayLikeType(type)) {
      const [item] = this.checker.getTypeArguments(type as ts.TypeReference);
      return { type: 'array', items: item === undefined ? {} : this.schemaOf(item) };
    }
    return this.#object(type);
  }

  /** What may be left out is said where the key is. Sorted: the compiler's order follows what it saw first. */
  #choice(types: readonly ts.Type[]): Schema {
    const parts = types.filter(({ flags }) => (flags & ts.TypeFlags.Undefined) === 0);
    const isLiteral = (part: ts.Type): boolean => part.isStringLiteral() || (part.flags & ts.TypeFlags.Null) !== 0;
    if (parts.some((part) => part.isStringLiteral()) && parts.every(isLiteral))
      return { enum: parts.map((part) => (part.isStringLiteral() ? part.value : null)).sort(byText) };
    const booleans = parts.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral);
    const others = parts.filter((part) => !booleans.includes(part)).map((part) => this.schemaOf(part));
    const all = [...(booleans.length === 2 ? [{ type: 'boolean' }] : booleans.map((b) => this.inPlace(b))), ...others];
    return all.length === 1 ? (all[0] ?? {}) : { anyOf: all.sort(byText) };
  }

  #object(type: ts.Type): Schema {
    const properties = this.checker.getPropertiesOfType(type);
    const rest = this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
    const isRequired = (property: ts.Symbol): boolean => {
      const of = this.checker.getTypeOfSymbol(property);
      const mayBeUndefined = of.isUnion() && of.types.some(({ flags }) => flags & ts.TypeFlags.Undefined);
      return (property.flags & ts.SymbolFlags.Optional) === 0 && !mayBeUndefined;
    };
    const required = properties.filter(isRequired).map(({ name }) => name);
    return {
      type: 'object',
      ...(properties.length > 0 && {
        properties: Object.fromEntries(properties.map((property) => [property.name, this.#property(property)])),
      }),
      ...(required.length > 0 && { required }),
      ...(rest !== undefined && { additionalProperties: this.schemaOf(rest) }),
    };
  }

  #property(property: ts.Symbol): Schema {
    const schema = this.schemaOf(this.checker.getTypeOfSymbol(property));
    const description = ts.displayPartsToString(property.getDocumentationComment(this.checker)).replaceAll(/\s+/g, ' ');
    if (description === '') return schema;
    return '$ref' in schema ? { description, allOf: [schema] } : { description, ...schema };
  }
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Of interfaces and aliases of this project without parameters. */
function nameOf(type: ts.Type): string | undefined {
  if (type.aliasSymbol !== undefined) return type.aliasTypeArguments === undefined ? type.aliasSymbol.name : undefined;
  const isInterface = (type.symbol as ts.Symbol | undefined)?.declarations?.some(ts.isInterfaceDeclaration) === true;
  const hasParameters = ((type as ts.TypeReference).typeArguments?.length ?? 0) > 0;
  return isInterface && !hasParameters && type.symbol.name !== 'ReadonlyArray' ? type.symbol.name : undefined;
}
