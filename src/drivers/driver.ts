import type { RunProcess } from '../lib/local-process.js';
import type { SshAddress, SshLogin } from '../lib/ssh-login.js';
import type { DriverDeclaration, OptionValues } from './driver-declaration.js';
import type { DriverInventory } from './inventory.js';

export type {
  DriverCapabilities,
  DriverCommand,
  DriverDeclaration,
  FlagDeclaration,
  OptionDeclaration,
  OptionDeclarations,
  OptionValues,
} from './driver-declaration.js';
export type { DriverInventory, MadeThing, MadeThings, RebuiltHost } from './inventory.js';
export type { HostKeyPolicy, SshAddress, SshCredentials, SshHop, SshLogin } from '../lib/ssh-login.js';

/** A finding of `check`. An `error` stops before anything is made (exit 3); an `info` says why the driver is usable. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: string;
  readonly message: string;
  readonly hints: readonly string[];
  /** Of a limit that `Driver.fix` can change, if the user agrees. */
  readonly fix?: ProblemFix;
}

/** A change of this computer that ends a problem. */
export interface ProblemFix {
  /** In the imperative: `raise fs.inotify.max_user_instances from 128 to 1024`. */
  readonly does: string;
  /** The new value. */
  readonly to: number;
}

/** The running cost of hosts, as far as it is known beforehand. */
export interface CostEstimate {
  readonly currency: 'USD';
  /** null: the price of something is not known. */
  readonly perHour: number | null;
  /** Of 730 hours. */
  readonly perMonth: number | null;
  readonly lines: readonly { readonly what: string; readonly perHour: number | null }[];
  /** Date of the price list (RFC 3339, a day). */
  readonly asOf: string;
}

/** The identity of a host that core knows before the host exists. */
export interface HostIdentity {
  /** UUID of the machine record: label what you make with it, so that it is found again after a crash. */
  readonly id: string;
  readonly name: string;
  readonly swarm: string | null;
  /** UUID of the swarm: swarms of the same name, of other owners or earlier ones, have other ids. */
  readonly swarmId: string | null;
  /** null: in no swarm. For placement (managers apart from each other) and labels. */
  readonly role: 'manager' | 'worker' | null;
  /** Names the store that the host belongs to, among all that share an account: `anna@laptop/3f9a21`. For labels. */
  readonly owner: string;
  /** OpenSSH public key that must be accepted for `ssh.user`, unless the description has an `ssh.login`. */
  readonly authorizedKey: string;
  /** The host's own ed25519 key, made by core and pinned: put it on the host before sshd starts. Never log it. */
  readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
}

/** Files of mode 0600 in which a driver keeps the secrets of a host; they are removed with the host. */
export interface HostFiles {
  /** Their folder, which need not exist; 0700, of the driver alone. */
  readonly folder: string;
  /** undefined when it is absent. */
  read(file: string): Promise<string | undefined>;
  write(file: string, data: string): Promise<void>;
}

/** The context that a driver gets in addition to the host. A driver cannot reach any other part of swarmup. */
export interface DriverContext {
  readonly options: OptionValues;
  readonly signal: AbortSignal;
  /**
   * The swarm that the hosts of this call belong to (`no-swarm`: none), its id (of `no-swarm`: the store's), and its
   * owner, as in `HostIdentity`: for names and labels of what is made. Swarms of several owners, and several swarms of
   * one owner, have hosts of the same name.
   */
  readonly belongsTo: { readonly swarm: string; readonly id: string; readonly owner: string };
  /**
   * UDP port of the swarm's overlay traffic, for drivers whose hosts are behind a firewall; undefined: Docker's own, 4789.
   * Known when a host is made.
   */
  readonly overlayPort?: number | undefined;
  /**
   * What this driver saved about the hosts of the same swarm that are on record, the host of this call among them: later
   * hosts go where they are.
   */
  readonly peers: () => Promise<readonly unknown[]>;
  /** One line for the progress display. */
  readonly log: (message: string) => void;
  readonly run: RunProcess;
  /** Environment variables of the caller (`DOCKER_HOST`, `AWS_PROFILE` …). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of this driver for downloads and images that may be lost. */
  readonly cacheDir: string;
  /** The driver's own files about a host, by the host's name. */
  readonly files: (host: string) => HostFiles;
  /**
   * The addresses of all hosts of this driver on record, whether they exist or not. A driver that chooses addresses
   * gives none of them to another host, and a host that is made again gets its own, if that is possible. Read them where
   * the address is chosen, under the lock that protects the choice.
   */
  readonly reservedAddresses: () => Promise<readonly ReservedAddresses[]>;
  /**
   * Runs `use` while no other swarmup process holds the same key (a network, a port range, an image build).
   * Errors: LOCKED when it is not free within `patienceMs` (default: 30 min).
   */
  readonly exclusive: <T>(key: string, use: () => Promise<T>, options?: { readonly patienceMs?: number }) => Promise<T>;
}

