/** What is wrong with an export, and at which entry first; no index where it is not about one entry. */
export class Broken extends Error {
  readonly index: number | undefined;
  constructor(reason: string, index?: number) {
    super(reason);
    this.name = 'Broken';
    this.index = index;
  }
}
