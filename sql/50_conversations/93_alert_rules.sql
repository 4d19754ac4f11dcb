create table public.alert_rules (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  owner_id uuid default auth.uid() references public.profiles (user_id) on delete set null,
  name text not null,
  kind text not null,
  line_ids uuid[],
  threshold numeric,
  clear_threshold numeric,
  window_minutes integer not null default 60,
  min_calls integer not null default 5,
  clear_after_minutes integer not null default 5,
  audience text not null default 'owner',
  quiet_from time,
  quiet_to time,
  enabled boolean not null default true,
  stopped_at timestamptz,
  stopped_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint name_is_short_and_not_blank check (not private.is_blank(name) and char_length(name) <= 200),
  constraint kind_is_known check (kind in ('sla', 'queue', 'longest_wait', 'missed_burst', 'sync_stale', 'failed_events')),
  constraint lines_are_for_calls check (
    line_ids is null or (kind not in ('sync_stale', 'failed_events') and cardinality(line_ids) between 1 and 500)
  ),
  constraint threshold_is_of_its_kind check (
    case kind
      when 'sla' then threshold is null or threshold between 0 and 1
      else threshold is not null and threshold between 1 and 1000000
    end
  ),
  constraint clear_threshold_is_on_the_good_side check (
    clear_threshold is null or (
      threshold is not null
      and case kind when 'sla' then clear_threshold between threshold and 1 else clear_threshold > 0 and clear_threshold <= threshold end
    )
  ),
  constraint window_is_up_to_a_day check (window_minutes between 1 and 1440),
  constraint min_calls_are_positive check (min_calls between 1 and 1000000),
  constraint clear_after_is_up_to_a_day check (clear_after_minutes between 0 and 1440),
  constraint audience_is_known check (audience in ('owner', 'admins', 'managers')),
  constraint quiet_hours_have_two_ends check ((quiet_from is null) = (quiet_to is null) and quiet_from <> quiet_to),
  constraint quiet_hours_are_within_a_day check (quiet_from < '24:00' and quiet_to < '24:00'),
  constraint stopped_rule_says_why check ((stopped_at is null) = (stopped_reason is null) and (stopped_at is null or not enabled)),
  unique (org_id, id)
);
comment on table public.alert_rules is
'What somebody is to be told of as it happens, by the figures that the rule''s owner may see. Its episodes are in alerts.

Managers have their own, admins work with all of their organization. Setting enabled to true starts one that was stopped.
Errors: line_not_found.';
comment on column public.alert_rules.owner_id is 'Whose lines count; null once the person''s account is gone.';
comment on column public.alert_rules.kind is
'sla (service level of the last window_minutes below threshold), queue (so many callers waiting), longest_wait (seconds that somebody has been waiting), missed_burst (so many missed calls in window_minutes), sync_stale (minutes since calls were pulled), failed_events (so many deliveries that failed in window_minutes).';
comment on column public.alert_rules.line_ids is 'Only these lines, of those the owner sees; null: all of them.';
comment on column public.alert_rules.threshold is
'From here on it is bad; of sla a share, below which it is: null is the organization''s target. Of the others a number that is reached.';
comment on column public.alert_rules.clear_threshold is
'An episode is over only where the value is back here: of sla at least so much, of the others less than this. Null: as the threshold.';
comment on column public.alert_rules.min_calls is 'An sla is judged only where so many calls of known wait were offered.';
comment on column public.alert_rules.clear_after_minutes is 'And only after it has stayed good for so long.';
comment on column public.alert_rules.audience is
'Who is told, each by the channel they chose: owner; admins (the owner, and the organization''s admins); managers (these, and managers who have all lines it is about).';
comment on column public.alert_rules.quiet_from is
'From this time of the organization''s clock until quiet_to e-mails are held back; what is told in the dashboard is not. May run over midnight.';
comment on column public.alert_rules.stopped_at is 'When the product stopped it by itself, and in stopped_reason why.';
create index alert_rules_owner_idx on public.alert_rules (owner_id);

alter table public.alert_rules enable row level security;
grant select, delete on public.alert_rules to authenticated;
grant insert (
  org_id, name, kind, line_ids, threshold, clear_threshold, window_minutes, min_calls, clear_after_minutes, audience, quiet_from,
  quiet_to, enabled
) on public.alert_rules to authenticated;
grant update (
  name, kind, line_ids, threshold, clear_threshold, window_minutes, min_calls, clear_after_minutes, audience, quiet_from, quiet_to,
  enabled
) on public.alert_rules to authenticated;

create policy alert_rules_select_owner on public.alert_rules for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy alert_rules_select_owner on public.alert_rules is 'Managers read their own, admins all of their organization.';

create policy alert_rules_insert_owner on public.alert_rules for insert to authenticated
with check (
  owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
  and org_id <> (select private.holding_org_id())
);
comment on policy alert_rules_insert_owner on public.alert_rules is 'Managers and admins make them for themselves.';

