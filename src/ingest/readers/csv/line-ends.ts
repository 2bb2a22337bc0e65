/** Converts lone CR line ends (old Macintosh) to LF, if the first line end of the file is one. */
export async function* unifyLineEnds(text: AsyncIterable<string>): AsyncGenerator<string> {
  let known: 'cr' | 'lf' | undefined;
  let held = '';
  for await (const chunk of text) {
    if (known === undefined) {
      held += chunk;
      known = firstLineEnd(held);
      if (known === undefined && held.length < LOOK_AT_MOST) continue;
      known ??= 'lf';
      yield known === 'cr' ? held.replaceAll('\r', '\n') : held;
      held = '';
    } else {
      yield known === 'cr' ? chunk.replaceAll('\r', '\n') : chunk;
    }
  }
  if (held !== '') yield held.endsWith('\r') ? held.replaceAll('\r', '\n') : held;
}

/** A longer header without a line end is refused as too long. */
const LOOK_AT_MOST = 2_000_000;

function firstLineEnd(text: string): 'cr' | 'lf' | undefined {
  const lf = text.indexOf('\n');
  const cr = text.indexOf('\r');
  if (cr < 0) return lf < 0 ? undefined : 'lf';
  if (lf >= 0 && lf <= cr + 1) return 'lf';
  return cr + 1 < text.length ? 'cr' : undefined; // its line feed may come with the next chunk
}
