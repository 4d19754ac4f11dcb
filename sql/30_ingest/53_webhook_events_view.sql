grant select (
  id, org_id, integration_id, received_at, status, error, event_type, kind, direction, provider_call_id, extension, from_number,
  to_number, occurred_at, duration_seconds, has_recording, had_nul, payload, unreadable_body
) on private.webhook_events to authenticated;

create policy webhook_events_select_admins on private.webhook_events for select to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy webhook_events_select_admins on private.webhook_events is 'Admins those that tell of their organization, platform admins all.';

create function private.without_links(p_json text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select regexp_replace(p_json, '"\s*https?:(?:[^"\\]|\\.)*"', '"[link]"', 'gi')
$$;
comment on function private.without_links(text) is
'JSON text without the links in it: one to a recording opens the audio to whoever has it, and no play of it would be recorded.';
grant execute on function private.without_links(text) to authenticated;

create view public.webhook_events with (security_invoker = true) as
select
  e.id, e.org_id, e.integration_id, e.received_at, e.status, e.error, e.event_type, e.kind, e.direction, e.provider_call_id,
  e.extension, e.from_number, e.to_number, e.occurred_at, e.duration_seconds, e.has_recording, e.had_nul,
  private.without_links(e.payload::text)::jsonb as payload, private.without_links(e.unreadable_body) as unreadable_body
from private.webhook_events e;
comment on view public.webhook_events is
'Every authenticated delivery as it came, without the account''s key and without links. Admins search it; replay_webhook_event applies one again.';
comment on column public.webhook_events.org_id is 'The organization of the call it tells of, else the integration''s owner.';
comment on column public.webhook_events.status is
'applied, ignored (a type we do not use), failed (see error), kept (the integration was disabled when it came).';
comment on column public.webhook_events.kind is 'What the type means to us; null where it means nothing.';
comment on column public.webhook_events.occurred_at is
'The provider''s time; null where it lies outside 30 days before and 5 minutes after arrival.';
comment on column public.webhook_events.payload is 'Null where the body could not be held as JSON.';
comment on column public.webhook_events.unreadable_body is 'The body where it is JSON that Postgres cannot hold.';
grant select on public.webhook_events to authenticated;

create trigger tg_webhook_events__refuse_writes instead of insert or update or delete on public.webhook_events
for each row execute function private.tg_refuse__writes();

create view public.rejected_items with (security_invoker = true) as
select r.id, r.org_id, r.integration_id, r.resource, r.reason, private.without_links(r.item) as item, r.rejected_at
from private.rejected_items r;
comment on view public.rejected_items is 'Items of pulled pages that could not be used, with the reason; the rest of their page was.';
comment on column public.rejected_items.item is 'As the provider sent it, without links.';
grant select on public.rejected_items to authenticated;

create trigger tg_rejected_items__refuse_writes instead of insert or update or delete on public.rejected_items
for each row execute function private.tg_refuse__writes();
