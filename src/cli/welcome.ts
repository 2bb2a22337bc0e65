import { basename, relative, resolve } from 'node:path';
import type { Config } from '../platform/config.js';
import { strong } from './output.js';

/** The screen after a start: addresses, and for the demo three lines that work when pasted. */
export function welcome(config: Config, baseUrl: string): string {
  const lines = [
    '',
    strong('Civic Exchange is ready.'),
    '',
    `  home       ${baseUrl}/`,
    `  REST       ${baseUrl}/data/{publisher}/{dataset}/v1/rows`,
    `  GraphQL    ${baseUrl}/graphql/v1`,
    `  reference  ${baseUrl}/docs    ${baseUrl}/openapi.yaml`,
    `  health     ${baseUrl}/health/ready    ${baseUrl}/metrics`,
    '',
    ...(config.demo ? demoLines(config, baseUrl) : []),
    'Ctrl-C stops it; the data stays.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function demoLines(config: Config, baseUrl: string): string[] {
  const token = `${commandLine()} token grid-app${dataDirFlag(config.dataDir)}`;
  const rows = `${baseUrl}/data/police/resident/v1/rows`;
  const query = '{ police { resident_list(first: 2) { nodes { name gender household { household_no } } } } }';
  return [
    'Applications that can sign in: grid-app, verify-app, subsidy-app, elder-app, bulk-app, <publisher>-publisher, operator-app, auditor-app',
    `(their keys are in ${relative('', resolve(config.dataDir, 'demo.json'))}). People of every role, such as police.manager, data.reviewer and`,
    `security.first (passwords there too): ${commandLine()} login${dataDirFlag(config.dataDir)} offers each by one click. Paste these into another terminal, in this directory:`,
    '',
    `  TOKEN=$(${token})`,
    `  curl -i -H "Authorization: Bearer $TOKEN" '${rows}?_limit=2'`,
    `  curl -H "Authorization: Bearer $TOKEN" --json '${JSON.stringify({ query })}' ${baseUrl}/graphql/v1`,
    `  curl -H "Authorization: Bearer $(${token} --resource platform)" ${baseUrl}/api/v1/audit/entries/${'$'}(${lastIndex(rows)})/proof`,
    '',
  ];
}

/** Asks for one more row and takes the index from its receipt. */
function lastIndex(rows: string): string {
  return `curl -si -H "Authorization: Bearer $TOKEN" '${rows}?_limit=1' | grep -io 'index=[0-9]*' | cut -d= -f2`;
}

/** The command as it was called, so that printed commands work in the same place. */
function commandLine(): string {
  const script = process.argv[1] ?? 'exchange';
  return basename(script) === 'exchange' ? 'exchange' : `node ${relative('', script)}`;
}

function dataDirFlag(dataDir: string): string {
  const path = relative('', dataDir);
  return path === '.exchange' ? '' : ` --data-dir '${path.replaceAll("'", `'\\''`)}'`;
}
