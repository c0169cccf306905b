/** Bundles `src/` of this folder into its `dist/bundle/commands.js`. */
export function bundleCommands(root: string): Promise<void>;
