-- The policies of the tables that the access helpers themselves read.

create policy profiles_select_colleagues on public.profiles for select to authenticated
using (
  user_id = (select auth.uid())
  or user_id = any (array(select private.my_colleague_ids()))
  or (select private.is_platform_admin())
);
comment on policy profiles_select_colleagues on public.profiles is 'One''s own, colleagues'', and all for platform admins.';

create policy profiles_update_self on public.profiles for update to authenticated
using (user_id = (select auth.uid()));
comment on policy profiles_update_self on public.profiles is 'People write their own profile.';

create policy organizations_select_members on public.organizations for select to authenticated
using (id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy organizations_select_members on public.organizations is 'Members read their own; platform admins all.';

create policy org_members_select_colleagues on public.org_members for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')))
  or (user_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('viewer'))))
);
comment on policy org_members_select_colleagues on public.org_members is
'Agents, managers and admins read their organization''s members, viewers themselves.';
