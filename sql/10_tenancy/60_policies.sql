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

create policy profiles_select_api_keys on public.profiles for select to api_reader
using (user_id in (select m.user_id from public.org_members m));
comment on policy profiles_select_api_keys on public.profiles is 'API keys read the people whose memberships they read.';

create policy profile_settings_select_self on public.profile_settings for select to authenticated
using (user_id = (select auth.uid()));
comment on policy profile_settings_select_self on public.profile_settings is 'One''s own.';

create policy profile_settings_update_self on public.profile_settings for update to authenticated
using (user_id = (select auth.uid()));
comment on policy profile_settings_update_self on public.profile_settings is 'People set their own.';

create policy organizations_update_admins on public.organizations for update to authenticated
using (
  id = any (array(select private.my_org_ids('org_admin')))
  and id <> (select private.holding_org_id())
);
comment on policy organizations_update_admins on public.organizations is 'Admins their own, platform admins all.';

create policy organizations_select_api_keys on public.organizations for select to api_reader
using (id = any (array(select private.api_org_ids())));
comment on policy organizations_select_api_keys on public.organizations is 'Any API key, whatever its scopes, reads the organization it is for.';

create policy organization_settings_select_members on public.organization_settings for select to authenticated
using (org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy organization_settings_select_members on public.organization_settings is 'Members read what their figures are judged by.';

create policy organization_settings_select_api_keys on public.organization_settings for select to api_reader
using (org_id = any (array(select private.api_org_ids())));
comment on policy organization_settings_select_api_keys on public.organization_settings is 'Any API key of the organization.';

create policy holidays_select_members on public.holidays for select to authenticated
using (org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy holidays_select_members on public.holidays is 'Members read their organization''s.';

create policy holidays_select_api_keys on public.holidays for select to api_reader
using (org_id = any (array(select private.api_org_ids())));
comment on policy holidays_select_api_keys on public.holidays is 'Any API key of the organization.';

create policy holidays_insert_admins on public.holidays for insert to authenticated
with check (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy holidays_insert_admins on public.holidays is 'Admins their own, platform admins all.';

create policy holidays_update_admins on public.holidays for update to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy holidays_update_admins on public.holidays is 'Admins their own, platform admins all.';

create policy holidays_delete_admins on public.holidays for delete to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy holidays_delete_admins on public.holidays is 'Admins their own, platform admins all.';

create policy retention_settings_select_admins on public.retention_settings for select to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy retention_settings_select_admins on public.retention_settings is 'Admins their own, platform admins all.';

create policy retention_settings_update_admins on public.retention_settings for update to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy retention_settings_update_admins on public.retention_settings is 'Admins their own, platform admins all.';

create policy org_members_select_api_keys on public.org_members for select to api_reader
using (org_id = any (array(select private.api_org_ids('members:read'))));
comment on policy org_members_select_api_keys on public.org_members is 'API keys with members:read.';

create policy platform_settings_select_platform on public.platform_settings for select to authenticated
using ((select private.is_platform_admin()));
comment on policy platform_settings_select_platform on public.platform_settings is 'Platform admins; what others need of it is in support_contacts().';

create policy platform_settings_update_platform on public.platform_settings for update to authenticated
using ((select private.is_platform_admin()));
comment on policy platform_settings_update_platform on public.platform_settings is 'Platform admins.';
