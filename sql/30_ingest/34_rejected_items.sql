create table private.rejected_items (
  id bigint generated always as identity primary key,
  org_id uuid not null,
  integration_id uuid not null,
  resource text not null references private.sync_resources (resource) on delete restrict,
  item_hash bytea not null,
  item text not null,
  reason text not null,
  rejected_at timestamptz not null,
  constraint item_is_set_aside_once unique (integration_id, resource, item_hash),
  constraint rejected_items_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete cascade
);
comment on table private.rejected_items is 'Items of a page that could not be applied, with the reason; the rest of the page went on.';
create index rejected_items_org_integration_idx on private.rejected_items (org_id, integration_id);
create index rejected_items_resource_idx on private.rejected_items (resource);

alter table private.rejected_items enable row level security;
grant select on private.rejected_items to authenticated;

create policy rejected_items_select_admins on private.rejected_items for select to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy rejected_items_select_admins on private.rejected_items is 'Admins those of their organization''s accounts, platform admins all.';
