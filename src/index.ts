/** What an application imports as `rowhook`. Migrations have `rowhook/migrations`, presets `rowhook/presets/<name>`. */
export * from './catalog/define.ts';
export { type Mistake, type MistakeCode, mistakeCodes } from './catalog/mistake.ts';
export * from './catalog/source.ts';
export type * from './catalog/types.ts';
export { defineConfig, type LogLevel, type RowhookConfig } from './config/define.ts';
export { type ResolvedConfig, type ResolveOptions, resolveConfig } from './config/resolve.ts';
export { createDaemon, type DaemonOptions } from './daemon.ts';
export { type ErrorCode, errorCodes, RowhookError } from './errors.ts';
export type { Lifetime, StopMode } from './lifetime.ts';
export { withRequestId } from './request-id.ts';
export { type DeliveryDetail, redeliver, showDelivery } from './store/deliveries.ts';
export {
  createEndpoint,
  deleteEndpoint,
  type Endpoint,
  getEndpoint,
  listEndpoints,
  setEndpointActive,
  updateEndpoint,
} from './store/endpoints.ts';
export {
  type DeliveryFilter,
  type DeliveryPage,
  type DeliveryState,
  type DeliverySummary,
  listDeliveries,
} from './store/history.ts';
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
export { prefixed } from './wire/prefixed.ts';
export { publicKeyOf } from './wire/standard-secret.ts';
