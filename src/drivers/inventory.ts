/**
 * Something that a driver made, as its labels describe it. Labels can be changed by hand, so core checks them before it
 * uses them. null: there is no such label.
 */
export interface MadeThing {
  /** In the words of the driver's own tool: `container`, `volume`, `instance`. */
  readonly kind: string;
  /** What that tool calls it; unique for its kind and place. */
  readonly name: string;
  /** Where it is: the endpoint of an engine, a region, a folder. */
  readonly place: string;
  /** It is a host itself, not something that belongs to one. */
  readonly isHost: boolean;
  /** ID of the machine record that it was made for; null: the hosts of a swarm share it. */
  readonly machineId: string | null;
  /** Name of the host. */
  readonly host: string | null;
  /** `no-swarm`: in none. */
  readonly swarm: string | null;
  readonly swarmId: string | null;
  /** As in `HostIdentity`. */
  readonly owner: string | null;
  /** RFC 3339, UTC; null: it is not known. */
  readonly madeAt: string | null;
  /** null: such a thing does not run. */
  readonly running: boolean | null;
}

export interface MadeThings {
  readonly things: readonly MadeThing[];
  /** Why some places could not be looked at, a sentence each. */
  readonly unseen: readonly string[];
}

/** What is needed to put a host on record again. `options` are raw: those that the host differs by from a usual one. */
export interface RebuiltHost<State> {
  readonly state: State;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Of drivers that label what they make: what exists, whether a machine record knows it or not. The parameters are the
 * driver's context and the identity of a host.
 */
export interface DriverInventory<State, Context, Identity> {
  /**
   * All that has labels of swarmup, of all owners, where the options say and where hosts with these saved states are.
   * Changes nothing. Errors: those of the driver if no place could be looked at.
   */
  list(context: Context, states: readonly State[]): Promise<MadeThings>;
  /**
   * Removes things that `list` gave, and what belongs to their hosts. It is not an error if they are gone; what is
   * shared and still in use stays.
   */
  remove(context: Context, things: readonly MadeThing[]): Promise<void>;
  /**
   * The state of the host that these things belong to. Makes nothing. Absent: the labels do not hold enough. Errors:
   * HOST_ABSENT if the host itself is not among them.
   */
  rebuild?(context: Context, machine: string, things: readonly MadeThing[]): Promise<RebuiltHost<State>>;
  /** Gives an existing host new keys: its own, and the one that may log in. Absent: the driver cannot. */
  putKeys?(context: Context, state: State, host: Identity): Promise<void>;
}
