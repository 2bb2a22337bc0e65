import { MODES } from '../../access/grants/grant.js';
import { EVENTS } from '../../audit/entry.js';
import { bodySchema } from '../data/body-schema.js';
import { contractId, datasetName, name, slug, terms } from './dataset/dataset-page-schemas.js';
import {
  boolean,
  choice,
  instant,
  integer,
  list,
  object,
  orNull,
  pattern,
  refTo,
  type Schema,
  text,
  uuid,
} from './schema.js';

const hex = pattern('^[0-9a-f]{64}$', 64);
const base64 = (maxLength: number): Schema => pattern('^[A-Za-z0-9+/]+=*$', maxLength);
const hash = base64(44);
const epoch = integer(0, Number.MAX_SAFE_INTEGER);
const index = integer(0, Number.MAX_SAFE_INTEGER, { description: 'Place in the log.' });
const note = text(10_000, { description: 'C2SP signed note.' });
const open: Schema = { type: 'object', maxProperties: 500, additionalProperties: true };

const summary = {
  id: contractId,
  dataset: datasetName,
  version: pattern('^[0-9]+\\.[0-9]+$', 20),
  publisher: slug,
  publisherTitle: orNull(refTo('Title')),
  entity: orNull(name),
  title: refTo('Title'),
  summary: refTo('Title'),
  resource: terms,
  classification: terms,
  sharingAttribute: choice(['unconditional', 'conditional', 'none']),
  sourceOfTruth: boolean,
  hash: hex,
};

const report = {
  published: list(
    object({ kind: choice(['publisher', 'purpose', 'contract']), id: text(200), version: integer(1) }, ['kind', 'id']),
    1_500,
  ),
  unchanged: list(text(200), 1_500),
};

const draft = {
  application: slug,
  dataset: datasetName,
  major: integer(1, 999),
  mode: choice(MODES),
  fields: list(name, 500),
  masks: refTo('Masks'),
  rows: refTo('RowScope'),
  purposes: list(slug, 100, { minItems: 1 }),
  legalBasis: text(2_000, { minLength: 1 }),
  requires: object({ case: boolean, operator: boolean }, []),
  validFrom: instant,
  validUntil: instant,
};

const application = {
  clientId: slug,
  title: text(200),
  department: slug,
  roles: list(choice(['publisher', 'operator', 'auditor']), 3),
  jwks: object({ keys: list(refTo('PublicKey'), 8) }),
};

/** Components of the platform API (camelCase), the log, and the authorization server. */
export const platformSchemas: Record<string, Schema> = {
  ContractSummary: object(summary),
  Contract: {
    ...object({
      ...summary,
      sharing: terms,
      key: list(name, 20),
      subjects: list(name, 20),
      partition: orNull(name),
      fields: list(open, 500),
      scopes: list(name, 100),
      relations: list(open, 100),
      statistics: orNull(open),
      delivery: open,
      exactCount: boolean,
      document: open,
    }),
    description: 'Compiled, and as it was declared.',
  },
  CatalogDocuments: object({ contracts: list(open, 500), publishers: list(open, 500), purposes: list(open, 500) }, []),
  CatalogPlan: object(report),
  PublishReport: object({
    ...report,
    epoch,
    behind: list(text(100), 1_000, { description: 'Nodes that do not serve it yet.' }),
  }),
  PublicKey: {
    ...object(
      {
        kty: choice(['EC', 'OKP']),
        crv: choice(['P-256', 'Ed25519']),
        x: pattern('^[A-Za-z0-9_-]+$', 64),
        y: pattern('^[A-Za-z0-9_-]+$', 64),
        kid: text(200, { minLength: 1 }),
        alg: choice(['ES256', 'EdDSA']),
        use: choice(['sig']),
      },
      ['kty', 'crv', 'x', 'kid'],
    ),
    description: 'RFC 7517; a private key is refused.',
  },
  ApplicationDraft: bodySchema('application'),
  Application: object({
    ...application,
    dpop: boolean,
    status: choice(['active', 'disabled']),
    tokensNotBefore: integer(0, Number.MAX_SAFE_INTEGER),
  }),
  GrantDraft: bodySchema('grant'),
  Grant: object(
    {
      id: uuid,
      version: integer(1),
      ...draft,
      status: choice(['active', 'revoked']),
      approved: { ...open, description: 'What the contract asked of each field when the grant was agreed.' },
    },
    ['id', 'version', ...Object.keys(draft), 'status'],
  ),
  AuditEntry: {
    ...open,
    required: ['event', 'outcome', 'request', 'time', 'node'],
    properties: {
      event: choice(EVENTS),
      outcome: choice(['success', 'denied', 'failed']),
      request: uuid,
      time: instant,
      node: text(100),
    },
    description: 'The open part of an entry, canonical (RFC 8785).',
  },
  EntryAt: object({ index, entry: refTo('AuditEntry'), bytes: base64(87_400) }),
  InclusionProof: object({ index, leafHash: hash, size: index, hashes: list(hash, 64), checkpoint: note }),
  ConsistencyProof: object({ from: index, to: index, hashes: list(hash, 128) }),
  TokenRequest: object({
    grant_type: choice(['client_credentials']),
    client_id: slug,
    client_assertion_type: choice(['urn:ietf:params:oauth:client-assertion-type:jwt-bearer']),
    client_assertion: pattern('^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$', 8_192, {
      description:
        'RFC 7523: ES256 or EdDSA; iss and sub are the client id, aud is the issuer as a string, exp at most 600 s ahead, jti used once.',
    }),
    resource: { type: 'string', format: 'uri', maxLength: 300, description: 'RFC 8707: the data or the platform API.' },
  }),
  TokenReply: object({
    access_token: pattern('^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$', 8_192),
    token_type: choice(['Bearer']),
    expires_in: integer(1, 300),
  }),
  OauthError: object({ error: pattern('^[a-z_]+$', 100), error_description: text(1_000) }, ['error']),
  Discovery: { ...open, description: 'RFC 8414.' },
  Jwks: object({ keys: list(open, 20) }),
  Health: object({ status: choice(['live', 'ready', 'not ready']), reason: text(500) }, ['status']),
  GraphqlRequest: {
    type: 'object',
    required: ['query'],
    properties: {
      query: text(100_000),
      operationName: orNull(text(200)),
      variables: orNull(open),
      extensions: orNull(open),
    },
  },
  GraphqlReply: {
    type: 'object',
    properties: {
      data: orNull(open),
      errors: list(
        {
          type: 'object',
          required: ['message'],
          properties: { message: text(2_000), path: list({}, 100), extensions: open },
        },
        1_000,
      ),
      extensions: open,
    },
    description: 'GraphQL over HTTP: a well-formed document is answered even where some of its fields are not granted.',
  },
};