create policy alert_rules_update_owner on public.alert_rules for update to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy alert_rules_update_owner on public.alert_rules is 'Managers change their own, admins all of their organization.';

create policy alert_rules_delete_owner on public.alert_rules for delete to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy alert_rules_delete_owner on public.alert_rules is 'Managers remove their own, admins all of their organization.';

create trigger tg_alert_rules__touch before update on public.alert_rules
for each row execute function private.tg_touch__updated_at();
create trigger tg_alert_rules__audit after insert or update or delete on public.alert_rules
for each row execute function private.tg_audit('id');

create function private.tg_alert_rules__check() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.line_ids is not null and exists (
    select from unnest(new.line_ids) g (line_id)
    where not exists (select from public.lines l where l.id = g.line_id and l.org_id = new.org_id)
  ) then
    raise exception 'There is no such line.'
      using errcode = 'PT404', detail = 'line_not_found', hint = 'See lines for those you may watch.';
  end if;
  if new.enabled then
    new.stopped_at := null;
    new.stopped_reason := null;
  end if;
  return new;
end
$$;
comment on function private.tg_alert_rules__check() is 'Refuses lines that whoever writes the rule does not see.';

create trigger tg_alert_rules__check before insert or update of line_ids, enabled on public.alert_rules
for each row execute function private.tg_alert_rules__check();

create table private.alert_checks (
  rule_id uuid primary key references public.alert_rules (id) on delete cascade,
  next_check_at timestamptz not null,
  error text
);
comment on table private.alert_checks is 'When each alert rule is looked at next, and what went wrong when it was looked at last.';

alter table private.alert_checks enable row level security;

create table public.alerts (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  rule_id uuid not null,
  kind text not null,
  raised_at timestamptz not null,
  cleared_at timestamptz,
  value numeric not null,
  worst_value numeric not null,
  threshold numeric not null,
  good_since timestamptz,
  title text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint alert_ends_after_it_began check (cleared_at >= raised_at),
  constraint alerts_rule_fkey foreign key (org_id, rule_id)
  references public.alert_rules (org_id, id) on update cascade on delete cascade
);
comment on table public.alerts is
'Episodes of alert rules: from when the value was bad until it had stayed good. A rule has one at a time, and tells its people once of each.';
comment on column public.alerts.cleared_at is 'Null while it lasts.';
comment on column public.alerts.value is 'What it was when it was noticed.';
comment on column public.alerts.worst_value is 'The worst that was seen while it lasted.';
comment on column public.alerts.good_since is 'Since when it has been good again, until it is taken for over.';
create index alerts_org_raised_idx on public.alerts (org_id, raised_at desc, id desc);
create index alerts_rule_idx on public.alerts (org_id, rule_id);
create unique index alerts_open_idx on public.alerts (rule_id) where cleared_at is null;

alter table public.alerts enable row level security;
grant select on public.alerts to authenticated;

create policy alerts_select_owner on public.alerts for select to authenticated
using (rule_id in (select r.id from public.alert_rules r));
comment on policy alerts_select_owner on public.alerts is 'Who reads the rule.';

create trigger tg_alerts__touch before update on public.alerts
for each row execute function private.tg_touch__updated_at();

alter table public.notifications add constraint notifications_alert_fkey foreign key (alert_id)
references public.alerts (id) on delete set null;

create function private.take_over_alert_rule(p_rule_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_org_id uuid;
begin
  select r.org_id into v_org_id
  from public.alert_rules r
  where r.id = p_rule_id and (
    r.org_id = any (array(select private.my_org_ids('org_admin')))
    or (r.owner_id = auth.uid() and r.org_id = any (array(select private.my_org_ids('manager'))))
  )
  for no key update;
  if not found then
    raise exception 'There is no such alert rule.'
      using errcode = 'PT404', detail = 'alert_rule_not_found', hint = 'See alert_rules for those you may read.';
  end if;
  perform private.require_role(v_org_id, 'org_admin');
  update public.alert_rules r set owner_id = auth.uid(), enabled = true where r.id = p_rule_id;
end
$$;
comment on function private.take_over_alert_rule(uuid) is 'Makes an alert rule the caller''s own and starts it; org admins, checked inside.';
grant execute on function private.take_over_alert_rule(uuid) to authenticated;

create function public.take_over_alert_rule(p_rule_id uuid) returns void
language sql set search_path = '' as $$
  select private.take_over_alert_rule(p_rule_id)
$$;
comment on function public.take_over_alert_rule(uuid) is
'Makes an alert rule one''s own and starts it, so that it goes on with one''s own visibility (org admins).

Errors: alert_rule_not_found, role_not_sufficient.';
grant execute on function public.take_over_alert_rule(uuid) to authenticated;
