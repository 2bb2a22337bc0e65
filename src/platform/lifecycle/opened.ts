import { setTimeout as pause } from 'node:timers/promises';

/** Parts that are open. */
export interface OpenedParts {
  /** Adds a part and returns it. Closing it may take `extraMs` longer than `CLOSE_MS`. */
  keep<Part extends { close(): unknown }>(part: Part, extraMs?: number): Part;
  /** Closes the parts, the newest first; what fails or hangs does not stop the next. Safe to call twice. */
  close(): Promise<void>;
}

/** One part that hangs must not keep the lock of the data directory. Beyond every deadline of a part itself. */
const CLOSE_MS = 40_000;

export function openedParts(): OpenedParts {
  const closes: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (let close = closes.pop(); close !== undefined; close = closes.pop()) await close().catch(() => {});
  };
  return {
    keep(part, extraMs = 0) {
      closes.push(() => Promise.race([closePart(part), pause(CLOSE_MS + extraMs, undefined, { ref: false })]));
      return part;
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function closePart(part: { close(): unknown }): Promise<void> {
  await part.close();
}
