/** Bundles `src/` of this folder into its `dist/`. */
export function bundleProgram(root: string): Promise<unknown>;
export function bundleDriverModules(root: string): Promise<unknown>;
export function bundleAgent(root: string): Promise<unknown>;
/** Writes oclif.manifest.json of the program in its `dist/`. */
export function writeManifest(root: string): Promise<void>;
