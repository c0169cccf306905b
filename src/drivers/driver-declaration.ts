/** One option of a driver: from this one declaration come the flag, the environment variable, the checks and the docs. */
export type OptionDeclaration = {
  readonly description: string;
  /** Environment variable; default `SWARMUP_<DRIVER>_<OPTION>`. */
  readonly env?: string;
  /** The flag, without dashes; default `<driver>-<option>`. */
  readonly flag?: string;
  /** Kept nowhere, or by the driver itself (`DriverContext.files`): the machine record does not have it. */
  readonly secret?: boolean;
  /** It means one host alone, so hosts that join its swarm later do not inherit it. */
  readonly perHost?: boolean;
  /** Options without whose value it makes no sense: if one of them is given otherwise, it is not inherited. */
  readonly dependsOn?: readonly string[];
  /** What follows if hosts of one swarm have different values: the rest of a sentence. */
  readonly differing?: {
    readonly consequence: string;
    /** The hosts could certainly not form a swarm, so `create` refuses it. */
    readonly refused?: boolean;
  };
} & (
  | { readonly type: 'string'; readonly default?: string; readonly choices?: readonly string[] }
  | { readonly type: 'integer'; readonly default?: number; readonly min?: number; readonly max?: number }
  | {
      readonly type: 'boolean';
      readonly default?: boolean;
      /** The option that `--flag=VALUE` sets, too: `--aws-spot=0.01` sets the price. */
      readonly valueOption?: string;
    }
  | { readonly type: 'list'; readonly default?: readonly string[] }
);

/** By option name in kebab-case: `subnet` of the driver `docker` is the flag `--docker-subnet`. */
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

export type OptionValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A flag of a command, declared like an option of a driver. */
export type FlagDeclaration = OptionDeclaration & {
  /** `q` for `-q`. */
  readonly char?: string;
  /** A boolean that can also be switched off: `--no-…`. */
  readonly negatable?: boolean;
  /** What stands for the value in the help: `NAME`. */
  readonly value?: string;
  /** Flags without which it means nothing. */
  readonly needs?: readonly string[];
};

/** A command of a driver's own, `swarmup <driver> <name>`: a check of an account, a search for orphans … */
export interface DriverCommand {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  /** Whole lines: `swarmup example sweep --delete`. */
  readonly examples?: readonly string[];
  /** Absent: the command takes only flags. */
  readonly words?: {
    readonly name: string;
    readonly description: string;
    readonly many?: boolean;
    readonly required?: boolean;
  };
  readonly flags?: Readonly<Record<string, FlagDeclaration>>;
  /** The driver's own options that it takes, too: their flags and variables are read as `create` reads them. */
  readonly options?: 'all' | readonly string[];
}

/** The abilities of a driver that core may read; core never compares driver names. */
export interface DriverCapabilities {
  /** start, stop and kill work. */
  readonly power: boolean;
  readonly snapshots: boolean;
  /**
   * The host key that core generates is put on the host before its sshd starts. False: descriptions have an
   * `ssh.login` with the policy that core uses to judge and pin the first key that it sees.
   */
  readonly injectsHostKey: boolean;
  /** Addresses stay over stop and start. */
  readonly stableAddresses: boolean;
  /**
   * The driver itself chooses the addresses that hosts reach each other at, and respects `reservedAddresses`.
   * Default: false.
   */
  readonly choosesAddresses?: boolean;
  /** Hosts share one disk: if it is full, it is full for all of them. */
  readonly sharedDisk?: boolean;
  /**
   * The host key reaches the host by a way that others may read later (user-data of a cloud): core replaces it at the
   * first login, over the connection that was verified with it. Default: false.
   */
  readonly exposesHostKey?: boolean;
}

/** The light part of a driver, loaded with the command line: data only, no heavy import behind it. */
export interface DriverDeclaration {
  readonly apiVersion: 1;
  readonly name: string;
  /** One line: what a host of this driver is. */
  readonly description: string;
  readonly options: OptionDeclarations;
  readonly capabilities: DriverCapabilities;
  /** The driver of docker-machine whose machines are those of this one, too: `import` hands them over by `takeOver`. */
  readonly takesOver?: string;
  /** Options that `create NAME=[USER@]HOST[:PORT]` sets; undefined: hosts are not named by an address. */
  readonly addressOptions?: { readonly host: string; readonly user: string; readonly port: string };
  /**
   * Of drivers whose hosts are made and thrown away in seconds, for rehearsals: the option that gives such hosts a place
   * of their own, a name before everything that is made there.
   */
  readonly placeOption?: string;
  /** The driver's own commands, and their purpose in one line; `Driver.runCommand` runs them. */
  readonly commands?: { readonly about: string; readonly list: readonly DriverCommand[] };
  /** Order in which drivers are tried when the user names none: higher first; 0 is never chosen by itself. */
  readonly preference: number;
}
