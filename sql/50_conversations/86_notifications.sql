create table public.notifications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (user_id) on delete cascade,
  org_id uuid not null references public.organizations (id) on delete cascade,
  kind text not null,
  title text not null,
  body text not null,
  link text,
  alert_id uuid,
  created_at timestamptz not null default now(),
  resolved_at timestamptz,
  read_at timestamptz,
  constraint kind_is_known check (
    kind in (
      'sla_breached', 'queue_long', 'wait_long', 'missed_burst', 'sync_stale', 'failed_events', 'schedule_stopped', 'report_failed'
    )
  ),
  constraint link_is_a_path check (link ~ '^/')
);
comment on table public.notifications is 'What the product has to tell a person; nobody else reads it. Set read_at when it was read; delete what is not wanted any more.';
comment on column public.notifications.kind is
'The event, as it is named in profile_settings.notification_channels: sla_breached, queue_long, wait_long, missed_burst, sync_stale, failed_events, schedule_stopped or report_failed. One that is not set there comes both here and by e-mail.';
comment on column public.notifications.link is 'The page of the dashboard that tells more.';
comment on column public.notifications.resolved_at is 'Since when it is over, where it is about something that lasts.';
create index notifications_user_created_idx on public.notifications (user_id, created_at desc, id desc);
create index notifications_org_idx on public.notifications (org_id);
create index notifications_alert_idx on public.notifications (alert_id) where alert_id is not null;

alter table public.notifications enable row level security;
grant select, delete on public.notifications to authenticated;
grant update (read_at) on public.notifications to authenticated;

create policy notifications_select_self on public.notifications for select to authenticated
using (
  user_id = (select auth.uid())
  and org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin')))
);
comment on policy notifications_select_self on public.notifications is 'One''s own, of organizations one is in.';

create policy notifications_update_self on public.notifications for update to authenticated
using (
  user_id = (select auth.uid())
  and org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin')))
);
comment on policy notifications_update_self on public.notifications is 'One''s own.';

create policy notifications_delete_self on public.notifications for delete to authenticated
using (
  user_id = (select auth.uid())
  and org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin')))
);
comment on policy notifications_delete_self on public.notifications is 'One''s own.';

create function private.notify_people(
  p_user_ids uuid[], p_org_id uuid, p_kind text, p_template text, p_title text, p_body text, p_link text, p_alert_id uuid,
  p_mail_at timestamptz, p_now timestamptz
) returns void
language plpgsql set search_path = '' as $$
declare
  v_person record;
begin
  for v_person in
    select p.user_id, p.email, coalesce(s.notification_channels ->> p_kind, 'both') as channel
    from public.profiles p
    left join public.profile_settings s on s.user_id = p.user_id
    where p.user_id = any (p_user_ids)
    order by p.user_id
  loop
    if v_person.channel in ('in_app', 'both') then
      insert into public.notifications (user_id, org_id, kind, title, body, link, alert_id, created_at)
      values (v_person.user_id, p_org_id, p_kind, p_title, p_body, p_link, p_alert_id, p_now);
    end if;
    if v_person.channel in ('email', 'both') and v_person.email is not null then
      perform private.queue_letter(
        p_template, v_person.email, p_org_id, v_person.user_id,
        jsonb_build_object('title', p_title, 'body', p_body, 'link', p_link, 'alert_id', p_alert_id), p_mail_at
      );
    end if;
  end loop;
end
$$;
comment on function private.notify_people(uuid[], uuid, text, text, text, text, text, uuid, timestamptz, timestamptz) is
'Tells these people something, each by the channel they chose for this kind of event: in the dashboard at once, by e-mail from p_mail_at on.';

create function private.active_admin_ids(p_org_id uuid) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(m.user_id order by m.user_id), '{}')
  from public.org_members m
  where m.org_id = p_org_id and m.role = 'org_admin' and m.deactivated_at is null
$$;
comment on function private.active_admin_ids(uuid) is 'Users who are active admins of the organization.';
