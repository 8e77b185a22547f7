/**
 * The tables of a service that publishes by outbox and reads by inbox, as statements of its migrations.
 *
 * `outbox`: events that are to be published, in the order of their `id`. `inbox`: what has been processed.
 * `dead_letters`: records that could not be, for people to look at.
 */
export const messageTables: readonly string[] = [
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