/** The addresses that belong to a host as long as its record lives. */
export interface ReservedAddresses extends HostOnRecord {
  /** As in `HostDescription.privateAddresses`. */
  readonly addresses: readonly string[];
}

export interface CreateContext<State> extends DriverContext {
  /** Persists the state. Call it before and after each thing is made that would be lost otherwise. */
  readonly save: (state: State) => Promise<void>;
}

/** The output of a command for people: lines of text, or a table. */
export type CommandText = string | { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** How a command of a driver's was typed. */
export interface CommandCall {
  readonly command: string;
  readonly words: readonly string[];
  /** A boolean is never missing, a list never, the rest only without a default. */
  readonly flags: OptionValues;
}

/** The context of a driver's command; `options` is empty for a command that declares none. */
export interface CommandContext<State> extends DriverContext {
  /** As in `HostIdentity`: who made what is found in a shared account. */
  readonly owner: string;
  /** The hosts of this driver that are on record, where it has saved a state. */
  readonly ownHosts: () => Promise<readonly (HostOnRecord & { readonly state: State })[]>;
  /**
   * All hosts on record, of all drivers: what belongs to none of them is an orphan.
   * Errors: RECORD_BROKEN (exit 3), since a record that cannot be read may be the one.
   */
  readonly everyHost: () => Promise<readonly HostOnRecord[]>;
  /**
   * Shows on stderr what is about to happen, and asks. Errors: CONFIRMATION_NEEDED (exit 2) if there is no terminal.
   */
  readonly confirm: (what: CommandText, question: string) => Promise<boolean>;
}

export interface HostOnRecord {
  readonly id: string;
  readonly name: string;
  readonly swarm: string | null;
}

export interface CommandOutcome {
  /** Printed by `--json`, as it is. */
  readonly result: unknown;
  /** Printed without it, one after the other. */
  readonly text: readonly CommandText[];
  /** Where the command worked and found something bad: 3 for what is not allowed. Default: 0. */
  readonly exitCode?: number;
}

/** A host as its driver made it. */
export interface HostDescription {
  readonly ssh: SshAddress;
  /** Where the engine's TLS port of the host is reached from here. */
  readonly engine: { readonly host: string; readonly port: number };
  /** Addresses that other hosts of the swarm can use to reach the host, best first. */
  readonly privateAddresses: readonly string[];
  /** The engine settings of this host that only the driver knows. */
  readonly engineConfig?: {
    readonly dns?: readonly string[];
    readonly mtu?: number;
    /** Port on the host itself; default 2376. */
    readonly tlsPort?: number;
  };
}

export type HostState = 'running' | 'starting' | 'stopped' | 'paused' | 'absent' | 'error';

export interface HostStatus {
  readonly state: HostState;
  /** For `error` and `absent`: why, in one line. */
  readonly detail?: string;
  /** Present while running. */
  readonly description?: HostDescription;
}

/** The end of what a host wrote about itself. */
export interface LastWords {
  /** Where more of it is: `docker logs swarmup-lab-m1`. */
  readonly source: string;
  /** May hold terminal sequences: core removes them. */
  readonly text: string;
  /** Since when it runs (RFC 3339). Absent: it does not run, or this is unknown. */
  readonly runsSince?: string;
  /** How it ended, as the rest of a sentence: `its first process ended with exit code 255`. */
  readonly ended?: string;
  /** Remedies, if the driver recognises the reason. */
  readonly hints?: readonly string[];
}

/** A state of a host that it can be put back to. */
export interface DriverSnapshot {
  readonly name: string;
  /** The host was put to it last, or it was taken last. */
  readonly current: boolean;
}

/** Snapshots of hosts, for drivers with `capabilities.snapshots`. Names are unique for a host. */
export interface DriverSnapshots<State = unknown> {
  /** The oldest first. */
  list(context: DriverContext, state: State): Promise<readonly DriverSnapshot[]>;
  /** Of a running host with its memory. Errors: SNAPSHOT_EXISTS (exit 2). */
  take(context: DriverContext, state: State, name: string): Promise<void>;
  /** A host that ran before runs afterwards, too. Errors: SNAPSHOT_UNKNOWN (exit 2). */
  restore(context: CreateContext<State>, state: State, name: string): Promise<void>;
  /** Errors: SNAPSHOT_UNKNOWN (exit 2). */
  remove(context: DriverContext, state: State, name: string): Promise<void>;
}

/** An image for hosts that is on this computer. */
export interface DriverImage {
  readonly name: string;
  readonly arch: string;
  /** `sha512:…` of the downloaded or imported file. */
  readonly digest: string;
  readonly bytes: number;
  /** URL or path. */
  readonly source: string;
  /** RFC 3339, UTC. */
  readonly addedAt: string;
}

/** Images that a driver keeps in its cache folder. */
export interface DriverImages {
  list(context: DriverContext): Promise<readonly DriverImage[]>;
  /** Names that `pull` knows the source of. */
  known(): Promise<readonly string[]>;
  /** Fetches what is not here, or is newer at its source. Errors: IMAGE_UNKNOWN (exit 2), DOWNLOAD_FAILED and others. */
  pull(context: DriverContext, name: string, digest?: string): Promise<DriverImage>;
  import(context: DriverContext, file: string, name: string): Promise<DriverImage>;
  /** False: there is no image with this name or digest. */
  remove(context: DriverContext, name: string): Promise<boolean>;
}

/**
 * Makes hosts. Every verb is safe to repeat and takes `context.signal`.
 * `State` is plain JSON; it is kept in the machine record and handed back; it holds no secret.
 */
export interface Driver<State = unknown> extends DriverDeclaration {
  readonly snapshots?: DriverSnapshots<State>;
  readonly images?: DriverImages;
  /** What exists with its labels. Absent: it makes nothing, or cannot find it again. */
  readonly inventory?: DriverInventory<State, DriverContext, HostIdentity>;
  /**
   * Checks whether hosts with these names, `managers` of them as managers, can be made here. Changes nothing. An `info`
   * problem reports a fact. Errors: those of invalid options (exit 2).
   */
  check(context: DriverContext, names: readonly string[], managers?: readonly string[]): Promise<readonly Problem[]>;
  /**
   * Of drivers whose hosts share a computer: what that computer lacks to run these hosts as well, if they are off.
   * Changes nothing. Core shows all problems as warnings.
   */
  checkStart?(
    context: DriverContext,
    hosts: readonly { readonly state: State; readonly role: HostIdentity['role'] }[],
  ): Promise<readonly Problem[]>;
  /**
   * Makes the change that a problem of `check` proposes (`Problem.fix`). Core calls it only if the user agreed, before
   * anything is made. It can be repeated. Errors: the code of the problem (exit 3) if this user may not change it.
   */
  fix?(context: DriverContext, problem: Problem): Promise<void>;
  /**
   * Of drivers whose hosts exist already: where the host is. Changes nothing. Core logs in there and looks whether it
   * can work with the host before anything is written.
   */
  locate?(context: DriverContext, host: { readonly id: string; readonly name: string }): Promise<HostDescription>;
  /**
   * For drivers with `addressOptions`: state and options of a host whose address and login are known. Makes no
   * connection.
   */
  adopt?(
    ssh: SshAddress & { readonly login: SshLogin },
    enginePort: number,
  ): { readonly state: State; readonly options: OptionValues };
  /**
   * Reads the state of a host that comes from another store (`import`). It is believed to be hostile: it must be of the
   * form that this driver saves, and identify only what belongs to the host with this id; no path, program or server of
   * the sender's choice. Its ssh logins name only files that core has put there. Makes no connection, starts nothing,
   * reads no file. Absent: core takes plain data without paths and control characters. Errors: any, which refuses the host.
   */
  stateFromOutside?(state: unknown, host: { readonly id: string; readonly name: string }): Promise<State>;
  /** Runs one of `commands`. */
  runCommand?(context: CommandContext<State>, call: CommandCall): Promise<CommandOutcome>;
  /** Of drivers whose hosts cost money: what hosts of these names would cost. Makes nothing. */
  estimate?(context: DriverContext, names: readonly string[]): Promise<CostEstimate>;
  /**
   * For drivers that take over docker-machine's drivers (`takesOver`): state and options of a machine of its store.
   * `config` is the data of docker-machine's driver, including credentials, which must not be kept. Makes no
   * connection. undefined: the data is not sufficient.
   */
  takeOver?(
    context: DriverContext,
    host: { readonly id: string; readonly name: string },
    config: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly state: State; readonly options: OptionValues } | undefined>;
  /**
   * Makes the host, or adopts the host of an earlier attempt (`state`, or found by the identity's ID); starts it.
   * Returns when the host has started; sshd may not be ready yet.
   */
  create(context: CreateContext<State>, host: HostIdentity, state: State | undefined): Promise<HostDescription>;
  /** The states of hosts, in the same order, with as few calls as possible. Never throws for a single host. */
  inspect(context: DriverContext, states: readonly (State | undefined)[]): Promise<readonly HostStatus[]>;
  /**
   * A file on this computer with the console output of the host since its last start; it need not exist. It shows what
   * a host does if nothing can log in to it. Makes no connection.
   */
  consoleFile?(state: State): string;
  /**
   * What the host wrote last and how it ended, without a login: a wait that nothing can end asks for it. For drivers
   * without a `consoleFile`. undefined: there is no such host.
   */
  lastWords?(context: DriverContext, state: State): Promise<LastWords | undefined>;
  start(context: CreateContext<State>, state: State): Promise<HostDescription>;
  /** Clean shutdown; `force` cuts the power. Fine when it is stopped. */
  stop(context: DriverContext, state: State, options: { readonly force: boolean }): Promise<void>;
  /**
   * Removes the host and everything made for it, including objects that only have the label of its identity (after a
   * crash between making and saving). Removing an absent host succeeds. `force`: also removes protected hosts.
   */
  remove(
    context: DriverContext,
    host: { readonly id: string; readonly name: string },
    state: State | undefined,
    options?: { readonly force: boolean },
  ): Promise<void>;
}
