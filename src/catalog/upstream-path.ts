/** As browsers and servers read it: letters, digits and marks of a URL, without a fragment and without the backslash that many take for a slash. */
const CHARACTERS = /^\/[!-"$-[\]-~]*$/;
/** Dots alone; a blank at the end of a name is dropped by some systems. */
const DOTS = /^[. ]+$/;
const NO_PART_OF_A_NAME = /[/\\\p{Cc}]/u;
/** A server and its proxies may each decode once; nobody encodes more often with good reason. */
const DECODED_AT_MOST = 3;

/**
 * Whether a path (RFC 3986, with its query) is below `prefix` however the servers on its way read it: dot segments, also percent-encoded (once or
 * more), written in full-width forms, or with parameters (`/..;/`), encoded slashes, and empty segments leave it. `prefix` is plain, such as `/v2`.
 */
export function isBelow(path: string, prefix = ''): boolean {
  const [name = ''] = path.split('?', 1);
  if (!CHARACTERS.test(path)) return false;
  if (name !== prefix && !name.startsWith(`${prefix}/`)) return false;
  const [, ...segments] = name.split('/');
  return segments.every((segment, at) => (segment === '' ? at === segments.length - 1 : staysInPlace(segment)));
}

function staysInPlace(segment: string): boolean {
  const decoded = decode(segment);
  if (decoded === undefined) return false;
  const plain = decoded.normalize('NFKC'); // a full-width dot is a dot to some servers
  const [name = ''] = plain.split(';', 1);
  return !NO_PART_OF_A_NAME.test(plain) && !DOTS.test(name) && name !== '';
}

/** Undefined where it is not percent-encoded UTF-8, or encoded too often. */
function decode(segment: string): string | undefined {
  let text = segment;
  for (let times = 0; times < DECODED_AT_MOST; times++) {
    const next = decodedOnce(text);
    if (next === text) return text;
    if (next === undefined) return times === 0 ? undefined : text;
    text = next;
  }
  return undefined;
}

function decodedOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
