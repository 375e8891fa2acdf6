const LOOK_EVERY_MS = 500;

/**
 * Calls back when npm or npx, or the shell between them and this process, is gone; never when it was not run by them. They pass a
 * signal on to that shell only, which ends by it and leaves the process behind: whoever ends `npx local-supabase start` by `kill`
 * would find its ports taken at the next start. Scripts with `exec` have no such shell, but npm can be killed, too.
 */
export function whenNpmEnds(callback: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, LOOK_EVERY_MS).unref();
}
