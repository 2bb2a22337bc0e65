import { readFile, stat, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import Type from 'typebox';
import { Broken } from '../../audit/verify/broken.js';
import { downloadLog, type Fetch } from '../../audit/verify/download.js';
import { verifyExport } from '../../audit/verify/export.js';
import { openOfLog, parseVerifierKey, type SignedCheckpoint } from '../../audit/verify/note.js';
import { extendsTree } from '../../audit/verify/proof.js';
import { type Proof, parseProof, parseReceipt, verifyReceipt } from '../../audit/verify/receipt.js';
import { type ActingOptions, connectPlatform, withServer } from '../acting.js';
import { type Client, expectSuccess } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { print } from '../output.js';

interface ProofOptions extends ActingOptions {
  output?: string;
}

interface VerifyOptions extends ActingOptions {
  vkey?: string;
  receipt?: string;
  proof?: string;
  body?: string;
  /** Files. */
  checkpoint?: string[];
}

/** `exchange audit export|verify|proof`. Exit code 1 where a check fails, with the first bad index. */
export function auditCommand(): Command {
  const audit = new Command('audit').description('export the audit log, and verify exports and receipts offline');
  actingAuditor(audit.command('export <directory>'))
    .description('copy the log of the running server into a directory (C2SP tlog-tiles), as an auditor')
    .action(exportLog);
  actingAuditor(audit.command('proof').argument('<index>', 'index of the entry', parseIndex))
    .description('fetch an entry and its proof (C2SP tlog-proof, the entry in its extra line)')
    .option('-o, --output <file>', 'write it there instead of printing it')
    .action(fetchProof);
  actingAuditor(audit.command('verify').argument('[directory]', 'an export'))
    .description('verify an export, or one receipt')
    .option('--vkey <key or file>', 'the verifier key to trust')
    .option('--checkpoint <file...>', 'checkpoints that you kept: the log must continue them')
    .option('--receipt <header>', 'the value of Exchange-Receipt')
    .option('--proof <file>', 'its tlog-proof; default: asks the running server')
    .option('--body <file>', 'the answer that came with the receipt, uncompressed')
    .action(verify);
  return audit;
}

const AUDITOR = 'auditor-app';

function actingAuditor(command: Command): Command {
  return withServer(
    command.option('--as <application>', `the application to act as (default: who is signed in, else ${AUDITOR})`),
    'print the result as JSON',
  );
}

function parseIndex(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

async function exportLog(directory: string, options: ActingOptions): Promise<void> {
  const size = await downloadLog(await fetchAs(options), directory);
  print(options, { directory, size }, `${size} entries in ${directory}`);
}

async function fetchProof(index: number, options: ProofOptions): Promise<void> {
  const text = await proofText(await connectPlatform(options, AUDITOR), index);
  if (options.output === undefined) return print(options, { index, proof: text }, text.trimEnd());
  await writeFile(options.output, text);
  print(options, { index, file: options.output }, `proof of entry ${index} in ${options.output}`);
}

/** The server's tlog-proof, with the entry's bytes in the extra line. */
async function proofText(client: Client, index: number): Promise<string> {
  const path = `/api/v1/audit/entries/${index}`;
  const { bytes } = expectSuccess(await client.request('GET', path), Type.Object({ bytes: Type.String() }));
  const reply = await client.request('GET', `${path}/proof`, { accept: 'text/plain' });
  if (reply.status !== 200) expectSuccess(reply, Type.Unknown());
  return reply.text.replace('\n', `\nextra ${bytes}\n`);
}

async function verify(directory: string | undefined, options: VerifyOptions): Promise<void> {
  if ((directory === undefined) === (options.receipt === undefined)) {
    throw new CommandError(EXIT.usage, 'Name an export, or give --receipt.');
  }
  try {
    if (options.receipt !== undefined) await verifyOne(options.receipt, options);
    else await verifyAll(directory!, options);
  } catch (error) {
    throw asFailure(error);
  }
}

async function verifyAll(directory: string, options: VerifyOptions): Promise<void> {
  const { root, ...found } = await verifyExport(directory, await keyText(options.vkey), await keptNotes(options));
  const trust =
    options.vkey === undefined ? ' The key came with the export: compare it with one you trust, or give --vkey.' : '';
  const lost =
    found.lost === undefined ? '' : ` An older origin signed ${found.lost} entries: those beyond the new one are lost.`;
  const text = `${found.size} entries of ${found.origin} hold, ${found.from ?? '–'} to ${found.to ?? '–'}, under ${found.checkpoints} checkpoint(s).${lost}${trust}`;
  print(options, { ...found, root: root.toString('base64'), keyGiven: options.vkey !== undefined }, text);
}

async function verifyOne(header: string, options: VerifyOptions): Promise<void> {
  const receipt = parseReceipt(header);
  const body = options.body === undefined ? undefined : await readFile(options.body);
  const client = options.proof === undefined ? await connectPlatform(options, AUDITOR) : undefined;
  const vkey = (await keyText(options.vkey)) ?? (await serverKey(client, options));
  const proof: Proof = parseProof(
    client === undefined ? await readFile(options.proof!, 'utf8') : await proofText(client, receipt.index),
  );
  const { checkpoint, ...found } = verifyReceipt(receipt, proof, { vkey, body });
  const { origin, size } = checkpoint;
  for (const note of await keptNotes(options)) {
    await verifyContinued(client, openOfLog(note, parseVerifierKey(vkey)), checkpoint);
  }
  const answer = found.answer ? ', and the answer is the one it recorded' : '';
  const text = `entry ${receipt.index} is in the log ${origin} of ${size} entries${answer}`;
  print(options, { index: receipt.index, origin, size, ...found }, text);
}

async function keptNotes({ checkpoint = [] }: VerifyOptions): Promise<string[]> {
  return Promise.all(checkpoint.map((file) => readFile(file, 'utf8')));
}

const HASHES = Type.Object({ hashes: Type.Array(Type.String()) });

/** Whether one of two checkpoints continues the other. Without a server only equal sizes can be compared. */
async function verifyContinued(
  client: Client | undefined,
  kept: SignedCheckpoint,
  current: SignedCheckpoint,
): Promise<void> {
  const [older, newer] = kept.size <= current.size ? [kept, current] : [current, kept];
  const proof = older.size === newer.size ? [] : await consistencyProof(client, older.size, newer.size);
  if (!extendsTree(older, newer, proof)) {
    throw new Error(`the log does not continue the checkpoint of ${kept.size} entries that was kept`);
  }
}

async function consistencyProof(client: Client | undefined, from: number, to: number): Promise<Buffer[]> {
  if (client === undefined) throw new CommandError(EXIT.usage, 'Offline, --checkpoint needs an export: name one.');
  const path = `/api/v1/audit/consistency?from=${from}&to=${to}`;
  const { hashes } = expectSuccess(await client.request('GET', path), HASHES);
  return hashes.map((hash) => Buffer.from(hash, 'base64'));
}

async function serverKey(client: Client | undefined, options: VerifyOptions): Promise<string> {
  if (client === undefined) throw new CommandError(EXIT.usage, 'Offline, give the trusted key by --vkey.');
  return (await (await fetchAs(options))('/audit/v1/vkey')).toString();
}

/** Fetches the server's tiles. A long export outlives its token, so an expired one is replaced. */
async function fetchAs(options: ActingOptions): Promise<Fetch> {
  let client = await connectPlatform(options, AUDITOR);
  const get = (path: string): Promise<Response> =>
    fetch(`${client.baseUrl}${path}`, { headers: { authorization: `Bearer ${client.token}` } });
  return async (path) => {
    let response = await get(path);
    if (response.status === 401) {
      client = await connectPlatform(options, AUDITOR);
      response = await get(path);
    }
    if (response.status !== 200) throw new CommandError(EXIT.refused, `${path}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
}

/** The key as given, or from the file that is named. */
async function keyText(given: string | undefined): Promise<string | undefined> {
  if (given === undefined || !(await isFile(given))) return given;
  return readFile(given, 'utf8');
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function asFailure(error: unknown): unknown {
  if (error instanceof Broken) {
    const place = error.index === undefined ? '' : `entry ${error.index}: `;
    return new CommandError(EXIT.refused, `${place}${error.message}`);
  }
  return error;
}
