import { audienceUri } from '../../access/identity/audience.js';
import { type DemoFile, demoFilePath } from '../../client/demo-file.js';
import type { Exchange } from '../../exchange/exchange.js';
import { writePrivateFile } from '../../platform/private-file.js';
import type { RegisteredDemo } from './register-demo.js';

export function writeDemoFile(
  exchange: Exchange,
  baseUrl: string,
  { registered, people }: { registered: readonly RegisteredDemo[]; people: DemoFile['people'] },
): void {
  const { config } = exchange;
  const file: DemoFile = {
    baseUrl,
    issuer: config.publicUrl,
    tokenEndpoint: `${config.publicUrl}/oauth2/token`,
    resource: audienceUri(config, 'data'),
    platformResource: audienceUri(config, 'platform'),
    applications: registered.map(({ application, privateJwk, grants }) => ({
      clientId: application.clientId,
      title: application.title,
      department: application.department,
      roles: application.roles,
      privateJwk,
      dpop: false,
      grants: grants.map(({ id, dataset, major, mode, purposes, fields, masks, rows }) => ({
        id,
        dataset,
        major,
        mode,
        purposes,
        fields,
        masks,
        rows,
      })),
    })),
    people,
  };
  writePrivateFile(demoFilePath(config.dataDir), `${JSON.stringify(file, null, 2)}\n`);
}
