-- Planned from what changed in sql/; what is in lower case is written by hand.
set lock_timeout = '5s';

set local check_function_bodies = off;

REVOKE ALL ("extension") ON TABLE "public"."member_extensions" FROM "authenticated";

REVOKE ALL ("integration_id") ON TABLE "public"."member_extensions" FROM "authenticated";

REVOKE ALL ("member_id") ON TABLE "public"."member_extensions" FROM "authenticated";

REVOKE ALL ("org_id") ON TABLE "public"."member_extensions" FROM "authenticated";

REVOKE ALL ("period") ON TABLE "public"."member_extensions" FROM "authenticated";

DROP POLICY "member_extensions_insert_admins" ON "public"."member_extensions";

DROP POLICY "member_lines_insert_managers" ON "public"."member_lines";

DROP FUNCTION "private"."assign_phone_number"(uuid, uuid, timestamp with time zone, text);

DROP FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text);

DROP FUNCTION "private"."my_memberships"();

DROP FUNCTION "private"."service_settings"();

-- Roles are the whole cluster's: another database of it may have made this one.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'api_reader') then
    create role api_reader nologin noinherit;
  end if;
end
$$;

ALTER ROLE "authenticator" SET "pgrst.db_pre_request" TO 'private.redeem_api_grant';

GRANT "api_reader" TO "authenticator";

CREATE UNLOGGED TABLE "private"."api_grants" ("grant_hash" bytea NOT NULL, "api_key_id" uuid NOT NULL, "expires_at" timestamp with time zone NOT NULL, CONSTRAINT "api_grants_pkey" PRIMARY KEY (grant_hash));

ALTER TABLE "private"."api_grants" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."api_key_minutes" ("api_key_id" uuid NOT NULL, "minute" timestamp with time zone NOT NULL, "used" integer NOT NULL, CONSTRAINT "api_key_minutes_pkey" PRIMARY KEY (api_key_id, minute), CONSTRAINT "used_is_within_the_limit" CHECK (((used >= 1) AND (used <= 1000))));

ALTER TABLE "private"."api_key_minutes" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."api_keys" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "name" text NOT NULL, "prefix" text NOT NULL, "secret_hash" bytea NOT NULL, "scopes" text[] NOT NULL, "created_by" uuid, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "expires_at" timestamp with time zone, "revoked_at" timestamp with time zone, "last_used_at" timestamp with time zone, CONSTRAINT "api_keys_pkey" PRIMARY KEY (id), CONSTRAINT "api_keys_secret_hash_key" UNIQUE (secret_hash), CONSTRAINT "name_is_short_and_not_blank" CHECK (((btrim(name) <> ''::text) AND (char_length(name) <= 200))), CONSTRAINT "secret_hash_is_sha256" CHECK ((octet_length(secret_hash) = 32)));

ALTER TABLE "private"."api_keys" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."audit_seals" ("org_id" uuid NOT NULL, "position" bigint NOT NULL, "entry_id" bigint NOT NULL, "hash" bytea NOT NULL, "sealed_at" timestamp with time zone NOT NULL, CONSTRAINT "audit_seals_entry_id_key" UNIQUE (entry_id), CONSTRAINT "audit_seals_pkey" PRIMARY KEY (org_id, "position"), CONSTRAINT "hash_is_sha256" CHECK ((octet_length(hash) = 32)));

ALTER TABLE "private"."audit_seals" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."invitation_tokens" ("token_hash" bytea NOT NULL, "invitation_id" uuid NOT NULL, "created_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "invitation_tokens_pkey" PRIMARY KEY (token_hash), CONSTRAINT "token_hash_is_sha256" CHECK ((octet_length(token_hash) = 32)));

ALTER TABLE "private"."invitation_tokens" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."invitations" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "email" text NOT NULL, "role" text NOT NULL, "line_ids" uuid[] NOT NULL DEFAULT '{}'::uuid[], "invited_by" uuid, "expires_at" timestamp with time zone NOT NULL DEFAULT (now() + '7 days'::interval), "accepted_at" timestamp with time zone, "accepted_by" uuid, "revoked_at" timestamp with time zone, "mail_state" text NOT NULL DEFAULT 'queued'::text, "mail_error" text, "mailed_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "invitation_ends_once" CHECK (((accepted_at IS NULL) OR (revoked_at IS NULL))), CONSTRAINT "invitations_pkey" PRIMARY KEY (id), CONSTRAINT "mail_state_is_known" CHECK ((mail_state = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text]))), CONSTRAINT "role_is_known" CHECK ((role = ANY (ARRAY['org_admin'::text, 'manager'::text, 'agent'::text, 'viewer'::text]))), CONSTRAINT "holding_organization_invites_nobody" CHECK ((org_id <> private.holding_org_id())));

ALTER TABLE "private"."invitations" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."outbox_mails" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "template" text NOT NULL, "recipient" text NOT NULL, "invitation_id" uuid, "state" text NOT NULL DEFAULT 'queued'::text, "attempt" integer NOT NULL DEFAULT 0, "run_after" timestamp with time zone NOT NULL DEFAULT now(), "worker" text, "lease_until" timestamp with time zone, "error" text, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "finished_at" timestamp with time zone, CONSTRAINT "failure_has_a_reason" CHECK (((state <> 'failed'::text) OR (error IS NOT NULL))), CONSTRAINT "invitation_letter_has_one" CHECK (((template = 'invitation'::text) = (invitation_id IS NOT NULL))), CONSTRAINT "outbox_mails_pkey" PRIMARY KEY (id), CONSTRAINT "sending_mail_has_a_lease" CHECK (((state = 'sending'::text) = (lease_until IS NOT NULL))), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'cancelled'::text]))), CONSTRAINT "template_is_known" CHECK ((template = 'invitation'::text)));

ALTER TABLE "private"."outbox_mails" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."unsealed_audit_entries" ("entry_id" bigint NOT NULL, CONSTRAINT "unsealed_audit_entries_pkey" PRIMARY KEY (entry_id));

ALTER TABLE "private"."unsealed_audit_entries" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."audit_entries" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "org_id" uuid NOT NULL, "at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(), "actor_kind" text NOT NULL, "actor_id" uuid, "actor" text, "action" text NOT NULL, "resource" text NOT NULL, "row_key" jsonb, "details" jsonb, "details_digest" bytea NOT NULL, "ip_address" inet, CONSTRAINT "actor_kind_is_known" CHECK ((actor_kind = ANY (ARRAY['user'::text, 'api_key'::text, 'process'::text]))), CONSTRAINT "audit_entries_pkey" PRIMARY KEY (id));

