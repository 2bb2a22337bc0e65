import { catalogOfDataset } from './data/dataset-operations.js';
import { rowOperations } from './data/row-operations.js';
import { deliveryOperations } from './deliveries/delivery-operations.js';
import { packageOperations } from './deliveries/package-operations.js';
import { qualityOperations } from './deliveries/quality-operations.js';
import { runOperations } from './deliveries/run-operations.js';
import { templateOperations } from './deliveries/template-operations.js';
import { uploadOperations } from './deliveries/upload-operations.js';
import { datasetDocumentOperation, documentOperations } from './openapi/document-operations.js';
import { authorizationOperations, graphqlOperations } from './openapi/elsewhere-operations.js';
import type { DatasetOperation, Operation } from './operation.js';
import { applicationOperations } from './platform/application-operations.js';
import { auditOperations } from './platform/audit-operations.js';
import { catalogOperations } from './platform/catalog-operations.js';
import { draftOperations } from './platform/draft-operations.js';
import { formOperations } from './platform/form-operations.js';
import { grantOperations } from './platform/grant-operations.js';
import { healthOperations } from './platform/health-operations.js';
import { peopleOperations } from './platform/people-operations.js';
import { standardOperations } from './platform/standard-operations.js';
import { upstreamOperations } from './platform/upstream-operations.js';
import { calendarOperations } from './workflow/calendar-operations.js';
import { requestOperations } from './workflow/request-operations.js';
import { stepOperations } from './workflow/step-operations.js';
import { taskOperations } from './workflow/task-operations.js';

/** The operations of every dataset, under `/data/{publisher}/{dataset}/v{major}`, with a token for data. */
export const datasetOperations: readonly DatasetOperation[] = [
  ...rowOperations,
  ...catalogOfDataset,
  datasetDocumentOperation,
  ...deliveryOperations,
  ...templateOperations,
  ...uploadOperations,
  ...qualityOperations,
  ...runOperations,
];

/** The platform's own operations, with a token for the platform or open to anyone. */
export const platformOperations: readonly Operation[] = [
  ...catalogOperations,
  ...draftOperations,
  ...formOperations,
  ...standardOperations,
  ...applicationOperations,
  ...peopleOperations,
  ...grantOperations,
  ...packageOperations,
  ...upstreamOperations,
  ...auditOperations,
  ...calendarOperations,
  ...requestOperations,
  ...stepOperations,
  ...taskOperations,
];

/** Served without a look at tokens, like the pages for people. */
export const openOperations: readonly Operation[] = [...documentOperations, ...healthOperations];

/** Answered by other parts; only described here. */
export const elsewhereOperations: readonly Operation[] = [...graphqlOperations, ...authorizationOperations];
