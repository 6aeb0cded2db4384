/** What an application imports as `rowhook`. Migrations have `rowhook/migrations`, presets `rowhook/presets/<name>`. */
export { type Admin, type AdminOptions, createAdmin } from './admin/admin.ts';
export type { Authorize } from './admin/auth/application-gate.ts';
export type { AdminDatabase, AdminUser } from './admin/http/parts.ts';
export type { NodeHandler } from './admin/node.ts';
export * from './catalog/define.ts';
export { type Mistake, type MistakeCode, mistakeCodes } from './catalog/mistake.ts';
export * from './catalog/source.ts';
export type * from './catalog/types.ts';
export { defineConfig, type LogLevel, type RowhookConfig } from './config/define.ts';
export { type ResolvedConfig, type ResolveOptions, resolveConfig } from './config/resolve.ts';
export { createDaemon, type Daemon, type DaemonOptions } from './daemon.ts';
export { type ErrorCode, errorCodes, RowhookError } from './errors.ts';
export { type ExplainOptions, explain, explainRecord } from './explain/explain.ts';
export { type ReasonWords, wordsOfReason } from './explain/reason-words.ts';
export type { Step, StepCode, Story } from './explain/story.ts';
export type { Lifetime, StopMode } from './lifetime.ts';
export { withRequestId } from './request-id.ts';
export {
  type BulkCount,
  type BulkHeld,
  type BulkJob,
  type BulkScope,
  cancelBulkJob,
  countBulk,
  createBulkJob,
  listBulkJobs,
  showBulkJob,
} from './store/bulk-jobs.ts';
export { type DeliveryDetail, redeliver, showDelivery } from './store/deliveries.ts';
export { disableEndpoint, pauseEndpoint, resumeEndpoint } from './store/endpoint-state.ts';
export {
  createEndpoint,
  deleteEndpoint,
  type Endpoint,
  type EndpointHealth,
  getEndpoint,
  type IfVersion,
  listEndpoints,
  type Sealing,
  updateEndpoint,
} from './store/endpoints.ts';
export {
  type DeliveryFilter,
  type DeliveryPage,
  type DeliveryState,
  type DeliverySummary,
  listDeliveries,
} from './store/history.ts';
export { pingEndpoint } from './store/ping.ts';
export { type SealAllResult, type SealedStatus, sealAll, sealedStatus } from './store/resealing.ts';
export { createSealer, type Sealer } from './store/sealer.ts';
export { newSecret, rotateSecret } from './store/secrets.ts';
export {
  dropSetAside,
  listSetAside,
  retrySetAside,
  type SetAsideAnswer,
  type SetAsideFilter,
  type SetAsideRecord,
  type SetAsideRequest,
  type SetAsideStatus,
  setAsideAnswer,
  setAsideStatus,
} from './store/set-aside.ts';
export type { Queryable } from './store/sql.ts';
export { type QueueStatus, queueStatus } from './store/status.ts';
export { dialectProblem } from './wire/dialects.ts';
export type { EndpointInput, EndpointPatch } from './wire/endpoint-input.ts';
export type { CertificateView } from './wire/pem.ts';
export { prefixed } from './wire/prefixed.ts';
export { type SecretKey, secretKeys } from './wire/secret-key.ts';
export { publicKeyOf } from './wire/standard-secret.ts';
