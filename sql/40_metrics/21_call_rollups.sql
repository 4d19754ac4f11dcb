create table private.call_rollups (
  org_id uuid not null references public.organizations (id) on delete cascade,
  level text collate "C" not null,
  grain text collate "C" not null,
  member_id uuid,
  line_id uuid,
  bucket_start timestamptz not null,
  in_hours boolean,
  offered integer not null,
  answered integer not null,
  voicemail integer not null,
  missed integer not null,
  known_waits integer not null,
  known_answered_waits integer not null,
  known_missed_waits integer not null,
  answered_in_time integer not null,
  short_abandons integer not null,
  answered_wait_seconds bigint not null,
  missed_wait_seconds bigint not null,
  longest_wait_seconds integer,
  known_talks integer not null,
  talk_seconds bigint not null,
  very_short integer not null,
  known_durations integer not null,
  duration_seconds bigint not null,
  dropped integer not null,
  transferred integer not null,
  outbound integer not null,
  outbound_connected integer not null,
  known_outbound_talks integer not null,
  outbound_talk_seconds bigint not null,
  answered_waits integer[],
  missed_waits integer[],
  constraint level_is_known check (level in ('organization', 'line', 'member')),
  constraint grain_is_known check (grain in ('hour', 'day')),
  constraint organization_level_has_no_line check (level <> 'organization' or line_id is null),
  constraint only_member_level_has_members check (level = 'member' or member_id is null)
);
comment on table private.call_rollups is
'The counts of calls per local hour and day: of an organization, of each line, and, by day, of each member with a leg on each line. Recounted from calls wherever these changed.';
comment on column private.call_rollups.member_id is 'At the level of members: whose legs; null counts the calls in which nobody has one. A call of two members counts for both.';
comment on column private.call_rollups.line_id is 'Null at the level of lines counts the calls without one.';
comment on column private.call_rollups.bucket_start is 'As private.bucket_start tells it in the organization''s time zone.';
comment on column private.call_rollups.in_hours is 'Whether the calls started in business hours; null where none were set.';
comment on column private.call_rollups.answered_waits is
'How many answered calls waited, by private.wait_edges(): up to the first edge, up to the second …, longer than the last. Null: none of known wait.';
comment on column private.call_rollups.missed_waits is 'How many missed calls waited: less than the first edge, less than the second …, the last edge or longer.';

create index call_rollups_bucket_idx on private.call_rollups (org_id, level, grain, bucket_start);
create unique index call_rollups_organization_key on private.call_rollups (org_id, grain, bucket_start, in_hours)
nulls not distinct where level = 'organization';
create unique index call_rollups_line_key on private.call_rollups (org_id, line_id, grain, bucket_start, in_hours)
nulls not distinct where level = 'line';
create unique index call_rollups_member_key on private.call_rollups (org_id, member_id, grain, bucket_start, line_id, in_hours)
nulls not distinct where level = 'member';

alter table private.call_rollups enable row level security;
grant select on private.call_rollups to authenticated, api_reader;

create policy call_rollups_select_visible on private.call_rollups for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or line_id = any (array(select private.my_line_ids()))
  or member_id = any (array(select private.my_member_ids()))
);
comment on policy call_rollups_select_visible on private.call_rollups is
'Counts of calls that one reads all of: viewers and admins their organization''s, agents and managers those of given lines and their own.';

create policy call_rollups_select_api_keys on private.call_rollups for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy call_rollups_select_api_keys on private.call_rollups is 'API keys with calls:read.';
