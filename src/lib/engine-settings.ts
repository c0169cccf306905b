/** The settings of the Docker Engine on a host that a user may choose. */
export interface EngineSettings {
  /** Version to install, as in `24.0` or `5:24.0.7-1`; undefined: the newest the host's packages offer. */
  readonly version?: string;
  /** Further names and addresses for the engine's TLS certificate. */
  readonly tlsSans: readonly string[];
  /** False: the engine is not served on 2376. */
  readonly tls: boolean;
  /** Keys of daemon.json, with values of their types. */
  readonly daemon?: Readonly<Record<string, unknown>>;
  /** Environment of dockerd, as in HTTPS_PROXY. Values may hold passwords. */
  readonly env?: Readonly<Record<string, string>>;
  /** URL of a script that installs Docker Engine; `none`: nothing is installed, it has to be there. */
  readonly installUrl?: string;
}
