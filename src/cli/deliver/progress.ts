import { SingleBar } from 'cli-progress';

/** A progress bar on a terminal's standard error; nothing elsewhere. */
export interface Progress {
  /** Bytes of the current file that the exchange has. */
  sent(bytes: number): void;
  /** Starts the next file. */
  begin(name: string, bytes: number): void;
  /** Removes the bar. */
  stop(): void;
}

const SILENT: Progress = { sent: () => undefined, begin: () => undefined, stop: () => undefined };
const MEGABYTE = 1_000_000;

/** `total`: bytes of all files. The bar has no colours, so NO_COLOR changes nothing. */
export function openProgress(total: number, { json }: { json?: boolean | undefined }): Progress {
  if (json || !process.stderr.isTTY) return SILENT;
  const bar = new SingleBar({
    format: '{bar} {percentage}%  {megabytes} MB  {name}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    clearOnComplete: true,
    hideCursor: false,
    stream: process.stderr,
  });
  let [before, size] = [0, 0];
  bar.start(Math.max(1, total), 0, { name: '', megabytes: '0.0' });
  return {
    begin(name, bytes) {
      before += size;
      size = bytes;
      bar.update(before, { name });
    },
    sent: (bytes) => bar.update(before + bytes, { megabytes: ((before + bytes) / MEGABYTE).toFixed(1) }),
    stop: () => bar.stop(),
  };
}
