/** Bundles `src/` of this folder into its `dist/bundle/commands.js`. */
export function bundleCommands(root: string): Promise<void>;
/** The same for each light command: `dist/bundle/light/`. */
export function bundleLight(root: string): Promise<void>;
