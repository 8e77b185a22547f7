/**
 * The tables for publishing and consuming events, as statements of a service's migrations.
 *
 * `outbox`: events to publish, in the order of `id`. `inbox`: processed events. `dead_letters`: records that could not be
 * processed, for operators. `early_records`: records whose object does not exist yet, which are retried. The last two store
 * bytes, because PostgreSQL's text type cannot store every record.
 */
export const firstMessageTables: readonly string[] = [
  `create table outbox (
    id bigint generated always as identity primary key,
    key text not null,
    event json not null
  )`,
  'create index outbox_of_key on outbox (key, id)',
  `create table inbox (
    event text primary key,
    processed_at timestamptz not null default now()
  )`,
  'create index inbox_by_age on inbox (processed_at)',
  `create table dead_letters (
    topic text not null,
    partition int not null,
    record_offset text not null,
    value text not null,
    reason text not null,
    kept_at timestamptz not null default now(),
    primary key (topic, partition, record_offset)
  )`,
];

/** Later statements, for services whose migrations have other statements after the first ones. */
export const laterMessageTables: readonly string[] = [
  `alter table dead_letters
    alter column value drop not null,
    add column record_key bytea,
    add column record_value bytea,
    -- JSON: pairs of name and value, the value in base64.
    add column record_headers bytea`,
  `create table early_records (
    topic text not null,
    partition int not null,
    record_offset text not null,
    record_key bytea,
    record_value bytea not null,
    record_headers bytea,
    attempts int not null default 1,
    next_try_at timestamptz not null,
    primary key (topic, partition, record_offset)
  )`,
  'create index early_records_due on early_records (next_try_at)',
];

/** All statements, for services that started with them. */
export const messageTables: readonly string[] = [...firstMessageTables, ...laterMessageTables];
