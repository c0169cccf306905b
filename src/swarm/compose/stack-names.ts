/** Docker's label on everything of a stack. */
export const stackLabel = 'com.docker.stack.namespace';

/** Docker's label with the image as the file has it. */
export const imageLabel = 'com.docker.stack.image';

/** Names of the swarm for names of the file. Errors of all but `own`: *_UNKNOWN (exit 2). */
export interface StackNames {
  readonly stack: string;
  readonly network: (key: string) => string;
  readonly secret: (key: string) => string;
  readonly config: (key: string) => string;
}

/** The name that docker gives to an object without its own name. */
export const ownName = (stack: string, key: string): string => `${stack}_${key}`;
