import type { SshAddress, SshLogin } from '../driver.js';

/** The settings that were resolved when the host was adopted: a later change of ~/.ssh/config does not affect it. */
export interface GenericState {
  readonly ssh: SshAddress & { readonly login: SshLogin };
  readonly enginePort: number;
}
