const LOOK_EVERY_MS = 500;

/**
 * Calls back when the shell is gone that npm or npx ran this process in; never when it was not run by them. They pass a signal
 * on to that shell only, which ends by it and leaves the process behind: whoever ends `npm start` by `kill` would find its ports
 * taken at the next start.
 */
export function whenShellOfNpmEnds(callback: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    callback();
  }, LOOK_EVERY_MS).unref();
}
