import { setTimeout as pause } from 'node:timers/promises';

/** True as soon as the condition holds, false after the deadline. */
export async function waitFor(condition: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (performance.now() < end) {
    if (await condition()) return true;
    await pause(20);
  }
  return condition();
}
