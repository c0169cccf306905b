/** The kind and the attributes of a file at a path. */
export interface FileInfo {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
  /** Permission bits alone, as in 0o644: never set-user-id and its like. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly accessedS: number;
  readonly modifiedS: number;
}

export type FileAttributes = Pick<FileInfo, 'mode' | 'accessedS' | 'modifiedS'>;

/** A new file that is being written, piece by piece in order. */
export interface FileSink {
  /** May resolve before the piece arrived; a failure is thrown by a later call. */
  write(piece: Uint8Array): Promise<void>;
  /** Waits for all pieces, sets the attributes and closes. */
  finish(attributes: FileAttributes): Promise<void>;
  /** Closes a file that is given up. Never throws. */
  abandon(): Promise<void>;
}

/**
 * The files of this computer or of a host, with the same few verbs, so that a copy does not depend on the place of its
 * ends. Errors: FILE_FAILED, which names the path and the host.
 */
export interface FileTree {
  /** Name of the host; undefined: this computer. */
  readonly host: string | undefined;
  join(folder: string, name: string): string;
  baseName(path: string): string;
  folderOf(path: string): string;
  /** undefined: there is nothing. Without `follow` a link is described itself. */
  info(path: string, options?: { readonly follow?: boolean }): Promise<FileInfo | undefined>;
  /** The names in a folder, without `.` and `..`. */
  list(path: string): Promise<readonly string[]>;
  /** The path without links and without `..`. */
  realPath(path: string): Promise<string>;
  readLink(path: string): Promise<string>;
  /** The text of a link is taken as it is. */
  makeLink(text: string, path: string): Promise<void>;
  /** For its owner alone (0700) until `setAttributes`. Its parent must exist. */
  makeFolder(path: string): Promise<void>;
  setAttributes(path: string, attributes: FileAttributes): Promise<void>;
  /** The contents, in order; ends the reading when the caller stops. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** A new file for its owner alone (0600). Nothing may be there. */
  create(path: string): Promise<FileSink>;
  /** Renames over an existing file, in one step where the system can. */
  rename(from: string, to: string): Promise<void>;
  /** Fine when there is nothing. */
  remove(path: string): Promise<void>;
}

/** The bits of a mode that are kept. */
export const permissionBits = 0o777;