ALTER TABLE "public"."audit_entries" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."holidays" ("org_id" uuid NOT NULL, "day" date NOT NULL, "name" text NOT NULL, "opens" text, "closes" text, "created_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "holidays_pkey" PRIMARY KEY (org_id, day), CONSTRAINT "hours_are_wall_clock" CHECK (((opens ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'::text) AND (closes ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'::text))), CONSTRAINT "hours_come_in_pairs_and_run_forward" CHECK ((((opens IS NULL) = (closes IS NULL)) AND ((opens IS NULL) OR (opens < closes)))), CONSTRAINT "name_is_short_and_not_blank" CHECK (((btrim(name) <> ''::text) AND (char_length(name) <= 200))));

ALTER TABLE "public"."holidays" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."organization_settings" ("org_id" uuid NOT NULL, "effective_from" date NOT NULL, "answer_within_seconds" integer NOT NULL DEFAULT 20, "short_abandon_seconds" integer NOT NULL DEFAULT 5, "excludes_short_abandons" boolean NOT NULL DEFAULT true, "service_level_target" numeric(4,3) NOT NULL DEFAULT 0.8, "abandonment_rate_target" numeric(4,3) NOT NULL DEFAULT 0.05, "business_hours" jsonb NOT NULL DEFAULT '[]'::jsonb, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "abandonment_rate_target_is_a_share" CHECK (((abandonment_rate_target >= (0)::numeric) AND (abandonment_rate_target <= (1)::numeric))), CONSTRAINT "organization_settings_pkey" PRIMARY KEY (org_id, effective_from), CONSTRAINT "service_level_target_is_a_share" CHECK (((service_level_target >= (0)::numeric) AND (service_level_target <= (1)::numeric))));

ALTER TABLE "public"."organization_settings" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."platform_settings" ("id" boolean NOT NULL DEFAULT true, "app_url" text, "organization_creation" text NOT NULL DEFAULT 'first'::text, "client_address_header" text NOT NULL DEFAULT 'x-forwarded-for'::text, "support_email" text, "support_phone" text, "billing_email" text, "security_email" text, "emergency_phone" text, "status_url" text, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "app_url_is_an_address" CHECK (((app_url ~ '^https?://[^\s/?#]+(/[^\s?#]*)?$'::text) AND (app_url !~ '/$'::text) AND (char_length(app_url) <= 500))), CONSTRAINT "client_address_header_is_a_header" CHECK ((client_address_header ~ '^[a-z][a-z0-9-]{0,63}$'::text)), CONSTRAINT "organization_creation_is_known" CHECK ((organization_creation = ANY (ARRAY['platform_admins'::text, 'first'::text, 'org_admins'::text]))), CONSTRAINT "phones_are_short" CHECK (((char_length(support_phone) <= 40) AND (char_length(emergency_phone) <= 40))), CONSTRAINT "platform_settings_pkey" PRIMARY KEY (id), CONSTRAINT "status_url_is_an_address" CHECK (((status_url ~ '^https?://\S+$'::text) AND (char_length(status_url) <= 500))), CONSTRAINT "there_is_one_row" CHECK (id));

ALTER TABLE "public"."platform_settings" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."profile_settings" ("user_id" uuid NOT NULL, "phone" text COLLATE pg_catalog."C", "default_org_id" uuid, "theme" text NOT NULL DEFAULT 'system'::text, "notification_channels" jsonb NOT NULL DEFAULT '{}'::jsonb, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "phone_is_a_phone_number" CHECK ((phone ~ '^\+[0-9]{3,15}$'::text)), CONSTRAINT "profile_settings_pkey" PRIMARY KEY (user_id), CONSTRAINT "theme_is_known" CHECK ((theme = ANY (ARRAY['system'::text, 'light'::text, 'dark'::text]))));

ALTER TABLE "public"."profile_settings" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."retention_settings" ("org_id" uuid NOT NULL, "recording_days" integer DEFAULT 90, "voicemail_days" integer DEFAULT 90, "message_days" integer, "call_days" integer, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "call_days_are_sensible" CHECK (((call_days >= 30) AND (call_days <= 3650))), CONSTRAINT "message_days_are_sensible" CHECK (((message_days >= 1) AND (message_days <= 3650))), CONSTRAINT "recording_days_are_sensible" CHECK (((recording_days >= 1) AND (recording_days <= 3650))), CONSTRAINT "retention_settings_pkey" PRIMARY KEY (org_id), CONSTRAINT "voicemail_days_are_sensible" CHECK (((voicemail_days >= 1) AND (voicemail_days <= 3650))));

ALTER TABLE "public"."retention_settings" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."org_members" ADD COLUMN "removed_at" timestamp with time zone;

CREATE OR REPLACE FUNCTION private.accept_invitation(p_token text)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_invitation private.invitations;
  v_user auth.users;
  v_member_id uuid;
begin
  select i.* into v_invitation
  from private.invitation_tokens t
  join private.invitations i on i.id = t.invitation_id
  where t.token_hash = sha256(convert_to(p_token, 'UTF8'))
  for no key update of i;
  if not found then
    raise exception 'There is no such invitation.'
      using errcode = 'PT404', detail = 'invitation_not_found', hint = 'Open the whole link of your letter, or ask for a new one.';
  end if;
  if v_invitation.accepted_at is not null then
    raise exception 'The invitation has been accepted already.'
      using errcode = 'PT409', detail = 'invitation_already_accepted', hint = 'Sign in with the address that accepted it.';
  end if;
  if v_invitation.revoked_at is not null
    or exists (select from public.organizations o where o.id = v_invitation.org_id and o.archived_at is not null) then
    raise exception 'The invitation has been taken back.'
      using errcode = 'PT409', detail = 'invitation_revoked', hint = 'Ask who invited you.';
  end if;
  if v_invitation.expires_at <= now() then
    raise exception 'The invitation has expired.'
      using errcode = 'PT409', detail = 'invitation_expired', hint = 'Ask for it to be sent again.';
  end if;

  -- What Auth has confirmed counts; whatever a token or a person's own data say does not.
  select * into v_user from auth.users u where u.id = auth.uid();
  if lower(v_user.email) is distinct from lower(v_invitation.email) then
    raise exception 'The invitation is for another address.'
      using errcode = 'PT403', detail = 'invitation_for_another_address', hint = 'Sign in with the address the letter was sent to.';
  end if;
  if v_user.email_confirmed_at is null then
    raise exception 'Your address is not confirmed yet.'
      using errcode = 'PT403', detail = 'email_not_confirmed', hint = 'Follow the link in the letter that confirms it, then come back.';
  end if;
  if private.invitation_rights_problem(
    v_invitation.invited_by, v_invitation.org_id, v_invitation.role, v_invitation.line_ids
  ) is not null then
    raise exception 'Who invited you may not do so any more.'
      using errcode = 'PT409', detail = 'inviter_lost_rights', hint = 'Ask an admin of the organization for a new invitation.';
  end if;

  insert into public.org_members as m (org_id, user_id, role)
  values (v_invitation.org_id, v_user.id, v_invitation.role)
  on conflict (user_id, org_id) do update set role = excluded.role, deactivated_at = null, removed_at = null
  where m.removed_at is not null
  returning m.id into v_member_id;
  if v_member_id is null then
    raise exception 'You are a member already.'
      using errcode = 'PT409', detail = 'already_a_member', hint = 'If you see nothing, ask an admin to reactivate you.';
  end if;
  delete from public.member_lines g where g.member_id = v_member_id;
  insert into public.member_lines (org_id, member_id, line_id)
  select l.org_id, v_member_id, l.id
  from public.lines l
  where l.org_id = v_invitation.org_id and l.id = any (v_invitation.line_ids);
  update private.invitations i set accepted_at = now(), accepted_by = v_user.id where i.id = v_invitation.id;
  return v_invitation.org_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.add_invitation_token(p_mail_id uuid, p_worker text, p_token_hash bytea, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into private.invitation_tokens (token_hash, invitation_id, created_at)
  select p_token_hash, i.id, p_now
  from private.outbox_mails m
  join private.invitations i on i.id = m.invitation_id
  join public.organizations o on o.id = i.org_id
  where m.id = p_mail_id and m.worker = p_worker and m.state = 'sending'
    and i.accepted_at is null and i.revoked_at is null and i.expires_at > p_now and o.archived_at is null;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION private.all_users()
 RETURNS TABLE(user_id uuid, email text, full_name text, is_platform_admin boolean, organizations integer, is_confirmed boolean, created_at timestamp with time zone, last_sign_in_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select
    u.id, u.email, p.full_name,
    exists (select from private.platform_admins a where a.user_id = u.id),
    (select count(*)::int from public.org_members m where m.user_id = u.id and m.deactivated_at is null),
    u.email_confirmed_at is not null, u.created_at, u.last_sign_in_at
  from auth.users u
  join public.profiles p on p.user_id = u.id
  where private.is_platform_admin()
$function$;

CREATE OR REPLACE FUNCTION private.api_key_of_grant(p_grant_hash bytea)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (select g.api_key_id from private.api_grants g where g.grant_hash = p_grant_hash and g.expires_at > now());
end
$function$;

CREATE OR REPLACE FUNCTION private.api_org_ids(p_scope text DEFAULT NULL::text)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
  select o.id
  from private.api_keys k
  join public.organizations o on o.id = k.org_id or k.org_id = private.holding_org_id()
  where current_setting('role') = 'api_reader'
    and k.id = nullif(current_setting('victorysync.api_key_id', true), '')::uuid
    and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > now())
    and (p_scope is null or p_scope = any (k.scopes))
    and (o.archived_at is null or k.org_id <> o.id);
end
$function$;

CREATE OR REPLACE FUNCTION private.api_scopes()
 RETURNS text[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return array['audit:read', 'calls:read', 'members:read', 'sync:read', 'sync:request'];
end
$function$;

CREATE OR REPLACE FUNCTION private.are_notification_channels(p_channels jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return jsonb_typeof(p_channels) = 'object'
    and (select count(*) <= 50 from jsonb_object_keys(p_channels))
    and not exists (
      select
      from jsonb_each(p_channels) c
      where c.key !~ '^[a-z][a-z_]{0,49}$' or c.value not in ('"none"', '"in_app"', '"email"', '"both"')
    );
end
$function$;

CREATE OR REPLACE FUNCTION private.assign_phone_numbers(p_phone_number_ids uuid[], p_org_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_label text)
 RETURNS TABLE(phone_number_id uuid, line_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_period tstzrange;
  v_number public.phone_numbers;
  v_line_id uuid;
  v_found integer := 0;
  v_call_ids text[];
begin
  perform private.require_platform_admin();
  if p_org_id = private.holding_org_id()
    or not exists (select from public.organizations o where o.id = p_org_id and o.archived_at is null) then
    raise exception 'There is no such organization, or it is archived.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'Choose an organization that is not archived.';
  end if;
  if p_until <= p_from then
    raise exception 'The period must run forward.'
      using errcode = 'PT422', detail = 'period_reversed', hint = 'Send p_from earlier than p_until, or leave p_until out.';
  end if;
  v_period := tstzrange(p_from, p_until);

  -- Calls are written anew below, as set_member_extension does under the account's lock.
  perform from public.integrations i
  where i.id in (select n.integration_id from public.phone_numbers n where n.id = any (p_phone_number_ids))
  order by i.id
  for key share;
  -- Ingest reads lines under "for key share" on the number: no call slips in between.
  for v_number in
    select * from public.phone_numbers n where n.id = any (p_phone_number_ids) order by n.id for update
  loop
    v_found := v_found + 1;
    if v_number.org_id not in (private.holding_org_id(), p_org_id) then
      raise exception 'The number belongs to an account that another organization owns.'
        using errcode = 'PT409', detail = 'number_of_another_account', hint = 'Only numbers of platform-wide accounts move.';
    end if;
    if exists (
      select from public.lines l
      where l.phone_number_id = v_number.id and l.org_id = p_org_id and l.period && v_period
        and coalesce(upper(l.period), 'infinity') > now()
    ) then
      raise exception 'The organization has the number % already.', v_number.e164
        using errcode = 'PT409', detail = 'number_already_assigned', hint = 'Nothing needs to be done for it.';
    end if;
    -- Whoever has it now gives it up from then on; what anybody had before, or is promised, nobody takes.
    if p_from >= now() then
      update public.lines l set period = tstzrange(lower(l.period), p_from)
      where l.phone_number_id = v_number.id and l.period @> p_from and lower(l.period) < p_from;
    end if;
    begin
      insert into public.lines (org_id, phone_number_id, e164, period, label)
      values (p_org_id, v_number.id, v_number.e164, v_period, coalesce(p_label, v_number.label))
      returning id into v_line_id;
    exception when exclusion_violation then
      raise exception 'The number % was, or will be, in an organization''s hands in that period.', v_number.e164
        using errcode = 'PT409', detail = 'period_taken', hint = 'History stays where it is. Choose a later start or an earlier end.';
    end;
    select array_agg(c.provider_call_id) into v_call_ids
    from public.calls c
    where c.phone_number_id = v_number.id and c.started_at >= p_from and (p_until is null or c.started_at < p_until);
    if v_call_ids is not null then
      perform private.write_calls(v_number.integration_id, v_call_ids);
    end if;
    return query select v_number.id, v_line_id;
  end loop;
  if v_found is distinct from (select count(distinct id)::int from unnest(p_phone_number_ids) id) or v_found = 0 then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.audit_hash(p_previous bytea, p_position bigint, p_entry public.audit_entries)
 RETURNS bytea
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
begin
  return sha256(
    p_previous
    || convert_to(
      jsonb_build_array(
        p_position, p_entry.id, p_entry.org_id, p_entry.at, p_entry.actor_kind, p_entry.actor_id, p_entry.actor, p_entry.action,
        p_entry.resource, p_entry.row_key, encode(p_entry.details_digest, 'hex'), p_entry.ip_address
      )::text,
      'UTF8'
    )
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.business_hours_problem(p_hours jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if jsonb_typeof(p_hours) is distinct from 'array' or jsonb_array_length(p_hours) > 50 or exists (
    select
    from jsonb_array_elements(p_hours) h
    where jsonb_typeof(h) <> 'object'
      or h - array['weekday', 'opens', 'closes'] <> '{}'
      or h ->> 'weekday' !~ '^[1-7]$' or h ->> 'opens' !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
      or h ->> 'closes' !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$'
      or not h ?& array['weekday', 'opens', 'closes']
      or h ->> 'weekday' is null or h ->> 'opens' is null or h ->> 'closes' is null
  ) then
    return 'business_hours_malformed';
  end if;
  if exists (select from jsonb_array_elements(p_hours) h where h ->> 'closes' <= h ->> 'opens') then
    return 'business_hours_cross_midnight';
  end if;
  if exists (
    select
    from jsonb_array_elements(p_hours) with ordinality a (hours, n)
    join jsonb_array_elements(p_hours) with ordinality b (hours, n)
      on a.n < b.n and a.hours ->> 'weekday' = b.hours ->> 'weekday'
      and a.hours ->> 'opens' < b.hours ->> 'closes' and b.hours ->> 'opens' < a.hours ->> 'closes'
  ) then
    return 'business_hours_overlap';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.change_organization_settings(p_org_id uuid, p_changes jsonb, p_effective_from date)
 RETURNS public.organization_settings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_today date;
  v_from date;
  v_settings public.organization_settings;
  v_problem text;
begin
  perform private.require_role(p_org_id, 'org_admin');
  select (now() at time zone o.time_zone)::date into v_today from public.organizations o where o.id = p_org_id for no key update;
  v_from := coalesce(p_effective_from, v_today);
  if v_from < v_today or v_from > v_today + 730 then
    raise exception 'Settings can begin from today, %, to two years ahead.', v_today
      using errcode = 'PT422', detail = 'effective_date_unfit', hint = 'What was before stays as it was judged then.';
  end if;
  if jsonb_typeof(p_changes) is distinct from 'object' or p_changes = '{}' then
    raise exception 'There is nothing to change.'
      using errcode = 'PT422', detail = 'setting_unknown', hint = 'Send an object of settings with their values.';
  end if;
  select key into v_problem
  from jsonb_object_keys(p_changes) key
  where key not in (
    'answer_within_seconds', 'short_abandon_seconds', 'excludes_short_abandons', 'service_level_target',
    'abandonment_rate_target', 'business_hours'
  );
  if v_problem is not null then
    raise exception 'There is no setting %.', left(v_problem, 100)
      using errcode = 'PT422', detail = 'setting_unknown', hint = 'See organization_settings for those there are.';
  end if;
  v_problem := case when p_changes ? 'business_hours' then private.business_hours_problem(p_changes -> 'business_hours') end;
  if v_problem is not null then
    raise exception 'The business hours cannot be kept.'
      using errcode = 'PT422', detail = v_problem, hint =
        'Send a list of {"weekday": 1 to 7 from Monday, "opens": "09:00", "closes": "17:00"}: within one day, up to 24:00, none over another.';
  end if;

  select * into v_settings
  from public.organization_settings s
  where s.org_id = p_org_id and s.effective_from <= v_from
  order by s.effective_from desc
  limit 1;
  begin
    v_settings := jsonb_populate_record(v_settings, p_changes);
    v_settings.effective_from := v_from;
    v_settings.created_at := now();
    v_settings.updated_at := now();
    insert into public.organization_settings as s select (v_settings).*
    on conflict (org_id, effective_from) do update set
      answer_within_seconds = excluded.answer_within_seconds,
      short_abandon_seconds = excluded.short_abandon_seconds,
      excludes_short_abandons = excluded.excludes_short_abandons,
      service_level_target = excluded.service_level_target,
      abandonment_rate_target = excluded.abandonment_rate_target,
      business_hours = excluded.business_hours
    returning s.* into v_settings;
  exception when data_exception or check_violation or not_null_violation then
    raise exception 'One of the values is not possible.'
      using errcode = 'PT422', detail = 'setting_invalid', hint =
        'Targets lie between 0 and 1; thresholds are one of the waits that figures tell apart: '
        || array_to_string(private.wait_edges(), ', ') || ' seconds.';
  end;
  return v_settings;
end
$function$;

CREATE OR REPLACE FUNCTION private.check_audit_chain(p_org_id uuid)
 RETURNS TABLE(sealed bigint, unsealed bigint, broken_position bigint, broken_entry_id bigint, problem text, head text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_seal record;
  v_hash bytea := '';
begin
  sealed := 0;
  for v_seal in
    select s.position, s.entry_id, s.hash, e as entry
    from private.audit_seals s
    left join public.audit_entries e on e.id = s.entry_id
    where s.org_id = p_org_id
    order by s.position
  loop
    problem := case
      when v_seal.position <> sealed + 1 then 'a seal is missing before this one'
      when (v_seal.entry).id is null then 'the entry is gone'
      when (v_seal.entry).details is not null
        and sha256(convert_to((v_seal.entry).details::text, 'UTF8')) <> (v_seal.entry).details_digest then 'the details were changed'
      when private.audit_hash(v_hash, v_seal.position, v_seal.entry) <> v_seal.hash then 'the entry or its seal was changed'
    end;
    if problem is not null then
      broken_position := v_seal.position;
      broken_entry_id := v_seal.entry_id;
      exit;
    end if;
    sealed := v_seal.position;
    v_hash := v_seal.hash;
  end loop;

  select count(*) into unsealed
  from private.unsealed_audit_entries u
  join public.audit_entries e on e.id = u.entry_id
  where e.org_id = p_org_id;
  if problem is null then
    select e.id, 'the entry was never sealed, and nothing waits to seal it' into broken_entry_id, problem
    from public.audit_entries e
    where e.org_id = p_org_id
      and not exists (select from private.audit_seals s where s.entry_id = e.id)
      and not exists (select from private.unsealed_audit_entries u where u.entry_id = e.id)
    order by e.id
    limit 1;
  end if;
  head := encode(v_hash, 'hex');
  return next;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_outbox_mail(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(mail_id uuid, template text, recipient text, details jsonb, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  with next as (
    select m.id
    from private.outbox_mails m
    where ((m.state = 'queued' and m.run_after <= p_now) or (m.state = 'sending' and m.lease_until <= p_now))
      and exists (select from public.platform_settings s where s.app_url is not null)
    order by m.run_after, m.id
    limit 1
    for update of m skip locked
  )
  update private.outbox_mails m
  set state = 'sending', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = m.attempt + 1
  from next, private.invitations i
  join public.organizations o on o.id = i.org_id
  left join public.profiles p on p.user_id = i.invited_by
  cross join public.platform_settings s
  where m.id = next.id and i.id = m.invitation_id
  returning
    m.id, m.template, m.recipient,
    jsonb_build_object(
      'invitation_id', i.id, 'organization', o.name, 'role', i.role, 'inviter', coalesce(p.full_name, p.email),
      'app_url', s.app_url, 'expires_at', i.expires_at, 'support_email', s.support_email
    ),
    m.attempt;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_sync_job(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(job_id uuid, integration_id uuid, organization text, account_type text, resource text, kind text, range_from timestamp with time zone, range_to timestamp with time zone, provider_id text, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_lost public.sync_jobs;
begin
  -- A worker that let its lease run out is gone; its job goes on where it stopped, three times at most.
  for v_lost in
    select * from public.sync_jobs j where j.state = 'running' and j.lease_until < p_now for update skip locked
  loop
    if v_lost.attempt < 3 then
      update public.sync_jobs j set state = 'queued', worker = null, lease_until = null where j.id = v_lost.id;
    else
      perform private.finish_sync_job(
        v_lost.id, v_lost.worker, 'The worker stopped three times in the middle of this job.', null, p_now
      );
    end if;
  end loop;

  -- What is due becomes a job. The cursor's lock keeps two workers from making the same one.
  with due as (
    select c.integration_id, c.resource, i.org_id, c.watermark, r.overlap, r.initial_history, r.poll_interval
    from private.sync_cursors c
    join private.sync_resources r using (resource)
    join public.integrations i on i.id = c.integration_id
    join public.organizations o on o.id = i.org_id
    where c.next_run_at <= p_now and i.disabled_at is null and o.archived_at is null
      and not exists (
        select from public.sync_jobs j
        where j.integration_id = c.integration_id and j.resource = c.resource and j.kind = 'scheduled'
          and j.state in ('queued', 'running')
      )
    for update of c skip locked
  ),
  scheduled as (
    update private.sync_cursors c set next_run_at = p_now + due.poll_interval
    from due
    where c.integration_id = due.integration_id and c.resource = due.resource
    returning due.*
  )
  insert into public.sync_jobs (org_id, integration_id, resource, kind, range_from, range_to, run_after, created_at)
  select
    s.org_id, s.integration_id, s.resource, 'scheduled',
    case when s.watermark is null then p_now - s.initial_history else least(s.watermark, p_now) - s.overlap end,
    case when s.initial_history is not null then p_now end,
    p_now, p_now
  from scheduled s
  on conflict do nothing;

  return query
  with next as (
    select j.id
    from public.sync_jobs j
    join public.integrations i on i.id = j.integration_id and i.disabled_at is null
    join public.organizations o on o.id = i.org_id and o.archived_at is null
    where j.state = 'queued' and j.run_after <= p_now
    order by
      array_position(array['requested', 'one', 'scheduled', 'backfill'], j.kind),
      -- The numbers first: calls then find their lines.
      array_position(array['phone_numbers', 'calls'], j.resource),
      j.created_at, j.id
    limit 1
    for update of j skip locked
  )
  update public.sync_jobs j set
    state = 'running', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = j.attempt + 1,
    started_at = coalesce(j.started_at, p_now), error = null
  from next, public.integrations i
  where j.id = next.id and i.id = j.integration_id
  returning
    j.id, j.integration_id, private.sealing_context(i.org_id), i.account_type, j.resource, j.kind,
    coalesce(j.read_through, j.range_from), j.range_to, j.provider_id, j.attempt;
end
$function$;

CREATE OR REPLACE FUNCTION private.client_address()
 RETURNS inet
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_headers constant json := nullif(current_setting('request.headers', true), '')::json;
  v_entry constant text := (
    select btrim(split_part(v_headers ->> s.client_address_header, ',', -1)) from public.platform_settings s
  );
begin
  return case when pg_input_is_valid(v_entry, 'inet') then v_entry::inet end;
end
$function$;

CREATE OR REPLACE FUNCTION private.count_calls(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[], p_member_ids uuid[], p_grain text, p_time_zone text, p_in_hours boolean)
 RETURNS TABLE(bucket_start timestamp with time zone, counts private.call_counts)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET enable_sort TO 'off'
AS $function$
  select
    c.bucket_start,
    row(
      count(*) filter (where c.is_inbound),
      count(*) filter (where c.is_inbound and c.outcome = 'answered'),
      count(*) filter (where c.is_inbound and c.outcome = 'voicemail'),
      count(*) filter (where c.is_inbound and c.outcome = 'missed'),
      count(c.wait_seconds) filter (where c.is_inbound),
      count(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'answered'),
      count(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'missed'),
      count(*) filter (where c.is_inbound and c.outcome = 'answered' and c.wait_seconds <= c.answer_within_seconds),
      count(*) filter (where c.is_inbound and c.outcome = 'missed' and c.wait_seconds < c.short_abandon_seconds),
      coalesce(sum(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'answered'), 0),
      coalesce(sum(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'missed'), 0),
      max(c.wait_seconds) filter (where c.is_inbound),
      count(c.talk_seconds) filter (where c.is_inbound and c.outcome = 'answered'),
      coalesce(sum(c.talk_seconds) filter (where c.is_inbound and c.outcome = 'answered'), 0),
      count(*) filter (where c.is_inbound and c.outcome = 'answered' and c.talk_seconds < 10),
      count(c.duration_seconds) filter (where c.is_inbound),
      coalesce(sum(c.duration_seconds) filter (where c.is_inbound), 0),
      count(*) filter (where c.is_inbound and c.is_dropped),
      count(*) filter (where c.is_inbound and c.outcome = 'answered' and c.transfer_count > 0),
      count(*) filter (where not c.is_inbound),
      count(*) filter (where not c.is_inbound and c.outcome = 'answered'),
      count(c.talk_seconds) filter (where not c.is_inbound and c.outcome = 'answered'),
      coalesce(sum(c.talk_seconds) filter (where not c.is_inbound and c.outcome = 'answered'), 0)
    )::private.call_counts
  from (
    select
      case when p_grain is not null then private.bucket_start(t.started_at, p_time_zone, p_grain) end as bucket_start,
      t.direction = 'inbound' as is_inbound, t.outcome, t.wait_seconds, t.talk_seconds, t.duration_seconds, t.is_dropped,
      t.transfer_count, s.answer_within_seconds, s.short_abandon_seconds
    from public.calls t
    join private.settings_in_force(p_org_ids, p_from, p_to, p_in_hours is not null) s
      on s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.org_id = any (p_org_ids) and t.started_at >= p_from and t.started_at < p_to
      and t.outcome is not null and t.deleted_at is null and t.direction <> 'internal'
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
  ) c
  group by c.bucket_start
$function$;

CREATE OR REPLACE FUNCTION private.create_api_key(p_org_id uuid, p_name text, p_scopes text[], p_expires_at timestamp with time zone)
 RETURNS TABLE(id uuid, prefix text, secret text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_prefix constant text := 'vsk_' || encode(extensions.gen_random_bytes(4), 'hex');
  v_secret constant text := v_prefix || '_' || private.new_secret();
begin
  if p_org_id is null then
    perform private.require_platform_admin();
  else
    perform private.require_role(p_org_id, 'org_admin');
  end if;
  if p_name is null or private.is_blank(p_name) or char_length(p_name) > 200 then
    raise exception 'The name has to be of 1 to 200 characters.'
      using errcode = 'PT422', detail = 'name_invalid', hint = 'Say what the key is for.';
  end if;
  if p_scopes is null or cardinality(p_scopes) = 0 or not p_scopes <@ private.api_scopes() then
    raise exception 'A key needs scopes that there are.'
      using errcode = 'PT422', detail = 'scope_unknown', hint = 'Choose among ' || array_to_string(private.api_scopes(), ', ') || '.';
  end if;
  if p_expires_at <= now() then
    raise exception 'The key would have expired already.'
      using errcode = 'PT422', detail = 'expiry_in_the_past', hint = 'Choose a later instant, or none.';
  end if;
  return query
  insert into private.api_keys (org_id, name, prefix, secret_hash, scopes, created_by, expires_at)
  values (
    coalesce(p_org_id, private.holding_org_id()), btrim(p_name), v_prefix, sha256(convert_to(v_secret, 'UTF8')),
    array(select distinct scope from unnest(p_scopes) scope order by scope), auth.uid(), p_expires_at
  )
  returning api_keys.id, v_prefix, v_secret;
end
$function$;

CREATE OR REPLACE FUNCTION private.create_integration(p_org_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb, p_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_org_id uuid := coalesce(p_org_id, private.holding_org_id());
  v_credential record;
begin
  if p_org_id is null then
    perform private.require_platform_admin();
  else
    perform private.require_role(p_org_id, 'org_admin');
  end if;
  if p_name is null or private.is_blank(p_name) or char_length(p_name) > 200 then
    raise exception 'The name has to be of 1 to 200 characters.'
      using errcode = 'PT422', detail = 'name_invalid', hint = 'Choose a name that people will recognise.';
  end if;
  if p_account_type is null or p_account_type not in ('call_center', 'classic') then
    raise exception 'There is no account type %.', left(p_account_type, 100)
      using errcode = 'PT422', detail = 'account_type_unknown', hint = 'Choose call_center or classic, as MightyCall calls your account.';
  end if;
  if p_webhook_mode is distinct from 'signed' then
    raise exception 'Deliveries without a signature cannot be received yet.'
      using errcode = 'PT422', detail = 'webhook_mode_unavailable', hint = 'Choose signed.';
  end if;
  if jsonb_typeof(p_credentials) is distinct from 'object' or not p_credentials ?& array['api_key', 'user_key'] then
    raise exception 'An integration needs its api_key and user_key, sealed.'
      using errcode = 'PT422', detail = 'credentials_missing', hint = 'Seal each with the platform''s public key and send it in base64.';
  end if;

  insert into public.integrations (id, org_id, name, account_type, webhook_mode)
  values (p_id, v_org_id, p_name, p_account_type, p_webhook_mode);

  for v_credential in select key as purpose, value as sealed from jsonb_each_text(p_credentials) loop
    if v_credential.purpose not in ('api_key', 'user_key', 'webhook_secret') then
      raise exception 'There is no credential of the kind %.', v_credential.purpose
        using errcode = 'PT422', detail = 'credential_unknown', hint = 'Send api_key, user_key and webhook_secret.';
    end if;
    begin
      insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)
      values (v_org_id, p_id, v_credential.purpose, p_key_id, decode(v_credential.sealed, 'base64'));
    exception when data_exception or check_violation or not_null_violation then
      raise exception 'The % is not a sealed value in base64.', v_credential.purpose
        using errcode = 'PT422', detail = 'credential_not_sealed', hint = 'Seal it with the platform''s public key.';
    end;
  end loop;
  return p_id;
exception when unique_violation then
  raise exception 'An integration with this id exists already.'
    using errcode = 'PT409', detail = 'integration_exists', hint = 'Choose a new random id and seal the credentials for it.';
end
$function$;

CREATE OR REPLACE FUNCTION private.create_invitation_link(p_invitation_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_invitation constant private.invitations := private.open_invitation(p_invitation_id);
  v_app_url constant text := (select s.app_url from public.platform_settings s);
  v_token constant text := private.new_secret();
begin
  if v_app_url is null then
    raise exception 'Nobody has said where the dashboard is served.'
      using errcode = 'PT409', detail = 'app_url_missing', hint = 'A platform admin sets app_url in platform_settings.';
  end if;
  if v_invitation.expires_at <= now() then
    raise exception 'The invitation has expired.'
      using errcode = 'PT409', detail = 'invitation_expired', hint = 'Resend it: that opens it for seven more days.';
  end if;
  insert into private.invitation_tokens (token_hash, invitation_id) values (sha256(convert_to(v_token, 'UTF8')), v_invitation.id);
  return v_app_url || '/invitation#token=' || v_token;
end
$function$;

CREATE OR REPLACE FUNCTION private.create_organization(p_name text, p_time_zone text)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_user_id constant uuid := auth.uid();
  v_rule text;
  v_org_id uuid;
begin
  -- Two tabs that ask at once: the second finds what the first has made.
  perform from public.profiles p where p.user_id = v_user_id for no key update;
  if not found then
    raise exception 'There is no such user.'
      using errcode = 'PT403', detail = 'organization_creation_denied', hint = 'Sign in first.';
  end if;
  select s.organization_creation into v_rule from public.platform_settings s;
  if not private.is_platform_admin() and (
    v_rule = 'platform_admins'
    or (
      exists (select from public.org_members m where m.user_id = v_user_id and m.removed_at is null)
      and (v_rule = 'first' or not exists (select from private.my_memberships m where m.role = 'org_admin'))
    )
  ) then
    raise exception 'You cannot create an organization here.'
      using errcode = 'PT403', detail = 'organization_creation_denied', hint = 'Ask the operator to create it for you.';
  end if;

  insert into public.organizations (name, time_zone)
  values (btrim(coalesce(p_name, '')), coalesce(p_time_zone, 'UTC'))
  returning id into v_org_id;
  -- The operator's people see every organization as it is, and invite its admin.
  if not private.is_platform_admin() then
    insert into public.org_members (org_id, user_id, role) values (v_org_id, v_user_id, 'org_admin');
  end if;
  return v_org_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.csv_text(p_text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  -- Spreadsheets run what begins like a formula; they take a phone number's plus for one only with more than digits behind it.
  return case when p_text ~ '^[=+\-@\t\r]' and p_text !~ '^\+[0-9]+$' then '''' || p_text else p_text end;
end
$function$;

CREATE OR REPLACE FUNCTION private.data_through(p_org_ids uuid[])
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select case when bool_and(c.watermark is not null) then min(c.watermark) end
  from private.sync_cursors c
  join public.integrations i on i.id = c.integration_id
  where c.resource = 'calls' and i.disabled_at is null
    and i.id in (select private.serving_integration_ids(org_id) from unnest(p_org_ids) org_id)
    and p_org_ids <@ array(
      select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids('calls:read')
    )
$function$;

CREATE OR REPLACE FUNCTION private.finish_outbox_mail(p_mail_id uuid, p_worker text, p_outcome text, p_error text, p_retry_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_mail private.outbox_mails;
begin
  update private.outbox_mails m set
    state = case p_outcome when 'retry' then 'queued' else p_outcome end,
    error = left(p_error, 2000), worker = null, lease_until = null,
    run_after = case p_outcome when 'retry' then p_retry_at else m.run_after end,
    finished_at = case when p_outcome <> 'retry' then p_now end
  where m.id = p_mail_id and m.worker = p_worker and m.state = 'sending'
  returning * into v_mail;
  update private.invitations i set
    mail_state = case p_outcome when 'sent' then 'sent' when 'retry' then 'queued' else 'failed' end,
    mail_error = case p_outcome when 'cancelled' then 'The invitation was not open when its letter was due.' else left(p_error, 2000) end,
    mailed_at = case p_outcome when 'sent' then p_now else i.mailed_at end
  where i.id = v_mail.invitation_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.fleet()
 RETURNS TABLE(org_id uuid, name text, archived_at timestamp with time zone, severity integer, problem text, members integer, org_admins integer, lines integer, calls_today integer, failed_events integer, last_sync_at timestamp with time zone, sync_error text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with organization as (
    select
      o.id, o.name, o.archived_at,
      (select count(*)::int from public.org_members m where m.org_id = o.id and m.deactivated_at is null) as members,
      (
        select count(*)::int from public.org_members m
        where m.org_id = o.id and m.deactivated_at is null and m.role = 'org_admin'
      ) as org_admins,
      (select count(*)::int from public.lines l where l.org_id = o.id and l.period @> now()) as lines,
      (
        select count(*)::int
        from public.calls c
        where c.org_id = o.id and c.deleted_at is null
          and c.started_at >= date_trunc('day', now() at time zone o.time_zone) at time zone o.time_zone
      ) as calls_today,
      (
        select count(*)::int
        from private.webhook_events e
        where e.integration_id in (select private.serving_integration_ids(o.id)) and e.org_id = o.id and e.status = 'failed'
      ) as failed_events,
      s.last_sync_at, s.sync_error
    from public.organizations o
    left join lateral (
      select
        case when bool_and(i.last_success_at is not null) then min(i.last_success_at) end as last_sync_at,
        min(i.last_error) as sync_error
      from public.integrations i
      where i.id in (select private.serving_integration_ids(o.id)) and i.disabled_at is null
    ) s on true
    where o.id <> private.holding_org_id() and private.is_platform_admin()
  )
  select
    o.id, o.name, o.archived_at, p.severity, p.problem, o.members, o.org_admins, o.lines, o.calls_today, o.failed_events,
    o.last_sync_at, o.sync_error
  from organization o
  cross join lateral (
    select v.severity, v.problem
    from (values
      (o.archived_at is not null, 0, 'archived'),
      (o.sync_error is not null, 5, 'the sync fails'),
      (o.lines > 0 and (o.last_sync_at is null or o.last_sync_at < now() - interval '30 minutes'), 4, 'the sync is stale'),
      (o.failed_events > 0, 3, 'events could not be applied'),
      (o.org_admins = 0, 2, 'nobody is its admin'),
      (o.lines = 0, 1, 'it has no lines'),
      (true, 0, null)
    ) as v (applies, severity, problem)
    where v.applies
    limit 1
  ) p
$function$;

CREATE OR REPLACE FUNCTION private.forget_expired(p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_forgotten integer;
  v_rows integer;
begin
  delete from private.api_grants g where g.expires_at < p_now - interval '1 minute';
  get diagnostics v_forgotten = row_count;
  delete from private.api_key_minutes m where m.minute < p_now - interval '1 hour';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  -- Until then whoever opens an old link is told what became of the invitation.
  delete from private.invitation_tokens t
  using private.invitations i
  where i.id = t.invitation_id
    and greatest(i.expires_at, i.accepted_at, i.revoked_at) < p_now - interval '90 days';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.outbox_mails m where m.finished_at < p_now - interval '90 days';
  get diagnostics v_rows = row_count;
  return v_forgotten + v_rows;
end
$function$;

CREATE OR REPLACE FUNCTION private.invitation_rights_problem(p_user_id uuid, p_org_id uuid, p_role text, p_line_ids uuid[])
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_member public.org_members;
begin
  if exists (select from private.platform_admins a where a.user_id = p_user_id) then
    return null;
  end if;
  select * into v_member
  from public.org_members m
  where m.user_id = p_user_id and m.org_id = p_org_id and m.deactivated_at is null;
  return case
    when v_member.role = 'org_admin' then null
    when v_member.role is distinct from 'manager' then 'not_allowed'
    when p_role <> 'agent' then 'not_allowed'
    when p_line_ids <@ array(select g.line_id from public.member_lines g where g.member_id = v_member.id) then null
    else 'not_allowed'
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.invite(p_org_id uuid, p_email text, p_role text, p_line_ids uuid[], OUT result text, OUT invitation_id uuid)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_email constant text := btrim(p_email);
  v_open private.invitations;
begin
  result := case
    when private.is_email(v_email) is not true then 'bad_address'
    when p_role is null or p_role not in ('org_admin', 'manager', 'agent', 'viewer') then 'not_allowed'
    when array_position(p_line_ids, null) is not null then 'not_allowed'
    when not p_line_ids <@ array(select l.id from public.lines l where l.org_id = p_org_id) then 'not_allowed'
    else private.invitation_rights_problem(auth.uid(), p_org_id, p_role, p_line_ids)
  end;
  if result is not null then
    return;
  end if;
  -- Somebody who is accepting just now is a member when they are done.
  perform from private.invitations i
  where i.org_id = p_org_id and lower(i.email) = lower(v_email) and i.accepted_at is null and i.revoked_at is null
  for no key update;
  if exists (
    select
    from public.org_members m
    join auth.users u on u.id = m.user_id
    where m.org_id = p_org_id and m.removed_at is null and lower(u.email) = lower(v_email)
  ) then
    result := 'already_a_member';
    return;
  end if;

  -- One that ran out makes room for a new one.
  update private.invitations i set revoked_at = now()
  where i.org_id = p_org_id and lower(i.email) = lower(v_email)
    and i.accepted_at is null and i.revoked_at is null and i.expires_at <= now();
  insert into private.invitations (org_id, email, role, line_ids, invited_by)
  values (p_org_id, v_email, p_role, array(select distinct id from unnest(p_line_ids) id order by id), auth.uid())
  on conflict (org_id, lower(email)) where accepted_at is null and revoked_at is null do nothing
  returning * into v_open;
  if v_open.id is null then
    result := 'duplicate';
    return;
  end if;
  perform private.queue_mail('invitation', v_open.email, v_open.id);
  result := 'invited';
  invitation_id := v_open.id;
end
$function$;

CREATE OR REPLACE FUNCTION private.invite_member(p_org_id uuid, p_email text, p_role text, p_line_ids uuid[])
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_invited record;
begin
  perform private.require_role(p_org_id, 'manager', 'org_admin');
  if p_role is null or p_role not in ('org_admin', 'manager', 'agent', 'viewer') then
    raise exception 'There is no role %.', left(p_role, 100)
      using errcode = 'PT422', detail = 'role_unknown', hint = 'Choose org_admin, manager, agent or viewer.';
  end if;
  select * into v_invited
  from private.invite_members(
    p_org_id, jsonb_build_array(jsonb_build_object('email', p_email, 'role', p_role, 'lines', coalesce(to_jsonb(p_line_ids), '[]')))
  );
  case v_invited.result
    when 'invited' then
      return v_invited.invitation_id;
    when 'bad_address' then
      raise exception 'This is not an e-mail address.'
        using errcode = 'PT422', detail = 'email_invalid', hint = 'Check its spelling.';
    when 'already_a_member' then
      raise exception 'This person is a member already.'
        using errcode = 'PT409', detail = 'already_a_member', hint = 'See members; a deactivated member can be reactivated.';
    when 'duplicate' then
      raise exception 'This address has an open invitation.'
        using errcode = 'PT409', detail = 'already_invited', hint = 'Resend it, or revoke it first.';
    else
      raise exception 'You cannot give this role or these lines.'
        using errcode = 'PT403', detail = 'invitation_not_allowed', hint =
          'Managers invite agents, with lines they have themselves; lines have to be the organization''s own.';
  end case;
end
$function$;

CREATE OR REPLACE FUNCTION private.invite_members(p_org_id uuid, p_rows jsonb)
 RETURNS TABLE(row_number integer, email text, result text, invitation_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_row record;
  v_line_ids uuid[];
  v_invited record;
begin
  perform private.require_role(p_org_id, 'manager', 'org_admin');
  -- One list at a time: two with the same addresses in different orders would wait for each other.
  perform from public.organizations o
  where o.id = p_org_id and o.archived_at is null and o.id <> private.holding_org_id()
  for no key update;
  if not found then
    raise exception 'The organization is closed.'
      using errcode = 'PT409', detail = 'organization_archived', hint = 'A platform admin can open it again.';
  end if;
  if jsonb_typeof(p_rows) is distinct from 'array' or jsonb_array_length(p_rows) not between 1 and 1000 then
    raise exception 'Send a list of 1 to 1,000 rows.'
      using errcode = 'PT422', detail = 'rows_malformed', hint = 'Each row is {"email": …, "role": …, "lines": […]}; split a longer list.';
  end if;

  for v_row in
    select r.n::int as row_number, r.value ->> 'email' as email, coalesce(r.value ->> 'role', 'agent') as role, r.value -> 'lines' as lines
    from jsonb_array_elements(p_rows) with ordinality r (value, n)
    order by r.n
  loop
    -- A line is named by its id or, as in a spreadsheet, by its number. What is not found cannot be given.
    select coalesce(array_agg(l.id), '{}') into v_line_ids
    from jsonb_array_elements_text(case jsonb_typeof(v_row.lines) when 'array' then v_row.lines else '[]' end) named (line)
    left join public.lines l
      on l.org_id = p_org_id and coalesce(upper(l.period), 'infinity') > now()
      and (l.id::text = lower(named.line) or l.e164 = private.parse_phone(named.line));
    if jsonb_typeof(v_row.lines) not in ('array', 'null') then
      v_line_ids := array[null::uuid];
    end if;
    select * into v_invited from private.invite(p_org_id, v_row.email, v_row.role, v_line_ids);
    return query select v_row.row_number, v_row.email, v_invited.result, v_invited.invitation_id;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.is_blank(p_text text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return p_text !~ '[^[:space:][:cntrl:]\u0085\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]';
end
$function$;

CREATE OR REPLACE FUNCTION private.is_email(p_text text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_atom constant text := '[^\s[:cntrl:]()<>@,;:\\".\[\]]+';
  v_label constant text := '[^\s[:cntrl:][:punct:]]([^\s[:cntrl:]!-,./:-@\[-`{-~]{0,61}[^\s[:cntrl:][:punct:]])?';
begin
  return char_length(p_text) <= 254
    and p_text ~ ('^(' || v_atom || '(\.' || v_atom || ')*|"([^\\"[:cntrl:]]|\\[^[:cntrl:]])+")@(' || v_label || '\.)+' || v_label || '$')
    and char_length(regexp_replace(p_text, '@[^@]*$', '')) <= 64
    and p_text !~ '\.[0-9]+$';
end
$function$;

CREATE OR REPLACE FUNCTION private.kpi_scope(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_in_hours boolean, OUT org_ids uuid[], OUT time_zone text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if p_from is null or p_to is null or p_from >= p_to then
    raise exception 'The range must run forward.'
      using errcode = 'PT422', detail = 'range_reversed', hint = 'Send p_from earlier than p_to; the end is not included.';
  end if;
  if p_from < '1900-01-01 00:00Z' or p_to > '2200-01-01 00:00Z' then
    raise exception 'The range leaves the years that can be told.'
      using errcode = 'PT422', detail = 'range_out_of_bounds', hint = 'Choose instants between 1900 and 2200.';
  end if;
  if p_org_id is null then
    org_ids := array(select private.org_ids_read_in_full() union all select private.api_org_ids('calls:read'));
    time_zone := 'UTC';
  else
    select array[o.id], o.time_zone into org_ids, time_zone from public.organizations o where o.id = p_org_id;
    if not found then
      raise exception 'There is no such organization.'
        using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
    end if;
  end if;
  if current_user = 'api_reader' then
    perform private.require_scope(coalesce(p_org_id, (select o from private.api_org_ids() o limit 1)), 'calls:read');
  end if;
  if p_in_hours is not null and not exists (
    select from private.settings_in_force(org_ids, p_from, p_to, true) s where s.open_hours is not null
  ) then
    raise exception 'There are no business hours to filter by.'
      using errcode = 'PT422', detail = 'business_hours_missing', hint = 'Set business hours first, or leave p_in_hours out.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.member_activity()
 RETURNS TABLE(member_id uuid, last_sign_in_at timestamp with time zone, last_active_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select m.id, u.last_sign_in_at, greatest(u.last_sign_in_at, s.last_active_at)
  from public.org_members m
  join auth.users u on u.id = m.user_id
  left join lateral (
    select max(greatest(a.updated_at, a.refreshed_at at time zone 'UTC')) as last_active_at
    from auth.sessions a
    where a.user_id = m.user_id
  ) s on true
  where m.org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
$function$;

CREATE OR REPLACE FUNCTION private.member_missing()
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  raise exception 'There is no such member, or it is not yours to manage.'
    using errcode = 'PT404', detail = 'member_not_found', hint =
      'Admins manage everybody, managers the agents whose lines are all among their own.';
end
$function$;

CREATE OR REPLACE FUNCTION private.my_agent_ids()
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
  select m.id
  from public.org_members m
  where m.role = 'agent' and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('manager')));
end
$function$;

CREATE OR REPLACE FUNCTION private.my_line_ids()
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
begin
  return query
  select g.line_id
  from private.my_memberships m
  join public.member_lines g on g.member_id = m.member_id
  where m.role in ('agent', 'manager');
end
$function$;

CREATE OR REPLACE FUNCTION private.my_managed_member_ids()
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
  select m.id
  from public.org_members m
  where m.removed_at is null and (
    m.org_id = any (array(select private.my_org_ids('org_admin')))
    or (
      m.id = any (array(select private.my_agent_ids()))
      and not exists (
        select from public.member_lines g
        where g.member_id = m.id and g.line_id <> all (array(select private.my_line_ids()))
      )
    )
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.my_member_ids()
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
begin
  return query select m.member_id from private.my_memberships m where m.role in ('agent', 'manager');
end
$function$;

CREATE OR REPLACE FUNCTION private.my_org_ids(VARIADIC p_roles text[])
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
begin
  if exists (select from private.platform_admins a where a.user_id = (select auth.uid())) then
    return query select o.id from public.organizations o;
  else
    return query select m.org_id from private.my_memberships m where m.role = any (p_roles);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.my_sessions()
 RETURNS TABLE(id uuid, created_at timestamp with time zone, last_active_at timestamp with time zone, user_agent text, ip_address inet, is_current boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select
    s.id, s.created_at, greatest(s.created_at, s.updated_at, s.refreshed_at at time zone 'UTC'), s.user_agent, s.ip,
    s.id::text = auth.jwt() ->> 'session_id'
  from auth.sessions s
  where s.user_id = auth.uid() and (s.not_after is null or s.not_after > now())
  order by 3 desc
$function$;

CREATE OR REPLACE FUNCTION private.new_secret()
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return translate(rtrim(encode(extensions.gen_random_bytes(32), 'base64'), '='), '+/', '-_');
end
$function$;

CREATE OR REPLACE FUNCTION private.onboarding()
 RETURNS TABLE(org_id uuid, step text, is_done boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
        join public.integrations i on i.id = e.integration_id
        where e.integration_id in (select private.serving_integration_ids(o.id))
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
$function$;

CREATE OR REPLACE FUNCTION private.open_api_request(p_secret_hash bytea, p_grant_hash bytea, p_now timestamp with time zone)
 RETURNS TABLE(outcome text, request_limit integer, remaining integer, reset_seconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_limit constant integer := 1000;
  v_minute constant timestamptz := date_trunc('minute', p_now, 'UTC');
  v_key_id uuid;
  v_used integer;
begin
  select k.id into v_key_id
  from private.api_keys k
  join public.organizations o on o.id = k.org_id
  where k.secret_hash = p_secret_hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > p_now)
    and o.archived_at is null;
  if not found then
    return query select 'unknown', null::int, null::int, null::int;
    return;
  end if;

  -- Neither a counted minute nor a grant has to survive a crash, and nobody should wait for the disk on their account.
  perform set_config('synchronous_commit', 'off', true);
  insert into private.api_key_minutes as m (api_key_id, minute, used) values (v_key_id, v_minute, 1)
  on conflict (api_key_id, minute) do update set used = m.used + 1 where m.used < v_limit
  returning used into v_used;
  if v_used is not null then
    insert into private.api_grants (grant_hash, api_key_id, expires_at) values (p_grant_hash, v_key_id, p_now + interval '1 minute');
    if v_used = 1 then
      update private.api_keys k set last_used_at = p_now where k.id = v_key_id;
    end if;
  end if;
  return query select
    case when v_used is null then 'limited' else 'granted' end,
    v_limit, v_limit - coalesce(v_used, v_limit),
    ceil(extract(epoch from v_minute + interval '1 minute' - p_now))::int;
end
$function$;

CREATE OR REPLACE FUNCTION private.open_hours(p_org_id uuid, p_business_hours jsonb, p_from date, p_to date)
 RETURNS tsmultirange
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if p_business_hours = '[]' then
    return null;
  end if;
  return (
    select coalesce(range_agg(tsrange(d.midnight + t.opens::interval, d.midnight + t.closes::interval)), '{}')
    from generate_series(p_from::timestamp, p_to::timestamp, interval '1 day') as d (midnight)
    left join public.holidays h on h.org_id = p_org_id and h.day = d.midnight::date
    cross join lateral (
      select h.opens, h.closes where h.opens is not null
      union all
      select b.period ->> 'opens', b.period ->> 'closes'
      from jsonb_array_elements(p_business_hours) as b (period)
      where h.day is null and (b.period ->> 'weekday')::int = extract(isodow from d.midnight)
    ) t
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.open_invitation(p_invitation_id uuid)
 RETURNS private.invitations
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_invitation private.invitations;
begin
  select * into v_invitation
  from private.invitations i
  where i.id = p_invitation_id and (
    i.org_id = any (array(select private.my_org_ids('org_admin')))
    or (i.invited_by = auth.uid() and i.org_id = any (array(select private.my_org_ids('manager'))))
  )
  for no key update;
  if not found then
    raise exception 'There is no such invitation.'
      using errcode = 'PT404', detail = 'invitation_not_found', hint = 'See invitations for those you may see.';
  end if;
  if v_invitation.accepted_at is not null then
    raise exception 'The invitation has been accepted.'
      using errcode = 'PT409', detail = 'invitation_already_accepted', hint = 'The person is a member now.';
  end if;
  if v_invitation.revoked_at is not null then
    raise exception 'The invitation has been revoked.'
      using errcode = 'PT409', detail = 'invitation_revoked', hint = 'Invite the person again.';
  end if;
  if private.invitation_rights_problem(auth.uid(), v_invitation.org_id, v_invitation.role, v_invitation.line_ids) is not null then
    raise exception 'You cannot give this role or these lines any more.'
      using errcode = 'PT403', detail = 'invitation_not_allowed', hint = 'Ask an admin to invite the person.';
  end if;
  return v_invitation;
end
$function$;

CREATE OR REPLACE FUNCTION private.open_realtime()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if to_regclass('realtime.messages') is null or exists (
    select from pg_catalog.pg_policy p
    where p.polrelid = to_regclass('realtime.messages') and p.polname = 'messages_select_members'
  ) then
    return;
  end if;
  execute $policy$
    create policy messages_select_members on realtime.messages for select to authenticated
    using (
      extension = 'broadcast'
      and (select realtime.topic()) = any (
        array(select 'org:' || org_id from private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') org_id)
      )
    )
  $policy$;
end
$function$;

CREATE OR REPLACE FUNCTION private.org_ids_read_in_full()
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
begin
  if exists (select from private.platform_admins a where a.user_id = (select auth.uid())) then
    return query select o.id from public.organizations o;
  else
    return query select m.org_id from private.my_memberships m where m.role in ('viewer', 'org_admin');
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.preview_invitation(p_token text)
 RETURNS TABLE(organization text, role text, inviter text, email text, expires_at timestamp with time zone, state text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  select
    o.name, i.role, coalesce(p.full_name, p.email), i.email, i.expires_at,
    case
      when i.accepted_at is not null then 'accepted'
      when i.revoked_at is not null or o.archived_at is not null then 'revoked'
      when i.expires_at <= now() then 'expired'
      else 'pending'
    end
  from private.invitation_tokens t
  join private.invitations i on i.id = t.invitation_id
  join public.organizations o on o.id = i.org_id
  left join public.profiles p on p.user_id = i.invited_by
  where t.token_hash = sha256(convert_to(p_token, 'UTF8'));
  if not found then
    raise exception 'There is no such invitation.'
      using errcode = 'PT404', detail = 'invitation_not_found', hint = 'Open the whole link of your letter, or ask for a new one.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.queue_mail(p_template text, p_recipient text, p_invitation_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.outbox_mails (template, recipient, invitation_id) values (p_template, p_recipient, p_invitation_id);
  notify sync_jobs;
end
$function$;

CREATE OR REPLACE FUNCTION private.record_audit(p_org_id uuid, p_action text, p_resource text, p_row_key jsonb, p_details jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_user_id constant uuid := auth.uid();
  v_key_id constant uuid := nullif(current_setting('victorysync.api_key_id', true), '')::uuid;
  v_id bigint;
begin
  insert into public.audit_entries (
    org_id, actor_kind, actor_id, actor, action, resource, row_key, details, details_digest, ip_address
  )
  values (
    coalesce(p_org_id, private.holding_org_id()),
    case when v_user_id is not null then 'user' when v_key_id is not null then 'api_key' else 'process' end,
    coalesce(v_user_id, v_key_id),
    case
      when v_user_id is not null then (select p.email from public.profiles p where p.user_id = v_user_id)
      when v_key_id is not null then (select k.prefix from private.api_keys k where k.id = v_key_id)
      else session_user::text
    end,
    p_action, p_resource, p_row_key, p_details, sha256(convert_to(coalesce(p_details::text, ''), 'UTF8')),
    private.client_address()
  )
  returning id into v_id;
  insert into private.unsealed_audit_entries (entry_id) values (v_id);
end
$function$;

CREATE OR REPLACE FUNCTION private.record_export(p_org_id uuid, p_resource text, p_details jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_role(p_org_id, 'org_admin');
  perform private.record_audit(p_org_id, 'export', p_resource, null, p_details);
end
$function$;

CREATE OR REPLACE FUNCTION private.record_sign_in(p_user_id uuid, p_action text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- An organization's admins read when its people signed in; who belongs to none is the operator's to see.
  with entry as (
    insert into public.audit_entries (org_id, actor_kind, actor_id, actor, action, resource, row_key, details_digest, ip_address)
    select o.org_id, 'user', u.id, u.email, p_action, 'users', jsonb_build_object('user_id', u.id), sha256(''), s.ip
    from auth.users u
    cross join lateral (
      select m.org_id from public.org_members m where m.user_id = u.id and m.deactivated_at is null
      union all
      select private.holding_org_id()
      where not exists (select from public.org_members m where m.user_id = u.id and m.deactivated_at is null)
    ) o
    -- Auth has just opened the session, and noted from where; of a failure it tells nothing more.
    left join lateral (
      select a.ip
      from auth.sessions a
      where p_action = 'sign_in' and a.user_id = u.id and a.created_at > now() - interval '1 minute'
      order by a.created_at desc
      limit 1
    ) s on true
    where u.id = p_user_id
    returning id
  )
  insert into private.unsealed_audit_entries (entry_id) select id from entry;
end
$function$;

CREATE OR REPLACE FUNCTION private.record_sign_in_attempt(p_event jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_user_id constant uuid := p_event ->> 'user_id';
begin
  -- Whoever tries passwords by the thousand does not fill the trail: ten a minute tell it as well.
  if p_event ->> 'valid' = 'false' and (
    select count(*) < 10
    from public.audit_entries e
    where e.action = 'sign_in_failed' and e.actor_id = v_user_id and e.at > now() - interval '1 minute'
      and e.org_id in (
        select m.org_id from public.org_members m where m.user_id = v_user_id union all select private.holding_org_id()
      )
  ) then
    perform private.record_sign_in(v_user_id, 'sign_in_failed');
  end if;
  return '{"decision": "continue"}';
end
$function$;

CREATE OR REPLACE FUNCTION private.redeem_api_grant()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_grant constant text := nullif(current_setting('request.headers', true), '')::json ->> 'x-api-grant';
  v_key_id uuid;
begin
  if v_grant is null then
    return;
  end if;
  v_key_id := private.api_key_of_grant(sha256(convert_to(v_grant, 'UTF8')));
  if v_key_id is null then
    raise exception 'The grant is unknown or has run out.'
      using errcode = 'PT401', detail = 'api_grant_unknown', hint = 'Send your API key to /api/v1 instead.';
  end if;
  perform
    set_config('victorysync.api_key_id', v_key_id::text, true),
    set_config('request.jwt.claims', '{"role": "api_reader"}', true),
    set_config('statement_timeout', '8s', true),
    set_config('role', 'api_reader', true);
end
$function$;

CREATE OR REPLACE FUNCTION private.remove_member(p_member_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.org_members m set removed_at = now(), deactivated_at = coalesce(m.deactivated_at, now())
  where m.id = p_member_id and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    perform private.member_missing();
  end if;
  delete from public.member_lines g where g.member_id = p_member_id;
  delete from public.member_extensions e where e.member_id = p_member_id and lower(e.period) >= now();
  update public.member_extensions e set period = tstzrange(lower(e.period), now())
  where e.member_id = p_member_id and (upper_inf(e.period) or upper(e.period) > now());
end
$function$;

CREATE OR REPLACE FUNCTION private.request_sync(p_org_id uuid, p_resource text)
 RETURNS TABLE(job_id uuid, resource text, state text, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_integration_id uuid;
  v_job_id uuid;
  v_job public.sync_jobs;
begin
  if auth.uid() is null then
    perform private.require_scope(p_org_id, 'sync:request');
  else
    perform private.require_role(p_org_id, 'manager', 'org_admin');
  end if;
  if exists (select from public.organizations o where o.id = p_org_id and o.archived_at is not null) then
    raise exception 'The organization is closed.'
      using errcode = 'PT409', detail = 'organization_archived', hint = 'A platform admin can open it again.';
  end if;
  if not exists (select from private.sync_resources r where r.resource = p_resource) then
    raise exception 'There is no resource %.', left(p_resource, 100)
      using errcode = 'PT422', detail = 'resource_unknown', hint =
        'Choose one of ' || (select string_agg(r.resource, ', ' order by r.resource) from private.sync_resources r) || '.';
  end if;

  for v_integration_id in
    select i.id
    from public.integrations i
    where i.id in (select private.serving_integration_ids(p_org_id)) and i.disabled_at is null
    order by i.id
    -- Two who ask at once get one job.
    for no key update
  loop
    select * into v_job
    from public.sync_jobs j
    where j.integration_id = v_integration_id and j.resource = p_resource and j.kind = 'requested'
      and (j.state = 'queued' or j.created_at > now() - interval '1 minute')
    order by j.created_at desc
    limit 1;
    if not found then
      v_job_id := private.queue_sync_job(v_integration_id, p_resource, 'requested', null, null, null, now());
      select * into v_job from public.sync_jobs j where j.id = v_job_id;
    end if;
    return query select v_job.id, v_job.resource, v_job.state, v_job.created_at;
  end loop;
  if v_job.id is null then
    raise exception 'No account serves this organization.'
      using errcode = 'PT409', detail = 'no_integration', hint = 'Add an integration, or ask the operator for numbers.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_platform_admin()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if not private.is_platform_admin() then
    raise exception 'Only platform admins may do this.'
      using errcode = 'PT403', detail = 'platform_admin_required', hint = 'Ask the operator.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_role(p_org_id uuid, VARIADIC p_roles text[])
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if p_org_id is null or p_org_id <> all (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))) then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
  end if;
  if p_org_id <> all (array(select private.my_org_ids(variadic p_roles))) then
    raise exception 'Your role in this organization does not allow it.'
      using errcode = 'PT403', detail = 'role_not_sufficient', hint = 'Ask one of its admins.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_scope(p_org_id uuid, p_scope text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if p_org_id is null or p_org_id <> all (array(select private.api_org_ids())) then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'The API key is for another one.';
  end if;
  if p_org_id <> all (array(select private.api_org_ids(p_scope))) then
    raise exception 'The API key has not the scope %.', p_scope
      using errcode = 'PT403', detail = 'scope_missing', hint = 'Create a key with this scope.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.resend_invitation(p_invitation_id uuid)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_invitation constant private.invitations := private.open_invitation(p_invitation_id);
  v_expires_at timestamptz;
begin
  if exists (
    select from private.outbox_mails m
    where m.invitation_id = p_invitation_id and m.created_at > now() - interval '1 minute'
  ) then
    raise exception 'A letter has just been sent.'
      using errcode = 'PT429', detail = 'invitation_just_sent', hint = 'Wait a minute before sending another.';
  end if;
  update private.invitations i
  set expires_at = now() + interval '7 days', mail_state = 'queued', mail_error = null
  where i.id = v_invitation.id
  returning i.expires_at into v_expires_at;
  -- One that still waits is not sent beside the new one.
  update private.outbox_mails m set state = 'cancelled', finished_at = now()
  where m.invitation_id = v_invitation.id and m.state = 'queued';
  perform private.queue_mail('invitation', v_invitation.email, v_invitation.id);
  return v_expires_at;
end
$function$;

CREATE OR REPLACE FUNCTION private.revoke_api_key(p_api_key_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update private.api_keys k set revoked_at = coalesce(k.revoked_at, now())
  where k.id = p_api_key_id and k.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    raise exception 'There is no such API key.'
      using errcode = 'PT404', detail = 'api_key_not_found', hint = 'See api_keys for those you may revoke.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.revoke_invitation(p_invitation_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_invitation constant private.invitations := private.open_invitation(p_invitation_id);
begin
  update private.invitations i set revoked_at = now() where i.id = v_invitation.id;
end
$function$;

CREATE OR REPLACE FUNCTION private.seal_audit_entries(p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_entry public.audit_entries;
  v_org_id uuid;
  v_position bigint;
  v_hash bytea;
  v_ids bigint[] := '{}';
begin
  -- One sealer at a time; whoever comes second has nothing to do. Writers of entries never wait for it.
  if not pg_try_advisory_xact_lock(7310100001) then
    return 0;
  end if;
  for v_entry in
    select e.*
    from (select u.entry_id from private.unsealed_audit_entries u order by u.entry_id limit 10000) next
    join public.audit_entries e on e.id = next.entry_id
    order by e.org_id, e.id
  loop
    if v_org_id is distinct from v_entry.org_id then
      v_org_id := v_entry.org_id;
      select s.position, s.hash into v_position, v_hash
      from private.audit_seals s
      where s.org_id = v_org_id
      order by s.position desc
      limit 1;
    end if;
    v_position := coalesce(v_position, 0) + 1;
    v_hash := private.audit_hash(coalesce(v_hash, ''), v_position, v_entry);
    insert into private.audit_seals (org_id, position, entry_id, hash, sealed_at)
    values (v_org_id, v_position, v_entry.id, v_hash, p_now);
    v_ids := v_ids || v_entry.id;
  end loop;
  delete from private.unsealed_audit_entries u where u.entry_id = any (v_ids);
  return cardinality(v_ids);
end
$function$;

CREATE OR REPLACE FUNCTION private.serving_integration_ids(p_org_id uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select i.id from public.integrations i where i.org_id = p_org_id
  union
  select n.integration_id
  from public.lines l
  join public.phone_numbers n on n.id = l.phone_number_id
  where l.org_id = p_org_id and l.period @> now()
$function$;

CREATE OR REPLACE FUNCTION private.set_archived(p_org_id uuid, p_is_archived boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_platform_admin();
  update public.organizations o
  set archived_at = case when p_is_archived then coalesce(o.archived_at, now()) end
  where o.id = p_org_id and o.id <> private.holding_org_id();
  if not found then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those there are.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.set_member_extension(p_member_id uuid, p_integration_id uuid, p_extension text, p_from timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_org_id uuid;
  v_id uuid;
  v_call_ids text[];
begin
  select m.org_id into v_org_id
  from public.org_members m
  where m.id = p_member_id and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    perform private.member_missing();
  end if;
  -- On an account of the platform's the operator says who has which extension. Calls are written under "for key share" on
  -- the account: either they see the new holder, or they are found below.
  perform from public.integrations i
  where i.id = p_integration_id and (i.org_id = v_org_id or (i.org_id = private.holding_org_id() and private.is_platform_admin()))
  for update;
  if not found then
    raise exception 'There is no such integration.'
      using errcode = 'PT404', detail = 'integration_not_found', hint = 'See integrations; on a platform-wide account the operator sets extensions.';
  end if;
  if p_extension is not null and (btrim(p_extension) = '' or char_length(p_extension) > 40) then
    raise exception 'An extension has 1 to 40 characters.'
      using errcode = 'PT422', detail = 'extension_invalid', hint = 'Leave p_extension out to take the extension away.';
  end if;

  delete from public.member_extensions e
  where e.member_id = p_member_id and e.integration_id = p_integration_id and lower(e.period) >= p_from;
  update public.member_extensions e set period = tstzrange(lower(e.period), p_from)
  where e.member_id = p_member_id and e.integration_id = p_integration_id and e.period @> p_from;
  if p_extension is not null then
    begin
      insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
      values (v_org_id, p_member_id, p_integration_id, btrim(p_extension), tstzrange(p_from, null))
      returning id into v_id;
    exception when exclusion_violation then
      raise exception 'Somebody else has this extension in that time.'
        using errcode = 'PT409', detail = 'extension_taken', hint = 'Take it away from them first, or choose a later start.';
    end;
  end if;

  -- Legs name who held the extension when the call started.
  select array_agg(distinct c.provider_call_id) into v_call_ids
  from public.calls c
  join public.legs l on l.org_id = c.org_id and l.call_id = c.id
  where c.org_id = v_org_id and c.started_at >= p_from and c.integration_id = p_integration_id
    and (l.member_id = p_member_id or l.extension = btrim(p_extension));
  if v_call_ids is not null then
    perform private.write_calls(p_integration_id, v_call_ids);
  end if;
  return v_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.set_member_role(p_member_id uuid, p_role text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_role is null or p_role not in ('org_admin', 'manager', 'agent', 'viewer') then
    raise exception 'There is no role %.', left(p_role, 100)
      using errcode = 'PT422', detail = 'role_unknown', hint = 'Choose org_admin, manager, agent or viewer.';
  end if;
  update public.org_members m set role = p_role
  where m.id = p_member_id and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    perform private.member_missing();
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.set_members_active(p_member_ids uuid[], p_is_active boolean)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_ids constant uuid[] := array(select distinct id from unnest(p_member_ids) id order by id);
  v_changed integer;
begin
  if not v_ids <@ array(select private.my_managed_member_ids()) then
    perform private.member_missing();
  end if;
  update public.org_members m set deactivated_at = case when not p_is_active then now() end
  where m.id = any (v_ids) and (m.deactivated_at is null) <> p_is_active;
  get diagnostics v_changed = row_count;
  return v_changed;
end
$function$;

CREATE OR REPLACE FUNCTION private.set_platform_admin(p_user_id uuid, p_is_admin boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_platform_admin();
  if not exists (select from public.profiles p where p.user_id = p_user_id) then
    raise exception 'There is no such user.'
      using errcode = 'PT404', detail = 'user_not_found', hint = 'See users for those there are.';
  end if;
  if p_is_admin then
    insert into private.platform_admins (user_id, granted_by) values (p_user_id, auth.uid()) on conflict do nothing;
    return;
  end if;
  -- Two who revoke each other at once: the second sees what the first has done.
  lock table private.platform_admins in share row exclusive mode;
  delete from private.platform_admins a where a.user_id = p_user_id;
  if not exists (select from private.platform_admins) then
    raise exception 'The platform would be left without an admin.'
      using errcode = 'PT409', detail = 'last_platform_admin', hint = 'Make somebody else a platform admin first.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.settings_in_force(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_with_hours boolean)
 RETURNS TABLE(org_id uuid, time_zone text, starts_at timestamp with time zone, ends_at timestamp with time zone, answer_within_seconds integer, short_abandon_seconds integer, open_hours tsmultirange)
 LANGUAGE plpgsql
 STABLE ROWS 1
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  with version as (
    select
      s.*, o.time_zone,
      case when isfinite(s.effective_from) then s.effective_from::timestamp at time zone o.time_zone else '-infinity' end as starts_at,
      lead(s.effective_from::timestamp at time zone o.time_zone, 1, 'infinity') over (
        partition by s.org_id order by s.effective_from
      ) as ends_at
    from public.organization_settings s
    join public.organizations o on o.id = s.org_id
    where s.org_id = any (p_org_ids)
  )
  select
    v.org_id, v.time_zone, v.starts_at, v.ends_at, v.answer_within_seconds,
    case when v.excludes_short_abandons then v.short_abandon_seconds else 0 end,
    case when p_with_hours then private.open_hours(
      v.org_id, v.business_hours,
      (greatest(p_from, v.starts_at) at time zone v.time_zone)::date, (least(p_to, v.ends_at) at time zone v.time_zone)::date
    ) end
  from version v
  where v.starts_at < p_to and v.ends_at > p_from;
end
$function$;

CREATE OR REPLACE FUNCTION private.support_contacts()
 RETURNS TABLE(support_email text, support_phone text, billing_email text, security_email text, emergency_phone text, status_url text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select s.support_email, s.support_phone, s.billing_email, s.security_email, s.emergency_phone, s.status_url
  from public.platform_settings s
$function$;

CREATE OR REPLACE FUNCTION private.tell_changed(p_org_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_org_id uuid;
begin
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null then
    return;
  end if;
  foreach v_org_id in array p_org_ids loop
    execute 'select realtime.send($1, $2, $3, true)' using '{}'::jsonb, 'changed', 'org:' || v_org_id;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_audit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_left_out constant text[] := string_to_array(coalesce(tg_argv[1], ''), ',') || array['created_at', 'updated_at'];
  v_row constant jsonb := case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
  v_before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - v_left_out end;
  v_after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - v_left_out end;
  v_key jsonb;
begin
  select jsonb_object_agg(name, v_row -> name) into v_key from unnest(string_to_array(tg_argv[0], ',')) name;
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, v_after -> b.key)
    into v_before, v_after
    from jsonb_each(v_before) b
    where b.value is distinct from v_after -> b.key;
    if v_before is null then
      return null;
    end if;
  end if;
  perform private.record_audit(
    coalesce((v_row ->> 'org_id')::uuid, case tg_table_name when 'organizations' then (v_row ->> 'id')::uuid end),
    lower(tg_op), tg_table_name, v_key,
    case tg_op
      when 'INSERT' then jsonb_build_object('after', v_after)
      when 'DELETE' then jsonb_build_object('before', v_before)
      else jsonb_build_object('before', v_before, 'after', v_after)
    end
  );
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_audit_entries__only_grow()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Erasing a person's data may empty the details; the digest of what they were stays, and with it the chain.
  if tg_op = 'UPDATE' and new.details is null then
    new.details := old.details;
    if new is not distinct from old then
      new.details := null;
      return new;
    end if;
  end if;
  raise exception 'The audit trail only grows.'
    using errcode = 'PT403', detail = 'audit_trail_only_grows', hint = 'Nobody changes it, whatever their role.';
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_audit_seals__only_grow()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception 'The audit trail only grows.'
    using errcode = 'PT403', detail = 'audit_trail_only_grows', hint = 'Nobody changes it, whatever their role.';
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_holidays__keep_the_past()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_row constant public.holidays := case tg_op when 'DELETE' then old else new end;
begin
  -- Without an organization that the caller sees there is no local day, and the policies and foreign keys have the word.
  if v_row.day < (select (now() at time zone o.time_zone)::date from public.organizations o where o.id = v_row.org_id) then
    raise exception 'The % is over, and figures are judged by the hours kept then.', v_row.day
      using errcode = 'PT422', detail = 'holiday_in_the_past', hint = 'Holidays can be changed from today on.';
  end if;
  return v_row;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_org_members__keep_an_admin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_org_id uuid;
begin
  for v_org_id in
    select distinct o.org_id from old_rows o where o.role = 'org_admin' and o.deactivated_at is null order by o.org_id
  loop
    -- Two who leave at once wait for each other here; the second then sees that the first is gone.
    perform from public.organizations o where o.id = v_org_id for no key update;
    if not exists (
      select from public.org_members m where m.org_id = v_org_id and m.role = 'org_admin' and m.deactivated_at is null
    ) then
      raise exception 'The organization would be left without an admin.'
        using errcode = 'PT409', detail = 'last_org_admin', hint = 'Make somebody else an org_admin first.';
    end if;
  end loop;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_organizations__check()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if private.is_blank(new.name) or char_length(new.name) > 200 then
    raise exception 'The name has to be of 1 to 200 characters.'
      using errcode = 'PT422', detail = 'name_invalid', hint = 'Choose a name that people will recognise.';
  end if;
  if not private.is_time_zone(new.time_zone) then
    raise exception 'There is no time zone %.', left(new.time_zone, 100)
      using errcode = 'PT422', detail = 'time_zone_unknown', hint = 'Use a name of the IANA database, such as Europe/London.';
  end if;
  -- Whoever asks for a second factor has to have one, or nobody might be left who can take it back.
  if tg_op = 'UPDATE' and new.requires_second_factor and not old.requires_second_factor
    and auth.uid() is not null and not private.is_platform_admin() and auth.jwt() ->> 'aal' is distinct from 'aal2' then
    raise exception 'Only somebody signed in with a second factor can require one.'
      using errcode = 'PT403', detail = 'second_factor_needed', hint = 'Set up a second factor, sign in with it, and try again.';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_organizations__settings()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.organization_settings (org_id, effective_from) values (new.id, '-infinity');
  insert into public.retention_settings (org_id) values (new.id);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_profile_settings__default_org()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.default_org_id <> all (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))) then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'Choose one of those you are a member of.';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_refuse__writes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception 'This view is only read.'
    using errcode = 'PT405', detail = 'view_is_read_only', hint = 'See its description for what changes the rows behind it.';
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_tell_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.tell_changed(array(select distinct r.org_id from changed_rows r));
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_users__profile()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.profiles (user_id, email, full_name)
  values (new.id, new.email, nullif(left(btrim(new.raw_user_meta_data ->> 'full_name'), 200), ''))
  on conflict (user_id) do update set email = excluded.email;
  insert into public.profile_settings (user_id) values (new.id) on conflict do nothing;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_users__sign_in()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.record_sign_in(new.id, 'sign_in');
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.verify_audit_chain(p_org_id uuid)
 RETURNS TABLE(sealed bigint, unsealed bigint, broken_position bigint, broken_entry_id bigint, problem text, head text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.require_role(p_org_id, 'org_admin');
  return query select * from private.check_audit_chain(p_org_id);
end
$function$;

CREATE OR REPLACE FUNCTION private.wait_edges()
 RETURNS integer[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return array[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 45, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800, 3600
  ];
end
$function$;

CREATE OR REPLACE FUNCTION private.withdraw_phone_numbers(p_phone_number_ids uuid[], p_at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_number public.phone_numbers;
  v_found integer := 0;
  v_call_ids text[];
begin
  perform private.require_platform_admin();
  if p_at < now() then
    raise exception 'What an organization had stays its own.'
      using errcode = 'PT409', detail = 'withdrawal_in_the_past', hint = 'Choose now or later.';
  end if;
  perform from public.integrations i
  where i.id in (select n.integration_id from public.phone_numbers n where n.id = any (p_phone_number_ids))
  order by i.id
  for key share;
  for v_number in
    select * from public.phone_numbers n where n.id = any (p_phone_number_ids) order by n.id for update
  loop
    if v_number.org_id <> private.holding_org_id() then
      raise exception 'The number belongs to an account that an organization owns.'
        using errcode = 'PT409', detail = 'number_of_another_account', hint = 'Only numbers of platform-wide accounts move.';
    end if;
    update public.lines l set period = tstzrange(lower(l.period), p_at)
    where l.phone_number_id = v_number.id and l.period @> p_at and lower(l.period) < p_at;
    -- A provider whose clock is ahead may have calls on a line that has not begun.
    update public.calls c set line_id = null
    from public.lines l
    where l.phone_number_id = v_number.id and lower(l.period) >= p_at and c.line_id = l.id;
    delete from public.lines l where l.phone_number_id = v_number.id and lower(l.period) >= p_at;
    select array_agg(c.provider_call_id) into v_call_ids
    from public.calls c
    where c.phone_number_id = v_number.id and c.started_at >= p_at;
    if v_call_ids is not null then
      perform private.write_calls(v_number.integration_id, v_call_ids);
    end if;
    v_found := v_found + 1;
  end loop;
  if v_found is distinct from (select count(distinct id)::int from unnest(p_phone_number_ids) id) or v_found = 0 then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
  return v_found;
end
$function$;

CREATE OR REPLACE FUNCTION public.accept_invitation(p_token text)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.accept_invitation(p_token)
$function$;

CREATE OR REPLACE FUNCTION public.archive_organization(p_org_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_archived(p_org_id, true)
$function$;

CREATE OR REPLACE FUNCTION public.assign_phone_number(p_phone_number_id uuid, p_org_id uuid, p_from timestamp with time zone DEFAULT now(), p_label text DEFAULT NULL::text)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select line_id from private.assign_phone_numbers(array[p_phone_number_id], p_org_id, coalesce(p_from, now()), null, p_label)
$function$;

CREATE OR REPLACE FUNCTION public.assign_phone_numbers(p_phone_number_ids uuid[], p_org_id uuid, p_from timestamp with time zone DEFAULT now(), p_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_label text DEFAULT NULL::text)
 RETURNS TABLE(phone_number_id uuid, line_id uuid)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.assign_phone_numbers(p_phone_number_ids, p_org_id, coalesce(p_from, now()), p_until, p_label)
$function$;

CREATE OR REPLACE FUNCTION public.change_organization_settings(p_org_id uuid, p_changes jsonb, p_effective_from date DEFAULT NULL::date)
 RETURNS public.organization_settings
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_organization_settings(p_org_id, p_changes, p_effective_from)
$function$;

CREATE OR REPLACE FUNCTION public.create_api_key(p_org_id uuid, p_name text, p_scopes text[], p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS TABLE(id uuid, prefix text, secret text)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.create_api_key(p_org_id, p_name, p_scopes, p_expires_at)
$function$;

CREATE OR REPLACE FUNCTION public.create_invitation_link(p_invitation_id uuid)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.create_invitation_link(p_invitation_id)
$function$;

CREATE OR REPLACE FUNCTION public.create_organization(p_name text, p_time_zone text DEFAULT 'UTC'::text)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.create_organization(p_name, p_time_zone)
$function$;

CREATE OR REPLACE FUNCTION public.deactivate_members(p_member_ids uuid[])
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_members_active(p_member_ids, false)
$function$;

CREATE OR REPLACE FUNCTION public.export_audit_trail(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS TABLE(id bigint, at timestamp with time zone, actor_kind text, actor text, action text, resource text, row_key text, details text, ip_address text)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  if p_from is null or p_to is null or p_from >= p_to then
    raise exception 'The range must run forward.'
      using errcode = 'PT422', detail = 'range_reversed', hint = 'Send p_from earlier than p_to; the end is not included.';
  end if;
  perform private.record_export(p_org_id, 'audit_entries', jsonb_build_object('from', p_from, 'to', p_to));
  return query
  select
    e.id, e.at, e.actor_kind, private.csv_text(e.actor), e.action, e.resource, e.row_key::text, e.details::text, host(e.ip_address)
  from public.audit_entries e
  where e.org_id = p_org_id and e.at >= p_from and e.at < p_to
  order by e.id;
end
$function$;

CREATE OR REPLACE FUNCTION public.grant_platform_admin(p_user_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_platform_admin(p_user_id, true)
$function$;

CREATE OR REPLACE FUNCTION public.invite_member(p_org_id uuid, p_email text, p_role text, p_line_ids uuid[] DEFAULT '{}'::uuid[])
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.invite_member(p_org_id, p_email, p_role, p_line_ids)
$function$;

CREATE OR REPLACE FUNCTION public.invite_members(p_org_id uuid, p_rows jsonb)
 RETURNS TABLE(row_number integer, email text, result text, invitation_id uuid)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.invite_members(p_org_id, p_rows)
$function$;

CREATE OR REPLACE FUNCTION public.kpi_series(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_grain text DEFAULT 'day'::text)
 RETURNS TABLE(bucket_start timestamp with time zone, kpi text, value numeric, known bigint, total bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_allowed text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;

  select g.grain into v_allowed
  from (values (1, 'hour', interval '62 days'), (2, 'day', interval '5 years'), (3, 'week', interval '30 years'), (4, 'month', interval '100 years'))
    as g (fineness, grain, longest)
  where p_to <= p_from + g.longest
    and g.fineness >= array_position(array['hour', 'day', 'week', 'month'], p_grain)
  order by g.fineness
  limit 1;
  if p_grain is null or v_allowed is distinct from p_grain then
    raise exception 'The grain % does not fit this range.', coalesce(p_grain, 'null')
      using errcode = 'PT422', detail = 'grain_unfit',
        hint = coalesce('The nearest that fits is ' || v_allowed || '.', 'Choose hour, day, week or month, over at most 100 years.');
  end if;

  return query
  with bucket as (
    select
      b.bucket_start, greatest(b.bucket_start, p_from) as starts_at,
      least(lead(b.bucket_start, 1, p_to) over (order by b.bucket_start), p_to) as ends_at
    from (
      -- Quarter hours meet every local hour and day that there is, in zones of any offset.
      select distinct private.bucket_start(tick, v_time_zone, p_grain) as bucket_start
      from generate_series(p_from, p_to - interval '1 microsecond', case p_grain when 'hour' then interval '15 minutes' else interval '12 hours' end) tick
      union
      select private.bucket_start(p_to - interval '1 microsecond', v_time_zone, p_grain)
    ) b
  )
  select b.bucket_start, k.kpi, k.value, k.known, k.total
  from bucket b
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_grain, v_time_zone, p_in_hours) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_values(
    coalesce(c.counts, private.no_calls()), private.elapsed_minutes(b.starts_at, b.ends_at)
  ) k
  order by b.bucket_start, k.kpi;
end
$function$;

CREATE OR REPLACE FUNCTION public.kpi_summary(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(kpi text, value numeric, previous numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_previous_from timestamptz;
  v_previous_to timestamptz;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  select r.previous_from, r.previous_to into v_previous_from, v_previous_to
  from private.previous_range(p_from, p_to, v_time_zone, now()) r;

  return query
  with counted as (
    select r.is_current, private.elapsed_minutes(r.starts_at, r.ends_at) as minutes, coalesce(c.counts, private.no_calls()) as counts
    from (values (true, p_from, p_to), (false, v_previous_from, v_previous_to)) as r (is_current, starts_at, ends_at)
    left join lateral private.count_calls(
      v_org_ids, r.starts_at, r.ends_at, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) c on true
  )
  select
    k.kpi, k.value, p.value, k.numerator, k.denominator, k.known, k.total, t.data_through, 1
  from counted a
  cross join lateral private.kpi_values(a.counts, a.minutes) k
  join counted b on not b.is_current
  join lateral private.kpi_values(b.counts, b.minutes) p on p.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where a.is_current;
end
$function$;

CREATE OR REPLACE FUNCTION public.my_sessions()
 RETURNS TABLE(id uuid, created_at timestamp with time zone, last_active_at timestamp with time zone, user_agent text, ip_address inet, is_current boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.my_sessions()
$function$;

CREATE OR REPLACE FUNCTION public.preview_invitation(p_token text)
 RETURNS TABLE(organization text, role text, inviter text, email text, expires_at timestamp with time zone, state text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.preview_invitation(p_token)
$function$;

CREATE OR REPLACE FUNCTION public.reactivate_members(p_member_ids uuid[])
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_members_active(p_member_ids, true)
$function$;

CREATE OR REPLACE FUNCTION public.remove_member(p_member_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.remove_member(p_member_id)
$function$;

CREATE OR REPLACE FUNCTION public.request_sync(p_org_id uuid, p_resource text DEFAULT 'calls'::text)
 RETURNS TABLE(job_id uuid, resource text, state text, created_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.request_sync(p_org_id, p_resource)
$function$;

CREATE OR REPLACE FUNCTION public.resend_invitation(p_invitation_id uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.resend_invitation(p_invitation_id)
$function$;

CREATE OR REPLACE FUNCTION public.revoke_api_key(p_api_key_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.revoke_api_key(p_api_key_id)
$function$;

CREATE OR REPLACE FUNCTION public.revoke_invitation(p_invitation_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.revoke_invitation(p_invitation_id)
$function$;

CREATE OR REPLACE FUNCTION public.revoke_platform_admin(p_user_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_platform_admin(p_user_id, false)
$function$;

CREATE OR REPLACE FUNCTION public.set_member_extension(p_member_id uuid, p_integration_id uuid, p_extension text DEFAULT NULL::text, p_from timestamp with time zone DEFAULT now())
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_member_extension(p_member_id, p_integration_id, p_extension, coalesce(p_from, now()))
$function$;

CREATE OR REPLACE FUNCTION public.set_member_role(p_member_id uuid, p_role text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_member_role(p_member_id, p_role)
$function$;

CREATE OR REPLACE FUNCTION public.support_contacts()
 RETURNS TABLE(support_email text, support_phone text, billing_email text, security_email text, emergency_phone text, status_url text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.support_contacts()
$function$;

CREATE OR REPLACE FUNCTION public.unarchive_organization(p_org_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.set_archived(p_org_id, false)
$function$;

CREATE OR REPLACE FUNCTION public.verify_audit_chain(p_org_id uuid)
 RETURNS TABLE(sealed bigint, unsealed bigint, broken_position bigint, broken_entry_id bigint, problem text, head text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select * from private.verify_audit_chain(p_org_id)
$function$;

CREATE OR REPLACE FUNCTION public.withdraw_phone_numbers(p_phone_number_ids uuid[], p_at timestamp with time zone DEFAULT now())
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.withdraw_phone_numbers(p_phone_number_ids, coalesce(p_at, now()))
$function$;

ALTER TABLE "private"."api_keys" ADD CONSTRAINT "api_keys_created_by_fkey" FOREIGN KEY (created_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "private"."api_keys" ADD CONSTRAINT "api_keys_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "private"."api_grants" ADD CONSTRAINT "api_grants_api_key_id_fkey" FOREIGN KEY (api_key_id) REFERENCES private.api_keys(id) ON DELETE CASCADE;

ALTER TABLE "private"."api_key_minutes" ADD CONSTRAINT "api_key_minutes_api_key_id_fkey" FOREIGN KEY (api_key_id) REFERENCES private.api_keys(id) ON DELETE CASCADE;

ALTER TABLE "private"."audit_seals" ADD CONSTRAINT "audit_seals_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "private"."invitations" ADD CONSTRAINT "invitations_accepted_by_fkey" FOREIGN KEY (accepted_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "private"."invitations" ADD CONSTRAINT "invitations_invited_by_fkey" FOREIGN KEY (invited_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "private"."invitations" ADD CONSTRAINT "invitations_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "private"."invitation_tokens" ADD CONSTRAINT "invitation_tokens_invitation_id_fkey" FOREIGN KEY (invitation_id) REFERENCES private.invitations(id) ON DELETE CASCADE;

ALTER TABLE "private"."outbox_mails" ADD CONSTRAINT "outbox_mails_invitation_id_fkey" FOREIGN KEY (invitation_id) REFERENCES private.invitations(id) ON DELETE CASCADE;

ALTER TABLE "public"."audit_entries" ADD CONSTRAINT "audit_entries_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "private"."audit_seals" ADD CONSTRAINT "audit_seals_entry_id_fkey" FOREIGN KEY (entry_id) REFERENCES public.audit_entries(id) ON DELETE RESTRICT;

ALTER TABLE "private"."unsealed_audit_entries" ADD CONSTRAINT "unsealed_audit_entries_entry_id_fkey" FOREIGN KEY (entry_id) REFERENCES public.audit_entries(id) ON DELETE RESTRICT;

ALTER TABLE "public"."holidays" ADD CONSTRAINT "holidays_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- Memberships are few; looking through them takes no time.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "public"."org_members" ADD CONSTRAINT "removed_member_is_deactivated" CHECK (((removed_at IS NULL) OR (deactivated_at IS NOT NULL)));

ALTER TABLE "public"."organization_settings" ADD CONSTRAINT "organization_settings_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "public"."profile_settings" ADD CONSTRAINT "profile_settings_default_org_id_fkey" FOREIGN KEY (default_org_id) REFERENCES public.organizations(id) ON DELETE SET NULL;

ALTER TABLE "public"."profile_settings" ADD CONSTRAINT "profile_settings_user_id_fkey" FOREIGN KEY (user_id) REFERENCES public.profiles(user_id) ON DELETE CASCADE;

ALTER TABLE "public"."retention_settings" ADD CONSTRAINT "retention_settings_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

CREATE VIEW "private"."my_memberships" WITH (security_invoker=true) AS  SELECT m.id AS member_id,
    m.org_id,
    m.role
   FROM (public.org_members m
     JOIN public.organizations o ON ((o.id = m.org_id)))
  WHERE ((m.user_id = ( SELECT auth.uid() AS uid)) AND (m.deactivated_at IS NULL) AND (o.archived_at IS NULL) AND ((NOT o.requires_second_factor) OR (( SELECT (auth.jwt() ->> 'aal'::text)) = 'aal2'::text)));

CREATE VIEW "public"."api_keys" WITH (security_invoker=true) AS  SELECT id,
    NULLIF(org_id, private.holding_org_id()) AS org_id,
    name,
    prefix,
    scopes,
    created_by,
    created_at,
    expires_at,
    revoked_at,
    last_used_at,
        CASE
            WHEN (revoked_at IS NOT NULL) THEN 'revoked'::text
            WHEN (expires_at <= now()) THEN 'expired'::text
            ELSE 'active'::text
        END AS state
   FROM private.api_keys k;

CREATE VIEW "public"."fleet" WITH (security_invoker=true) AS  SELECT org_id,
    name,
    archived_at,
    severity,
    problem,
    members,
    org_admins,
    lines,
    calls_today,
    failed_events,
    last_sync_at,
    sync_error
   FROM private.fleet() f(org_id, name, archived_at, severity, problem, members, org_admins, lines, calls_today, failed_events, last_sync_at, sync_error)
  ORDER BY severity DESC, name;

CREATE VIEW "public"."invitations" WITH (security_invoker=true) AS  SELECT id,
    org_id,
    email,
    role,
    line_ids,
    invited_by,
    created_at,
    expires_at,
    accepted_at,
    accepted_by,
    revoked_at,
        CASE
            WHEN (accepted_at IS NOT NULL) THEN 'accepted'::text
            WHEN (revoked_at IS NOT NULL) THEN 'revoked'::text
            WHEN (expires_at <= now()) THEN 'expired'::text
            ELSE 'pending'::text
        END AS state,
    mail_state,
    mail_error,
    mailed_at
   FROM private.invitations i;

CREATE VIEW "public"."members" WITH (security_invoker=true) AS  SELECT m.id,
    m.org_id,
    m.user_id,
    p.full_name,
    p.email,
    p.photo_url,
    m.role,
        CASE
            WHEN (m.deactivated_at IS NULL) THEN 'active'::text
            ELSE 'deactivated'::text
        END AS state,
    m.deactivated_at,
    m.created_at,
    a.last_sign_in_at,
    a.last_active_at,
    ARRAY( SELECT e.extension
           FROM public.member_extensions e
          WHERE ((e.member_id = m.id) AND (e.period @> now()))
          ORDER BY e.extension) AS extensions,
    ARRAY( SELECT g.line_id
           FROM public.member_lines g
          WHERE (g.member_id = m.id)
          ORDER BY g.line_id) AS line_ids
   FROM ((public.org_members m
     JOIN public.profiles p ON ((p.user_id = m.user_id)))
     LEFT JOIN private.member_activity() a(member_id, last_sign_in_at, last_active_at) ON ((a.member_id = m.id)))
  WHERE (m.removed_at IS NULL);

CREATE VIEW "public"."onboarding_checklist" WITH (security_invoker=true) AS  SELECT org_id,
    step,
    is_done
   FROM private.onboarding() c(org_id, step, is_done);

CREATE VIEW "public"."users" WITH (security_invoker=true) AS  SELECT user_id,
    email,
    full_name,
    is_platform_admin,
    organizations,
    is_confirmed,
    created_at,
    last_sign_in_at
   FROM private.all_users() u(user_id, email, full_name, is_platform_admin, organizations, is_confirmed, created_at, last_sign_in_at);

CREATE INDEX api_grants_expires_idx ON private.api_grants USING btree (expires_at);

CREATE INDEX api_grants_key_idx ON private.api_grants USING btree (api_key_id);

CREATE INDEX api_keys_created_by_idx ON private.api_keys USING btree (created_by);

CREATE INDEX api_keys_org_idx ON private.api_keys USING btree (org_id);

CREATE INDEX invitation_tokens_invitation_idx ON private.invitation_tokens USING btree (invitation_id);

CREATE INDEX invitations_accepted_by_idx ON private.invitations USING btree (accepted_by);

CREATE INDEX invitations_invited_by_idx ON private.invitations USING btree (invited_by);

CREATE UNIQUE INDEX invitations_one_open_per_address_idx ON private.invitations USING btree (org_id, lower(email)) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));

CREATE INDEX invitations_org_created_idx ON private.invitations USING btree (org_id, created_at DESC);

CREATE INDEX outbox_mails_invitation_idx ON private.outbox_mails USING btree (invitation_id);

CREATE INDEX outbox_mails_open_idx ON private.outbox_mails USING btree (run_after) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE INDEX audit_entries_org_at_idx ON public.audit_entries USING btree (org_id, at DESC, id DESC);

CREATE INDEX profile_settings_default_org_idx ON public.profile_settings USING btree (default_org_id);

CREATE TRIGGER tg_users__sign_in AFTER UPDATE OF last_sign_in_at ON auth.users FOR EACH ROW WHEN ((new.last_sign_in_at IS DISTINCT FROM old.last_sign_in_at)) EXECUTE FUNCTION private.tg_users__sign_in();

CREATE TRIGGER tg_api_keys__audit AFTER INSERT OR DELETE OR UPDATE OF name, scopes, expires_at, revoked_at ON private.api_keys FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id', 'secret_hash,last_used_at');

CREATE TRIGGER tg_audit_seals__only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON private.audit_seals FOR EACH STATEMENT EXECUTE FUNCTION private.tg_audit_seals__only_grow();

CREATE TRIGGER tg_integration_credentials__audit AFTER INSERT OR UPDATE ON private.integration_credentials FOR EACH ROW WHEN ((new.purpose <> ALL (ARRAY['access_token'::text, 'refresh_token'::text]))) EXECUTE FUNCTION private.tg_audit('id', 'sealed');

CREATE TRIGGER tg_invitations__audit AFTER INSERT OR DELETE OR UPDATE OF role, line_ids, expires_at, accepted_at, revoked_at ON private.invitations FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id', 'mail_state,mail_error,mailed_at');

CREATE TRIGGER tg_invitations__touch BEFORE UPDATE ON private.invitations FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_platform_admins__audit AFTER INSERT OR DELETE OR UPDATE ON private.platform_admins FOR EACH ROW EXECUTE FUNCTION private.tg_audit('user_id');

CREATE TRIGGER tg_audit_entries__keep BEFORE TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION private.tg_audit_seals__only_grow();

CREATE TRIGGER tg_audit_entries__only_grow BEFORE DELETE OR UPDATE ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION private.tg_audit_entries__only_grow();

CREATE TRIGGER tg_calls__tell_inserted AFTER INSERT ON public.calls REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_calls__tell_updated AFTER UPDATE ON public.calls REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_fleet__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.fleet FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_holidays__audit AFTER INSERT OR DELETE OR UPDATE ON public.holidays FOR EACH ROW EXECUTE FUNCTION private.tg_audit('org_id,day');

CREATE TRIGGER tg_holidays__keep_the_past BEFORE INSERT OR DELETE OR UPDATE ON public.holidays FOR EACH ROW EXECUTE FUNCTION private.tg_holidays__keep_the_past();

CREATE TRIGGER tg_integrations__audit AFTER INSERT OR DELETE OR UPDATE OF org_id, name, account_type, webhook_mode, disabled_at ON public.integrations FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id', 'last_success_at,last_error,last_error_at');

CREATE TRIGGER tg_lines__audit AFTER INSERT OR DELETE OR UPDATE ON public.lines FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_lines__tell_deleted AFTER DELETE ON public.lines REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_lines__tell_inserted AFTER INSERT ON public.lines REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_lines__tell_updated AFTER UPDATE ON public.lines REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_member_extensions__audit AFTER INSERT OR DELETE OR UPDATE ON public.member_extensions FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_member_lines__audit AFTER INSERT OR DELETE OR UPDATE ON public.member_lines FOR EACH ROW EXECUTE FUNCTION private.tg_audit('member_id,line_id');

CREATE TRIGGER tg_members__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.members FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_onboarding_checklist__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.onboarding_checklist FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_org_members__audit AFTER INSERT OR DELETE OR UPDATE ON public.org_members FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_org_members__keep_an_admin_on_delete AFTER DELETE ON public.org_members REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_org_members__keep_an_admin();

CREATE TRIGGER tg_org_members__keep_an_admin AFTER UPDATE ON public.org_members REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_org_members__keep_an_admin();

CREATE TRIGGER tg_org_members__tell_inserted AFTER INSERT ON public.org_members REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_org_members__tell_updated AFTER UPDATE ON public.org_members REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_organization_settings__audit AFTER INSERT OR DELETE OR UPDATE ON public.organization_settings FOR EACH ROW EXECUTE FUNCTION private.tg_audit('org_id,effective_from');

CREATE TRIGGER tg_organization_settings__touch BEFORE UPDATE ON public.organization_settings FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_organizations__audit AFTER INSERT OR DELETE OR UPDATE ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_organizations__check BEFORE INSERT OR UPDATE OF name, time_zone, requires_second_factor ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.tg_organizations__check();

CREATE TRIGGER tg_organizations__settings AFTER INSERT ON public.organizations FOR EACH ROW EXECUTE FUNCTION private.tg_organizations__settings();

CREATE TRIGGER tg_platform_settings__audit AFTER INSERT OR DELETE OR UPDATE ON public.platform_settings FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_platform_settings__touch BEFORE UPDATE ON public.platform_settings FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_profile_settings__default_org BEFORE UPDATE OF default_org_id ON public.profile_settings FOR EACH ROW WHEN (((new.default_org_id IS NOT NULL) AND (new.default_org_id IS DISTINCT FROM old.default_org_id))) EXECUTE FUNCTION private.tg_profile_settings__default_org();

CREATE TRIGGER tg_profile_settings__touch BEFORE UPDATE ON public.profile_settings FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_retention_settings__audit AFTER INSERT OR DELETE OR UPDATE ON public.retention_settings FOR EACH ROW EXECUTE FUNCTION private.tg_audit('org_id');

CREATE TRIGGER tg_retention_settings__touch BEFORE UPDATE ON public.retention_settings FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_sync_jobs__tell_inserted AFTER INSERT ON public.sync_jobs REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_sync_jobs__tell_updated AFTER UPDATE ON public.sync_jobs REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_users__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE POLICY "api_keys_select_admins" ON "private"."api_keys" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "invitations_select_managers" ON "private"."invitations" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((invited_by = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

CREATE POLICY "audit_entries_select_admins" ON "public"."audit_entries" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "audit_entries_select_api_keys" ON "public"."audit_entries" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('audit:read'::text) AS api_org_ids))));

CREATE POLICY "calls_select_api_keys" ON "public"."calls" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "holidays_delete_admins" ON "public"."holidays" FOR DELETE TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "holidays_insert_admins" ON "public"."holidays" FOR INSERT TO "authenticated" WITH CHECK ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "holidays_select_api_keys" ON "public"."holidays" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids() AS api_org_ids))));

CREATE POLICY "holidays_select_members" ON "public"."holidays" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "holidays_update_admins" ON "public"."holidays" FOR UPDATE TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "integrations_select_api_keys" ON "public"."integrations" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('sync:read'::text) AS api_org_ids))));

CREATE POLICY "legs_select_api_keys" ON "public"."legs" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "lines_select_api_keys" ON "public"."lines" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "member_extensions_select_api_keys" ON "public"."member_extensions" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('members:read'::text) AS api_org_ids))));

CREATE POLICY "member_lines_insert_managers" ON "public"."member_lines" FOR INSERT TO "authenticated" WITH CHECK ((((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) AND (NOT (member_id IN ( SELECT m.id
   FROM public.org_members m
  WHERE (m.removed_at IS NOT NULL))))) OR ((line_id = ANY (ARRAY( SELECT private.my_line_ids() AS my_line_ids))) AND (member_id = ANY (ARRAY( SELECT private.my_agent_ids() AS my_agent_ids))))));

CREATE POLICY "member_lines_select_api_keys" ON "public"."member_lines" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('members:read'::text) AS api_org_ids))));

CREATE POLICY "org_members_select_api_keys" ON "public"."org_members" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('members:read'::text) AS api_org_ids))));

CREATE POLICY "organization_settings_select_api_keys" ON "public"."organization_settings" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids() AS api_org_ids))));

CREATE POLICY "organization_settings_select_members" ON "public"."organization_settings" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "organizations_select_api_keys" ON "public"."organizations" FOR SELECT TO "api_reader" USING ((id = ANY (ARRAY( SELECT private.api_org_ids() AS api_org_ids))));

CREATE POLICY "organizations_update_admins" ON "public"."organizations" FOR UPDATE TO "authenticated" USING (((id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) AND (id <> ( SELECT private.holding_org_id() AS holding_org_id))));

CREATE POLICY "platform_settings_select_platform" ON "public"."platform_settings" FOR SELECT TO "authenticated" USING (( SELECT private.is_platform_admin() AS is_platform_admin));

CREATE POLICY "platform_settings_update_platform" ON "public"."platform_settings" FOR UPDATE TO "authenticated" USING (( SELECT private.is_platform_admin() AS is_platform_admin));

CREATE POLICY "profile_settings_select_self" ON "public"."profile_settings" FOR SELECT TO "authenticated" USING ((user_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "profile_settings_update_self" ON "public"."profile_settings" FOR UPDATE TO "authenticated" USING ((user_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "profiles_select_api_keys" ON "public"."profiles" FOR SELECT TO "api_reader" USING ((user_id IN ( SELECT m.user_id
   FROM public.org_members m)));

CREATE POLICY "retention_settings_select_admins" ON "public"."retention_settings" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "retention_settings_update_admins" ON "public"."retention_settings" FOR UPDATE TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "sync_jobs_select_api_keys" ON "public"."sync_jobs" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('sync:read'::text) AS api_org_ids))));

COMMENT ON COLUMN "private"."invitations"."line_ids" IS 'Lines given on acceptance.';

COMMENT ON COLUMN "public"."audit_entries"."action" IS 'insert, update or delete of a row; sign_in, sign_in_failed; export.';

COMMENT ON COLUMN "public"."audit_entries"."actor" IS 'The user''s e-mail address, the API key''s prefix, or the process''s role, as it was then.';

COMMENT ON COLUMN "public"."audit_entries"."actor_kind" IS 'user, api_key, or process: a program or operator who works on the database directly.';

COMMENT ON COLUMN "public"."audit_entries"."details" IS 'Before and after of what changed, never a secret. Null once it was erased; its digest, which is what is chained, stays.';

COMMENT ON COLUMN "public"."audit_entries"."ip_address" IS 'The client''s address as our own gateway tells it.';

COMMENT ON COLUMN "public"."audit_entries"."org_id" IS 'The organization it happened in; the holding organization for what concerns the whole platform.';

COMMENT ON COLUMN "public"."audit_entries"."row_key" IS 'The primary key of the row.';

COMMENT ON COLUMN "public"."holidays"."opens" IS 'Open from this time of the wall clock until "closes"; null: closed all day.';

COMMENT ON COLUMN "public"."org_members"."deactivated_at" IS 'Since when the member sees nothing.';

COMMENT ON COLUMN "public"."org_members"."removed_at" IS 'Since when the person belongs to the organization no more; the row stays, so that history stays attributable.';

COMMENT ON COLUMN "public"."organization_settings"."answer_within_seconds" IS 'A call should be answered within so many seconds (the service level''s threshold).';

COMMENT ON COLUMN "public"."organization_settings"."business_hours" IS 'Periods [opens, closes) by the wall clock, weekday 1 is Monday: [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]. Empty: none are set.';

COMMENT ON COLUMN "public"."organization_settings"."effective_from" IS 'The first local day; -infinity for what an organization begins with.';

COMMENT ON COLUMN "public"."organization_settings"."excludes_short_abandons" IS 'Whether short abandoned calls are left out of service level and abandonment rate.';

COMMENT ON COLUMN "public"."organization_settings"."short_abandon_seconds" IS 'An abandoned call that waited less counts as short.';

COMMENT ON COLUMN "public"."platform_settings"."app_url" IS 'Where the dashboard is served, without a slash at the end; links in letters begin with it.';

COMMENT ON COLUMN "public"."platform_settings"."client_address_header" IS 'The header in which the outermost proxy of ours tells the client''s address: its last entry is written into the audit trail.';

COMMENT ON COLUMN "public"."platform_settings"."organization_creation" IS 'Who may create organizations: platform_admins alone; first, everybody their first one; org_admins, those further ones too.';

COMMENT ON COLUMN "public"."profile_settings"."default_org_id" IS 'The organization shown first after signing in.';

COMMENT ON COLUMN "public"."profile_settings"."notification_channels" IS 'Per event the channel: none, in_app, email or both. An event that is missing follows the default.';

COMMENT ON COLUMN "public"."profile_settings"."phone" IS 'The person''s own number, with country code.';

COMMENT ON COLUMN "public"."retention_settings"."call_days" IS 'After these, who called is to be forgotten; the call itself stays, and with it every figure.';

COMMENT ON FUNCTION "private"."accept_invitation"(text) IS 'Makes the signed-in user a member, once per invitation; address and inviter''s rights are checked inside.';

COMMENT ON FUNCTION "private"."add_invitation_token"(uuid, text, bytea, timestamp with time zone) IS 'Keeps the hash of the token in a letter; false when there is nothing left to invite to, or the letter went to another worker.';

COMMENT ON FUNCTION "private"."all_users"() IS 'Everybody who has signed up, for platform admins.';

COMMENT ON FUNCTION "private"."api_key_of_grant"(bytea) IS 'The API key that a grant is for; null when it ran out or never was.';

COMMENT ON FUNCTION "private"."api_org_ids"(text) IS 'Organizations that the API key of this request may read with this scope, or with any; all of them for a platform-wide key.';

COMMENT ON FUNCTION "private"."api_scopes"() IS 'What an API key can be made for.';

COMMENT ON FUNCTION "private"."are_notification_channels"(jsonb) IS 'Whether each event is given a channel: none, in_app, email or both.';

COMMENT ON FUNCTION "private"."assign_phone_numbers"(uuid[], uuid, timestamp with time zone, timestamp with time zone, text) IS 'Gives numbers to an organization for a period, all of them or none; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."audit_hash"(bytea, bigint, public.audit_entries) IS 'A seal: SHA-256 over the seal before and the entry, its details by their digest alone.';

COMMENT ON FUNCTION "private"."business_hours_problem"(jsonb) IS 'What is wrong with business hours, as an error code; null where nothing is.';

COMMENT ON FUNCTION "private"."change_organization_settings"(uuid, jsonb, date) IS 'Writes the settings that count from a local date on; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."check_audit_chain"(uuid) IS 'Computes every seal of an organization''s trail anew.';

COMMENT ON FUNCTION "private"."claim_outbox_mail"(text, timestamp with time zone) IS 'The next letter for this worker, with a lease of two minutes; none while it is not known where the dashboard is served.';

COMMENT ON FUNCTION "private"."client_address"() IS 'Where the request comes from, by the header that our own proxy writes: the last entry, because a client may send the ones before.';

COMMENT ON FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, boolean) IS 'Counts the ended calls that the caller may see, per bucket of the grain, or all together without one. p_in_hours: null all, or those in or out of business hours.';

COMMENT ON FUNCTION "private"."create_api_key"(uuid, text, text[], timestamp with time zone) IS 'Makes an API key; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."create_invitation_link"(uuid) IS 'A link with a fresh token, told once; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."create_organization"(text, text) IS 'Creates an organization as the platform''s settings allow; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."csv_text"(text) IS 'A text that a spreadsheet takes for a text.';

COMMENT ON FUNCTION "private"."finish_outbox_mail"(uuid, text, text, text, timestamp with time zone, timestamp with time zone) IS 'Ends a letter: sent, failed with a reason, cancelled, or to be tried again at p_retry_at.';

COMMENT ON FUNCTION "private"."fleet"() IS 'How every organization fares, for platform admins.';

COMMENT ON FUNCTION "private"."forget_expired"(timestamp with time zone) IS 'Removes grants, counted minutes, tokens and letters that are of no use any more, and tells how many.';

COMMENT ON FUNCTION "private"."invitation_rights_problem"(uuid, uuid, text, uuid[]) IS 'Why a person may not invite somebody with this role and these lines: not_allowed, or null where they may. Asked when inviting and again on acceptance.';

COMMENT ON FUNCTION "private"."invite"(uuid, text, text, uuid[]) IS 'Invites one address, or tells why not: bad_address, not_allowed, already_a_member, duplicate.';

COMMENT ON FUNCTION "private"."invite_member"(uuid, text, text, uuid[]) IS 'Invites one person; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."invite_members"(uuid, jsonb) IS 'Invites many, with an answer for each; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."is_blank"(text) IS 'Whether a text has nothing in it that can be seen.';

COMMENT ON FUNCTION "private"."is_email"(text) IS 'Whether the text is an address that mail can be sent to: any local part of RFC 5321, quoted ones too, at a domain of at least two labels.';

COMMENT ON FUNCTION "private"."member_activity"() IS 'When members were last here, from Auth''s tables, for the managers and admins of their organizations.';

COMMENT ON FUNCTION "private"."member_missing"() IS 'Says that a member cannot be found or managed: the two are not told apart.';

COMMENT ON FUNCTION "private"."my_managed_member_ids"() IS 'Members whom the caller may deactivate and reactivate: admins all of theirs, managers the agents whose lines are all among their own.';

COMMENT ON FUNCTION "private"."my_sessions"() IS 'Reads the caller''s own sessions, which belong to Auth.';

COMMENT ON FUNCTION "private"."new_secret"() IS '256 random bits in base64url.';

COMMENT ON FUNCTION "private"."onboarding"() IS 'What an organization still needs, for its admins.';

COMMENT ON FUNCTION "private"."open_api_request"(bytea, bytea, timestamp with time zone) IS 'Authenticates an API key, counts the request in its calendar minute and lets it through once more: granted, limited, or unknown.';

COMMENT ON FUNCTION "private"."open_hours"(uuid, jsonb, date, date) IS 'When an organization was open on these local days, by the wall clock, so that no change of clocks moves it. A holiday replaces its day. Null: no hours are set.';

COMMENT ON FUNCTION "private"."open_invitation"(uuid) IS 'Locks an invitation that the caller may still do something about, or says why it cannot be.';

COMMENT ON FUNCTION "private"."open_realtime"() IS 'Lets members listen to their organization''s topic; does nothing where there is no Realtime, or where it is done.';

COMMENT ON FUNCTION "private"."preview_invitation"(text) IS 'Whoever holds a token reads what it invites to.';

COMMENT ON FUNCTION "private"."queue_mail"(text, text, uuid) IS 'Puts a letter in the outbox and wakes the workers.';

COMMENT ON FUNCTION "private"."record_audit"(uuid, text, text, jsonb, jsonb) IS 'Adds an entry about the caller to the audit trail; without an organization it is about the platform.';

COMMENT ON FUNCTION "private"."record_export"(uuid, text, jsonb) IS 'Notes that the caller takes data of an organization away; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."record_sign_in"(uuid, text) IS 'Notes sign_in or sign_in_failed in the trails of a user''s organizations.';

COMMENT ON FUNCTION "private"."record_sign_in_attempt"(jsonb) IS 'A hook for Auth (password and MFA verification attempts, where the project''s plan has them): notes failures and decides nothing.';

COMMENT ON FUNCTION "private"."redeem_api_grant"() IS 'Runs before each request of PostgREST: one that carries an API key''s grant goes on as api_reader, in the key''s name.';

COMMENT ON FUNCTION "private"."remove_member"(uuid) IS 'Ends a membership, with its lines and extensions; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."request_sync"(uuid, text) IS 'Queues a pull for every account that serves an organization; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."require_platform_admin"() IS 'Refuses everybody but the operator''s people.';

COMMENT ON FUNCTION "private"."require_role"(uuid, text[]) IS 'Refuses a caller who has none of these roles in the organization; one who is not in it learns nothing about it.';

COMMENT ON FUNCTION "private"."require_scope"(uuid, text) IS 'Refuses an API key that is not for this organization, or has not the scope.';

COMMENT ON FUNCTION "private"."resend_invitation"(uuid) IS 'Sends another letter; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."revoke_api_key"(uuid) IS 'Ends an API key; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."revoke_invitation"(uuid) IS 'Takes an invitation back; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."seal_audit_entries"(timestamp with time zone) IS 'Chains entries that are not sealed yet to their organization''s trail, 10,000 at most, and tells how many.';

COMMENT ON FUNCTION "private"."serving_integration_ids"(uuid) IS 'Accounts that an organization''s calls come from: its own, and those of numbers it has now.';

COMMENT ON FUNCTION "private"."set_archived"(uuid, boolean) IS 'Closes or opens an organization; platform admins only, checked inside.';

COMMENT ON FUNCTION "private"."set_member_extension"(uuid, uuid, text, timestamp with time zone) IS 'Says which extension a member has from an instant on, and names the legs since then anew; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."set_member_role"(uuid, text) IS 'Gives a member another role; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."set_members_active"(uuid[], boolean) IS 'Deactivates or reactivates members, all of them or none; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."set_platform_admin"(uuid, boolean) IS 'Makes somebody one of the operator''s people or ends it; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."settings_in_force"(uuid[], timestamp with time zone, timestamp with time zone, boolean) IS 'What calls of these organizations are judged by, per stretch of time: a call by the row in whose [starts_at, ends_at) it started.';

COMMENT ON FUNCTION "private"."support_contacts"() IS 'The part of the platform''s settings that everybody needs.';

COMMENT ON FUNCTION "private"."tell_changed"(uuid[]) IS 'Tells who listens to these organizations that something changed, and nothing else, since not everybody sees every row. Where there is no Realtime it does nothing.';

COMMENT ON FUNCTION "private"."tg_audit"() IS 'Writes an audit entry for a changed row: what it was and what it is. Arguments: its key columns, and columns that are never told.';

COMMENT ON FUNCTION "private"."tg_audit_entries__only_grow"() IS 'Refuses every change of an entry but the erasure of its details.';

COMMENT ON FUNCTION "private"."tg_audit_seals__only_grow"() IS 'Refuses every change of what is sealed.';

COMMENT ON FUNCTION "private"."tg_holidays__keep_the_past"() IS 'Holidays that are over stay as they were.';

COMMENT ON FUNCTION "private"."tg_org_members__keep_an_admin"() IS 'Keeps the last active org_admin of an organization.';

COMMENT ON FUNCTION "private"."tg_organizations__check"() IS 'Says in words what is wrong with an organization''s name, time zone or second factor.';

COMMENT ON FUNCTION "private"."tg_organizations__settings"() IS 'A new organization begins with the default settings.';

COMMENT ON FUNCTION "private"."tg_profile_settings__default_org"() IS 'People choose among the organizations they are in. One they have to leave later stays chosen, and shows nothing.';

COMMENT ON FUNCTION "private"."tg_refuse__writes"() IS 'Makes a view a place that can be written to as far as Postgres is concerned, so that privileges are asked for first, and refused.';

COMMENT ON FUNCTION "private"."tg_tell_changed"() IS 'Tells that rows of these organizations changed.';

COMMENT ON FUNCTION "private"."tg_users__profile"() IS 'Gives every user of Auth a profile with settings, and keeps its e-mail address.';

COMMENT ON FUNCTION "private"."tg_users__sign_in"() IS 'Auth notes each sign-in in last_sign_in_at.';

COMMENT ON FUNCTION "private"."verify_audit_chain"(uuid) IS 'Checks the trail of an organization; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."wait_edges"() IS 'The waits, in seconds, at which figures tell calls apart; thresholds are among them, so that they are exact.';

COMMENT ON FUNCTION "private"."withdraw_phone_numbers"(uuid[], timestamp with time zone) IS 'Takes numbers back from whoever has them, all of them or none; the caller''s right is checked inside.';

COMMENT ON FUNCTION "public"."accept_invitation"(text) IS 'Makes the signed-in user, whose confirmed address was invited, a member with the invitation''s role and lines. Returns the organization''s id.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_expired, invitation_for_another_address, email_not_confirmed, inviter_lost_rights, already_a_member.';

COMMENT ON FUNCTION "public"."archive_organization"(uuid) IS 'Closes an organization (platform admins): its members and API keys see nothing, pulls stop. Deliveries are kept. Nothing is deleted.

Errors: platform_admin_required, organization_not_found.';

COMMENT ON FUNCTION "public"."assign_phone_number"(uuid, uuid, timestamp with time zone, text) IS 'Gives one phone number to an organization, without end, and returns the new line; otherwise as assign_phone_numbers.

Errors: platform_admin_required, organization_not_found, phone_number_not_found, number_of_another_account, number_already_assigned, period_taken.';

COMMENT ON FUNCTION "public"."assign_phone_numbers"(uuid[], uuid, timestamp with time zone, timestamp with time zone, text) IS 'Gives phone numbers to an organization for a period [p_from, p_until), all of them or none, and returns the new lines (platform admins).

Whoever has a number keeps its history up to p_from. A start in the past claims calls that nobody owned; it cannot take what somebody did.
Errors: platform_admin_required, organization_not_found, period_reversed, phone_number_not_found, number_of_another_account, number_already_assigned, period_taken.';

COMMENT ON FUNCTION "public"."change_organization_settings"(uuid, jsonb, date) IS 'Changes what figures are judged by, from a local date on, today unless said (org admins). Returns the settings that then count.

p_changes: any of answer_within_seconds, short_abandon_seconds, excludes_short_abandons, service_level_target, abandonment_rate_target,
business_hours. What it leaves out stays as it is on that date; changes already planned for later dates stay too.
Errors: organization_not_found, role_not_sufficient, effective_date_unfit, setting_unknown, setting_invalid, business_hours_malformed, business_hours_cross_midnight, business_hours_overlap.';

COMMENT ON FUNCTION "public"."create_api_key"(uuid, text, text[], timestamp with time zone) IS 'Makes an API key for an organization (org admins), or with p_org_id null for all of them (platform admins). The secret is told here, once.

Scopes: calls:read (calls, legs, lines, figures), members:read (people, their lines and extensions), sync:read (integrations, jobs),
audit:read, and sync:request to ask for a pull. Any key reads its organization with its settings and holidays.
Errors: platform_admin_required, organization_not_found, role_not_sufficient, name_invalid, scope_unknown, expiry_in_the_past.';

COMMENT ON FUNCTION "public"."create_integration"(uuid, text, text, text, text, jsonb, uuid) IS 'Adds a MightyCall account to an organization (org admins), or platform-wide with p_org_id null (platform admins).

p_id is chosen by the client, because the credentials (base64 of HPKE messages: api_key, user_key, webhook_secret) are sealed for it.
Errors: platform_admin_required, organization_not_found, role_not_sufficient, name_invalid, account_type_unknown, webhook_mode_unavailable, credentials_missing, credential_unknown, credential_not_sealed, integration_exists.';

COMMENT ON FUNCTION "public"."create_invitation_link"(uuid) IS 'A link to copy, for the invited person alone. Each has a token of its own, which is not kept and cannot be told again.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_not_allowed, invitation_expired, app_url_missing.';

COMMENT ON FUNCTION "public"."create_organization"(text, text) IS 'Creates an organization and makes the caller its org_admin, unless the caller is a platform admin. Returns its id.

Who belongs to none may create the first; more are created by platform admins, or by org admins where the platform''s settings say so.
Errors: organization_creation_denied, name_invalid, time_zone_unknown.';

COMMENT ON FUNCTION "public"."deactivate_members"(uuid[]) IS 'Deactivates members, all of them or none: from now on they see nothing. Returns how many were active (org admins; managers for agents whose lines are all their own).

Errors: member_not_found, last_org_admin.';

COMMENT ON FUNCTION "public"."export_audit_trail"(uuid, timestamp with time zone, timestamp with time zone) IS 'The audit trail of [p_from, p_to) for a spreadsheet (org admins): ask with "Accept: text/csv". That it was taken is an entry itself.

Errors: range_reversed, organization_not_found, role_not_sufficient.';

COMMENT ON FUNCTION "public"."grant_platform_admin"(uuid) IS 'Makes a user a platform admin, who sees every organization (platform admins). The first one is made by "python -m admin grant".

Errors: platform_admin_required, user_not_found.';

COMMENT ON FUNCTION "public"."invite_member"(uuid, text, text, uuid[]) IS 'Invites a person by e-mail, for seven days; returns the invitation''s id (org admins anybody; managers agents, with lines of their own).

Errors: organization_not_found, role_not_sufficient, organization_archived, role_unknown, email_invalid, already_a_member, already_invited, invitation_not_allowed.';

COMMENT ON FUNCTION "public"."invite_members"(uuid, jsonb) IS 'Invites many people at once, as a spreadsheet lists them: p_rows is [{"email", "role" (agent), "lines" (ids or numbers)}], up to 1,000.

Answers each row: invited, already_a_member, bad_address, duplicate (has an open invitation, or stands in the list before), not_allowed.
Who may invite whom is as in invite_member. Errors: organization_not_found, role_not_sufficient, organization_archived, rows_malformed.';

COMMENT ON FUNCTION "public"."kpi_series"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) IS 'The KPIs of a range per local hour, day, week (from Monday) or month, empty buckets included.

Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, grain_unfit.';

COMMENT ON FUNCTION "public"."kpi_summary"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'The KPIs of a range [p_from, p_to) over the calls the caller may see, each with its value in the previous range.

p_org_id null: every organization the caller reads in full. value is null where it is not measurable; known and total say over how many calls it is.
p_in_hours: calls that started in business hours (true), outside of them (false), or all.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing.';

COMMENT ON FUNCTION "public"."my_sessions"() IS 'Where the caller is signed in, the latest activity first. Auth ends sessions: POST /auth/v1/logout?scope=others, global or local.';

COMMENT ON FUNCTION "public"."preview_invitation"(text) IS 'What an invitation''s link is about, for the page that greets the guest; nobody needs to be signed in. Send it with POST: a token has no place in an address.

state: pending, accepted, expired or revoked. Errors: invitation_not_found.';

COMMENT ON FUNCTION "public"."reactivate_members"(uuid[]) IS 'Lets deactivated members in again, with the role and lines they had. Returns how many were not active (as deactivate_members).

Errors: member_not_found.';

COMMENT ON FUNCTION "public"."remove_member"(uuid) IS 'Ends a membership (org admins): lines and extensions are given back, what the member did stays theirs. An invitation brings the person back.

Errors: member_not_found, last_org_admin.';

COMMENT ON FUNCTION "public"."request_sync"(uuid, text) IS 'Asks for a pull of a resource (calls, phone_numbers) from every account that serves an organization (managers, org admins, API keys with sync:request).

Asking again within a minute returns the same jobs. Jobs of the organization''s own accounts are followed in sync_jobs; those of
a platform-wide account tell nothing but that they were asked for: data_through in the figures says when they are done.
Errors: organization_not_found, role_not_sufficient, scope_missing, organization_archived, resource_unknown, no_integration.';

COMMENT ON FUNCTION "public"."resend_invitation"(uuid) IS 'Sends another letter, with a link of its own, and opens the invitation for seven more days, expired or not. Returns until when.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_not_allowed, invitation_just_sent.';

COMMENT ON FUNCTION "public"."revoke_api_key"(uuid) IS 'Ends an API key at once (org admins; platform admins).

Errors: api_key_not_found.';

COMMENT ON FUNCTION "public"."revoke_invitation"(uuid) IS 'Takes an invitation back: no link to it works any more.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_not_allowed.';

COMMENT ON FUNCTION "public"."revoke_platform_admin"(uuid) IS 'Ends that a user is a platform admin (platform admins).

Errors: platform_admin_required, user_not_found, last_platform_admin.';

COMMENT ON FUNCTION "public"."set_member_extension"(uuid, uuid, text, timestamp with time zone) IS 'Gives a member an extension of a MightyCall account from p_from on (now), instead of the one they had; without p_extension it takes it away.

Org admins on their organization''s own accounts, platform admins on all. What the member handled since p_from is attributed anew.
Errors: member_not_found, integration_not_found, extension_invalid, extension_taken.';

COMMENT ON FUNCTION "public"."set_member_role"(uuid, text) IS 'Gives a member another role (org admins).

Errors: role_unknown, member_not_found, last_org_admin.';

COMMENT ON FUNCTION "public"."support_contacts"() IS 'Whom to ask for help: the operator''s contacts, in one row.';

COMMENT ON FUNCTION "public"."unarchive_organization"(uuid) IS 'Opens an archived organization again, as it was (platform admins).

Errors: platform_admin_required, organization_not_found.';

COMMENT ON FUNCTION "public"."verify_audit_chain"(uuid) IS 'Checks that nobody has changed an organization''s audit trail (org admins): computes every seal anew and names the first that is broken.

problem is null where all is well; sealed counts the seals that hold, unsealed the entries that the next pass of the sync script seals; head is the
last seal, to be kept somewhere else: a trail that was cut off at its end is one whose head does not come back. For the platform''s
own trail send the holding organization''s id (platform admins). Errors: organization_not_found, role_not_sufficient.';

COMMENT ON FUNCTION "public"."withdraw_phone_numbers"(uuid[], timestamp with time zone) IS 'Takes phone numbers back from p_at on (now), all of them or none, and returns how many (platform admins).

The history stays with who had them; what comes later belongs to nobody, and promises for later are taken back.
Errors: platform_admin_required, withdrawal_in_the_past, phone_number_not_found, number_of_another_account.';

COMMENT ON POLICY "api_keys_select_admins" ON "private"."api_keys" IS 'Admins their organization''s, platform admins all; never the secret''s hash.';

COMMENT ON POLICY "invitations_select_managers" ON "private"."invitations" IS 'Admins read their organization''s, managers those they sent.';

COMMENT ON POLICY "audit_entries_select_admins" ON "public"."audit_entries" IS 'Admins their organization''s, platform admins all.';

COMMENT ON POLICY "audit_entries_select_api_keys" ON "public"."audit_entries" IS 'API keys with audit:read.';

COMMENT ON POLICY "calls_select_api_keys" ON "public"."calls" IS 'API keys with calls:read.';

COMMENT ON POLICY "holidays_delete_admins" ON "public"."holidays" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "holidays_insert_admins" ON "public"."holidays" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "holidays_select_api_keys" ON "public"."holidays" IS 'Any API key of the organization.';

COMMENT ON POLICY "holidays_select_members" ON "public"."holidays" IS 'Members read their organization''s.';

COMMENT ON POLICY "holidays_update_admins" ON "public"."holidays" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "integrations_select_api_keys" ON "public"."integrations" IS 'API keys with sync:read.';

COMMENT ON POLICY "legs_select_api_keys" ON "public"."legs" IS 'API keys with calls:read.';

COMMENT ON POLICY "lines_select_api_keys" ON "public"."lines" IS 'API keys with calls:read.';

COMMENT ON POLICY "member_extensions_select_api_keys" ON "public"."member_extensions" IS 'API keys with members:read.';

COMMENT ON POLICY "member_lines_insert_managers" ON "public"."member_lines" IS 'Admins give any line to any member, managers their own lines to agents.';

COMMENT ON POLICY "member_lines_select_api_keys" ON "public"."member_lines" IS 'API keys with members:read.';

COMMENT ON POLICY "org_members_select_api_keys" ON "public"."org_members" IS 'API keys with members:read.';

COMMENT ON POLICY "organization_settings_select_api_keys" ON "public"."organization_settings" IS 'Any API key of the organization.';

COMMENT ON POLICY "organization_settings_select_members" ON "public"."organization_settings" IS 'Members read what their figures are judged by.';

COMMENT ON POLICY "organizations_select_api_keys" ON "public"."organizations" IS 'Any API key, whatever its scopes, reads the organization it is for.';

COMMENT ON POLICY "organizations_update_admins" ON "public"."organizations" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "platform_settings_select_platform" ON "public"."platform_settings" IS 'Platform admins; what others need of it is in support_contacts().';

COMMENT ON POLICY "platform_settings_update_platform" ON "public"."platform_settings" IS 'Platform admins.';

COMMENT ON POLICY "profile_settings_select_self" ON "public"."profile_settings" IS 'One''s own.';

COMMENT ON POLICY "profile_settings_update_self" ON "public"."profile_settings" IS 'People set their own.';

COMMENT ON POLICY "profiles_select_api_keys" ON "public"."profiles" IS 'API keys read the people whose memberships they read.';

COMMENT ON POLICY "retention_settings_select_admins" ON "public"."retention_settings" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "retention_settings_update_admins" ON "public"."retention_settings" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "sync_jobs_select_api_keys" ON "public"."sync_jobs" IS 'API keys with sync:read.';

COMMENT ON TABLE "private"."api_grants" IS 'What lets one request through PostgREST with an API key''s rights, for a minute; by hash.';

COMMENT ON TABLE "private"."api_key_minutes" IS 'Requests of each API key in each calendar minute.';

COMMENT ON TABLE "private"."api_keys" IS 'Keys with which programs read an organization; the holding organization''s read all of them.';

COMMENT ON TABLE "private"."audit_seals" IS 'The chain over the audit trail of each organization: every seal is a hash over the one before and its entry.';

COMMENT ON TABLE "private"."invitation_tokens" IS 'Hashes of the tokens in links and letters. Every link and letter has a fresh one; they end with their invitation.';

COMMENT ON TABLE "private"."invitations" IS 'Invitations of people, by address, into organizations.';

COMMENT ON TABLE "private"."outbox_mails" IS 'Letters to be sent: the sync script claims them, makes what is secret in them, and sends them.';

COMMENT ON TABLE "private"."unsealed_audit_entries" IS 'Entries that wait to be sealed.';

COMMENT ON TABLE "public"."audit_entries" IS 'Who did what, to which row, from where and when. Entries are only ever added; sealing chains them, per organization.';

COMMENT ON TABLE "public"."holidays" IS 'Days on which an organization keeps other hours than its week says, or none.';

COMMENT ON TABLE "public"."organization_settings" IS 'What figures are judged by, from a local date on until the next row''s: a call by the settings of its start, so last year''s figures stay.';

COMMENT ON TABLE "public"."platform_settings" IS 'The operator''s settings, in one row.';

COMMENT ON TABLE "public"."profile_settings" IS 'What a person has set for themselves; nobody else reads it.';

COMMENT ON TABLE "public"."retention_settings" IS 'For how many days an organization wants each kind of data kept; null: without end. So far they are only written down: nothing is removed by them yet.';

COMMENT ON VIEW "private"."my_memberships" IS 'The caller''s memberships that count now: active, of organizations not archived, with a second factor where one is required. For the helpers alone.';

COMMENT ON VIEW "public"."api_keys" IS 'API keys, without their secrets.';

COMMENT ON VIEW "public"."fleet" IS 'One row per organization, the worst first (order=severity.desc,name): what needs the operator''s attention. Platform admins; nobody else sees a row.';

COMMENT ON VIEW "public"."invitations" IS 'Who was invited to an organization, by whom, and what became of it.';

COMMENT ON VIEW "public"."members" IS 'The people of an organization as its team page lists them, without those who were removed.';

COMMENT ON VIEW "public"."onboarding_checklist" IS 'What an organization needs before it is of use, a row for each step (org admins): numbers, people, credentials, webhook_test, first_backfill.';

COMMENT ON VIEW "public"."users" IS 'Everybody who has signed up (platform admins); nobody else sees a row.';

REVOKE ALL ON FUNCTION "private"."accept_invitation"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."accept_invitation"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."add_invitation_token"(uuid, text, bytea, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."add_invitation_token"(uuid, text, bytea, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."all_users"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."all_users"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."api_key_of_grant"(bytea) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."api_key_of_grant"(bytea) TO "anon", "authenticated";

GRANT EXECUTE ON FUNCTION "private"."api_key_of_grant"(bytea) TO "service_role";

REVOKE ALL ON FUNCTION "private"."api_org_ids"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."api_org_ids"(text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."api_scopes"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."are_notification_channels"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."are_notification_channels"(jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."assign_phone_numbers"(uuid[], uuid, timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."assign_phone_numbers"(uuid[], uuid, timestamp with time zone, timestamp with time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."audit_hash"(bytea, bigint, public.audit_entries) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."bucket_start"(timestamp with time zone, text, text) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."bucket_start"(timestamp with time zone, text, text) TO "api_reader";

REVOKE ALL ON FUNCTION "private"."business_hours_problem"(jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."change_organization_settings"(uuid, jsonb, date) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."change_organization_settings"(uuid, jsonb, date) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."check_audit_chain"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."claim_outbox_mail"(text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."claim_outbox_mail"(text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."client_address"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."create_api_key"(uuid, text, text[], timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."create_api_key"(uuid, text, text[], timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."create_invitation_link"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."create_invitation_link"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."create_organization"(text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."create_organization"(text, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."csv_text"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."csv_text"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."data_through"(uuid[]) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."data_through"(uuid[]) TO "api_reader";

REVOKE ALL ON FUNCTION "private"."elapsed_minutes"(timestamp with time zone, timestamp with time zone) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."elapsed_minutes"(timestamp with time zone, timestamp with time zone) TO "api_reader";

REVOKE ALL ON FUNCTION "private"."finish_outbox_mail"(uuid, text, text, text, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."finish_outbox_mail"(uuid, text, text, text, timestamp with time zone, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."fleet"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."fleet"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."forget_expired"(timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."forget_expired"(timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."invitation_rights_problem"(uuid, uuid, text, uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."invite"(uuid, text, text, uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."invite_member"(uuid, text, text, uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."invite_member"(uuid, text, text, uuid[]) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."invite_members"(uuid, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."invite_members"(uuid, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."is_blank"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."is_blank"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."is_email"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."is_email"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."is_time_zone"(text) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "private"."is_time_zone"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."kpi_scope"(uuid, timestamp with time zone, timestamp with time zone, boolean) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."kpi_scope"(uuid, timestamp with time zone, timestamp with time zone, boolean) TO "api_reader";

REVOKE ALL ON FUNCTION "private"."kpi_values"(private.call_counts, numeric) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."kpi_values"(private.call_counts, numeric) TO "api_reader";

REVOKE ALL ON FUNCTION "private"."member_activity"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."member_activity"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."member_missing"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."my_managed_member_ids"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."my_managed_member_ids"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."my_org_ids"(text[]) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."my_org_ids"(text[]) TO "api_reader";

REVOKE ALL ON FUNCTION "private"."my_sessions"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."my_sessions"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."new_secret"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."no_calls"() FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."no_calls"() TO "api_reader";

REVOKE ALL ON FUNCTION "private"."onboarding"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."onboarding"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."open_api_request"(bytea, bytea, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."open_api_request"(bytea, bytea, timestamp with time zone) TO "webhooks";

REVOKE ALL ON FUNCTION "private"."open_hours"(uuid, jsonb, date, date) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."open_hours"(uuid, jsonb, date, date) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."open_invitation"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."open_realtime"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."org_ids_read_in_full"() FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."org_ids_read_in_full"() TO "api_reader";

REVOKE ALL ON FUNCTION "private"."preview_invitation"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."preview_invitation"(text) TO "anon", "authenticated";

REVOKE ALL ON FUNCTION "private"."previous_range"(timestamp with time zone, timestamp with time zone, text, timestamp with time zone) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."previous_range"(timestamp with time zone, timestamp with time zone, text, timestamp with time zone) TO "api_reader";

REVOKE ALL ON FUNCTION "private"."queue_mail"(text, text, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."record_audit"(uuid, text, text, jsonb, jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."record_export"(uuid, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."record_export"(uuid, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."record_sign_in"(uuid, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."record_sign_in_attempt"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."record_sign_in_attempt"(jsonb) TO "supabase_auth_admin";

REVOKE ALL ON FUNCTION "private"."redeem_api_grant"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."redeem_api_grant"() TO "anon", "authenticated";

GRANT EXECUTE ON FUNCTION "private"."redeem_api_grant"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."remove_member"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."remove_member"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."request_sync"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."request_sync"(uuid, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."require_platform_admin"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."require_role"(uuid, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."require_scope"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."require_scope"(uuid, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."resend_invitation"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."resend_invitation"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."revoke_api_key"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."revoke_api_key"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."revoke_invitation"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."revoke_invitation"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."seal_audit_entries"(timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."seal_audit_entries"(timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."serving_integration_ids"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."set_archived"(uuid, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."set_archived"(uuid, boolean) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."set_member_extension"(uuid, uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."set_member_extension"(uuid, uuid, text, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."set_member_role"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."set_member_role"(uuid, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."set_members_active"(uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."set_members_active"(uuid[], boolean) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."set_platform_admin"(uuid, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."set_platform_admin"(uuid, boolean) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."settings_in_force"(uuid[], timestamp with time zone, timestamp with time zone, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."settings_in_force"(uuid[], timestamp with time zone, timestamp with time zone, boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."support_contacts"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."support_contacts"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."tell_changed"(uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_audit"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_audit_entries__only_grow"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_audit_seals__only_grow"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_holidays__keep_the_past"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_org_members__keep_an_admin"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_organizations__check"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_organizations__settings"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_profile_settings__default_org"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_refuse__writes"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_tell_changed"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_users__sign_in"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."verify_audit_chain"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."verify_audit_chain"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."wait_edges"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."withdraw_phone_numbers"(uuid[], timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."withdraw_phone_numbers"(uuid[], timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."accept_invitation"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."accept_invitation"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."archive_organization"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."archive_organization"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."assign_phone_numbers"(uuid[], uuid, timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."assign_phone_numbers"(uuid[], uuid, timestamp with time zone, timestamp with time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."change_organization_settings"(uuid, jsonb, date) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."change_organization_settings"(uuid, jsonb, date) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."create_api_key"(uuid, text, text[], timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."create_api_key"(uuid, text, text[], timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."create_invitation_link"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."create_invitation_link"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."create_organization"(text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."create_organization"(text, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."deactivate_members"(uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."deactivate_members"(uuid[]) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."export_audit_trail"(uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."export_audit_trail"(uuid, timestamp with time zone, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."grant_platform_admin"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."grant_platform_admin"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."invite_member"(uuid, text, text, uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."invite_member"(uuid, text, text, uuid[]) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."invite_members"(uuid, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."invite_members"(uuid, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_series"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "public"."kpi_series"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) TO "api_reader";

REVOKE ALL ON FUNCTION "public"."kpi_summary"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM "api_reader";

GRANT EXECUTE ON FUNCTION "public"."kpi_summary"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader";

REVOKE ALL ON FUNCTION "public"."my_sessions"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."my_sessions"() TO "authenticated";

REVOKE ALL ON FUNCTION "public"."preview_invitation"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."preview_invitation"(text) TO "anon", "authenticated";

REVOKE ALL ON FUNCTION "public"."reactivate_members"(uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."reactivate_members"(uuid[]) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."remove_member"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."remove_member"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."request_sync"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."request_sync"(uuid, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."resend_invitation"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."resend_invitation"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."revoke_api_key"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."revoke_api_key"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."revoke_invitation"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."revoke_invitation"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."revoke_platform_admin"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."revoke_platform_admin"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."set_member_extension"(uuid, uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."set_member_extension"(uuid, uuid, text, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."set_member_role"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."set_member_role"(uuid, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."support_contacts"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."support_contacts"() TO "authenticated";

REVOKE ALL ON FUNCTION "public"."unarchive_organization"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."unarchive_organization"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."verify_audit_chain"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."verify_audit_chain"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."withdraw_phone_numbers"(uuid[], timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."withdraw_phone_numbers"(uuid[], timestamp with time zone) TO "authenticated";

REVOKE ALL ON SCHEMA "private" FROM "anon";

GRANT USAGE ON SCHEMA "private" TO "anon";

REVOKE ALL ON SCHEMA "private" FROM "api_reader";

GRANT USAGE ON SCHEMA "private" TO "api_reader";

REVOKE ALL ON SCHEMA "private" FROM "service_role";

GRANT USAGE ON SCHEMA "private" TO "service_role";

REVOKE ALL ON SCHEMA "private" FROM "supabase_auth_admin";

GRANT USAGE ON SCHEMA "private" TO "supabase_auth_admin";

REVOKE ALL ON SCHEMA "public" FROM "api_reader";

GRANT USAGE ON SCHEMA "public" TO "api_reader";

GRANT SELECT ("created_at") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("created_by") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("expires_at") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("id") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("last_used_at") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("name") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("org_id") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("prefix") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("revoked_at") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ("scopes") ON TABLE "private"."api_keys" TO "authenticated";

GRANT SELECT ON TABLE "private"."invitations" TO "authenticated";

GRANT SELECT ON TABLE "public"."audit_entries" TO "api_reader", "authenticated";

REVOKE ALL ON TABLE "public"."calls" FROM "api_reader";

GRANT SELECT ON TABLE "public"."calls" TO "api_reader";

GRANT SELECT ON TABLE "public"."holidays" TO "api_reader";

GRANT INSERT ("closes"), UPDATE ("closes") ON TABLE "public"."holidays" TO "authenticated";

GRANT INSERT ("day") ON TABLE "public"."holidays" TO "authenticated";

GRANT INSERT ("name"), UPDATE ("name") ON TABLE "public"."holidays" TO "authenticated";

GRANT INSERT ("opens"), UPDATE ("opens") ON TABLE "public"."holidays" TO "authenticated";

GRANT INSERT ("org_id") ON TABLE "public"."holidays" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."holidays" TO "authenticated";

REVOKE ALL ON TABLE "public"."integrations" FROM "api_reader";

GRANT SELECT ON TABLE "public"."integrations" TO "api_reader";

REVOKE ALL ON TABLE "public"."legs" FROM "api_reader";

GRANT SELECT ON TABLE "public"."legs" TO "api_reader";

REVOKE ALL ON TABLE "public"."lines" FROM "api_reader";

GRANT SELECT ON TABLE "public"."lines" TO "api_reader";

REVOKE ALL ON TABLE "public"."member_extensions" FROM "api_reader";

GRANT SELECT ON TABLE "public"."member_extensions" TO "api_reader";

REVOKE ALL ON TABLE "public"."member_lines" FROM "api_reader";

GRANT SELECT ON TABLE "public"."member_lines" TO "api_reader";

REVOKE ALL ON TABLE "public"."org_members" FROM "api_reader";

GRANT SELECT ON TABLE "public"."org_members" TO "api_reader";

GRANT SELECT ON TABLE "public"."organization_settings" TO "api_reader", "authenticated";

REVOKE ALL ON TABLE "public"."organizations" FROM "api_reader";

GRANT SELECT ON TABLE "public"."organizations" TO "api_reader";

REVOKE ALL ("name") ON TABLE "public"."organizations" FROM "authenticated";

GRANT UPDATE ("name") ON TABLE "public"."organizations" TO "authenticated";

REVOKE ALL ("requires_second_factor") ON TABLE "public"."organizations" FROM "authenticated";

GRANT UPDATE ("requires_second_factor") ON TABLE "public"."organizations" TO "authenticated";

REVOKE ALL ("time_zone") ON TABLE "public"."organizations" FROM "authenticated";

GRANT UPDATE ("time_zone") ON TABLE "public"."organizations" TO "authenticated";

GRANT UPDATE ("app_url") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("billing_email") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("client_address_header") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("emergency_phone") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("organization_creation") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("security_email") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("status_url") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("support_email") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("support_phone") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT SELECT ON TABLE "public"."platform_settings" TO "authenticated";

GRANT UPDATE ("default_org_id") ON TABLE "public"."profile_settings" TO "authenticated";

GRANT UPDATE ("notification_channels") ON TABLE "public"."profile_settings" TO "authenticated";

GRANT UPDATE ("phone") ON TABLE "public"."profile_settings" TO "authenticated";

GRANT UPDATE ("theme") ON TABLE "public"."profile_settings" TO "authenticated";

GRANT SELECT ON TABLE "public"."profile_settings" TO "authenticated";

REVOKE ALL ON TABLE "public"."profiles" FROM "api_reader";

GRANT SELECT ON TABLE "public"."profiles" TO "api_reader";

GRANT UPDATE ("call_days") ON TABLE "public"."retention_settings" TO "authenticated";

GRANT UPDATE ("message_days") ON TABLE "public"."retention_settings" TO "authenticated";

GRANT UPDATE ("recording_days") ON TABLE "public"."retention_settings" TO "authenticated";

GRANT UPDATE ("voicemail_days") ON TABLE "public"."retention_settings" TO "authenticated";

GRANT SELECT ON TABLE "public"."retention_settings" TO "authenticated";

REVOKE ALL ON TABLE "public"."sync_jobs" FROM "api_reader";

GRANT SELECT ON TABLE "public"."sync_jobs" TO "api_reader";

GRANT SELECT ON TABLE "public"."api_keys" TO "authenticated";

GRANT SELECT ON TABLE "public"."fleet" TO "authenticated";

GRANT SELECT ON TABLE "public"."invitations" TO "authenticated";

GRANT SELECT ON TABLE "public"."members" TO "authenticated";

GRANT SELECT ON TABLE "public"."onboarding_checklist" TO "authenticated";

GRANT SELECT ON TABLE "public"."users" TO "authenticated";

ALTER TABLE "private"."api_keys" ADD CONSTRAINT "scopes_are_known" CHECK (((scopes <@ private.api_scopes()) AND (cardinality(scopes) > 0)));

ALTER TABLE "private"."invitations" ADD CONSTRAINT "email_is_an_address" CHECK (private.is_email(email));

ALTER TABLE "public"."organization_settings" ADD CONSTRAINT "answer_within_is_an_edge" CHECK ((answer_within_seconds = ANY (private.wait_edges())));

ALTER TABLE "public"."organization_settings" ADD CONSTRAINT "business_hours_are_sound" CHECK ((private.business_hours_problem(business_hours) IS NULL));

ALTER TABLE "public"."organization_settings" ADD CONSTRAINT "short_abandon_is_an_edge" CHECK ((short_abandon_seconds = ANY (private.wait_edges())));

ALTER TABLE "public"."platform_settings" ADD CONSTRAINT "emails_are_addresses" CHECK (((private.is_email(support_email) IS NOT FALSE) AND (private.is_email(billing_email) IS NOT FALSE) AND (private.is_email(security_email) IS NOT FALSE)));

ALTER TABLE "public"."profile_settings" ADD CONSTRAINT "notification_channels_are_known" CHECK (private.are_notification_channels(notification_channels));

comment on column public.invitations.state is 'pending, accepted, expired or revoked.';
comment on column public.invitations.mail_state is 'Of the last letter: queued, sent, or failed with mail_error.';
comment on column public.members.last_sign_in_at is 'Told to managers and admins.';
comment on column public.members.last_active_at is 'The last sign-in or renewed session; told to managers and admins. "Inactive for 90 days" is last_active_at=lt.<90 days ago>.';
comment on column public.members.extensions is 'Those of now.';
comment on column public.members.line_ids is 'Given lines, of those the caller may see.';
comment on column public.api_keys.org_id is 'Null for a platform-wide key, which reads every organization.';
comment on column public.api_keys.prefix is 'How the secret begins.';
comment on column public.api_keys.last_used_at is 'To the minute.';
comment on column public.api_keys.state is 'active, expired or revoked.';
comment on column public.users.organizations is 'Active memberships.';
comment on column public.fleet.severity is '0 nothing to do, up to 5: what problem says, the worst there is.';
comment on column public.fleet.last_sync_at is 'The oldest last success of the accounts that serve it.';
comment on column public.fleet.calls_today is 'Since its local midnight.';

-- What was there before is given what it would get today.
insert into public.platform_settings default values;
insert into public.organization_settings (org_id, effective_from) select id, '-infinity' from public.organizations;
insert into public.retention_settings (org_id) select id from public.organizations;
insert into public.profile_settings (user_id) select user_id from public.profiles;

select private.open_realtime();

-- A PostgREST that is running already would let no API key through.
notify pgrst, 'reload config';
