/**
 * The tables of a service that publishes by outbox and reads by inbox, as statements of its migrations.
 *
 * `outbox`: events that are to be published, in the order of their `id`. `inbox`: what has been processed.
 * `dead_letters`: records that could not be, for people to look at. `early_records`: those that came before what they are
 * about, and are tried again. Both keep bytes, whatever they are: text of PostgreSQL cannot hold all of them.
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

/** What was added later, for services whose migrations have other statements after the first ones. */
export const laterMessageTables: readonly string[] = [
  `alter table dead_letters
    alter column value drop not null,
    add column record_key bytea,
    add column record_value bytea,
    -- JSON: by name, in base64.
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

export const messageTables: readonly string[] = [...firstMessageTables, ...laterMessageTables];
