/**
 * Imported before ssh2, it hides native addons from this process: ssh2's own is built at installation only where there
 * is a compiler, so most users run without it.
 */
process.dlopen = () => {
  throw new Error('native addons are hidden by this test');
};
