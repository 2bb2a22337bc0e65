/** Release counters of dataset lines, held in memory and moved by NOTIFY: for ETags and 304, which must cost no query. */
export interface Releases {
  /** `police/resident` → its line, or undefined where unknown (or while the listener is away, when nothing may be confirmed). */
  line(name: string): { id: number; release: number } | undefined;
  /** A release published by this node, known at once. */
  moved(name: string, release: number): void;
  close(): Promise<void>;
}
