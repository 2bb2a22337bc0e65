import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { send } from '../../client/http.js';
import { findServer } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';

/** Renders the document of a catalog's folder as YAML or JSON, without a server. */
export type RenderOpenapi = (catalogDir: string, format: 'yaml' | 'json') => Promise<string>;

interface OpenapiOptions {
  out?: string;
  catalog: string;
  live?: boolean;
  dataDir?: string;
  json?: boolean;
}

/** `exchange openapi`: the OpenAPI 3.1 document of a catalog's folder, or of a running server. */
export function openapiCommand(render: RenderOpenapi): Command {
  return new Command('openapi')
    .description('write the OpenAPI document')
    .option('--catalog <dir>', 'folder of the catalog', 'catalog')
    .option('--live', 'use the running server instead')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--out <file>', 'write to a file')
    .option('--json', 'as JSON instead of YAML')
    .action(async (options: OpenapiOptions) => {
      const format = options.json ? 'json' : 'yaml';
      const text = options.live ? await live(options.dataDir, format) : await render(options.catalog, format);
      if (options.out === undefined) process.stdout.write(text);
      else writeFileSync(options.out, text);
    });
}

async function live(dataDir: string | undefined, format: 'yaml' | 'json'): Promise<string> {
  const { baseUrl } = findServer(dataDir);
  const reply = await send(`${baseUrl}/openapi.${format}`, { method: 'GET', headers: {}, body: '' });
  if (reply.status !== 200) throw new CommandError(EXIT.noServer, `The server answered ${reply.status}.`);
  return reply.text;
}
