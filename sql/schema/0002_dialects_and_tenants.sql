-- Schema version 2: endpoints of one tenant, secrets that rotate with an overlap, endpoints that say of themselves that they are gone.

alter table rowhook.endpoint
  add column tenant text,
  add column old_secrets jsonb not null default '[]',
  add column disabled_reason text;
comment on column rowhook.endpoint.tenant is
  'It gets the events of this tenant only; null: of all. Never changed, because deliveries that wait are those of the tenant that it had.';
comment on column rowhook.endpoint.old_secrets is
  'Secrets that still sign beside the current one: an array of {"secret", "validUntil"}, the newest first, validUntil in ISO 8601.';
comment on column rowhook.endpoint.disabled_reason is
  'Why rowhook made it inactive by itself, e.g. http_410; null where a person did, and while it is active.';

alter table rowhook.event add column tenant text;
comment on column rowhook.event.tenant is 'Whose record it was, as the body shows it; null where the resource has no tenants, or nobody can tell.';
