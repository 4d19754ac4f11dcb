create function private.onboarding()
returns table (org_id uuid, step text, is_done boolean)
language sql stable security definer set search_path = '' as $$
  select o.id, s.step, s.is_done
  from public.organizations o
  cross join lateral (
    values
    ('numbers', exists (select from public.lines l where l.org_id = o.id and l.period @> now())),
    (
      'people',
      exists (
        select from public.org_members m where m.org_id = o.id and m.deactivated_at is null offset 1
      ) or exists (
        select from private.invitations i
        where i.org_id = o.id and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
      )
    ),
    ('credentials', exists (select private.serving_integration_ids(o.id))),
    (
      'webhook_test',
      exists (
        select
        from private.webhook_events e
        where e.integration_id in (select private.serving_integration_ids(o.id)) and e.status <> 'failed'
      )
    ),
    (
      'first_backfill',
      exists (
        select
        from private.sync_cursors c
        where c.integration_id in (select private.serving_integration_ids(o.id))
          and c.resource = 'calls' and c.watermark is not null
      )
    )
  ) as s (step, is_done)
  where o.id = any (array(select private.my_org_ids('org_admin'))) and o.id <> private.holding_org_id()
$$;
comment on function private.onboarding() is 'What an organization still needs, for its admins.';
grant execute on function private.onboarding() to authenticated;

create view public.onboarding_checklist with (security_invoker = true) as
select c.* from private.onboarding() c;
comment on view public.onboarding_checklist is
'What an organization needs before it is of use, a row for each step (org admins): numbers, people, credentials, webhook_test, first_backfill.';
grant select on public.onboarding_checklist to authenticated;

create trigger tg_onboarding_checklist__refuse_writes instead of insert or update or delete on public.onboarding_checklist
for each row execute function private.tg_refuse__writes();
