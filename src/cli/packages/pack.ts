import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import type { JWK } from 'jose';
import { openAcknowledgement } from '../../ingest/package/acknowledgement.js';
import { type Manifest, manifestDigest, signManifest } from '../../ingest/package/manifest.js';
import { sealPackage } from '../../ingest/package/seal.js';
import { systemClock } from '../../platform/clock.js';
import { DATASET_HELP, datasetOf } from '../dataset-name.js';
import { CommandError, EXIT } from '../exit-code.js';
import { mediaTypeOf } from '../media-type.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';
import { readLedger, writeLedger } from './package-ledger.js';

interface PackOptions {
  as?: string;
  key: string;
  to?: string;
  out?: string;
  mode: 'snapshot' | 'delta';
  type?: string;
  charset?: string;
  acknowledge?: string;
  vkey?: string;
  json?: boolean;
}

/**
 * Seals files into numbered packages for an offline network; needs no server. With `--acknowledge` it records the acknowledgements that came back.
 */
export function packCommand(): Command {
  return new Command('pack')
    .argument('[dataset]', DATASET_HELP)
    .argument('[files...]', 'one package each, in this order')
    .description('seal a delivery as a file that crosses a network boundary, or check an acknowledgement')
    .requiredOption('--key <file>', 'private JWK of the sending application; its counter is kept beside it')
    .option('--as <application>', 'the sending application (default: <publisher>-publisher)')
    .option('--to <file>', 'package key of the receiving exchange (exchange package key)')
    .option('--out <file>', 'the package; with several files the number is put before the extension')
    .addOption(new Option('--mode <mode>', 'what the file holds').choices(['snapshot', 'delta']).default('snapshot'))
    .option('--type <media type>', 'needed where the file name does not show it')
    .option('--charset <name>', 'of a CSV file: utf-8 or gb18030')
    .option('--acknowledge <file>', 'an acknowledgement that came back')
    .option('--vkey <key or file>', 'the verifier key of the exchange, to check it')
    .option('--json', 'print one JSON value for each package')
    .action(async (dataset: string | undefined, files: string[], options: PackOptions) => {
      if (options.acknowledge !== undefined) return acknowledge(options.acknowledge, options);
      if (dataset === undefined || files.length === 0) throw new CommandError(EXIT.usage, 'Name a dataset and a file.');
      for (const file of files) await pack(contractOf(dataset), file, { options, several: files.length > 1 });
    });
}

function contractOf(dataset: string): string {
  const found = datasetOf(dataset);
  if (found === undefined) throw new CommandError(EXIT.usage, 'Expected publisher/dataset, such as police/resident.');
  return found.contract;
}

async function pack(
  contract: string,
  file: string,
  { options, several }: { options: PackOptions; several: boolean },
): Promise<void> {
  if (options.to === undefined) throw new CommandError(EXIT.usage, 'Name the exchange by --to <package key file>.');
  const key = JSON.parse(readDocument(options.key)) as JWK;
  const ledger = readLedger(options.key);
  const sent = ledger[contract] ?? [];
  const before = sent.at(-1);
  const number = (before?.number ?? 0) + 1;
  const { contentType, encoding } = mediaTypeOf(file, options);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const manifest: Manifest = {
    contract,
    mode: options.mode,
    sender: options.as ?? `${contract.split('/')[0]}-publisher`,
    number,
    previous: before?.manifest ?? null,
    created: new Date(systemClock.now()).toISOString(),
    recipient: readFileSync(options.to, 'utf8').trim(),
    file: basename(file),
    mediaType: contentType,
    encoding,
    size: statSync(file).size,
    sha256: hash.digest('hex'),
  };
  const signed = await signManifest(manifest, key);
  const out = outOf(options.out, { contract, number, several });
  const { recipient } = manifest;
  // Never overwrites a package: it may not have been carried over yet.
  const target = createWriteStream(out, { flags: 'wx', mode: 0o600 });
  await pipeline(Readable.from(sealPackage({ recipient, signed, content: createReadStream(file) })), target);
  writeLedger(options.key, {
    ...ledger,
    [contract]: [...sent, { number, manifest: manifestDigest(signed), file: basename(file) }],
  });
  print(options, { contract, number, package: out, file }, `package ${number} for ${contract}: ${out}`);
}

function outOf(out: string | undefined, named: { contract: string; number: number; several: boolean }): string {
  const { contract, number, several } = named;
  if (out === undefined) return `${contract.replaceAll('/', '-')}-${number}.cxp`;
  return several ? out.replace(/(\.[^./]*)?$/, (extension) => `-${number}${extension}`) : out;
}

async function acknowledge(file: string, options: PackOptions): Promise<void> {
  if (options.vkey === undefined) throw new CommandError(EXIT.usage, 'Give the trusted key by --vkey.');
  const vkey = existsSync(options.vkey) ? readFileSync(options.vkey, 'utf8') : options.vkey;
  const acknowledged = openAcknowledgement(readFileSync(file, 'utf8'), vkey);
  const ledger = readLedger(options.key);
  const sent = ledger[acknowledged.contract]?.find((each) => each.number === acknowledged.number);
  if (sent?.manifest !== acknowledged.manifest) {
    throw new CommandError(
      EXIT.refused,
      `Package ${acknowledged.number} for ${acknowledged.contract} was not packed with this key.`,
    );
  }
  const { state, release, received, accepted, rejected } = acknowledged;
  sent.acknowledged = { state, release, received, accepted, rejected };
  writeLedger(options.key, ledger);
  const text = `package ${acknowledged.number} for ${acknowledged.contract}: ${state}, ${accepted} of ${received} rows accepted${release === null ? '' : `, release ${release}`}`;
  print(options, acknowledged, text);
  if (state !== 'published') process.exitCode = EXIT.refused;
}
