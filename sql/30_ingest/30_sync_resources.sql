create table private.sync_resources (
  resource text primary key,
  poll_interval interval not null,
  overlap interval,
  initial_history interval,
  constraint poll_interval_is_positive check (poll_interval > interval '0')
);
comment on table private.sync_resources is 'What is pulled from the provider, how often, and how far each pass reads back.';
comment on column private.sync_resources.overlap is
'How far before the watermark a pass reads again; longer than calls last, because history lists a call by its start once it has ended.';

alter table private.sync_resources enable row level security;

insert into private.sync_resources (resource, poll_interval, overlap, initial_history) values
('phone_numbers', interval '6 hours', null, null),
('calls', interval '1 minute', interval '3 hours', interval '30 days');
