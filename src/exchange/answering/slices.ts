import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

/** Rows that are made in one turn of the event loop, half a millisecond. Between the slices of a larger answer others are served. */
export const SLICE_ROWS = 50;

/** Deals the rows of one answer to turns of the event loop. */
export interface Turns {
  /** The turn of the next row; undefined: this one. */
  next(): Promise<void> | undefined;
}

export function openTurns(): Turns {
  let rows = 0;
  let turn: Promise<void> | undefined;
  return {
    next() {
      if (rows > 0 && rows % SLICE_ROWS === 0) turn = turn === undefined ? turnOfTheLoop() : turn.then(turnOfTheLoop);
      rows += 1;
      return turn;
    },
  };
}

interface List {
  head: string;
  count: number;
  /** JSON text of each. */
  part(i: number): string;
  tail: string;
}

/** `head`, the parts with commas between them, and `tail`. Bytes if it is large: text would be written as UTF-8 twice, to be hashed and to be sent. */
export function listBody(list: List): string | Promise<Buffer> {
  const { head, count, part, tail } = list;
  if (count > SLICE_ROWS) return largeListBody(list);
  let text = head;
  for (let i = 0; i < count; i++) text += i === 0 ? part(i) : `,${part(i)}`;
  return text + tail;
}

async function largeListBody({ head, count, part, tail }: List): Promise<Buffer> {
  const body = new SlicedBody();
  body.add(head);
  await body.addParts(count, part);
  body.add(tail);
  return body.bytes();
}

/** JSON text of a tree with long lists, such as the response to a GraphQL document. */
export async function treeBody(tree: object): Promise<Buffer> {
  const body = new SlicedBody();
  await addTree(body, tree);
  return body.bytes();
}

async function addTree(body: SlicedBody, value: unknown): Promise<void> {
  if (typeof value !== 'object' || value === null) return body.add(JSON.stringify(value));
  if (Array.isArray(value)) {
    body.add('[');
    await body.addParts(value.length, (i) => JSON.stringify(value[i]));
    return body.add(']');
  }
  let separator = '{';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    body.add(`${separator}${JSON.stringify(name)}:`);
    await addTree(body, member);
    separator = ',';
  }
  body.add(separator === '{' ? '{}' : '}');
}

class SlicedBody {
  readonly #slices: Buffer[] = [];
  #text = '';
  #parts = 0;

  add(text: string): void {
    this.#text += text;
  }

  async addParts(count: number, part: (i: number) => string): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#text += i === 0 ? part(i) : `,${part(i)}`;
      this.#parts += 1;
      if (this.#parts % SLICE_ROWS !== 0) continue;
      this.#slices.push(Buffer.from(this.#text));
      this.#text = '';
      await turnOfTheLoop();
    }
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#slices, Buffer.from(this.#text)]);
  }
}
