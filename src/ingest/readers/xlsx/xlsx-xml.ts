import { SaxesParser } from 'saxes';
import { Unreadable } from '../source.js';
import { damaged } from './xlsx-package.js';

/** Receives the events of one part. Names have no prefix: some programs write `x:row`. */
export interface XmlListener {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  close(name: string): void;
  text?(text: string): void;
}

/** No cell of a workbook needs so many characters of incomplete XML. */
const QUIET_AT_MOST = 1_000_000;
const DEPTH_AT_MOST = 50;

/**
 * Reads a part piece by piece; yields after each piece, when the listener has its events. saxes knows only the five
 * entities of XML. A document type declaration is refused, because it could define growing entities.
 * @throws Unreadable
 */
export async function* readXml(part: AsyncIterable<Buffer>, listener: XmlListener): AsyncGenerator<void> {
  const decoder = new TextDecoder();
  let quiet = 0;
  let depth = 0;
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  parser.on('opentag', ({ name, attributes }) => {
    quiet = 0;
    if (++depth > DEPTH_AT_MOST) throw damaged('its XML is nested too deeply');
    listener.open(localName(name), attributes);
  });
  parser.on('closetag', ({ name }) => {
    quiet = 0;
    depth--;
    listener.close(localName(name));
  });
  if (listener.text !== undefined) {
    const text = listener.text.bind(listener);
    parser.on('text', text);
    parser.on('cdata', text);
  }
  parser.on('doctype', () => {
    throw new Unreadable(
      1,
      'format',
      'the workbook has a document type declaration in it, which no spreadsheet program writes',
    );
  });
  parser.on('error', (error) => {
    throw damaged('its XML is not well formed', error);
  });
  for await (const chunk of part) {
    const text = decoder.decode(chunk, { stream: true });
    quiet += text.length;
    parser.write(text);
    if (quiet > QUIET_AT_MOST) throw damaged('it has a text longer than a megabyte');
    yield;
  }
  parser.write(decoder.decode());
  parser.close();
  yield;
}

/** Reads a whole part: for small parts, or listeners that keep little. */
export async function readWhole(part: AsyncIterable<Buffer>, listener: XmlListener): Promise<void> {
  for await (const _ of readXml(part, listener));
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

/** An attribute by its local name: the prefix of `r:id` varies. */
export function attributeOf(attributes: Readonly<Record<string, string>>, local: string): string | undefined {
  if (attributes[local] !== undefined) return attributes[local];
  const name = Object.keys(attributes).find((key) => key.endsWith(`:${local}`));
  return name === undefined ? undefined : attributes[name];
}
