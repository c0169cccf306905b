/** What a packet of an overlay network grows by on the way: VXLAN over IPv4. */
const vxlanBytes = 50;
/** And by ESP, when the network is encrypted: what the engine reckons with (libnetwork, `pktExpansion`). */
const espBytes = 26;

/** The option of a network that says what the network below it carries. */
export const mtuOption = 'com.docker.network.driver.mtu';
/** The MTU that the engine assumes for the network below by default. */
export const usualUnderlay = 1500;

/**
 * The MTU of containers in an overlay network over an underlay with this MTU. The engine itself subtracts the headers
 * from its MTU option, and with encryption rounds down to a multiple of four; seen on engine 20.10.
 */
export function overlayMtu(underlay: number, encrypted: boolean): number {
  const plain = underlay - vxlanBytes;
  return encrypted ? plain - espBytes - ((plain - espBytes) % 4) : plain;
}

/** The underlay for which containers get this MTU, or the next smaller one that there is. */
export function underlayFor(mtu: number, encrypted: boolean): number {
  return encrypted ? mtu - (mtu % 4) + espBytes + vxlanBytes : mtu + vxlanBytes;
}
