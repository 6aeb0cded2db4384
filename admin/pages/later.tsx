// Pages that are gone to less often: one file of the build, loaded when somebody first goes to one of them.
export { AuditPage } from './audit/audit.tsx';
export { BulkPage } from './bulk/bulk.tsx';
export { EventsPage } from './events/events.tsx';
export { RecordPage } from './events/record.tsx';
