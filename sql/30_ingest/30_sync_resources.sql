create table private.sync_resources (
  resource text primary key,
  poll_interval interval not null,
  overlap interval,
  initial_history interval,
  share numeric not null,
  constraint poll_interval_is_positive check (poll_interval > interval '0'),
  constraint share_is_a_part check (share > 0 and share <= 1)
);
comment on table private.sync_resources is 'What is pulled from the provider, how often, and how far each pass reads back.';
comment on column private.sync_resources.poll_interval is 'How often, as long as the day''s requests suffice (see planned_pause).';
comment on column private.sync_resources.overlap is
'How far before the watermark a pass reads again; longer than calls last, because history lists a call by its start once it has ended.';
comment on column private.sync_resources.share is 'Its part of the requests that a day has for what is due by itself.';

alter table private.sync_resources enable row level security;

insert into private.sync_resources (resource, poll_interval, overlap, initial_history, share) values
('phone_numbers', interval '6 hours', null, null, 0.01),
('calls', interval '2 minutes', interval '3 hours', interval '30 days', 0.5),
('messages', interval '3 minutes', interval '1 hour', interval '30 days', 0.25),
('voicemails', interval '10 minutes', interval '3 hours', interval '30 days', 0.08),
('agent_status', interval '15 minutes', null, null, 0.12),
('team', interval '12 hours', null, null, 0.01),
('contacts', interval '12 hours', null, null, 0.03);

create table private.sync_lookbacks (
  resource text not null references private.sync_resources (resource) on delete cascade,
  depth interval not null,
  every interval not null,
  primary key (resource, depth),
  constraint times_are_positive check (depth > interval '0' and every > interval '0')
);
comment on table private.sync_lookbacks is
'How far back a pass reads now and then: the farther, the more seldom. It finds recordings that came late, corrections and deletions.';

alter table private.sync_lookbacks enable row level security;

insert into private.sync_lookbacks (resource, depth, every) values
('calls', interval '1 day', interval '1 hour'),
('calls', interval '7 days', interval '1 day'),
('calls', interval '30 days', interval '7 days'),
('messages', interval '1 day', interval '3 hours'),
('messages', interval '7 days', interval '1 day'),
('voicemails', interval '7 days', interval '12 hours');
