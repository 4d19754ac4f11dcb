create view public.live_calls with (security_invoker = true) as
select
  c.id, c.org_id, c.line_id, c.direction, c.business_number, c.external_number, c.external_name, c.started_at,
  case when c.answered_at is null then 'ringing' else 'in_progress' end as state,
  coalesce(c.answered_at, least(c.arrived_at, c.rang_at), c.started_at) as since,
  case when c.direction = 'inbound' and c.answered_at is null then
    greatest(floor(extract(epoch from now() - coalesce(least(c.arrived_at, c.rang_at), c.started_at))), 0)::integer
  end as waiting_seconds,
  case when c.answered_at is not null then greatest(floor(extract(epoch from now() - c.answered_at)), 0)::integer end as talking_seconds,
  c.member_ids, g.agents
from public.calls c
cross join lateral (
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'extension', l.extension, 'name', l.name, 'member_id', l.member_id,
      'state', case when l.ended_at is not null then 'left' when l.is_connected then 'talking' else 'ringing' end
    ) order by l.extension), '[]') as agents
  from public.legs l
  where l.org_id = c.org_id and l.call_id = c.id
) g
where c.outcome is null and c.deleted_at is null and c.ended_at is null and c.direction <> 'internal'
  and c.started_at > now() - interval '12 hours' and (c.answered_at is not null or c.started_at > now() - interval '1 hour');
comment on view public.live_calls is
'Calls that are ringing or in progress, as far as events tell of them, to whoever reads the call. One that has rung for an hour, or been spoken for twelve, is in progress no more.';
comment on column public.live_calls.state is 'ringing (also: waiting, being dialled) or in_progress.';
comment on column public.live_calls.since is 'Since when it is in this state.';
comment on column public.live_calls.waiting_seconds is 'Of an inbound call that nobody has answered: whole seconds since it arrived or first rang.';
comment on column public.live_calls.talking_seconds is 'Whole seconds since the first answer; null before.';
comment on column public.live_calls.agents is 'Who takes part: [{"extension", "name", "member_id", "state"}], state ringing, talking or left.';
grant select on public.live_calls to authenticated, api_reader;

create trigger tg_live_calls__refuse_writes instead of insert or update or delete on public.live_calls
for each row execute function private.tg_refuse__writes();
