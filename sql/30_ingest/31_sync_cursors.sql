create table private.sync_cursors (
  integration_id uuid not null references public.integrations (id) on delete cascade,
  resource text not null references private.sync_resources (resource) on delete restrict,
  watermark timestamptz,
  next_run_at timestamptz not null default now(),
  failures integer not null default 0,
  last_success_at timestamptz,
  last_error text,
  pages integer not null default 1,
  primary key (integration_id, resource),
  constraint failures_are_nonnegative check (failures >= 0),
  constraint pages_are_positive check (pages > 0)
);
comment on table private.sync_cursors is 'How far each resource of each integration has been read.';
comment on column private.sync_cursors.watermark is 'Everything that started before this has been read. Never moves backwards.';
comment on column private.sync_cursors.failures is 'Failed passes since the last success.';
comment on column private.sync_cursors.pages is 'Pages of the last pass that succeeded: what the next one is expected to cost in requests.';
comment on column private.sync_cursors.last_error is 'What went wrong in the last pass, in words; null when it went well.';
create index sync_cursors_resource_idx on private.sync_cursors (resource);
create index sync_cursors_due_idx on private.sync_cursors (next_run_at);

alter table private.sync_cursors enable row level security;

create function private.tg_integrations__cursors() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.sync_cursors (integration_id, resource) select new.id, r.resource from private.sync_resources r;
  return null;
end
$$;
comment on function private.tg_integrations__cursors() is 'A new integration is due for everything.';

create trigger tg_integrations__cursors after insert on public.integrations
for each row execute function private.tg_integrations__cursors();

create table private.sync_lookback_runs (
  integration_id uuid not null references public.integrations (id) on delete cascade,
  resource text not null,
  depth interval not null,
  next_run_at timestamptz not null,
  primary key (integration_id, resource, depth),
  constraint sync_lookback_runs_lookback_fkey foreign key (resource, depth)
  references private.sync_lookbacks (resource, depth) on update cascade on delete cascade
);
comment on table private.sync_lookback_runs is 'When an account''s resource is to be read that far back again; without a row, at the next pass.';
create index sync_lookback_runs_lookback_idx on private.sync_lookback_runs (resource, depth);

alter table private.sync_lookback_runs enable row level security;
