import tap, { type Test } from 'tap';

let current: Test = tap;

/** Runs a test file inside a test of its own, so that what it opens is closed before the next file of the process begins. */
export async function runInside(test: Test, load: () => Promise<unknown>): Promise<void> {
  current = test;
  await load();
}

/** tap, as a test file sees it: the root where the file runs by itself, a test of its own where `lane.ts` runs it. */
const t: typeof tap = new Proxy(tap, {
  get(_, key) {
    const value: unknown = Reflect.get(current, key, current);
    return typeof value === 'function' ? value.bind(current) : value;
  },
});
export default t;
