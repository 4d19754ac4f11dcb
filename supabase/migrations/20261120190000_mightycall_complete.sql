-- Planned from what changed in sql/; what is in lower case is written by hand.
set lock_timeout = '5s';

set local check_function_bodies = off;

DROP TRIGGER "tg_integrations__audit" ON "public"."integrations";

ALTER TABLE "private"."webhook_events" DROP CONSTRAINT "kind_is_known";

ALTER TABLE "public"."sync_jobs" DROP CONSTRAINT "kind_is_known";

DROP FUNCTION "private"."apply_phone_numbers"(uuid, jsonb[]);

DROP FUNCTION "private"."apply_staged_items"(uuid, text, timestamp with time zone, timestamp with time zone, integer, timestamp with time zone);

DROP FUNCTION "private"."count_provider_request"(bytea, timestamp with time zone);

DROP FUNCTION "private"."derive_calls"(uuid, text[]);

DROP FUNCTION "private"."read_calls"(jsonb[]);

DROP FUNCTION "private"."read_event"(jsonb, timestamp with time zone);

DROP FUNCTION "private"."sync_job_outcome"(uuid);

DROP FUNCTION "private"."sync_status"(timestamp with time zone);

DROP FUNCTION "private"."webhook_secrets"(uuid);

CREATE TABLE "private"."idempotency_keys" ("caller_id" uuid NOT NULL, "idempotency_key" text NOT NULL, "request_hash" bytea NOT NULL, "result_ids" uuid[] NOT NULL, "created_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY (caller_id, idempotency_key), CONSTRAINT "request_hash_is_sha256" CHECK ((octet_length(request_hash) = 32)));

ALTER TABLE "private"."idempotency_keys" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."integration_requests" ("integration_id" uuid NOT NULL, "day" date NOT NULL, "api_key_hash" bytea NOT NULL, "used" integer NOT NULL, CONSTRAINT "integration_requests_pkey" PRIMARY KEY (integration_id, day), CONSTRAINT "use_is_positive" CHECK ((used > 0)));

ALTER TABLE "private"."integration_requests" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."message_statements" ("integration_id" uuid NOT NULL, "source" text NOT NULL, "statement_key" text COLLATE pg_catalog."C" NOT NULL, "message_id" uuid, "provider_message_id" text COLLATE pg_catalog."C", "direction" text, "business_number" text COLLATE pg_catalog."C", "external_number" text COLLATE pg_catalog."C", "body" text, "stated_at" timestamp with time zone, "state" text, "state_at" timestamp with time zone, "reason" text, "was_delivered" boolean NOT NULL DEFAULT false, CONSTRAINT "message_statements_pkey" PRIMARY KEY (integration_id, source, statement_key), CONSTRAINT "source_is_known" CHECK ((source = ANY (ARRAY['journal'::text, 'event'::text, 'answer'::text]))), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['received'::text, 'sent'::text, 'delivered'::text, 'failed'::text]))));

ALTER TABLE "private"."message_statements" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."outbox_requests" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "place" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "integration_id" uuid NOT NULL, "line_id" uuid NOT NULL, "recipient" text COLLATE pg_catalog."C" NOT NULL, "message_id" uuid, "placed_call_id" uuid, "state" text NOT NULL DEFAULT 'queued'::text, "attempt" integer NOT NULL DEFAULT 0, "run_after" timestamp with time zone NOT NULL, "expires_at" timestamp with time zone NOT NULL, "worker" text, "lease_until" timestamp with time zone, "begun_at" timestamp with time zone, "outcome" text, "reason" text, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "finished_at" timestamp with time zone, CONSTRAINT "ended_request_has_an_outcome" CHECK (((state = 'done'::text) = (outcome IS NOT NULL))), CONSTRAINT "held_request_has_a_lease" CHECK (((state = ANY (ARRAY['claimed'::text, 'sending'::text])) = (lease_until IS NOT NULL))), CONSTRAINT "outbox_requests_message_id_key" UNIQUE (message_id), CONSTRAINT "outbox_requests_pkey" PRIMARY KEY (id), CONSTRAINT "outbox_requests_placed_call_id_key" UNIQUE (placed_call_id), CONSTRAINT "outcome_is_known" CHECK ((outcome = ANY (ARRAY['sent'::text, 'failed'::text, 'unconfirmed'::text, 'unlisted'::text, 'refused'::text]))), CONSTRAINT "request_begins_before_it_is_sent" CHECK (((begun_at IS NOT NULL) OR (outcome IS NULL) OR (outcome = ANY (ARRAY['failed'::text, 'refused'::text])))), CONSTRAINT "request_is_for_a_message_or_a_call" CHECK ((num_nonnulls(message_id, placed_call_id) = 1)), CONSTRAINT "request_without_success_has_a_reason" CHECK (((outcome IS NULL) OR (outcome = 'sent'::text) OR (reason IS NOT NULL))), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['queued'::text, 'claimed'::text, 'sending'::text, 'done'::text]))));

ALTER TABLE "private"."outbox_requests" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."play_grants" ("user_id" uuid NOT NULL, "recording_id" uuid NOT NULL, "expires_at" timestamp with time zone NOT NULL, CONSTRAINT "play_grants_pkey" PRIMARY KEY (user_id, recording_id));

ALTER TABLE "private"."play_grants" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."provider_items" ("integration_id" uuid NOT NULL, "resource" text NOT NULL, "provider_id" text COLLATE pg_catalog."C" NOT NULL, "payload" jsonb NOT NULL, "payload_hash" bytea NOT NULL, "first_observed_at" timestamp with time zone NOT NULL, "observed_at" timestamp with time zone NOT NULL, "unlisted_at" timestamp with time zone, CONSTRAINT "provider_items_pkey" PRIMARY KEY (integration_id, resource, provider_id), CONSTRAINT "resource_is_known" CHECK ((resource = ANY (ARRAY['phone_numbers'::text, 'team'::text, 'voicemails'::text, 'messages'::text, 'contacts'::text, 'agent_status'::text]))));

ALTER TABLE "private"."provider_items" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."provider_items" SET (fillfactor=80);

CREATE TABLE "private"."recording_sources" ("recording_id" uuid NOT NULL, "url" text, "has_object" boolean NOT NULL DEFAULT false, "attempt" integer NOT NULL DEFAULT 0, "next_attempt_at" timestamp with time zone NOT NULL DEFAULT now(), "worker" text, "lease_until" timestamp with time zone, CONSTRAINT "lease_names_its_worker" CHECK (((worker IS NULL) = (lease_until IS NULL))), CONSTRAINT "recording_sources_pkey" PRIMARY KEY (recording_id));

ALTER TABLE "private"."recording_sources" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."sync_lookback_runs" ("integration_id" uuid NOT NULL, "resource" text NOT NULL, "depth" interval NOT NULL, "next_run_at" timestamp with time zone NOT NULL, CONSTRAINT "sync_lookback_runs_pkey" PRIMARY KEY (integration_id, resource, depth));

ALTER TABLE "private"."sync_lookback_runs" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."sync_lookbacks" ("resource" text NOT NULL, "depth" interval NOT NULL, "every" interval NOT NULL, CONSTRAINT "sync_lookbacks_pkey" PRIMARY KEY (resource, depth), CONSTRAINT "times_are_positive" CHECK (((depth > '00:00:00'::interval) AND (every > '00:00:00'::interval))));

ALTER TABLE "private"."sync_lookbacks" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."webhook_tokens" ("token_hash" bytea NOT NULL, "org_id" uuid NOT NULL, "integration_id" uuid NOT NULL, "valid_until" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "token_hash_is_sha256" CHECK ((octet_length(token_hash) = 32)), CONSTRAINT "webhook_tokens_pkey" PRIMARY KEY (token_hash));

ALTER TABLE "private"."webhook_tokens" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."agent_statuses" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "integration_id" uuid NOT NULL, "extension" text COLLATE pg_catalog."C" NOT NULL, "member_id" uuid, "status" text NOT NULL, "since" timestamp with time zone NOT NULL, "observed_through" timestamp with time zone NOT NULL, "is_account_user_only" boolean NOT NULL DEFAULT false, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "agent_statuses_pkey" PRIMARY KEY (id), CONSTRAINT "observation_runs_forward" CHECK ((since <= observed_through)), CONSTRAINT "status_is_short_and_not_blank" CHECK (((btrim(status) <> ''::text) AND (char_length(status) <= 40))));

ALTER TABLE "public"."agent_statuses" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."call_annotations" ("org_id" uuid NOT NULL, "call_id" uuid NOT NULL, "outcome_code" text, "tags" text[] NOT NULL DEFAULT '{}'::text[], "updated_by" uuid, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "call_annotations_pkey" PRIMARY KEY (org_id, call_id), CONSTRAINT "tags_are_few" CHECK ((cardinality(tags) <= 20)));

ALTER TABLE "public"."call_annotations" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."call_notes" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "call_id" uuid NOT NULL, "body" text NOT NULL, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "call_notes_pkey" PRIMARY KEY (id), "author" uuid DEFAULT auth.uid(), CONSTRAINT "body_is_short_and_not_blank" CHECK (((NOT private.is_blank(body)) AND (char_length(body) <= 4000))));

ALTER TABLE "public"."call_notes" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."contact_numbers" ("org_id" uuid NOT NULL, "contact_id" uuid NOT NULL, "number" text COLLATE pg_catalog."C" NOT NULL, "name" text, "is_own" boolean NOT NULL, "created_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "contact_numbers_pkey" PRIMARY KEY (contact_id, number), CONSTRAINT "number_is_a_phone_number" CHECK ((number ~ '^\+?[0-9]{3,15}$'::text)));

ALTER TABLE "public"."contact_numbers" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."contacts" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "integration_id" uuid, "provider_contact_id" text COLLATE pg_catalog."C", "provider_name" text, "provider_company" text, "provider_email" text, "provider_numbers" text[] NOT NULL DEFAULT '{}'::text[], "own_name" text, "own_company" text, "own_email" text, "own_numbers" text[], "note" text, "removed_at" timestamp with time zone, "unlisted_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "contact_is_known_once_per_integration" UNIQUE (integration_id, provider_contact_id), CONSTRAINT "contacts_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "contacts_pkey" PRIMARY KEY (id), CONSTRAINT "provider_and_its_id_go_together" CHECK (((integration_id IS NULL) = (provider_contact_id IS NULL))), CONSTRAINT "note_is_short_and_not_blank" CHECK (((NOT private.is_blank(note)) AND (char_length(note) <= 4000))), CONSTRAINT "own_company_is_short_and_not_blank" CHECK (((NOT private.is_blank(own_company)) AND (char_length(own_company) <= 200))), CONSTRAINT "own_email_is_an_address" CHECK (private.is_email(own_email)), CONSTRAINT "own_name_is_short_and_not_blank" CHECK (((NOT private.is_blank(own_name)) AND (char_length(own_name) <= 200))));

ALTER TABLE "public"."contacts" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."conversations" ("id" uuid NOT NULL, "org_id" uuid NOT NULL, "line_id" uuid NOT NULL, "external_number" text COLLATE pg_catalog."C" NOT NULL, "owner_id" uuid, "last_message_at" timestamp with time zone NOT NULL, "last_inbound_at" timestamp with time zone, "read_through" timestamp with time zone, "unread_count" integer NOT NULL DEFAULT 0, "opted_out_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "conversations_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "conversations_pkey" PRIMARY KEY (id), CONSTRAINT "line_has_one_conversation_with_a_number" UNIQUE (line_id, external_number), CONSTRAINT "unread_is_nonnegative" CHECK ((unread_count >= 0)));

ALTER TABLE "public"."conversations" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."extensions" ("org_id" uuid NOT NULL, "integration_id" uuid NOT NULL, "extension" text COLLATE pg_catalog."C" NOT NULL, "name" text, "email" text, "listed_since" timestamp with time zone NOT NULL, "unlisted_at" timestamp with time zone, "email_used_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "extension_is_short_and_not_blank" CHECK (((btrim(extension) <> ''::text) AND (char_length(extension) <= 40))), CONSTRAINT "extensions_pkey" PRIMARY KEY (integration_id, extension));

ALTER TABLE "public"."extensions" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."messages" ("id" uuid NOT NULL, "org_id" uuid NOT NULL, "integration_id" uuid NOT NULL, "provider_message_id" text COLLATE pg_catalog."C", "phone_number_id" uuid, "line_id" uuid, "conversation_id" uuid, "direction" text NOT NULL, "business_number" text COLLATE pg_catalog."C" NOT NULL, "external_number" text COLLATE pg_catalog."C" NOT NULL, "body" text NOT NULL, "state" text NOT NULL, "failure_reason" text, "sent_at" timestamp with time zone NOT NULL, "sent_by" uuid, "api_key_id" uuid, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "body_is_short" CHECK ((char_length(body) <= 10000)), CONSTRAINT "direction_is_known" CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))), CONSTRAINT "external_number_is_short" CHECK (((char_length(external_number) >= 1) AND (char_length(external_number) <= 40))), CONSTRAINT "inbound_messages_are_received" CHECK (((direction = 'inbound'::text) = (state = 'received'::text))), CONSTRAINT "messages_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "messages_pkey" PRIMARY KEY (id), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['received'::text, 'queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'failed'::text, 'unconfirmed'::text]))));

ALTER TABLE "public"."messages" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."outcome_codes" ("org_id" uuid NOT NULL, "code" text NOT NULL, "label" text NOT NULL, "position" integer NOT NULL DEFAULT 0, "retired_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "code_is_a_word" CHECK ((code ~ '^[a-z0-9][a-z0-9_]{0,39}$'::text)), CONSTRAINT "outcome_codes_pkey" PRIMARY KEY (org_id, code), CONSTRAINT "label_is_short_and_not_blank" CHECK (((NOT private.is_blank(label)) AND (char_length(label) <= 100))));

ALTER TABLE "public"."outcome_codes" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."placed_calls" ("id" uuid NOT NULL, "org_id" uuid NOT NULL, "integration_id" uuid NOT NULL, "line_id" uuid NOT NULL, "business_number" text COLLATE pg_catalog."C" NOT NULL, "external_number" text COLLATE pg_catalog."C" NOT NULL, "state" text NOT NULL DEFAULT 'queued'::text, "reason" text, "provider_call_id" text COLLATE pg_catalog."C", "call_id" uuid, "requested_by" uuid, "begun_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "call_was_placed_once" UNIQUE (call_id), CONSTRAINT "failure_has_a_reason" CHECK (((state <> 'failed'::text) OR (reason IS NOT NULL))), CONSTRAINT "placed_calls_pkey" PRIMARY KEY (id), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'placed'::text, 'failed'::text, 'unconfirmed'::text]))));

ALTER TABLE "public"."placed_calls" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."recordings" ("id" uuid NOT NULL, "org_id" uuid NOT NULL, "integration_id" uuid NOT NULL, "kind" text NOT NULL, "call_id" uuid, "voicemail_id" uuid, "line_id" uuid, "member_ids" uuid[] NOT NULL DEFAULT '{}'::uuid[], "direction" text NOT NULL, "external_number" text COLLATE pg_catalog."C", "started_at" timestamp with time zone NOT NULL, "duration_seconds" integer, "state" text NOT NULL DEFAULT 'waiting'::text, "reason" text, "content_type" text, "size_bytes" bigint, "sha256" bytea, "is_held" boolean NOT NULL DEFAULT false, "stored_at" timestamp with time zone, "deleted_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "direction_is_known" CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text, 'internal'::text, 'callback'::text]))), CONSTRAINT "duration_is_nonnegative" CHECK ((duration_seconds >= 0)), CONSTRAINT "failure_has_a_reason" CHECK (((state <> ALL (ARRAY['failed'::text, 'deleted'::text])) OR (reason IS NOT NULL))), CONSTRAINT "kind_is_known" CHECK ((kind = ANY (ARRAY['call'::text, 'voicemail'::text]))), CONSTRAINT "recordings_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "recordings_pkey" PRIMARY KEY (id), CONSTRAINT "source_is_of_its_kind" CHECK (
CASE kind
    WHEN 'call'::text THEN ((call_id IS NOT NULL) AND (voicemail_id IS NULL))
    ELSE ((voicemail_id IS NOT NULL) AND (call_id IS NULL))
END), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['waiting'::text, 'stored'::text, 'failed'::text, 'deleted'::text]))), CONSTRAINT "stored_audio_is_described" CHECK (((state <> 'stored'::text) OR ((content_type IS NOT NULL) AND (size_bytes > 0) AND (octet_length(sha256) = 32) AND (stored_at IS NOT NULL)))));

ALTER TABLE "public"."recordings" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."voicemails" ("id" uuid NOT NULL, "org_id" uuid NOT NULL, "integration_id" uuid NOT NULL, "provider_voicemail_id" text COLLATE pg_catalog."C" NOT NULL, "phone_number_id" uuid, "line_id" uuid, "call_id" uuid, "member_ids" uuid[] NOT NULL DEFAULT '{}'::uuid[], "business_number" text COLLATE pg_catalog."C", "external_number" text COLLATE pg_catalog."C", "external_name" text, "extension" text, "received_at" timestamp with time zone NOT NULL, "duration_seconds" integer, "transcription" text, "heard_at" timestamp with time zone, "heard_by" uuid, "unlisted_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "duration_is_nonnegative" CHECK ((duration_seconds >= 0)), CONSTRAINT "voicemail_is_known_once_per_integration" UNIQUE (integration_id, provider_voicemail_id), CONSTRAINT "voicemails_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "voicemails_pkey" PRIMARY KEY (id));

ALTER TABLE "public"."voicemails" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."call_snapshots" ADD COLUMN "recording_url" text;

ALTER TABLE "private"."call_snapshots" ADD COLUMN "has_recording" boolean NOT NULL DEFAULT false;

ALTER TABLE "private"."sync_cursors" ADD COLUMN "pages" integer NOT NULL DEFAULT 1;

ALTER TABLE "private"."sync_resources" ADD COLUMN "share" numeric;

ALTER TABLE "private"."webhook_events" ADD COLUMN "recording_url" text;

ALTER TABLE "private"."webhook_events" ADD COLUMN "has_recording" boolean NOT NULL DEFAULT false;

-- squawk-ignore adding-field-with-default
ALTER TABLE "public"."contacts" ADD COLUMN "name" text GENERATED ALWAYS AS (COALESCE(own_name, provider_name)) STORED;

-- squawk-ignore adding-field-with-default
ALTER TABLE "public"."contacts" ADD COLUMN "company" text GENERATED ALWAYS AS (COALESCE(own_company, provider_company)) STORED;

-- squawk-ignore adding-field-with-default
ALTER TABLE "public"."contacts" ADD COLUMN "email" text GENERATED ALWAYS AS (COALESCE(own_email, provider_email)) STORED;

-- squawk-ignore adding-field-with-default
ALTER TABLE "public"."contacts" ADD COLUMN "is_shown" boolean GENERATED ALWAYS AS (((removed_at IS NULL) AND ((unlisted_at IS NULL) OR (own_name IS NOT NULL) OR (own_company IS NOT NULL) OR (own_email IS NOT NULL) OR (own_numbers IS NOT NULL) OR (note IS NOT NULL)))) STORED NOT NULL;

ALTER TABLE "public"."integrations" ADD COLUMN "removed_at" timestamp with time zone;

ALTER TABLE "public"."phone_numbers" ADD COLUMN "unlisted_at" timestamp with time zone;

ALTER TABLE "public"."platform_settings" ADD COLUMN "webhooks_url" text;

ALTER TABLE "public"."sync_jobs" ADD COLUMN "pages_read" integer NOT NULL DEFAULT 0;

ALTER TABLE "public"."sync_jobs" ADD COLUMN "replay_status" text;

ALTER TABLE "public"."sync_jobs" ADD COLUMN "replayed_through" bigint;

ALTER TABLE "public"."sync_jobs" ADD COLUMN "note" text;

CREATE OR REPLACE FUNCTION private.add_phone_numbers(p_integration_id uuid, p_e164s text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_org_id uuid;
  v_missing text[];
  v_call_ids text[];
begin
  select array_agg(distinct n) into v_missing
  from unnest(p_e164s) n
  where not exists (select from public.phone_numbers p where p.integration_id = p_integration_id and p.e164 = n);
  if v_missing is null then
    return;
  end if;

  -- Deliveries being applied hold the integration through their foreign keys: either they see the new numbers, or their
  -- calls are claimed below.
  select i.org_id into v_org_id from public.integrations i where i.id = p_integration_id for update;

  insert into public.phone_numbers (org_id, integration_id, e164)
  select v_org_id, p_integration_id, n from unnest(v_missing) n order by n
  on conflict do nothing;

  -- An organization's own account writes its own organization, always.
  if v_org_id <> private.holding_org_id() then
    insert into public.lines (org_id, phone_number_id, e164, period)
    select v_org_id, p.id, p.e164, tstzrange(null, null)
    from public.phone_numbers p
    where p.integration_id = p_integration_id and p.e164 = any (v_missing)
    on conflict do nothing;
  end if;

  select array_agg(c.provider_call_id) into v_call_ids
  from public.calls c
  where c.integration_id = p_integration_id and c.phone_number_id is null and c.business_number = any (v_missing);
  if v_call_ids is not null then
    perform private.write_calls(p_integration_id, v_call_ids);
  end if;
  -- Events of messages do not add numbers.
  perform private.rehome_messages(p.id)
  from public.phone_numbers p
  where p.integration_id = p_integration_id and p.e164 = any (v_missing);
end
$function$;

CREATE OR REPLACE FUNCTION private.annotate_call(p_call_id uuid, p_outcome_code text, p_tags text[])
 RETURNS public.call_annotations
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_call public.calls;
  v_tags text[];
  v_annotation public.call_annotations;
begin
  select * into v_call
  from public.calls c
  where c.id = p_call_id and (
    c.org_id = any (array(select private.org_ids_read_in_full()))
    or c.line_id = any (array(select private.my_line_ids()))
    or c.member_ids && array(select private.my_member_ids())
  )
  -- It stays in its organization until this is written.
  for key share;
  if not found then
    raise exception 'There is no such call.'
      using errcode = 'PT404', detail = 'call_not_found', hint = 'See calls for those you may read.';
  end if;
  perform private.require_role(v_call.org_id, 'agent', 'manager', 'org_admin');

  if p_outcome_code <> '' and not exists (
    select from public.outcome_codes o
    where o.org_id = v_call.org_id and o.code = p_outcome_code and (
      o.retired_at is null
      or exists (
        select from public.call_annotations a
        where a.org_id = v_call.org_id and a.call_id = p_call_id and a.outcome_code = p_outcome_code
      )
    )
  ) then
    raise exception 'There is no outcome code %, or it is retired.', left(p_outcome_code, 100)
      using errcode = 'PT422', detail = 'outcome_code_unknown', hint = 'See outcome_codes for those of the organization.';
  end if;
  select array_agg(distinct lower(btrim(t)) order by lower(btrim(t))) into v_tags from unnest(p_tags) t;
  if cardinality(v_tags) > 20
    or exists (select from unnest(v_tags) t where t is null or private.is_blank(t) or char_length(t) > 40 or t ~ '[[:cntrl:]]') then
    raise exception 'A call has up to 20 tags of 1 to 40 characters.'
      using errcode = 'PT422', detail = 'tag_invalid', hint = 'Send p_tags as the whole list of the call''s tags.';
  end if;

  insert into public.call_annotations as a (call_id, org_id, outcome_code, tags, updated_by)
  values (p_call_id, v_call.org_id, nullif(p_outcome_code, ''), coalesce(v_tags, '{}'), auth.uid())
  on conflict (org_id, call_id) do update set
    outcome_code = case when p_outcome_code is null then a.outcome_code else nullif(p_outcome_code, '') end,
    tags = case when p_tags is null then a.tags else excluded.tags end,
    updated_by = excluded.updated_by
  returning a.* into v_annotation;
  return v_annotation;
end
$function$;

CREATE OR REPLACE FUNCTION private.api_scopes()
 RETURNS text[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return array[
    'audit:read', 'calls:read', 'contacts:read', 'members:read', 'messages:read', 'messages:send', 'recordings:read', 'sync:read',
    'sync:request'
  ];
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_agent_status(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone, OUT new_items integer, OUT changed_items integer, OUT unchanged_items integer, OUT rejected_positions integer[], OUT rejection_reasons text[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_extensions text[];
  v_payloads jsonb[];
  v_item record;
  v_new text[];
begin
  with item as (
    select
      i.n::integer as place, i.payload, private.first_text(i.payload, 'extension') as extension,
      case
        when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
        when private.first_text(i.payload, 'extension') is null then 'The status names no extension.'
        when char_length(private.first_text(i.payload, 'extension')) > 40 then 'The extension has more than 40 characters.'
        when private.first_text(i.payload, 'status') is null then 'The item names no status.'
        when char_length(private.first_text(i.payload, 'status')) > 40 then 'The status has more than 40 characters.'
      end as error
    from unnest(p_items) with ordinality as i (payload, n)
  )
  select
    array_agg(t.extension order by t.place) filter (where t.error is null),
    array_agg(t.payload order by t.place) filter (where t.error is null),
    array_agg(t.place order by t.place) filter (where t.error is not null),
    array_agg(t.error order by t.place) filter (where t.error is not null)
  into v_extensions, v_payloads, rejected_positions, rejection_reasons
  from item t;

  -- Holders of extensions stay who they are until this is written.
  perform from public.integrations i where i.id = p_integration_id for key share;
  -- Two who look at once take turns, so that each sees the other's intervals.
  perform pg_advisory_xact_lock(hashtextextended('agent_status:' || p_integration_id::text, 0));
  select coalesce(array_agg(k.provider_id) filter (where k.is_new), '{}') into v_new
  from private.keep_items(p_integration_id, 'agent_status', v_extensions, v_payloads, p_observed_at) k;

  new_items := 0;
  changed_items := 0;
  for v_item in
    -- Of two statements in one look the last counts, as keep_items has it.
    select distinct on (i.extension)
      i.extension, lower(private.first_text(i.payload, 'status')) as status,
      -- An account that tells its own user's status alone says nothing of the others.
      v_extensions <@ array[i.extension] and coalesce(i.payload -> 'isAccountUser' = 'true', false) as is_account_user_only
    from unnest(v_extensions, v_payloads) with ordinality as i (extension, payload, n)
    order by i.extension, i.n desc
  loop
    if private.observe_agent_status(
      p_integration_id, v_item.extension, v_item.status, v_item.is_account_user_only, p_observed_at
    ) then
      new_items := new_items + (v_item.extension = any (v_new))::int;
      changed_items := changed_items + (v_item.extension <> all (v_new))::int;
    end if;
  end loop;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_calls(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone, OUT new_items integer, OUT changed_items integer, OUT unchanged_items integer, OUT rejected_positions integer[], OUT rejection_reasons text[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_item_ids text[];
  v_item_hashes bytea[];
  v_fresh_items jsonb[];
  v_fresh_hashes bytea[];
  v_fresh_positions integer[];
  v_fresh private.call_snapshots[];
  v_known_hashes bytea[];
  v_added text[];
  v_heard_again text[];
  v_call_ids text[];
  v_known integer;
  v_written integer;
begin
  select
    array_agg(btrim(payload ->> 'id') order by n), array_agg(sha256(convert_to(payload::text, 'UTF8')) order by n)
  into v_item_ids, v_item_hashes
  from unnest(p_items) with ordinality as i (payload, n);

  -- What was stated before in the same words was read then.
  v_known_hashes := array(
    select s.payload_hash
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_item_hashes)
  );
  select array_agg(i.payload order by i.n), array_agg(i.payload_hash order by i.n), array_agg(i.n::integer order by i.n)
  into v_fresh_items, v_fresh_hashes, v_fresh_positions
  from unnest(p_items, v_item_hashes) with ordinality as i (payload, payload_hash, n)
  where i.payload_hash not in (select unnest(v_known_hashes));

  select
    array_agg(
      row(
        p_integration_id, r.provider_call_id, v_fresh_hashes[r.place], v_fresh_items[r.place], false, p_observed_at,
        r.direction, r.provider_status, r.business_number, r.external_number, r.external_name, r.started_at,
        r.duration_seconds, r.legs, r.recording_url, r.has_recording
      )::private.call_snapshots
      order by r.provider_call_id, v_fresh_hashes[r.place]
    ) filter (where r.error is null),
    array_agg(v_fresh_positions[r.place] order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_fresh, rejected_positions, rejection_reasons
  from private.read_calls(v_fresh_items) r;

  perform private.add_phone_numbers(p_integration_id, array(
    select distinct f.business_number from unnest(v_fresh) f where f.business_number is not null
  ));

  with added as (
    insert into private.call_snapshots as s
    select distinct on (f.provider_call_id, f.payload_hash) f.* from unnest(v_fresh) f order by f.provider_call_id, f.payload_hash
    on conflict (integration_id, provider_call_id, payload_hash)
    do update set observed_at = greatest(s.observed_at, excluded.observed_at)
    returning s.provider_call_id
  )
  select array_agg(a.provider_call_id) into v_added from added a;

  -- A statement heard again moves its time; it can change a row only where another statement stands beside it. Locked in key
  -- order, so that two workers with the same page wait for each other instead of deadlocking.
  perform from private.call_snapshots s
  where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_known_hashes)
  order by s.provider_call_id, s.payload_hash
  for no key update;
  with heard_again as (
    update private.call_snapshots s set observed_at = p_observed_at
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_known_hashes)
      and s.observed_at < p_observed_at
    returning s.provider_call_id
  )
  select array_agg(h.provider_call_id) into v_heard_again from heard_again h;

  -- Only under the locks is it certain which other statements there are.
  v_call_ids := array(select unnest(v_added) union select unnest(v_heard_again));
  perform private.lock_calls(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  v_call_ids := array(
    select unnest(v_added)
    union
    select s.provider_call_id
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_heard_again)
    group by s.provider_call_id
    having count(*) > 1
  );

  select count(*) into v_known from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (v_call_ids);
  v_written := private.write_calls(p_integration_id, v_call_ids);

  new_items := cardinality(v_call_ids) - v_known;
  changed_items := v_written - new_items;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - v_written;
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_contacts(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone, OUT new_items integer, OUT changed_items integer, OUT unchanged_items integer, OUT rejected_positions integer[], OUT rejection_reasons text[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_ids text[];
  v_payloads jsonb[];
  v_fresh text[];
begin
  select
    array_agg(r.provider_contact_id order by r.place) filter (where r.error is null),
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_ids, v_payloads, rejected_positions, rejection_reasons
  from private.read_contacts(p_items) r;

  -- Two workers with the same page take turns: what is new to one is not to the other.
  perform from public.integrations i where i.id = p_integration_id for no key update;
  select
    count(*) filter (where k.is_new), count(*) filter (where k.is_changed),
    array_agg(k.provider_id) filter (where k.is_new or k.is_changed)
  into new_items, changed_items, v_fresh
  from private.keep_items(p_integration_id, 'contacts', v_ids, v_payloads, p_observed_at) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  insert into public.contacts as c (
    id, org_id, integration_id, provider_contact_id, provider_name, provider_company, provider_email, provider_numbers
  )
  select
    extensions.uuid_generate_v5(p_integration_id, 'contact:' || r.provider_contact_id), i.org_id, i.id, r.provider_contact_id,
    r.name, r.company, r.email, r.numbers
  from public.integrations i
  cross join private.read_contacts(array(
    select k.payload from private.provider_items k
    where k.integration_id = p_integration_id and k.resource = 'contacts' and k.provider_id = any (v_fresh)
  )) r
  where i.id = p_integration_id
  order by 1
  on conflict (id) do update set
    provider_name = excluded.provider_name, provider_company = excluded.provider_company, provider_email = excluded.provider_email,
    provider_numbers = excluded.provider_numbers, unlisted_at = null;
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_message_events(p_integration_id uuid, p_payloads jsonb[], p_received_at timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_said private.message_statements[];
  v_new private.message_statements;
  v_old private.message_statements;
  v_touched uuid[] := '{}';
begin
  select array_agg(private.read_message_event(p_integration_id, d.payload, d.received_at) order by d.n) into v_said
  from unnest(p_payloads, p_received_at) with ordinality as d (payload, received_at, n);
  perform private.lock_numbers(p_integration_id, array(select distinct s.business_number from unnest(v_said) s));
  perform private.lock_messages(p_integration_id);

  foreach v_new in array coalesce(v_said, '{}') loop
    -- The events of one message in any order: what is told whole counts, the earliest time, and of two ends the later.
    select * into v_old
    from private.message_statements s
    where s.integration_id = p_integration_id and s.source = 'event' and s.statement_key = v_new.statement_key;
    if found then
      if v_new.body is null or (v_old.body is not null and v_old.stated_at <= v_new.stated_at) then
        v_new.direction := v_old.direction;
        v_new.business_number := v_old.business_number;
        v_new.external_number := v_old.external_number;
        v_new.body := v_old.body;
      end if;
      v_new.stated_at := least(v_old.stated_at, v_new.stated_at);
      if (v_old.state in ('delivered', 'failed'), v_old.state_at, v_old.state = 'delivered')
        >= (v_new.state in ('delivered', 'failed'), v_new.state_at, v_new.state = 'delivered') then
        v_new.state := v_old.state;
        v_new.state_at := v_old.state_at;
        v_new.reason := v_old.reason;
      end if;
    end if;
    v_touched := v_touched || private.place_statement(v_new);
  end loop;
  perform private.write_messages(p_integration_id, v_touched);
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_messages(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone, OUT new_items integer, OUT changed_items integer, OUT unchanged_items integer, OUT rejected_positions integer[], OUT rejection_reasons text[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_items jsonb[];
  v_stated private.message_statements[];
  v_numbers text[];
  v_fresh text[];
  v_delivered text[];
  v_statement private.message_statements;
  v_touched uuid[] := '{}';
begin
  select
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(r.statement order by r.place) filter (where r.error is null),
    array_agg(distinct (r.statement).business_number) filter (where r.error is null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_items, v_stated, v_numbers, rejected_positions, rejection_reasons
  from private.read_messages(p_integration_id, p_items, p_observed_at) r
  where r.is_message;

  perform private.add_phone_numbers(p_integration_id, v_numbers);
  perform private.lock_numbers(p_integration_id, v_numbers);
  perform private.lock_messages(p_integration_id);

  select
    array_agg(k.provider_id) filter (where k.is_new or k.is_changed),
    count(*) filter (where k.is_new), count(*) filter (where k.is_changed and not k.is_new)
  into v_fresh, new_items, changed_items
  from private.keep_items(
    p_integration_id, 'messages', array(select s.statement_key from unnest(v_stated) with ordinality as s order by s.ordinality),
    v_items, p_observed_at
  ) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  -- The oldest first, as they settle what we sent. Of two statements in one page the later one counts.
  for v_statement in
    select f.*
    from (
      select distinct on (s.statement_key) s.*
      from unnest(v_stated) with ordinality as s
      where s.statement_key = any (v_fresh)
      order by s.statement_key, s.ordinality desc
    ) f
    order by f.stated_at, f.statement_key
  loop
    v_touched := v_touched || private.place_statement(v_statement);
  end loop;

  -- Delivered once is delivered, also where an older page says so.
  v_delivered := array(select s.statement_key from unnest(v_stated) s where s.was_delivered);
  with delivered as (
    update private.message_statements k set was_delivered = true
    where k.integration_id = p_integration_id and k.source = 'journal' and k.statement_key = any (v_delivered) and not k.was_delivered
    returning k.message_id
  )
  select v_touched || array_agg(d.message_id) into v_touched from delivered d;

  perform private.write_messages(p_integration_id, v_touched);
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_missing_calls(p_job_id uuid, p_worker text, p_provider_ids text[], p_observed_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  v_job public.sync_jobs;
  v_call_ids text[];
  v_written integer;
begin
  select * into v_job from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;

  insert into private.call_snapshots as s (integration_id, provider_call_id, payload_hash, payload, is_tombstone, observed_at)
  select v_job.integration_id, k.provider_call_id, sha256('deleted upstream'), '{}', true, p_observed_at
  from (
    select distinct g.provider_call_id
    from private.call_snapshots g
    where g.integration_id = v_job.integration_id and g.provider_call_id = any (p_provider_ids)
  ) k
  order by k.provider_call_id
  on conflict (integration_id, provider_call_id, payload_hash)
  do update set observed_at = greatest(s.observed_at, excluded.observed_at);

  v_call_ids := array(select distinct id from unnest(p_provider_ids) id order by id);
  perform private.lock_calls(array_fill(v_job.integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  v_written := private.write_calls(v_job.integration_id, v_call_ids);
  update public.sync_jobs j set items_changed = j.items_changed + v_written, lease_until = p_now + interval '2 minutes'
  where j.id = p_job_id;
  return v_written;
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_one_call(p_integration_id uuid, p_item text, p_observed_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  v_payload constant jsonb := private.parse_json(private.without_nul(p_item));
  v_result record;
begin
  if v_payload is null then
    return 'The item is not JSON that Postgres can hold.';
  end if;
  select * into v_result from private.apply_calls(p_integration_id, array[v_payload], p_observed_at);
  return v_result.rejection_reasons[1];
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_phone_numbers(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone, OUT new_items integer, OUT changed_items integer, OUT unchanged_items integer, OUT rejected_positions integer[], OUT rejection_reasons text[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_listed public.phone_numbers[];
  v_payloads jsonb[];
  v_known text[];
begin
  with item as (
    select
      n::integer as position, payload,
      private.parse_phone(coalesce(payload ->> 'number', payload ->> 'phoneNumber')) as e164,
      left(payload ->> 'id', 200) as provider_number_id,
      nullif(left(btrim(payload ->> 'label'), 200), '') as label,
      coalesce(lower(payload ->> 'isEnabled') <> 'false', true) as is_enabled
    from unnest(p_items) with ordinality as i (payload, n)
  )
  select
    array_agg(row(null, null, p_integration_id, e164, provider_number_id, label, is_enabled, null, null, null)::public.phone_numbers order by position)
      filter (where e164 is not null),
    array_agg(payload order by position) filter (where e164 is not null),
    array_agg(position order by position) filter (where e164 is null),
    array_agg('The item has no readable number.'::text order by position) filter (where e164 is null)
  into v_listed, v_payloads, rejected_positions, rejection_reasons
  from item;

  v_known := array(select n.e164 from public.phone_numbers n where n.integration_id = p_integration_id);
  perform private.add_phone_numbers(p_integration_id, array(select l.e164 from unnest(v_listed) l));

  perform private.keep_items(
    p_integration_id, 'phone_numbers', array(select l.e164 from unnest(v_listed) l), v_payloads, p_observed_at
  );

  with listed as (
    select distinct on (l.e164) l.* from unnest(v_listed) l order by l.e164, l.provider_number_id
  ),
  changed as (
    update public.phone_numbers n set
      provider_number_id = l.provider_number_id, label = l.label, is_enabled = l.is_enabled, unlisted_at = null
    from listed l
    where n.integration_id = p_integration_id and n.e164 = l.e164
      and (n.provider_number_id, n.label, n.is_enabled, n.unlisted_at)
        is distinct from (l.provider_number_id, l.label, l.is_enabled, null)
    returning n.e164
  )
  select
    count(*) filter (where l.e164 <> all (v_known)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 in (select c.e164 from changed c)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 not in (select c.e164 from changed c))
  into new_items, changed_items, unchanged_items
  from listed l;

  -- A line that came with its number takes the provider's label, once it is known.
  update public.lines l set label = n.label
  from public.phone_numbers n
  where n.integration_id = p_integration_id and l.phone_number_id = n.id and l.label is null and n.label is not null;
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_staged_items(p_job_id uuid, p_worker text, p_observed_at timestamp with time zone, p_through timestamp with time zone, p_total integer, p_is_last boolean, p_now timestamp with time zone)
 RETURNS TABLE(new_items integer, changed_items integer, unchanged_items integer, rejected_items integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
#variable_conflict use_column
declare
  v_job public.sync_jobs;
  v_items text[];
  v_payloads jsonb[];
  v_result record;
  v_rejected text[];
  v_reasons text[];
begin
  select * into v_job from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;

  with taken as (
    delete from private.staged_items s where s.job_id = p_job_id returning s.position, s.item
  )
  select array_agg(t.item order by t.position) into v_items from taken t;
  begin
    v_payloads := array(select private.without_nul(i.item)::jsonb from unnest(v_items) with ordinality as i (item, n) order by i.n);
  exception when data_exception or program_limit_exceeded then
    -- One of them cannot be held, so each is tried by itself.
    with parsed as materialized (
      select i.n, i.item, private.parse_json(private.without_nul(i.item)) as payload
      from unnest(v_items) with ordinality as i (item, n)
    )
    select
      array_agg(p.payload order by p.n) filter (where p.payload is not null),
      array_agg(p.item order by p.n) filter (where p.payload is not null),
      array_agg(p.item order by p.n) filter (where p.payload is null)
    into v_payloads, v_items, v_rejected
    from parsed p;
  end;
  v_reasons := array_fill('The item is not JSON that Postgres can hold.'::text, array[coalesce(cardinality(v_rejected), 0)]);

  v_payloads := coalesce(v_payloads, '{}');
  case v_job.resource
    when 'calls' then select * into v_result from private.apply_calls(v_job.integration_id, v_payloads, p_observed_at);
    when 'messages' then select * into v_result from private.apply_messages(v_job.integration_id, v_payloads, p_observed_at);
    when 'voicemails' then select * into v_result from private.apply_voicemails(v_job.integration_id, v_payloads, p_observed_at);
    when 'contacts' then select * into v_result from private.apply_contacts(v_job.integration_id, v_payloads, p_observed_at);
    when 'team' then select * into v_result from private.apply_team(v_job.integration_id, v_payloads, p_observed_at);
    when 'agent_status' then select * into v_result from private.apply_agent_status(v_job.integration_id, v_payloads, p_observed_at);
    when 'phone_numbers' then select * into v_result from private.apply_phone_numbers(v_job.integration_id, v_payloads, p_observed_at);
  end case;
  if p_is_last and v_job.resource in ('team', 'contacts') then
    perform private.unlist_missing(v_job.integration_id, v_job.resource, v_job.started_at);
  elsif p_is_last and v_job.resource = 'phone_numbers' and v_job.kind <> 'test' then
    perform private.unlist_phone_numbers(v_job.integration_id, v_job.started_at);
  end if;
  v_rejected := v_rejected || array(select v_items[n] from unnest(v_result.rejected_positions) n);
  v_reasons := v_reasons || v_result.rejection_reasons;

  -- Only now: its foreign key locks the integration, which a page with new numbers must lock first.
  insert into private.rejected_items (org_id, integration_id, resource, item_hash, item, reason, rejected_at)
  select distinct on (4)
    v_job.org_id, v_job.integration_id, v_job.resource, sha256(convert_to(r.item, 'UTF8')), r.item, r.reason, p_now
  from unnest(v_rejected, v_reasons) as r (item, reason)
  order by 4
  on conflict (integration_id, resource, item_hash) do update set reason = excluded.reason, rejected_at = excluded.rejected_at;

  update public.sync_jobs j set
    items_total = coalesce(p_total, j.items_total),
    items_new = j.items_new + v_result.new_items,
    items_changed = j.items_changed + v_result.changed_items,
    items_unchanged = j.items_unchanged + v_result.unchanged_items,
    items_rejected = j.items_rejected + coalesce(cardinality(v_rejected), 0),
    pages_read = j.pages_read + 1,
    -- A backfill of years meets many an outage: what counts is whether it gets on.
    attempt = case when v_job.kind = 'backfill' and p_through is not null then 1 else j.attempt end,
    read_through = case when p_through is null then j.read_through else least(p_through, j.range_to) end,
    lease_until = p_now + interval '2 minutes'
  where j.id = p_job_id;

  if p_through is not null and v_job.kind = 'scheduled' then
    update private.sync_cursors c set watermark = greatest(c.watermark, least(p_through, v_job.range_to))
    where c.integration_id = v_job.integration_id and c.resource = v_job.resource;
  end if;

  return query
  select v_result.new_items, v_result.changed_items, v_result.unchanged_items, coalesce(cardinality(v_rejected), 0);
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_team(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone, OUT new_items integer, OUT changed_items integer, OUT unchanged_items integer, OUT rejected_positions integer[], OUT rejection_reasons text[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_org_id uuid;
  v_extensions text[];
  v_payloads jsonb[];
  v_fresh text[];
begin
  select
    array_agg(r.extension order by r.place) filter (where r.error is null),
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_extensions, v_payloads, rejected_positions, rejection_reasons
  from private.read_team(p_items) r;

  -- Calls are written under "for key share" on the account: either they see new holders, or attribute_extensions finds them.
  select i.org_id into v_org_id from public.integrations i where i.id = p_integration_id for update;

  select
    count(*) filter (where k.is_new), count(*) filter (where k.is_changed),
    array_agg(k.provider_id) filter (where k.is_new or k.is_changed)
  into new_items, changed_items, v_fresh
  from private.keep_items(p_integration_id, 'team', v_extensions, v_payloads, p_observed_at) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  insert into public.extensions as e (org_id, integration_id, extension, name, email, listed_since)
  select v_org_id, p_integration_id, r.extension, r.name, r.email, p_observed_at
  from private.read_team(array(
    select i.payload from private.provider_items i
    where i.integration_id = p_integration_id and i.resource = 'team' and i.provider_id = any (v_fresh)
  )) r
  order by r.extension
  on conflict (integration_id, extension) do update set
    name = excluded.name, email = excluded.email, unlisted_at = null,
    listed_since = case when e.unlisted_at is null then e.listed_since else excluded.listed_since end,
    email_used_at = case when lower(excluded.email) = lower(e.email) then e.email_used_at end;

  perform private.give_extensions_by_email(p_integration_id);
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_voicemails(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone, OUT new_items integer, OUT changed_items integer, OUT unchanged_items integer, OUT rejected_positions integer[], OUT rejection_reasons text[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_ids text[];
  v_payloads jsonb[];
  v_numbers text[];
begin
  select
    array_agg(r.provider_voicemail_id order by r.place) filter (where r.error is null),
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(distinct r.business_number) filter (where r.error is null and r.business_number is not null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_ids, v_payloads, v_numbers, rejected_positions, rejection_reasons
  from private.read_voicemails(p_items) r;

  perform private.add_phone_numbers(p_integration_id, v_numbers);
  perform private.lock_numbers(p_integration_id, v_numbers);
  perform private.lock_voicemails(p_integration_id, false);
  select count(*) filter (where k.is_new), count(*) filter (where k.is_changed) into new_items, changed_items
  from private.keep_items(p_integration_id, 'voicemails', v_ids, v_payloads, p_observed_at) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  -- Those that say the same as before too: their calls may be known by now.
  perform private.write_voicemails(p_integration_id, v_ids);
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_webhook_events(p_read_ids bigint[], p_unread_ids bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_integration_ids uuid[];
  v_call_ids text[];
  v_group record;
  v_call_id text;
  v_event record;
begin
  select array_agg(c.integration_id), array_agg(c.provider_call_id) into v_integration_ids, v_call_ids
  from (
    select e.integration_id, e.provider_call_id
    from private.webhook_events e
    where e.id = any (p_read_ids) and e.status = 'applied'
    union
    select e.integration_id, r.provider_call_id
    from private.webhook_events e
    cross join lateral private.read_event(e.payload, e.received_at) r
    where e.id = any (p_unread_ids) and r.provider_call_id is not null
  ) c;
  if v_call_ids is not null then
    perform private.lock_calls(v_integration_ids, v_call_ids);
  end if;

  update private.webhook_events e set
    event_type = r.event_type, provider_call_id = r.provider_call_id, direction = r.direction, kind = r.kind,
    is_agent_event = r.is_agent_event, extension = r.extension, from_number = r.from_number, to_number = r.to_number,
    occurred_at = r.occurred_at, duration_seconds = r.duration_seconds, recording_url = r.recording_url,
    has_recording = r.has_recording, status = r.status, error = r.error
  from (
    select w.id, facts.*
    from private.webhook_events w
    join public.integrations i on i.id = w.integration_id and i.disabled_at is null
    cross join lateral private.read_event(w.payload, w.received_at) facts
    where w.id = any (p_unread_ids) and w.payload is not null
  ) r
  where e.id = r.id;

  for v_group in
    select c.integration_id, array_agg(c.call_id order by c.call_id) as call_ids
    from unnest(v_integration_ids, v_call_ids) as c (integration_id, call_id)
    group by c.integration_id
    order by c.integration_id
  loop
    begin
      perform private.write_calls(v_group.integration_id, v_group.call_ids);
    exception
      -- These pass by themselves: the sender tries again and nothing is marked.
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        -- One of them cannot be written: one by one, so that the others are.
        foreach v_call_id in array v_group.call_ids loop
          begin
            perform private.write_calls(v_group.integration_id, array[v_call_id]);
          exception
            when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
              raise;
            when others then
              update private.webhook_events e set status = 'failed', error = sqlerrm
              where e.id = any (p_read_ids || p_unread_ids)
                and e.integration_id = v_group.integration_id and e.provider_call_id = v_call_id;
          end;
        end loop;
    end;
  end loop;

  for v_event in
    select e.id, e.integration_id, e.payload, e.received_at
    from private.webhook_events e
    where e.id = any (p_read_ids || p_unread_ids) and e.kind = 'message' and e.status = 'applied'
    order by e.integration_id, e.id
  loop
    begin
      perform private.apply_message_events(v_event.integration_id, array[v_event.payload], array[v_event.received_at]);
    exception
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        update private.webhook_events e set status = 'failed', error = sqlerrm where e.id = v_event.id;
    end;
  end loop;
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
    perform private.rehome_voicemails(v_number.id), private.rehome_messages(v_number.id);
    return query select v_number.id, v_line_id;
  end loop;
  if v_found is distinct from (select count(distinct id)::int from unnest(p_phone_number_ids) id) or v_found = 0 then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.attribute_extensions(p_integration_id uuid, p_member_ids uuid[], p_extensions text[], p_from timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_ids text[];
begin
  -- Legs name who held the extension when the call started; voicemails and statuses likewise.
  select array_agg(distinct c.provider_call_id) into v_ids
  from public.calls c
  join public.legs l on l.org_id = c.org_id and l.call_id = c.id
  where c.integration_id = p_integration_id and c.started_at >= p_from
    and (l.extension = any (p_extensions) or l.member_id = any (p_member_ids));
  if v_ids is not null then
    perform private.write_calls(p_integration_id, v_ids);
  end if;

  select array_agg(v.provider_voicemail_id) into v_ids
  from public.voicemails v
  where v.integration_id = p_integration_id and v.received_at >= p_from
    and (v.extension = any (p_extensions) or v.member_ids && p_member_ids);
  if v_ids is not null then
    perform private.write_voicemails(p_integration_id, v_ids);
  end if;

  update public.agent_statuses s set org_id = h.org_id, member_id = h.member_id
  from public.agent_statuses was
  cross join lateral private.extension_holder(p_integration_id, was.extension, was.since) h
  where s.id = was.id and was.integration_id = p_integration_id and was.since >= p_from
    and (was.extension = any (p_extensions) or was.member_id = any (p_member_ids))
    and (s.org_id, s.member_id) is distinct from (h.org_id, h.member_id);
end
$function$;

CREATE OR REPLACE FUNCTION private.begin_outbox_request(p_request_id uuid, p_worker text, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_request private.outbox_requests;
  v_line public.lines;
begin
  perform private.lock_request(p_request_id);
  select * into v_request
  from private.outbox_requests r
  where r.id = p_request_id and r.worker = p_worker and r.state = 'claimed' and r.lease_until > p_now
  for no key update;
  if not found then
    return false;
  end if;

  if v_request.expires_at <= p_now then
    perform private.expire_outbox_request(p_request_id, p_now);
    return false;
  end if;
  select * into v_line from public.lines l where l.id = v_request.line_id;
  if not v_line.period @> p_now then
    perform private.end_outbox_request(p_request_id, 'failed', 'The organization has this number no more.', p_now);
    return false;
  end if;
  if exists (
    select from public.conversations c
    where c.line_id = v_request.line_id and c.external_number = v_request.recipient and c.opted_out_at is not null
      and v_request.message_id is not null
  ) then
    perform private.end_outbox_request(p_request_id, 'failed', private.opted_out_reason(), p_now);
    return false;
  end if;
  -- Switched off or closed meanwhile: it waits until that is undone, or its time is over.
  if exists (
    select
    from public.integrations i
    join public.organizations o on o.id in (i.org_id, v_line.org_id)
    where i.id = v_request.integration_id and (i.disabled_at is not null or o.archived_at is not null)
  ) then
    update private.outbox_requests r set state = 'queued', worker = null, lease_until = null where r.id = p_request_id;
    return false;
  end if;

  update private.outbox_requests r set state = 'sending', begun_at = p_now, lease_until = p_now + interval '2 minutes', reason = null
  where r.id = p_request_id;
  if v_request.message_id is not null then
    perform private.write_messages(v_request.integration_id, array[v_request.message_id]);
  else
    update public.placed_calls c set state = 'sending', begun_at = p_now where c.id = v_request.placed_call_id;
  end if;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION private.call_of_voicemail(p_integration_id uuid, p_provider_call_id text, p_phone_number_id uuid, p_external_number text, p_received_at timestamp with time zone)
 RETURNS SETOF public.calls
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
begin
  return query
  select * from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = p_provider_call_id;
  if found then
    return;
  end if;
  return query
  select *
  from public.calls c
  where c.phone_number_id = p_phone_number_id
    and c.external_number is not distinct from p_external_number
    and c.direction = 'inbound' and c.outcome = 'voicemail' and c.deleted_at is null
    and c.started_at between p_received_at - interval '30 minutes' and p_received_at + interval '1 minute'
    and coalesce(c.ended_at, p_received_at) >= p_received_at - interval '5 minutes'
  order by c.started_at > p_received_at, abs(extract(epoch from c.started_at - p_received_at)), c.id
  limit 1;
end
$function$;

CREATE OR REPLACE FUNCTION private.change_integration(p_integration_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_before constant public.integrations := private.lock_my_integration(p_integration_id);
begin
  perform private.check_integration(
    coalesce(p_name, v_before.name), coalesce(p_account_type, v_before.account_type), coalesce(p_webhook_mode, v_before.webhook_mode)
  );
  update public.integrations i set
    name = coalesce(p_name, i.name), account_type = coalesce(p_account_type, i.account_type),
    webhook_mode = coalesce(p_webhook_mode, i.webhook_mode)
  where i.id = p_integration_id;

  if p_credentials is not null then
    if jsonb_typeof(p_credentials) <> 'object' or p_credentials - array['api_key', 'user_key'] <> '{}' then
      raise exception 'Only api_key and user_key are changed here.'
        using errcode = 'PT422', detail = 'credential_unknown', hint = 'A webhook secret is replaced by rotate_webhook_secret.';
    end if;
    perform private.keep_credentials(p_integration_id, p_key_id, p_credentials);
  end if;
  if p_credentials is not null or coalesce(p_account_type, v_before.account_type) <> v_before.account_type then
    -- Tokens are of the old keys, or of the other host.
    delete from private.integration_credentials c
    where c.integration_id = p_integration_id and c.purpose in ('access_token', 'refresh_token');
    update private.sync_cursors c set next_run_at = now(), failures = 0 where c.integration_id = p_integration_id;
    notify sync_jobs;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.check_integration(p_name text, p_account_type text, p_webhook_mode text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if p_name is null or private.is_blank(p_name) or char_length(p_name) > 200 then
    raise exception 'The name has to be of 1 to 200 characters.'
      using errcode = 'PT422', detail = 'name_invalid', hint = 'Choose a name that people will recognise.';
  end if;
  if p_account_type is null or p_account_type not in ('call_center', 'classic') then
    raise exception 'There is no account type %.', left(p_account_type, 100)
      using errcode = 'PT422', detail = 'account_type_unknown', hint = 'Choose call_center or classic, as MightyCall calls your account.';
  end if;
  if p_webhook_mode is null or p_webhook_mode not in ('signed', 'token') then
    raise exception 'There is no webhook mode %.', left(p_webhook_mode, 100)
      using errcode = 'PT422', detail = 'webhook_mode_unknown', hint = 'Choose signed, or token for an account that cannot sign its deliveries.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.check_overlap(p_overlap interval)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if p_overlap is null or p_overlap < interval '0' or p_overlap > interval '30 days' then
    raise exception 'The old one may count for at most 30 days more.'
      using errcode = 'PT422', detail = 'overlap_invalid', hint = 'Choose the time that changing it at MightyCall takes, like 1 hour.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_outbox_request(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(request_id uuid, kind text, integration_id uuid, organization text, account_type text, from_number text, to_number text, body text, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
#variable_conflict use_column
begin
  perform private.end_overdue_requests(p_now);

  return query
  with next as (
    select r.id
    from private.outbox_requests r
    join public.lines l on l.id = r.line_id
    join public.integrations i on i.id = r.integration_id and i.disabled_at is null
    where ((r.state = 'queued' and r.run_after <= p_now) or (r.state = 'claimed' and r.lease_until <= p_now))
      and not exists (
        select from public.organizations o where o.id in (l.org_id, i.org_id) and o.archived_at is not null
      )
      -- What is written to one recipient arrives in the order in which it was written.
      and (r.placed_call_id is not null or not exists (
        select from private.outbox_requests e
        where e.line_id = r.line_id and e.recipient = r.recipient and e.place < r.place and e.state <> 'done' and e.message_id is not null
      ))
    order by (r.placed_call_id is null), r.run_after, r.place
    limit 1
    for update of r skip locked
  )
  update private.outbox_requests r set
    state = 'claimed', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = r.attempt + 1
  from next, public.integrations i, public.lines l
  where r.id = next.id and i.id = r.integration_id and l.id = r.line_id
  returning
    r.id, case when r.message_id is not null then 'message' else 'call' end, r.integration_id, private.sealing_context(i.org_id),
    i.account_type, l.e164, r.recipient, (select m.body from public.messages m where m.id = r.message_id), r.attempt;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_recording(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(recording_id uuid, integration_id uuid, organization text, account_type text, kind text, provider_call_id text, url text, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  with next as (
    select s.recording_id
    from public.recordings r
    join private.recording_sources s on s.recording_id = r.id
    join public.integrations i on i.id = r.integration_id and i.disabled_at is null
    join public.organizations o on o.id = r.org_id and o.archived_at is null
    where r.state = 'waiting' and s.next_attempt_at <= p_now and (s.lease_until is null or s.lease_until <= p_now)
      -- Without a link there is nothing to fetch but, for a call, the call again.
      and (s.url is not null or r.kind = 'call')
    -- What was recorded last is what people ask for first.
    order by r.started_at desc, r.id
    limit 1
    for update of s skip locked
  )
  update private.recording_sources s
  set worker = p_worker, lease_until = p_now + interval '10 minutes', attempt = s.attempt + 1, has_object = true
  from next, public.recordings r
  join public.integrations i on i.id = r.integration_id
  left join public.calls c on c.org_id = r.org_id and c.id = r.call_id
  where s.recording_id = next.recording_id and r.id = next.recording_id
  returning s.recording_id, i.id, private.sealing_context(i.org_id), i.account_type, r.kind, c.provider_call_id, s.url, s.attempt;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_recording_removal(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(recording_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  update public.recordings r set
    state = 'deleted', deleted_at = p_now,
    reason = format('kept for %s days', case r.kind when 'call' then t.recording_days else t.voicemail_days end)
  from public.retention_settings t
  where t.org_id = r.org_id and r.state <> 'deleted' and not r.is_held
    and r.started_at < p_now - make_interval(days => case r.kind when 'call' then t.recording_days else t.voicemail_days end);

  return query
  with next as (
    select s.recording_id
    from private.recording_sources s
    join public.recordings r on r.id = s.recording_id and r.state = 'deleted'
    where s.has_object and s.next_attempt_at <= p_now and (s.lease_until is null or s.lease_until <= p_now)
    order by s.next_attempt_at, s.recording_id
    limit 1
    for update of s skip locked
  )
  update private.recording_sources s set worker = p_worker, lease_until = p_now + interval '2 minutes'
  from next
  where s.recording_id = next.recording_id
  returning s.recording_id;
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
    select
      c.integration_id, c.resource, i.org_id, c.watermark, r.initial_history,
      greatest(r.overlap, (
        select max(b.depth)
        from private.sync_lookbacks b
        left join private.sync_lookback_runs k
          on k.integration_id = c.integration_id and k.resource = b.resource and k.depth = b.depth
        where b.resource = c.resource and (k.next_run_at is null or k.next_run_at <= p_now)
      )) as overlap
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
    update private.sync_cursors c set next_run_at = p_now + private.planned_pause(c.integration_id, c.resource, p_now)
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
    select
      j.id,
      -- Asked for without a range: what a pass that is due would read.
      case when j.kind = 'requested' and j.range_to is null and r.initial_history is not null
        then case when c.watermark is null then p_now - r.initial_history else least(c.watermark, p_now) - r.overlap end
      end as range_from
    from public.sync_jobs j
    join private.sync_resources r on r.resource = j.resource
    left join private.sync_cursors c on c.integration_id = j.integration_id and c.resource = j.resource
    join public.integrations i on i.id = j.integration_id and i.disabled_at is null
    join public.organizations o on o.id = i.org_id and o.archived_at is null
    where j.state = 'queued' and j.run_after <= p_now
    order by
      array_position(array['test', 'test_delivery', 'requested', 'one', 'scheduled', 'replay', 'backfill'], j.kind),
      -- The numbers and who has which extension first: calls then find their lines and people.
      array_position(array['phone_numbers', 'team', 'calls', 'messages', 'voicemails', 'agent_status', 'contacts'], j.resource),
      j.created_at, j.id
    limit 1
    for update of j skip locked
  )
  update public.sync_jobs j set
    state = 'running', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = j.attempt + 1,
    started_at = coalesce(j.started_at, p_now), error = null, note = null,
    range_from = coalesce(j.range_from, next.range_from), range_to = coalesce(j.range_to, case when next.range_from is not null then p_now end)
  from next, public.integrations i
  where j.id = next.id and i.id = j.integration_id
  returning
    j.id, j.integration_id, private.sealing_context(i.org_id), i.account_type, j.resource, j.kind,
    coalesce(j.read_through, j.range_from), j.range_to, j.provider_id, j.attempt;
end
$function$;

CREATE OR REPLACE FUNCTION private.contact_name(p_org_id uuid, p_number text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
begin
  -- Of several contacts with this number the organization's own word counts first, then the oldest contact.
  return (
    select n.name
    from public.contact_numbers n
    where n.org_id = p_org_id and n.number = p_number and n.name is not null
    order by n.is_own desc, n.created_at, n.contact_id
    limit 1
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.count_provider_request(p_api_key_hash bytea, p_integration_id uuid, p_purpose text, p_now timestamp with time zone)
 RETURNS TABLE(allowed boolean, used integer, quota integer, reason text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_day date := (p_now at time zone 'UTC')::date;
begin
  insert into private.provider_quota (api_key_hash, day) values (p_api_key_hash, v_day) on conflict do nothing;

  return query
  update private.provider_quota q set used = q.used + 1, probe_at = null
  where q.api_key_hash = p_api_key_hash and q.day = v_day
    and q.used < private.requests_for(p_purpose, q.quota, p_now) and (q.probe_at is null or q.probe_at <= p_now)
  returning true, q.used, q.quota, null::text;

  if found then
    insert into private.integration_requests as r (integration_id, day, api_key_hash, used)
    values (p_integration_id, v_day, p_api_key_hash, 1)
    on conflict (integration_id, day) do update set api_key_hash = excluded.api_key_hash, used = r.used + 1;
    return;
  end if;
  return query
  select
    false, q.used, q.quota,
    case when q.used >= q.quota then 'used_up' when q.probe_at > p_now then 'refused' else 'kept_back' end
  from private.provider_quota q
  where q.api_key_hash = p_api_key_hash and q.day = v_day;
end
$function$;

CREATE OR REPLACE FUNCTION private.count_segments(p_body text, OUT length integer, OUT encoding text, OUT segments integer)
 RETURNS record
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  -- The alphabet of GSM 03.38, and the characters that take two places of it.
  v_basic constant text := '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&''()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà';
  v_extended constant text := '\f\^{}\\\[~\]|€';
  v_wide text;
  v_per_segment integer;
  v_character text;
  v_left integer := 0;
begin
  if p_body ~ ('^[' || v_basic || v_extended || ']*$') then
    encoding := 'gsm7';
    v_per_segment := 153;
    v_wide := v_extended;
  else
    encoding := 'ucs2';
    v_per_segment := 67;
    v_wide := '\U00010000-\U0010ffff';
  end if;
  length := char_length(p_body) + char_length(regexp_replace(p_body, '[^' || v_wide || ']', '', 'g'));
  segments := case
    when length = 0 then 0
    when length <= case encoding when 'gsm7' then 160 else 70 end then 1
    when length = char_length(p_body) then ceil(length::numeric / v_per_segment)
  end;
  if segments is not null then
    return;
  end if;

  -- A character of two places is not torn apart.
  segments := 0;
  foreach v_character in array regexp_split_to_array(p_body, '') loop
    v_left := v_left - case when v_character ~ ('[' || v_wide || ']') then 2 else 1 end;
    if v_left < 0 then
      segments := segments + 1;
      v_left := v_per_segment - case when v_character ~ ('[' || v_wide || ']') then 2 else 1 end;
    end if;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.create_integration(p_org_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb, p_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_org_id is null then
    perform private.require_platform_admin();
  else
    perform private.require_role(p_org_id, 'org_admin');
  end if;
  perform private.check_integration(p_name, p_account_type, p_webhook_mode);
  if jsonb_typeof(p_credentials) is distinct from 'object' or not p_credentials ?& array['api_key', 'user_key'] then
    raise exception 'An integration needs its api_key and user_key, sealed.'
      using errcode = 'PT422', detail = 'credentials_missing', hint = 'Seal each with the platform''s public key and send it in base64.';
  end if;
  insert into public.integrations (id, org_id, name, account_type, webhook_mode)
  values (p_id, coalesce(p_org_id, private.holding_org_id()), p_name, p_account_type, p_webhook_mode);
  perform private.keep_credentials(p_id, p_key_id, p_credentials);
  return p_id;
exception when unique_violation then
  raise exception 'An integration with this id exists already.'
    using errcode = 'PT409', detail = 'integration_exists', hint = 'Choose a new random id and seal the credentials for it.';
end
$function$;

CREATE OR REPLACE FUNCTION private.cursors_of_mine()
 RETURNS TABLE(integration_id uuid, resource text, watermark timestamp with time zone, next_run_at timestamp with time zone, last_success_at timestamp with time zone, failures integer, last_error text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select c.integration_id, c.resource, c.watermark, c.next_run_at, c.last_success_at, c.failures, c.last_error
  from private.sync_cursors c
  join public.integrations i on i.id = c.integration_id
  where i.org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
$function$;

CREATE OR REPLACE FUNCTION private.delete_recording(p_recording_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_recording public.recordings;
begin
  select * into v_recording
  from public.recordings r
  where r.id = p_recording_id and r.org_id = any (array(select private.my_org_ids('org_admin')))
  for update;
  if not found then
    raise exception 'There is no such recording.'
      using errcode = 'PT404', detail = 'recording_not_found', hint = 'See recordings for those of your organization; its admins delete them.';
  end if;
  if v_recording.is_held then
    raise exception 'The recording is held.'
      using errcode = 'PT409', detail = 'recording_held', hint = 'Set is_held to false first.';
  end if;
  update public.recordings r set state = 'deleted', deleted_at = now(), reason = 'deleted by a person'
  where r.id = p_recording_id and r.state <> 'deleted';
  delete from private.play_grants g where g.recording_id = p_recording_id;
  notify sync_jobs;
end
$function$;

CREATE OR REPLACE FUNCTION private.derive_calls(p_integration_id uuid, p_call_ids text[])
 RETURNS TABLE(call public.calls, legs public.legs[], has_recording boolean, recording_url text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_owner_id uuid := (select i.org_id from public.integrations i where i.id = p_integration_id);
  v_is_platform_wide boolean := v_owner_id = private.holding_org_id();
begin
  -- Call by call, each fact through an index: the same plan serves one delivery and a page of a thousand calls. "offset 0"
  -- keeps a value that is used often from being worked out at every use, "limit 1" keeps every key in the index condition.
  -- No sequential scans: plans made while tables are small outlive their being small.
  return query
  select
    row(
      k.id, o.org_id, p_integration_id, k.provider_call_id, n.id, l.id, k.direction,
      k.business_number, k.external_number, stated.external_name,
      k.started_at, told.arrived_at, told.rang_at, case when j.outcome is null or j.outcome = 'answered' then told.connected_at end,
      j.ended_at,
      j.outcome, j.outcome = 'answered' and coalesce(lower(stated.provider_status) = 'dropped', false), stated.provider_status,
      case when k.direction = 'inbound' then
        private.seconds_between(
          least(told.arrived_at, told.rang_at),
          case when j.outcome = 'answered' then told.connected_at when j.outcome is not null then told.completed_at end
        )
      end,
      case when j.outcome = 'answered' then
        case when g.talk_is_known then g.talk_seconds::int else private.seconds_between(told.connected_at, j.ended_at) end
      end,
      case when j.outcome is not null then
        coalesce(
          stated.duration_seconds, told.duration_seconds,
          -- Of a call of which only the end was told, the start is not known.
          case when stated.started_at is not null or told.first_at < told.completed_at then
            private.seconds_between(k.started_at, j.ended_at)
          end
        )
      end,
      least(greatest(g.connected - 1, told.transfers, 0), 32767)::smallint,
      coalesce(g.member_ids, '{}'), stated.deleted_at, now(), now()
    )::public.calls,
    coalesce(g.legs, '{}'),
    stated.has_recording or audio.is_told,
    coalesce(stated.recording_url, audio.url)
  from unnest(p_call_ids) as c (provider_call_id)

  -- What the history states: the latest observed first, field by field; ties by hash, so that the order of arrival decides nothing.
  cross join lateral (
    select
      count(*) > 0 as is_known,
      coalesce(bool_or(not s.is_tombstone), false) as is_listed,
      (array_agg(s.direction) filter (where s.direction is not null))[1] as direction,
      (array_agg(s.provider_status) filter (where s.provider_status is not null))[1] as provider_status,
      (array_agg(s.business_number) filter (where s.business_number is not null))[1] as business_number,
      (array_agg(s.external_number) filter (where s.external_number is not null))[1] as external_number,
      (array_agg(s.external_name) filter (where s.external_name is not null))[1] as external_name,
      (array_agg(s.started_at) filter (where s.started_at is not null))[1] as started_at,
      (array_agg(s.duration_seconds) filter (where s.duration_seconds is not null))[1] as duration_seconds,
      (array_agg(s.legs) filter (where s.legs is not null))[1] as legs,
      (array_agg(s.recording_url) filter (where s.recording_url is not null))[1] as recording_url,
      coalesce(bool_or(s.has_recording), false) as has_recording,
      (array_agg(case when s.is_tombstone then s.observed_at end))[1] as deleted_at
    from (
      select * from private.call_snapshots
      where integration_id = p_integration_id and provider_call_id = c.provider_call_id
      order by observed_at desc, payload_hash desc
    ) s
  ) stated

  -- What events tell: the earliest arrival, ring and connection, the latest completion.
  cross join lateral (
    select
      count(*) > 0 as is_known,
      min(e.direction) as direction,
      (array_agg(e.from_number) filter (where e.from_number is not null))[1] as from_number,
      (array_agg(e.to_number) filter (where e.to_number is not null))[1] as to_number,
      min(e.received_at) as received_at,
      min(e.occurred_at) as first_at,
      min(e.occurred_at) filter (where e.kind = 'arrived') as arrived_at,
      min(e.occurred_at) filter (where e.kind = 'ringing') as rang_at,
      min(e.occurred_at) filter (where e.kind = 'connected') as connected_at,
      max(e.occurred_at) filter (where e.is_end) as completed_at,
      coalesce(bool_or(e.kind = 'connected'), false) as has_connected,
      coalesce(bool_or(e.is_end), false) as has_completed,
      coalesce(bool_or(e.kind = 'voicemail'), false) as has_voicemail,
      count(*) filter (where e.kind = 'transferred') as transfers,
      max(e.duration_seconds) filter (where e.is_end) as duration_seconds
    from (
      select *, kind = 'completed' and not is_agent_event as is_end
      from private.webhook_events
      where integration_id = p_integration_id and provider_call_id = c.provider_call_id and status = 'applied'
        -- That there is a recording does not tell that, or when, there was a call.
        and kind <> 'recording'
      order by occurred_at, dedupe_key
    ) e
  ) told

  cross join lateral (
    select
      c.provider_call_id,
      extensions.uuid_generate_v5(p_integration_id, c.provider_call_id) as id,
      coalesce(stated.direction, told.direction, 'inbound') as direction,
      coalesce(stated.started_at, told.first_at, told.received_at) as started_at,
      -- An event does not say which of its numbers is ours: what is called from outside, else what calls.
      coalesce(
        stated.business_number, case told.direction when 'inbound' then told.to_number else told.from_number end
      ) as business_number,
      case when coalesce(stated.direction, told.direction, '') <> 'internal' then
        coalesce(stated.external_number, case told.direction when 'inbound' then told.from_number else told.to_number end)
      end as external_number
    offset 0
  ) k

  -- Whose it is: the organization that had the number when the call started.
  left join lateral (
    select id from public.phone_numbers where integration_id = p_integration_id and e164 = k.business_number limit 1
  ) n on true
  left join lateral (
    select id, org_id
    from public.lines
    where phone_number_id = n.id and period @> k.started_at and (v_is_platform_wide or org_id = v_owner_id)
    limit 1
  ) l on true
  cross join lateral (select coalesce(l.org_id, v_owner_id) as org_id offset 0) o

  cross join lateral (
    select
      array_agg(
        row(
          extensions.uuid_generate_v5(k.id, leg.extension), o.org_id, k.id, leg.extension, leg.member_id, leg.name,
          leg.is_connected, leg.rang_at, leg.answered_at, leg.ended_at, leg.talk_seconds, now(), now()
        )::public.legs
      ) as legs,
      count(*) filter (where leg.is_connected) as connected,
      sum(leg.talk_seconds) as talk_seconds,
      bool_and(leg.talk_seconds is not null) filter (where leg.is_connected) as talk_is_known,
      array_agg(distinct leg.member_id order by leg.member_id) filter (where leg.member_id is not null) as member_ids
    from (
      select p.*, m.member_id, private.seconds_between(p.answered_at, p.ended_at) as talk_seconds
      from (
        select
          a.*,
          -- Without an end of its own, a leg ends where the next agent answers, else with the call.
          case when a.is_connected then
            coalesce(a.own_end, lead(a.answered_at) over (order by a.answered_at, a.extension), told.completed_at)
          end as ended_at
        from (
          -- Who took part is known from either source, when from events alone.
          select
            source.extension, max(source.name) as name, bool_or(source.is_connected) as is_connected,
            min(source.occurred_at) filter (where source.kind = 'ringing') as rang_at,
            min(source.occurred_at) filter (where source.kind = 'connected') as answered_at,
            max(source.occurred_at) filter (where source.kind = 'completed') as own_end
          from (
            select s.extension, s.name, s.is_connected, null as kind, null::timestamptz as occurred_at
            from jsonb_to_recordset(stated.legs) as s (extension text, name text, is_connected boolean)
            union all
            select e.extension, null, e.kind = 'connected', e.kind, e.occurred_at
            from private.webhook_events e
            where e.integration_id = p_integration_id and e.provider_call_id = c.provider_call_id and e.status = 'applied'
              -- An arriving call names the extension dialled, not an agent.
              and e.extension is not null
              and (e.kind in ('ringing', 'stop_ringing', 'connected', 'completed') or (e.kind = 'arrived' and e.direction <> 'inbound'))
          ) source
          group by source.extension
        ) a
      ) p
      left join lateral (
        select member_id
        from public.member_extensions
        where integration_id = p_integration_id and extension = p.extension and period @> k.started_at and org_id = o.org_id
        limit 1
      ) m on true
      offset 0
    ) leg
  ) g

  cross join lateral (
    select
      case
        when not stated.is_listed and not told.has_completed then null
        when lower(stated.provider_status) = 'connected' then 'answered'
        when lower(stated.provider_status) = 'voicemail' then 'voicemail'
        when lower(stated.provider_status) = 'missed' then 'missed'
        when told.has_connected or g.connected > 0 then 'answered'
        when told.has_voicemail then 'voicemail'
        else 'missed'
      end as outcome,
      coalesce(
        k.started_at + make_interval(secs => stated.duration_seconds),
        case when told.completed_at is not null then greatest(told.completed_at, k.started_at) end
      ) as ended_at
    offset 0
  ) j

  cross join lateral (
    select
      count(*) > 0 as is_told,
      (array_agg(e.recording_url order by e.received_at desc, e.dedupe_key) filter (where e.recording_url is not null))[1] as url
    from (
      select recording_url, received_at, dedupe_key
      from private.webhook_events
      where integration_id = p_integration_id and provider_call_id = c.provider_call_id and status = 'applied' and has_recording
      offset 0
    ) e
  ) audio
  where stated.is_known or told.is_known;
end
$function$;

CREATE OR REPLACE FUNCTION private.derive_messages(p_integration_id uuid, p_message_ids uuid[])
 RETURNS TABLE(id uuid, org_id uuid, provider_message_id text, phone_number_id uuid, line_id uuid, conversation_id uuid, direction text, business_number text, external_number text, body text, state text, failure_reason text, sent_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  return query
  select
    given.id, o.org_id, coalesce(j.provider_message_id, e.provider_message_id, a.provider_message_id),
    o.phone_number_id, o.line_id,
    case when o.line_id is not null then extensions.uuid_generate_v5(o.line_id, k.external_number) end,
    k.direction, k.business_number, k.external_number, k.body, w.state,
    case
      when w.state = 'failed' then
        coalesce(case j.state when 'failed' then j.reason end, case e.final_state when 'failed' then e.reason end, r.reason)
      when w.state in ('queued', 'unconfirmed') then r.reason
    end,
    k.sent_at
  from unnest(p_message_ids) as given (id)
  left join lateral (select * from public.messages where id = given.id limit 1) m on true
  left join lateral (select * from private.outbox_requests where message_id = given.id limit 1) r on true
  left join lateral (
    select
      s.*, case when s.state = 'sent' and s.was_delivered then 'delivered' else s.state end as final_state
    from private.message_statements s
    where s.message_id = given.id and s.source = 'journal'
    limit 1
  ) j on true
  cross join lateral (
    select
      coalesce(bool_or(s.direction is not null and s.body is not null), false) as is_known,
      min(s.direction) as direction, min(s.business_number) as business_number, min(s.external_number) as external_number,
      min(s.body) as body, min(s.stated_at) as stated_at, min(s.provider_message_id) as provider_message_id,
      coalesce(bool_or(s.state = 'sent'), false) as is_sent,
      (array_agg(s.state order by s.state_at desc, s.state) filter (where s.state in ('delivered', 'failed')))[1] as final_state,
      (array_agg(s.reason order by s.state_at desc) filter (where s.state = 'failed'))[1] as reason
    from private.message_statements s
    where s.message_id = given.id and s.source = 'event'
  ) e
  left join lateral (
    select provider_message_id from private.message_statements where message_id = given.id and source = 'answer' limit 1
  ) a on true
  -- What we sent is known by ourselves, of the rest the journal's word counts before the events'.
  cross join lateral (
    select
      coalesce(case when r.id is not null then m.direction end, j.direction, e.direction) as direction,
      coalesce(case when r.id is not null then m.business_number end, j.business_number, e.business_number) as business_number,
      coalesce(case when r.id is not null then m.external_number end, j.external_number, e.external_number) as external_number,
      coalesce(case when r.id is not null then m.body end, j.body, e.body) as body,
      coalesce(j.stated_at, e.stated_at, r.begun_at, r.created_at) as sent_at
    offset 0
  ) k
  cross join lateral (
    select
      case
        when k.direction = 'inbound' then 'received'
        when j.final_state in ('delivered', 'failed') then j.final_state
        when e.final_state is not null then e.final_state
        when j.state is not null or e.is_sent then 'sent'
        when r.state in ('queued', 'claimed') then 'queued'
        when r.state = 'sending' then 'sending'
        when r.outcome in ('sent', 'unconfirmed') then r.outcome
        else 'failed'
      end as state
    offset 0
  ) w
  -- What we sent stays with whom it was sent for, whatever the provider's clock says.
  cross join lateral private.line_at(p_integration_id, k.business_number, k.sent_at) l
  cross join lateral (
    select
      case when r.id is not null then m.org_id else l.org_id end as org_id,
      case when r.id is not null then m.phone_number_id else l.phone_number_id end as phone_number_id,
      case when r.id is not null then m.line_id else l.line_id end as line_id
    offset 0
  ) o
  where r.id is not null or j.statement_key is not null or e.is_known;
end
$function$;

CREATE OR REPLACE FUNCTION private.earlier_result(p_key text, p_request jsonb, p_result_ids uuid[])
 RETURNS uuid[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_caller_id constant uuid := coalesce(auth.uid(), nullif(current_setting('victorysync.api_key_id', true), '')::uuid);
  v_hash constant bytea := sha256(convert_to(p_request::text, 'UTF8'));
  v_earlier private.idempotency_keys;
begin
  if p_key is null then
    return null;
  end if;
  -- Whoever sends the same at the same moment waits here.
  insert into private.idempotency_keys (caller_id, idempotency_key, request_hash, result_ids)
  values (v_caller_id, p_key, v_hash, p_result_ids)
  on conflict do nothing;
  if found then
    return null;
  end if;
  select * into v_earlier from private.idempotency_keys k where k.caller_id = v_caller_id and k.idempotency_key = p_key;
  if v_earlier.request_hash <> v_hash then
    raise exception 'The idempotency key was sent with another request.'
      using errcode = 'PT422', detail = 'idempotency_key_reused', hint = 'A new request needs a new key.';
  end if;
  return v_earlier.result_ids;
end
$function$;

CREATE OR REPLACE FUNCTION private.end_outbox_request(p_request_id uuid, p_outcome text, p_reason text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_request private.outbox_requests;
begin
  update private.outbox_requests r set
    state = 'done', outcome = p_outcome, reason = left(p_reason, 2000), lease_until = null, finished_at = p_now
  where r.id = p_request_id
  returning * into v_request;
  if v_request.message_id is not null then
    perform private.write_messages(v_request.integration_id, array[v_request.message_id]);
  else
    update public.placed_calls c set
      state = case
        when p_outcome = 'sent' or (p_outcome = 'unconfirmed' and c.call_id is not null) then 'placed'
        when p_outcome = 'unconfirmed' then 'unconfirmed'
        else 'failed'
      end,
      reason = case when p_outcome <> 'sent' then left(p_reason, 2000) end
    where c.id = v_request.placed_call_id;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.end_overdue_requests(p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_id uuid;
begin
  for v_id in
    select o.id
    from (
      select r.id, r.integration_id, r.place
      from private.outbox_requests r
      where r.state = 'sending' and r.lease_until <= p_now
      union all
      select r.id, r.integration_id, r.place
      from private.outbox_requests r
      where r.state in ('queued', 'claimed') and r.expires_at <= p_now and (r.state = 'queued' or r.lease_until <= p_now)
    ) o
    order by o.integration_id, o.place
  loop
    perform private.lock_request(v_id);
    perform from private.outbox_requests r
    where r.id = v_id and r.state = 'sending' and r.lease_until <= p_now
    for no key update;
    if found then
      perform private.end_outbox_request(
        v_id, 'unconfirmed', 'The program stopped while it was asking MightyCall. It is not tried again.', p_now
      );
      continue;
    end if;
    perform from private.outbox_requests r
    where r.id = v_id and r.expires_at <= p_now
      and (r.state = 'queued' or (r.state = 'claimed' and r.lease_until <= p_now))
    for no key update;
    if found then
      perform private.expire_outbox_request(v_id, p_now);
    end if;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.expire_outbox_request(p_request_id uuid, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_request private.outbox_requests;
begin
  select * into v_request from private.outbox_requests r where r.id = p_request_id;
  perform private.end_outbox_request(
    p_request_id, 'failed',
    case when v_request.placed_call_id is not null then 'It could not be placed within two minutes, and would ring too late.'
      else 'It could not be sent within a day.' || coalesce(' Last: ' || v_request.reason, '') end,
    p_now
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.extension_holder(p_integration_id uuid, p_extension text, p_at timestamp with time zone)
 RETURNS TABLE(org_id uuid, member_id uuid)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  select coalesce(h.org_id, i.org_id), h.member_id
  from public.integrations i
  left join public.member_extensions h on h.integration_id = i.id and h.extension = p_extension and h.period @> p_at
  where i.id = p_integration_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.finish_outbox_request(p_request_id uuid, p_worker text, p_outcome text, p_provider_id text, p_reason text, p_retry_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_request private.outbox_requests;
  v_provider_id constant text := nullif(btrim(p_provider_id), '');
  v_other uuid[];
begin
  perform private.lock_request(p_request_id);
  select * into v_request
  from private.outbox_requests r
  where r.id = p_request_id and r.worker = p_worker and (
    (r.state = 'sending' and p_outcome in ('sent', 'failed', 'unconfirmed', 'retry'))
    -- Nothing had been sent yet.
    or (r.state = 'claimed' and p_outcome in ('failed', 'retry'))
    -- A worker that was given up comes back and knows what became of it.
    or (r.state = 'done' and r.outcome in ('unconfirmed', 'unlisted') and p_outcome in ('sent', 'failed', 'retry'))
  )
  for no key update;
  if not found then
    return false;
  end if;

  if p_outcome = 'retry' and v_request.state <> 'done' and not exists (
    select from private.message_statements s where s.message_id = v_request.message_id
  ) then
    update private.outbox_requests r set
      state = 'queued', worker = null, lease_until = null, begun_at = null, run_after = coalesce(p_retry_at, p_now),
      reason = left(p_reason, 2000)
    where r.id = p_request_id;
    if v_request.message_id is not null then
      perform private.write_messages(v_request.integration_id, array[v_request.message_id]);
    else
      update public.placed_calls c set state = 'queued', begun_at = null, reason = left(p_reason, 2000)
      where c.id = v_request.placed_call_id;
    end if;
    return true;
  end if;

  if p_outcome = 'sent' and v_request.message_id is not null and char_length(v_provider_id) <= 200 and v_provider_id ~ '[^0{}\s-]' then
    -- What was told under this id before the answer was here is this message.
    with told as (
      select s.integration_id, s.source, s.statement_key, s.message_id
      from private.message_statements s
      where s.integration_id = v_request.integration_id and s.statement_key = v_provider_id
        and s.message_id is distinct from v_request.message_id
        and not exists (select from private.outbox_requests r where r.message_id = s.message_id)
        and not (s.source = 'journal' and exists (
          select from private.message_statements o where o.message_id = v_request.message_id and o.source = 'journal'
        ))
    ),
    moved as (
      update private.message_statements s set message_id = v_request.message_id
      from told
      where s.integration_id = told.integration_id and s.source = told.source and s.statement_key = told.statement_key
      returning told.message_id
    )
    select array_agg(m.message_id) filter (where m.message_id is not null) into v_other from moved m;
    insert into private.message_statements (integration_id, source, statement_key, message_id, provider_message_id)
    values (v_request.integration_id, 'answer', v_provider_id, v_request.message_id, v_provider_id)
    on conflict do nothing;
    perform private.write_messages(v_request.integration_id, v_other);
  end if;
  if v_request.placed_call_id is not null and p_outcome = 'sent' then
    update public.placed_calls c set provider_call_id = left(v_provider_id, 200) where c.id = v_request.placed_call_id;
  end if;
  perform private.end_outbox_request(
    p_request_id, case p_outcome when 'retry' then 'failed' else p_outcome end,
    case when p_outcome <> 'sent' then coalesce(p_reason, 'MightyCall gave no reason.') end, p_now
  );
  if v_request.placed_call_id is not null then
    perform private.settle_placed_call(v_request.placed_call_id);
  end if;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION private.finish_recording(p_recording_id uuid, p_worker text, p_outcome text, p_reason text, p_content_type text, p_size_bytes bigint, p_sha256 bytea, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_pauses constant interval[] := array['1 minute', '5 minutes', '15 minutes', '1 hour', '4 hours', '12 hours', '24 hours'];
  v_attempt integer;
  v_is_last boolean;
begin
  select s.attempt into v_attempt
  from private.recording_sources s
  where s.recording_id = p_recording_id and s.worker = p_worker
  for update;
  if not found then
    return false;
  end if;
  v_is_last := p_outcome = 'failed' or (p_outcome = 'retry' and v_attempt > cardinality(v_pauses));

  -- One deleted while it was being fetched stays deleted; its object is removed afterwards.
  update public.recordings r set
    state = case when p_outcome = 'stored' then 'stored' when v_is_last then 'failed' else 'waiting' end,
    reason = case when p_outcome <> 'stored' then left(coalesce(p_reason, 'no reason was given'), 2000) end,
    content_type = p_content_type, size_bytes = p_size_bytes, sha256 = p_sha256,
    stored_at = case when p_outcome = 'stored' then p_now end
  where r.id = p_recording_id and r.state = 'waiting';

  update private.recording_sources s set
    worker = null, lease_until = null,
    next_attempt_at = p_now + case when p_outcome = 'retry' and not v_is_last then v_pauses[v_attempt] else interval '0' end
  where s.recording_id = p_recording_id;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION private.finish_recording_removal(p_recording_id uuid, p_worker text, p_error text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update private.recording_sources set
    worker = null, lease_until = null, has_object = p_error is not null, next_attempt_at = p_now + interval '15 minutes'
  where recording_id = p_recording_id and worker = p_worker
$function$;

CREATE OR REPLACE FUNCTION private.finish_sync_job(p_job_id uuid, p_worker text, p_error text, p_retry_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_job public.sync_jobs;
begin
  update public.sync_jobs set
    state = case when p_error is null then 'done' else 'failed' end,
    error = left(p_error, 2000), finished_at = p_now, worker = null, lease_until = null
  where id = p_job_id and worker = p_worker and state = 'running'
  returning * into v_job;
  if not found then
    return;
  end if;

  if v_job.kind in ('test_delivery', 'replay') then
    return;
  end if;
  if v_job.kind = 'scheduled' then
    update private.sync_cursors c set
      failures = case when p_error is null then 0 else c.failures + 1 end,
      last_success_at = case when p_error is null then p_now else c.last_success_at end,
      last_error = left(p_error, 2000),
      pages = case when p_error is null then greatest(v_job.pages_read, 1) else c.pages end,
      next_run_at = case when p_error is null then c.next_run_at else coalesce(p_retry_at, c.next_run_at) end
    where c.integration_id = v_job.integration_id and c.resource = v_job.resource;
    if p_error is null then
      insert into private.sync_lookback_runs as k (integration_id, resource, depth, next_run_at)
      select v_job.integration_id, b.resource, b.depth, p_now + b.every
      from private.sync_lookbacks b
      where b.resource = v_job.resource and b.depth <= v_job.range_to - v_job.range_from
      on conflict (integration_id, resource, depth) do update set next_run_at = excluded.next_run_at;
      if v_job.resource = 'messages' then
        perform private.settle_unconfirmed(v_job.integration_id, v_job.read_through);
      end if;
    end if;
  end if;

  update public.integrations i set
    last_success_at = case when p_error is null then p_now else i.last_success_at end,
    last_error = c.last_error,
    last_error_at = case when p_error is null and c.last_error is null then null when p_error is null then i.last_error_at else p_now end
  from (
    -- One resource that reads well does not hide another that does not.
    select coalesce(left(p_error, 2000), min(cursor.last_error)) as last_error
    from private.sync_cursors cursor
    where cursor.integration_id = v_job.integration_id
  ) c
  where i.id = v_job.integration_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.first_text(p_item jsonb, VARIADIC p_paths text[])
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_path text;
  v_value jsonb;
begin
  foreach v_path in array p_paths loop
    v_value := p_item #> string_to_array(v_path, '.');
    if jsonb_typeof(v_value) in ('string', 'number') and not private.is_blank(v_value #>> '{}') then
      return btrim(v_value #>> '{}');
    end if;
  end loop;
  return null;
end
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
  delete from private.play_grants g where g.expires_at < p_now;
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.webhook_tokens t where t.valid_until < p_now;
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.outbox_mails m where m.finished_at < p_now - interval '90 days';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.idempotency_keys k where k.created_at < p_now - interval '7 days';
  get diagnostics v_rows = row_count;
  return v_forgotten + v_rows;
end
$function$;

CREATE OR REPLACE FUNCTION private.give_extensions_by_email(p_integration_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_member_ids uuid[];
  v_extensions text[];
begin
  -- Only where it can mean nobody else: one extension names the address, and one active member has confirmed it. A name
  -- proves nothing, and neither does the copy of the address that a profile shows.
  with meant as (
    select e.extension, m.org_id, m.id as member_id, count(*) over (partition by e.extension) as members,
      count(*) over (partition by m.id) as extensions
    from public.extensions e
    join auth.users u on lower(u.email) = lower(e.email) and u.email_confirmed_at is not null
    join public.org_members m on m.user_id = u.id and m.org_id = e.org_id and m.deactivated_at is null
    where e.integration_id = p_integration_id and e.unlisted_at is null
  ),
  given as (
    insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
    select t.org_id, t.member_id, p_integration_id, t.extension, tstzrange(now(), null)
    from meant t
    where t.members = 1 and t.extensions = 1
      and exists (
        select from public.extensions e
        where e.integration_id = p_integration_id and e.extension = t.extension and e.email_used_at is null
      )
      and not exists (
        select from public.member_extensions h
        where h.integration_id = p_integration_id and coalesce(upper(h.period), 'infinity') > now()
          and (h.extension = t.extension or h.member_id = t.member_id)
      )
    order by t.extension
    on conflict do nothing
    returning member_id, extension
  ),
  used as (
    update public.extensions e set email_used_at = now()
    from given g
    where e.integration_id = p_integration_id and e.extension = g.extension
  )
  select array_agg(g.member_id), array_agg(g.extension) into v_member_ids, v_extensions from given g;
  if v_extensions is not null then
    perform private.attribute_extensions(p_integration_id, v_member_ids, v_extensions, now());
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.has_due_work(p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return exists (
    select from public.sync_jobs j
    join public.integrations i on i.id = j.integration_id and i.disabled_at is null
    join public.organizations o on o.id = i.org_id and o.archived_at is null
    where j.state = 'queued' and j.run_after <= p_now and j.kind not in ('backfill', 'replay')
  ) or exists (
    select from private.sync_cursors c
    join public.integrations i on i.id = c.integration_id and i.disabled_at is null
    join public.organizations o on o.id = i.org_id and o.archived_at is null
    where c.next_run_at <= p_now and not exists (
      select from public.sync_jobs j
      where j.integration_id = c.integration_id and j.resource = c.resource and j.kind = 'scheduled' and j.state in ('queued', 'running')
    )
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.hearable_recording(p_recording_id uuid)
 RETURNS public.recordings
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_recording public.recordings;
begin
  select * into v_recording
  from public.recordings r
  where r.id = p_recording_id and (
    r.org_id = any (array(select private.my_org_ids('org_admin')))
    or r.line_id = any (array(select private.my_line_ids()))
    or r.member_ids && array(select private.my_member_ids())
  );
  return v_recording;
end
$function$;

CREATE OR REPLACE FUNCTION private.ingest_webhook_events(p_deliveries jsonb[])
 RETURNS TABLE(ordinal integer, event_id bigint, status text, is_duplicate boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_ordinals integer[];
  v_integration_ids uuid[];
  v_keys text[];
  v_inserted bigint[];
  v_again bigint[];
begin
  perform from public.integrations i
  where i.id = any (array(select (d ->> 'integration_id')::uuid from unnest(p_deliveries) d))
  order by i.id
  for key share;

  with delivered as materialized (
    select
      n::integer as ordinal, d.integration_id, d.received_at, d.body,
      private.read_body(d.body) as payload
    from unnest(p_deliveries) with ordinality as delivery (envelope, n)
    cross join lateral jsonb_to_record(envelope) as d (integration_id uuid, body text, received_at timestamptz)
  ),
  keyed as materialized (
    select
      d.*,
      case
        when char_length(d.payload ->> 'Guid') between 1 and 200 and d.payload ->> 'Guid' ~ '[^0{}-]'
        then 'guid:' || lower(d.payload ->> 'Guid')
        else 'sha256:' || encode(sha256(convert_to(d.body, 'UTF8')), 'hex')
      end as dedupe_key
    from delivered d
  ),
  inserted as (
    insert into private.webhook_events (
      org_id, integration_id, dedupe_key, received_at, payload, unreadable_body, had_nul,
      event_type, provider_call_id, direction, kind, is_agent_event, extension, from_number, to_number,
      occurred_at, duration_seconds, recording_url, has_recording, status, error
    )
    select
      coalesce(
        (select c.org_id from public.calls c where c.integration_id = i.id and c.provider_call_id = e.provider_call_id), i.org_id
      ),
      i.id, d.dedupe_key, d.received_at, d.payload,
      case when d.payload is null then regexp_replace(
        d.body, '("(?:x-)?api[_-]?key"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[^,}\]\s]+)', '\1"[redacted]"', 'gi'
      ) end,
      private.without_nul(d.body) <> d.body,
      e.event_type, e.provider_call_id, e.direction, e.kind, e.is_agent_event, e.extension, e.from_number, e.to_number,
      e.occurred_at, e.duration_seconds, e.recording_url, e.has_recording,
      case when d.payload is null then 'failed' when i.disabled_at is not null then 'kept' else e.status end,
      case when d.payload is null then 'The body is nested too deep, or holds what Postgres cannot.' when i.disabled_at is null then e.error end
    from keyed d
    join public.integrations i on i.id = d.integration_id
    cross join lateral private.read_event(d.payload, d.received_at) e
    -- In key order: two batches with the same deliveries wait for each other instead of deadlocking.
    order by i.id, d.dedupe_key, d.ordinal
    on conflict (integration_id, dedupe_key) do nothing
    returning id
  )
  select
    array_agg(k.ordinal), array_agg(k.integration_id), array_agg(k.dedupe_key), (select array_agg(i.id) from inserted i)
  into v_ordinals, v_integration_ids, v_keys, v_inserted
  from keyed k;

  -- Delivered again after a failure, or after the integration was enabled: what counts is applied, not seen.
  select array_agg(e.id) into v_again
  from unnest(v_integration_ids, v_keys) as k (integration_id, dedupe_key)
  join private.webhook_events e using (integration_id, dedupe_key)
  where e.status in ('failed', 'kept') and e.id <> all (coalesce(v_inserted, '{}'));
  perform private.apply_webhook_events(coalesce(v_inserted, '{}'), coalesce(v_again, '{}'));

  return query
  select
    k.ordinal, e.id, e.status,
    e.id <> all (coalesce(v_inserted, '{}')) or row_number() over (partition by e.id order by k.ordinal) > 1
  from unnest(v_ordinals, v_integration_ids, v_keys) as k (ordinal, integration_id, dedupe_key)
  join private.webhook_events e using (integration_id, dedupe_key)
  order by k.ordinal;
end
$function$;

CREATE OR REPLACE FUNCTION private.integration_figures()
 RETURNS TABLE(integration_id uuid, requests_used_today integer, requests_per_day integer, next_run_at timestamp with time zone, last_event_at timestamp with time zone, failed_events bigint, kept_events bigint, rejected_items bigint, has_api_key boolean, has_user_key boolean, webhook_secrets bigint, webhook_tokens bigint, webhook_url text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select
    i.id, coalesce(q.used, 0), coalesce(q.quota, 2500),
    (select min(c.next_run_at) from private.sync_cursors c where c.integration_id = i.id and i.disabled_at is null),
    (select max(e.received_at) from private.webhook_events e where e.integration_id = i.id and e.org_id = i.org_id),
    (select count(*) from private.webhook_events e where e.integration_id = i.id and e.status = 'failed'),
    (select count(*) from private.webhook_events e where e.integration_id = i.id and e.status = 'kept'),
    (select count(*) from private.rejected_items r where r.org_id = i.org_id and r.integration_id = i.id),
    coalesce(k.has_api_key, false), coalesce(k.has_user_key, false), coalesce(k.webhook_secrets, 0),
    (
      select count(*) from private.webhook_tokens t
      where t.integration_id = i.id and (t.valid_until is null or t.valid_until > now())
    ),
    s.webhooks_url || private.webhook_path(i.id, case i.webhook_mode when 'token' then '<token>' end)
  from public.integrations i
  cross join public.platform_settings s
  left join private.integration_requests u on u.integration_id = i.id and u.day = (now() at time zone 'UTC')::date
  left join private.provider_quota q on q.api_key_hash = u.api_key_hash and q.day = u.day
  left join lateral (
    select
      bool_or(c.purpose = 'api_key') as has_api_key, bool_or(c.purpose = 'user_key') as has_user_key,
      count(*) filter (where c.purpose = 'webhook_secret' and (c.valid_until is null or c.valid_until > now())) as webhook_secrets
    from private.integration_credentials c
    where c.integration_id = i.id
  ) k on true
  where i.org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
$function$;

CREATE OR REPLACE FUNCTION private.keep_credential(p_integration_id uuid, p_purpose text, p_key_id text, p_sealed text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into private.integration_credentials as c (org_id, integration_id, purpose, key_id, sealed)
  select i.org_id, i.id, p_purpose, p_key_id, decode(p_sealed, 'base64') from public.integrations i where i.id = p_integration_id
  on conflict (integration_id, purpose) where purpose <> 'webhook_secret'
  do update set key_id = excluded.key_id, sealed = excluded.sealed, created_at = now();
exception when data_exception or check_violation or not_null_violation then
  raise exception 'The % is not a sealed value in base64.', p_purpose
    using errcode = 'PT422', detail = 'credential_not_sealed', hint = 'Seal it with the platform''s public key.';
end
$function$;

CREATE OR REPLACE FUNCTION private.keep_credentials(p_integration_id uuid, p_key_id text, p_credentials jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_credential record;
begin
  for v_credential in select key as purpose, value as sealed from jsonb_each_text(p_credentials) order by key loop
    if v_credential.purpose not in ('api_key', 'user_key', 'webhook_secret') then
      raise exception 'There is no credential of the kind %.', left(v_credential.purpose, 100)
        using errcode = 'PT422', detail = 'credential_unknown', hint = 'Send api_key, user_key and webhook_secret.';
    end if;
    perform private.keep_credential(p_integration_id, v_credential.purpose, p_key_id, v_credential.sealed);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.keep_items(p_integration_id uuid, p_resource text, p_ids text[], p_items jsonb[], p_observed_at timestamp with time zone)
 RETURNS TABLE(provider_id text, is_new boolean, is_changed boolean)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  -- In key order: two workers with the same page wait for each other instead of deadlocking.
  perform from private.provider_items k
  where k.integration_id = p_integration_id and k.resource = p_resource and k.provider_id = any (p_ids)
  order by k.provider_id
  for no key update;

  return query
  with said as (
    -- Of two statements in one page the later one counts.
    select distinct on (i.id) i.id, i.payload, sha256(convert_to(i.payload::text, 'UTF8')) as payload_hash
    from unnest(p_ids, p_items) with ordinality as i (id, payload, n)
    order by i.id, i.n desc
  ),
  kept as (
    insert into private.provider_items as k (
      integration_id, resource, provider_id, payload, payload_hash, first_observed_at, observed_at
    )
    select p_integration_id, p_resource, s.id, s.payload, s.payload_hash, p_observed_at, p_observed_at
    from said s
    order by s.id
    on conflict (integration_id, resource, provider_id) do update set
      payload = excluded.payload, payload_hash = excluded.payload_hash, observed_at = excluded.observed_at, unlisted_at = null
    where k.observed_at <= excluded.observed_at
    -- Only a row that was there before has a transaction that changed it.
    returning k.provider_id, k.payload_hash, k.xmax = 0 as is_new
  )
  select
    k.provider_id, k.is_new,
    coalesce(b.payload_hash <> k.payload_hash or b.unlisted_at is not null, false)
  from kept k
  left join private.provider_items b
    on b.integration_id = p_integration_id and b.resource = p_resource and b.provider_id = k.provider_id
  order by k.provider_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.keep_recording(p_recording_id uuid, p_org_id uuid, p_integration_id uuid, p_kind text, p_call_id uuid, p_voicemail_id uuid, p_line_id uuid, p_member_ids uuid[], p_direction text, p_external_number text, p_started_at timestamp with time zone, p_duration_seconds integer, p_url text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_recording public.recordings;
begin
  v_recording.id := p_recording_id;
  v_recording.org_id := p_org_id;
  v_recording.integration_id := p_integration_id;
  v_recording.kind := p_kind;
  v_recording.call_id := p_call_id;
  v_recording.voicemail_id := p_voicemail_id;
  v_recording.line_id := p_line_id;
  v_recording.member_ids := coalesce(p_member_ids, '{}');
  v_recording.direction := p_direction;
  v_recording.external_number := p_external_number;
  v_recording.started_at := p_started_at;
  v_recording.duration_seconds := p_duration_seconds;
  perform private.keep_recordings(array[v_recording], array[p_url]);
end
$function$;

CREATE OR REPLACE FUNCTION private.keep_recordings(p_recordings public.recordings[], p_urls text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
begin
  insert into public.recordings as r (
    id, org_id, integration_id, kind, call_id, voicemail_id, line_id, member_ids, direction, external_number, started_at, duration_seconds
  )
  select
    k.id, k.org_id, k.integration_id, k.kind, k.call_id, k.voicemail_id, k.line_id, k.member_ids, k.direction, k.external_number,
    k.started_at, k.duration_seconds
  from unnest(p_recordings) k
  order by k.id
  on conflict (id) do update set
    org_id = excluded.org_id, line_id = excluded.line_id, member_ids = excluded.member_ids, direction = excluded.direction,
    external_number = excluded.external_number, started_at = excluded.started_at, duration_seconds = excluded.duration_seconds
  where (r.org_id, r.line_id, r.member_ids, r.direction, r.external_number, r.started_at, r.duration_seconds) is distinct from (
    excluded.org_id, excluded.line_id, excluded.member_ids, excluded.direction, excluded.external_number, excluded.started_at,
    excluded.duration_seconds
  );

  with linked as (
    insert into private.recording_sources as s (recording_id, url)
    select k.id, p_urls[k.ordinality]
    from unnest(p_recordings) with ordinality k
    order by k.id
    on conflict (recording_id) do update set
      url = excluded.url,
      -- A link that changes in its query alone, as a signed one does at every reading, begins nothing anew; nor does any while
      -- somebody is fetching.
      attempt = case
        when s.worker is null and split_part(excluded.url, '?', 1) is distinct from split_part(s.url, '?', 1) then 0 else s.attempt
      end,
      next_attempt_at = case
        when s.worker is null and split_part(excluded.url, '?', 1) is distinct from split_part(s.url, '?', 1) then now()
        else s.next_attempt_at
      end
    where excluded.url <> s.url or s.url is null and excluded.url is not null
    returning s.recording_id, s.attempt
  )
  update public.recordings r set state = 'waiting', reason = null
  from linked l
  where r.id = l.recording_id and r.state = 'failed' and l.attempt = 0;
end
$function$;

CREATE OR REPLACE FUNCTION private.line_at(p_integration_id uuid, p_e164 text, p_at timestamp with time zone)
 RETURNS TABLE(phone_number_id uuid, line_id uuid, org_id uuid)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  return query
  select n.id, l.id, coalesce(l.org_id, i.org_id)
  from public.integrations i
  left join lateral (
    select id from public.phone_numbers where integration_id = i.id and e164 = p_e164 limit 1
  ) n on true
  left join lateral (
    select id, org_id
    from public.lines
    where phone_number_id = n.id and period @> p_at and (i.org_id = private.holding_org_id() or org_id = i.org_id)
    limit 1
  ) l on true
  where i.id = p_integration_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.lock_messages(p_integration_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('messages of ' || p_integration_id, 0));
end
$function$;

CREATE OR REPLACE FUNCTION private.lock_my_integration(p_integration_id uuid, VARIADIC p_roles text[] DEFAULT ARRAY['org_admin'::text])
 RETURNS public.integrations
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_integration public.integrations;
begin
  -- Deliveries on their way, which hold it "for key share", are over before anything is changed, or see the change.
  select * into v_integration
  from public.integrations i
  where i.id = p_integration_id and i.removed_at is null and i.org_id = any (array(select private.my_org_ids(variadic p_roles)))
  for update;
  if not found then
    raise exception 'There is no such integration.'
      using errcode = 'PT404', detail = 'integration_not_found', hint = 'See integrations for those of your organizations; most needs an admin.';
  end if;
  return v_integration;
end
$function$;

CREATE OR REPLACE FUNCTION private.lock_numbers(p_integration_id uuid, p_e164s text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
begin
  perform from public.integrations i where i.id = p_integration_id for key share;
  perform from public.phone_numbers n
  where n.id = any (array(
    select p.id
    from unnest(p_e164s) as named (e164)
    cross join lateral (
      select id from public.phone_numbers where integration_id = p_integration_id and e164 = named.e164 limit 1
    ) p
  ))
  order by n.id
  for key share;
end
$function$;

CREATE OR REPLACE FUNCTION private.lock_request(p_request_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_request record;
begin
  select r.integration_id, l.e164 into v_request
  from private.outbox_requests r
  join public.lines l on l.id = r.line_id
  where r.id = p_request_id;
  perform private.lock_numbers(v_request.integration_id, array[v_request.e164]);
  perform private.lock_messages(v_request.integration_id);
end
$function$;

CREATE OR REPLACE FUNCTION private.lock_voicemails(p_integration_id uuid, p_is_shared boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_key constant bigint := hashtextextended('voicemails:' || p_integration_id::text, 0);
begin
  if p_is_shared then
    perform pg_advisory_xact_lock_shared(v_key);
  else
    perform pg_advisory_xact_lock(v_key);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.message_hash(p_stated_at timestamp with time zone, p_direction text, p_business_number text, p_external_number text, p_body text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return 'content:' || encode(sha256(convert_to(
    jsonb_build_array(extract(epoch from p_stated_at), p_direction, p_business_number, p_external_number, p_body)::text, 'UTF8'
  )), 'hex');
end
$function$;

CREATE OR REPLACE FUNCTION private.message_keyword(p_body text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if char_length(p_body) > 100 then
    return null;
  end if;
  return case
    when upper(regexp_replace(p_body, '^[[:space:][:punct:]]+|[[:space:][:punct:]]+$', '', 'g'))
      in ('STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'OPTOUT', 'REVOKE') then 'stop'
    when upper(regexp_replace(p_body, '^[[:space:][:punct:]]+|[[:space:][:punct:]]+$', '', 'g'))
      in ('START', 'UNSTOP', 'YES') then 'start'
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.my_playable_objects()
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
begin
  return query
  select g.recording_id::text
  from private.play_grants g
  where g.user_id = auth.uid() and g.expires_at > now()
    -- Somebody deactivated a minute ago has the grant still, but not the right.
    and (private.hearable_recording(g.recording_id)).state = 'stored';
end
$function$;

CREATE OR REPLACE FUNCTION private.observe_agent_status(p_integration_id uuid, p_extension text, p_status text, p_is_account_user_only boolean, p_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_holder record;
  v_before public.agent_statuses;
  v_after public.agent_statuses;
begin
  if exists (
    select from public.agent_statuses s
    where s.integration_id = p_integration_id and s.extension = p_extension and p_at between s.since and s.observed_through
  ) then
    return false;
  end if;
  select * into v_holder from private.extension_holder(p_integration_id, p_extension, p_at);
  -- The looks before and after, as far as they found the same with the same holder not long ago: looks that come late, or twice, make
  -- the same intervals as looks that come in order.
  select * into v_before
  from (
    select * from public.agent_statuses s
    where s.integration_id = p_integration_id and s.extension = p_extension and s.since < p_at
    order by s.since desc
    limit 1
  ) s
  where s.observed_through > p_at - interval '30 minutes' and s.status = p_status
    and (s.org_id, s.member_id, s.is_account_user_only) is not distinct from (v_holder.org_id, v_holder.member_id, p_is_account_user_only);
  select * into v_after
  from (
    select * from public.agent_statuses s
    where s.integration_id = p_integration_id and s.extension = p_extension and s.since > p_at
    order by s.since
    limit 1
  ) s
  where s.since < p_at + interval '30 minutes' and s.status = p_status
    and (s.org_id, s.member_id, s.is_account_user_only) is not distinct from (v_holder.org_id, v_holder.member_id, p_is_account_user_only);

  if v_before.id is not null then
    delete from public.agent_statuses s where s.id = v_after.id;
    update public.agent_statuses s set observed_through = coalesce(v_after.observed_through, p_at) where s.id = v_before.id;
    return false;
  elsif v_after.id is not null then
    update public.agent_statuses s set since = p_at where s.id = v_after.id;
    return false;
  end if;
  insert into public.agent_statuses (
    org_id, integration_id, extension, member_id, status, since, observed_through, is_account_user_only
  )
  values (
    v_holder.org_id, p_integration_id, p_extension, v_holder.member_id, p_status, p_at, p_at, p_is_account_user_only
  );
  return true;
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
$function$;

CREATE OR REPLACE FUNCTION private.opted_out_reason()
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return 'The recipient answered STOP and has not taken it back.';
end
$function$;

CREATE OR REPLACE FUNCTION private.part_of_day_left(p_now timestamp with time zone)
 RETURNS numeric
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return 1 - extract(epoch from p_now - date_trunc('day', p_now, 'UTC')) / 86400;
end
$function$;

CREATE OR REPLACE FUNCTION private.place_call(p_line_id uuid, p_to text, p_idempotency_key text)
 RETURNS TABLE(placed_call_id uuid, state text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_line constant public.lines := private.require_line(p_line_id, 'calls:place');
  v_key constant text := private.read_idempotency_key(p_idempotency_key);
  v_to constant text := (private.read_recipients(array[p_to], v_line))[1];
  v_id constant uuid := gen_random_uuid();
  v_earlier uuid[];
  v_integration public.integrations;
begin
  v_earlier := private.earlier_result(
    v_key, jsonb_build_object('does', 'place_call', 'line_id', p_line_id, 'to', p_to), array[v_id]
  );
  if v_earlier is null then
    v_integration := private.require_open_line(v_line);
    insert into public.placed_calls (id, org_id, integration_id, line_id, business_number, external_number, requested_by)
    values (v_id, v_line.org_id, v_integration.id, v_line.id, v_line.e164, v_to, auth.uid());
    insert into private.outbox_requests (integration_id, line_id, recipient, placed_call_id, run_after, expires_at)
    values (v_integration.id, v_line.id, v_to, v_id, now(), now() + interval '2 minutes');
    notify sync_jobs;
  end if;
  return query select coalesce(v_earlier[1], v_id), 'queued';
end
$function$;

CREATE OR REPLACE FUNCTION private.place_statement(p_statement private.message_statements)
 RETURNS uuid[]
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_home constant uuid := extensions.uuid_generate_v5(p_statement.integration_id, 'message:' || p_statement.statement_key);
  v_text constant text := btrim(regexp_replace(p_statement.body, '\s+', ' ', 'g'));
  v_named_by text;
  v_other text;
  v_other_home uuid;
  v_message_id uuid;
  v_touched uuid[] := '{}';
begin
  select s.message_id into v_message_id
  from private.message_statements s
  where s.integration_id = p_statement.integration_id and s.source = p_statement.source
    and s.statement_key = p_statement.statement_key;

  if v_message_id is null then
    select s.message_id, s.source into v_message_id, v_named_by
    from private.message_statements s
    where s.integration_id = p_statement.integration_id and s.statement_key = p_statement.statement_key
      and s.source <> p_statement.source and s.message_id is not null
    order by array_position(array['answer', 'journal', 'event'], s.source)
    limit 1;

    -- One message is stated once in the journal. A statement that was there only because it is alike makes room for the one
    -- with the same id; where it is itself there by its id, the event with this id was the one that was only alike.
    select s.statement_key, extensions.uuid_generate_v5(s.integration_id, 'message:' || s.statement_key) into v_other, v_other_home
    from private.message_statements s
    where p_statement.source = 'journal' and s.message_id = v_message_id and s.source = 'journal';
    if v_other is not null then
      if v_named_by = 'answer' or v_message_id = v_home or (
        v_message_id <> v_other_home and not exists (
          select from private.message_statements s
          where s.message_id = v_message_id and s.statement_key = v_other and s.source <> 'journal'
        )
      ) then
        update private.message_statements s set message_id = v_other_home
        where s.message_id = v_message_id and s.statement_key = v_other and s.source <> 'answer';
        v_touched := v_touched || v_other_home;
      else
        update private.message_statements s set message_id = v_home
        where s.integration_id = p_statement.integration_id and s.message_id = v_message_id
          and s.statement_key = p_statement.statement_key and s.source = 'event';
        v_touched := v_touched || v_message_id;
        v_message_id := v_home;
      end if;
    end if;
  end if;

  -- By what it says: first what we sent ourselves, the oldest first, then what the other source told of, the nearest first.
  if v_message_id is null and p_statement.direction is not null and p_statement.body is not null then
    select m.id into v_message_id
    from public.messages m
    left join private.outbox_requests r on r.message_id = m.id
    where m.integration_id = p_statement.integration_id and m.business_number = p_statement.business_number
      and m.external_number = p_statement.external_number and m.direction = p_statement.direction
      and btrim(regexp_replace(m.body, '\s+', ' ', 'g')) = v_text
      and case
        when r.id is null then
          p_statement.stated_at between m.sent_at - interval '10 minutes' and m.sent_at + interval '10 minutes'
        else
          p_statement.stated_at between r.begun_at - interval '2 minutes' and r.begun_at + interval '30 minutes'
          and (r.outcome is distinct from 'failed' or p_statement.state = 'failed')
      end
      -- One statement of the journal, one event; without ids one that it left, and one of how it ended.
      and not exists (
        select from private.message_statements s
        where s.message_id = m.id and s.source = p_statement.source and (
          s.source = 'journal' or s.provider_message_id is not null or p_statement.provider_message_id is not null
          or (s.state in ('delivered', 'failed')) = (p_statement.state in ('delivered', 'failed'))
        )
      )
    order by
      r.id is null, r.outcome is not distinct from 'failed', r.begun_at,
      greatest(m.sent_at - p_statement.stated_at, p_statement.stated_at - m.sent_at), m.id
    limit 1;
    v_message_id := coalesce(v_message_id, v_home);
  end if;

  insert into private.message_statements as s
  select (p_statement).integration_id, (p_statement).source, (p_statement).statement_key, v_message_id,
    (p_statement).provider_message_id, (p_statement).direction, (p_statement).business_number, (p_statement).external_number,
    (p_statement).body, (p_statement).stated_at, (p_statement).state, (p_statement).state_at, (p_statement).reason,
    (p_statement).was_delivered
  on conflict (integration_id, source, statement_key) do update set
    message_id = excluded.message_id,
    provider_message_id = excluded.provider_message_id, direction = excluded.direction,
    business_number = excluded.business_number, external_number = excluded.external_number, body = excluded.body,
    stated_at = excluded.stated_at, state = excluded.state, state_at = excluded.state_at, reason = excluded.reason,
    was_delivered = s.was_delivered or excluded.was_delivered;

  -- Events that named it before anybody said what it was.
  update private.message_statements s set message_id = v_message_id
  where s.integration_id = p_statement.integration_id and s.statement_key = p_statement.statement_key
    and s.message_id is null and v_message_id is not null;

  return v_touched || v_message_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.planned_pause(p_integration_id uuid, p_resource text, p_now timestamp with time zone)
 RETURNS interval
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_day constant date := (p_now at time zone 'UTC')::date;
  v_resource private.sync_resources;
  v_quota private.provider_quota;
  v_passes_cost numeric;
  v_affordable numeric;
begin
  select * into v_resource from private.sync_resources r where r.resource = p_resource;
  select q.* into v_quota
  from private.integration_requests u
  join private.provider_quota q on q.api_key_hash = u.api_key_hash and q.day = u.day
  where u.integration_id = p_integration_id and u.day = v_day;
  if not found then
    return v_resource.poll_interval;
  end if;
  -- All accounts that read with this key live from the same requests.
  select sum(c.pages) into v_passes_cost
  from private.integration_requests u
  join private.sync_cursors c on c.integration_id = u.integration_id and c.resource = p_resource
  where u.api_key_hash = v_quota.api_key_hash and u.day = v_day;
  v_affordable := greatest(
    1, (private.requests_for('scheduled', v_quota.quota, p_now) - v_quota.used) * v_resource.share
  );
  return greatest(
    v_resource.poll_interval,
    interval '1 day' * (private.part_of_day_left(p_now) * coalesce(v_passes_cost, 1) / v_affordable)::double precision
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.play_recording(p_recording_id uuid)
 RETURNS TABLE(bucket_id text, object_name text, content_type text, expires_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_recording constant public.recordings := private.hearable_recording(p_recording_id);
  v_expires_at constant timestamptz := now() + interval '5 minutes';
begin
  if v_recording.id is null then
    raise exception 'There is no such recording.'
      using errcode = 'PT404', detail = 'recording_not_found', hint = 'See recordings for those you may hear.';
  end if;
  if v_recording.state <> 'stored' then
    raise exception 'The recording cannot be played: %.', coalesce(v_recording.reason, 'its audio has not arrived yet')
      using errcode = 'PT409', detail = 'recording_not_stored', hint = 'Its state and reason are told in recordings.';
  end if;
  insert into private.play_grants as g (user_id, recording_id, expires_at) values (auth.uid(), p_recording_id, v_expires_at)
  on conflict (user_id, recording_id) do update set expires_at = excluded.expires_at;
  perform private.record_audit(
    v_recording.org_id, 'play', 'recordings', jsonb_build_object('id', p_recording_id),
    jsonb_strip_nulls(jsonb_build_object('call_id', v_recording.call_id, 'voicemail_id', v_recording.voicemail_id))
  );
  return query select 'recordings', p_recording_id::text, v_recording.content_type, v_expires_at;
end
$function$;

CREATE OR REPLACE FUNCTION private.postpone_sync_job(p_job_id uuid, p_worker text, p_run_after timestamp with time zone, p_note text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.sync_jobs set
    state = 'queued', worker = null, lease_until = null, attempt = attempt - 1, run_after = greatest(p_run_after, p_now),
    note = left(p_note, 2000)
  where id = p_job_id and worker = p_worker and state = 'running'
$function$;

CREATE OR REPLACE FUNCTION private.queue_replay(p_integration_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_status text)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id);
begin
  if p_status is not null and p_status not in ('applied', 'ignored', 'failed', 'kept') then
    raise exception 'There is no status %.', left(p_status, 100)
      using errcode = 'PT422', detail = 'status_unknown', hint = 'Choose failed, applied, ignored or kept, or null for all.';
  end if;
  if p_from >= p_to then
    raise exception 'The period must run forward.'
      using errcode = 'PT422', detail = 'period_reversed', hint = 'Send p_from earlier than p_to, or leave one out.';
  end if;
  if v_integration.disabled_at is not null then
    raise exception 'The integration is disabled.'
      using errcode = 'PT409', detail = 'integration_disabled', hint = 'Its deliveries are applied when it is enabled.';
  end if;
  return private.queue_replay_job(p_integration_id, p_from, p_to, p_status, now());
end
$function$;

CREATE OR REPLACE FUNCTION private.queue_replay_job(p_integration_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_status text, p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_job_id uuid;
begin
  insert into public.sync_jobs (
    org_id, integration_id, resource, kind, range_from, range_to, replay_status, requested_by, run_after, created_at
  )
  select i.org_id, i.id, 'calls', 'replay', p_from, coalesce(p_to, p_now), p_status, auth.uid(), p_now, p_now
  from public.integrations i
  where i.id = p_integration_id and i.disabled_at is null
  returning id into v_job_id;
  if v_job_id is null then
    raise exception 'There is no enabled integration %.', p_integration_id
      using errcode = 'PT404', detail = 'integration_not_found', hint = 'See "python -m sync status" for the integrations there are.';
  end if;
  notify sync_jobs;
  return v_job_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.queue_test(p_integration_id uuid, p_kind text)
 RETURNS TABLE(job_id uuid, state text, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id);
  v_job_id uuid;
begin
  if v_integration.disabled_at is not null then
    raise exception 'The integration is disabled.'
      using errcode = 'PT409', detail = 'integration_disabled', hint = 'Enable it first.';
  end if;
  if p_kind = 'test_delivery' and exists (select from public.platform_settings s where s.webhooks_url is null) then
    raise exception 'It is not known where the webhook app is reached from outside.'
      using errcode = 'PT409', detail = 'webhooks_url_missing', hint = 'A platform admin writes it into platform_settings.webhooks_url.';
  end if;
  -- Asking again while one waits, or has just been done, is asking once.
  select j.id into v_job_id
  from public.sync_jobs j
  where j.integration_id = p_integration_id and j.kind = p_kind
    and (j.state in ('queued', 'running') or j.created_at > now() - interval '10 seconds')
  order by j.created_at desc
  limit 1;
  if not found then
    v_job_id := private.queue_sync_job(
      p_integration_id, case p_kind when 'test' then 'phone_numbers' else 'calls' end, p_kind, null, null, null, now()
    );
  end if;
  return query select j.id, j.state, j.created_at from public.sync_jobs j where j.id = v_job_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_calls(p_payloads jsonb[])
 RETURNS TABLE(place integer, provider_call_id text, direction text, provider_status text, business_number text, external_number text, external_name text, started_at timestamp with time zone, duration_seconds integer, legs jsonb, recording_url text, has_recording boolean, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
begin
  -- A page at once: a call of a function per item costs more than the reading. "offset 0" keeps a value that is used often
  -- from being worked out at every use.
  return query
  select
    i.n::integer, v.provider_call_id, v.direction, left(i.payload ->> 'callStatus', 100),
    private.parse_phone(i.payload ->> 'businessNumber'),
    private.parse_phone(o.outside ->> 'phone'), nullif(left(btrim(o.outside ->> 'name'), 200), ''),
    v.started_at,
    -- Longer than a week is a broken value, not a call.
    case when v.milliseconds between 0 and 604800000 then floor(v.milliseconds / 1000)::integer end,
    agents.legs,
    r.url,
    coalesce(r.url is not null or btrim(i.payload -> 'callRecord' ->> 'fileName') <> '', false),
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.provider_call_id is null then 'The call has no id.'
      when char_length(v.provider_call_id) > 200 then 'The call''s id has more than 200 characters.'
      when v.started_at is null then 'The call has no readable dateTimeUtc.'
      when v.started_at not between '2005-01-01 00:00Z' and now() + interval '1 day' then 'The call''s dateTimeUtc is impossible.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      nullif(btrim(i.payload ->> 'id'), '') as provider_call_id,
      private.parse_timestamp(i.payload ->> 'dateTimeUtc') as started_at,
      private.parse_number(i.payload ->> 'duration') as milliseconds,
      case lower(i.payload ->> 'direction')
        when 'incoming' then 'inbound' when 'outgoing' then 'outbound' when 'callback' then 'callback' when 'internal' then 'internal'
      end as direction,
      case when jsonb_typeof(i.payload -> 'called') = 'array' then i.payload -> 'called' else '[]' end as called
    offset 0
  ) v
  cross join lateral (
    select
      case
        when v.direction = 'inbound' then
          case when jsonb_typeof(i.payload -> 'caller') = 'object' then i.payload -> 'caller' end
        when v.direction in ('outbound', 'callback') then (
          select c.agent
          from jsonb_array_elements(v.called) with ordinality as c (agent, n)
          where jsonb_typeof(c.agent) = 'object' and nullif(btrim(c.agent ->> 'extension'), '') is null
          order by c.n
          limit 1
        )
      end as outside
    offset 0
  ) o
  cross join lateral (
    select nullif(left(btrim(i.payload -> 'callRecord' ->> 'uri'), 2000), '') as url
    offset 0
  ) r
  cross join lateral (
    select
      jsonb_agg(jsonb_build_object('extension', a.extension, 'name', a.name, 'is_connected', a.is_connected) order by a.extension) as legs
    from (
      select
        left(btrim(c.agent ->> 'extension'), 40) as extension,
        min(nullif(left(btrim(c.agent ->> 'name'), 200), '')) as name,
        bool_or(c.is_connected) as is_connected
      from (
        select agent, coalesce(agent -> 'isConnected' = 'true', false) as is_connected from jsonb_array_elements(v.called) as agent
        union all
        -- Whoever placed the call spoke if it connected.
        select i.payload -> 'caller', coalesce(lower(i.payload ->> 'callStatus') = 'connected', false)
      ) c
      where jsonb_typeof(c.agent) = 'object' and btrim(c.agent ->> 'extension') <> ''
      group by 1
    ) a
  ) agents;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_contacts(p_payloads jsonb[])
 RETURNS TABLE(place integer, provider_contact_id text, name text, company text, email text, numbers text[], error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  -- What its fields are called is not published: names met with calls, messages and other clients are all taken.
  return query
  select
    i.n::integer, v.provider_contact_id,
    left(coalesce(
      private.first_text(i.payload, 'name', 'fullName', 'displayName'),
      nullif(concat_ws(' ', private.first_text(i.payload, 'firstName'), private.first_text(i.payload, 'lastName')), '')
    ), 200),
    left(private.first_text(i.payload, 'company', 'companyName', 'organization', 'company.name', 'organization.name'), 200),
    case when private.is_email(v.email) then v.email end,
    array(
      select distinct private.parse_phone(t.number) collate "C"
      from (
        select private.first_text(i.payload, field) as number
        from unnest(array['phone', 'phoneNumber', 'number', 'mobile', 'mobilePhone', 'workPhone', 'homePhone', 'address']) field
        union all
        select case
          when jsonb_typeof(p.value) = 'object' then private.first_text(p.value, 'number', 'phone', 'value', 'phoneNumber', 'address')
          else private.first_text(jsonb_build_array(p.value), '0')
        end
        from (values (i.payload -> 'phones'), (i.payload -> 'phoneNumbers'), (i.payload -> 'numbers')) as list (value)
        cross join lateral jsonb_array_elements(case when jsonb_typeof(list.value) = 'array' then list.value else '[]' end) p
      ) t
      where private.parse_phone(t.number) is not null
      order by 1
      limit 100
    ),
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.provider_contact_id is null then 'The contact has no id.'
      when char_length(v.provider_contact_id) > 200 then 'The contact''s id has more than 200 characters.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      private.first_text(i.payload, 'id', 'guid', 'contactId') as provider_contact_id,
      private.first_text(i.payload, 'email', 'emailAddress', 'emails.0', 'emails.0.email', 'emails.0.address', 'emails.0.value') as email
    offset 0
  ) v;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_event(p_payload jsonb, p_received_at timestamp with time zone, OUT event_type text, OUT provider_call_id text, OUT direction text, OUT kind text, OUT is_agent_event boolean, OUT extension text, OUT from_number text, OUT to_number text, OUT occurred_at timestamp with time zone, OUT duration_seconds integer, OUT recording_url text, OUT has_recording boolean, OUT status text, OUT error text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_body jsonb := case when jsonb_typeof(p_payload -> 'Body') = 'object' then p_payload -> 'Body' else '{}' end;
  v_way text;
  v_rest text;
  v_is_call boolean;
  v_is_agent boolean;
  v_kind text;
  v_clock text[];
begin
  is_agent_event := false;
  has_recording := false;
  event_type := left(p_payload ->> 'EventType', 100);
  if event_type is null then
    status := 'failed';
    error := 'The event has no EventType.';
    return;
  end if;

  occurred_at := private.parse_timestamp(p_payload ->> 'Timestamp');
  if occurred_at not between p_received_at - interval '30 days' and p_received_at + interval '5 minutes' then
    occurred_at := null;
  end if;
  -- Taken apart by hand: a pattern that tells all of it costs as much as everything else here together.
  if (event_type like '%Sms%' or event_type like '%Message%')
    and event_type ~ '^(Incoming|Outgoing)?(Sms|Message|TextMessage)(Received|Sent|Delivered|Failed|StatusChanged|Status)?$' then
    status := 'applied';
    kind := 'message';
    from_number := private.parse_phone(v_body ->> 'From');
    to_number := private.parse_phone(v_body ->> 'To');
    return;
  end if;

  v_way := case left(event_type, 8) when 'Incoming' then 'inbound' when 'Outgoing' then 'outbound' when 'Callback' then 'callback' end;
  v_rest := case when v_way is null then event_type else substr(event_type, 9) end;
  v_is_call := starts_with(v_rest, 'Call');
  v_rest := case when v_is_call then substr(v_rest, 5) else v_rest end;
  v_is_agent := starts_with(v_rest, 'Agent');
  v_rest := case when v_is_agent then substr(v_rest, 6) else v_rest end;
  v_kind := case
    when v_rest = '' then 'arrived'
    when v_rest in ('Ringing', 'Dialing') then 'ringing'
    when v_rest = 'StopRinging' then 'stop_ringing'
    when v_rest = 'Connected' then 'connected'
    when v_rest in ('Transferred', 'Transfer') then 'transferred'
    when v_rest = 'Completed' then 'completed'
    when v_rest ~ '^Voice[Mm]ail(Received|Left)?$' then 'voicemail'
    when v_rest ~ '^Recording(Ready|Completed|Available)?$' then 'recording'
  end;
  -- Which way a call goes is always told, except where it is only said what was left of it.
  if v_kind is null
    or (v_way is null and v_kind not in ('voicemail', 'recording'))
    or (v_way is not null and not v_is_call)
    or (v_is_agent and v_rest = '') then
    status := 'ignored';
    return;
  end if;

  provider_call_id := nullif(btrim(coalesce(v_body ->> 'Id', p_payload ->> 'CallId', v_body ->> 'CallId')), '');
  if provider_call_id is null or char_length(provider_call_id) > 200 then
    provider_call_id := null;
    status := 'failed';
    error := 'The event names no call (Body.Id), or one of more than 200 characters.';
    return;
  end if;

  status := 'applied';
  kind := v_kind;
  direction := v_way;
  -- Only a caller from outside is sent to voicemail, also where the type does not say which way the call went.
  if kind = 'voicemail' then
    direction := coalesce(direction, 'inbound');
  end if;
  is_agent_event := v_is_agent;
  extension := nullif(left(btrim(v_body ->> 'Extension'), 40), '');
  from_number := private.parse_phone(v_body ->> 'From');
  to_number := private.parse_phone(v_body ->> 'To');

  recording_url := nullif(left(btrim(coalesce(v_body ->> 'RecordingLink', p_payload ->> 'RecordingLink', v_body ->> 'RecordingUrl')), 2000), '');
  has_recording := kind = 'recording' or recording_url is not null
    or nullif(btrim(coalesce(v_body ->> 'RecordingId', p_payload ->> 'RecordingId')), '') is not null;
  v_clock := regexp_match(coalesce(v_body ->> 'CallDuration', p_payload ->> 'CallDuration'), '^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?$');
  duration_seconds := v_clock[1]::int * 3600 + v_clock[2]::int * 60 + v_clock[3]::int;
  -- Longer than a week is a broken value, not a call.
  if duration_seconds > 604800 then
    duration_seconds := null;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_idempotency_key(p_key text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_key constant text := coalesce(p_key, nullif(current_setting('request.headers', true), '')::json ->> 'idempotency-key');
begin
  if v_key is null and auth.uid() is null then
    raise exception 'Programs have to send an Idempotency-Key.'
      using errcode = 'PT400', detail = 'idempotency_key_missing', hint =
        'Send a new random one with each request, and the same one again when you repeat the request.';
  end if;
  if v_key is not null and (private.is_blank(v_key) or char_length(v_key) > 200) then
    raise exception 'An idempotency key has 1 to 200 characters.'
      using errcode = 'PT422', detail = 'idempotency_key_invalid', hint = 'A random UUID will do.';
  end if;
  return v_key;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_message_event(p_integration_id uuid, p_payload jsonb, p_received_at timestamp with time zone)
 RETURNS private.message_statements
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_type constant text := lower(p_payload ->> 'EventType');
  v_body constant jsonb := case when jsonb_typeof(p_payload -> 'Body') = 'object' then p_payload -> 'Body' else '{}' end;
  v_status constant text := lower(coalesce(
    private.first_text(v_body, 'Status', 'State', 'DeliveryStatus', 'MessageDeliveryStatus'), substring(v_type from '(sent|delivered|failed|received)$')
  ));
  v_from constant text := private.first_text(v_body, 'From');
  v_to constant text := private.first_text(v_body, 'To', 'To.0');
  v_at timestamptz := private.parse_timestamp(p_payload ->> 'Timestamp');
  v_said private.message_statements;
begin
  if v_at not between p_received_at - interval '30 days' and p_received_at + interval '5 minutes' then
    v_at := null;
  end if;
  v_said.integration_id := p_integration_id;
  v_said.source := 'event';
  v_said.stated_at := coalesce(v_at, p_received_at);
  v_said.direction := case
    when v_type like 'incoming%' or v_type like '%received' or v_status = 'received' then 'inbound'
    when v_type like 'outgoing%' or v_type ~ '(sent|delivered|failed|status|statuschanged)$' then 'outbound'
    when lower(private.first_text(v_body, 'Direction', 'Origin')) in ('inbound', 'incoming') then 'inbound'
    when lower(private.first_text(v_body, 'Direction', 'Origin')) in ('outbound', 'outgoing') then 'outbound'
  end;
  v_said.business_number := private.parse_phone(case v_said.direction when 'inbound' then v_to else v_from end);
  v_said.external_number := private.read_party(case v_said.direction when 'inbound' then v_from else v_to end);
  v_said.body := left((
    select v_body ->> name
    from unnest(array['Text', 'Message', 'Body']) with ordinality as field (name, n)
    where jsonb_typeof(v_body -> name) = 'string'
    order by field.n
    limit 1
  ), 10000);
  v_said.state := case
    when v_said.direction = 'inbound' then 'received'
    when v_status = 'delivered' then 'delivered'
    when v_status in ('failed', 'undelivered', 'rejected', 'error') then 'failed'
    else 'sent'
  end;
  v_said.state_at := v_said.stated_at;
  v_said.was_delivered := v_said.state = 'delivered';
  v_said.reason := left(private.first_text(v_body, 'Reason', 'FailureReason', 'ErrorMessage', 'Error'), 2000);

  -- Who wrote to whom is told whole or not at all.
  if v_said.direction is null or v_said.business_number is null or v_said.external_number is null or v_said.body is null then
    v_said.direction := null;
    v_said.body := null;
  end if;
  v_said.provider_message_id := private.first_text(v_body, 'Id', 'MessageId', 'RequestGuid');
  if v_said.provider_message_id !~ '[^0{}\s-]' then
    v_said.provider_message_id := null;
  end if;
  if char_length(v_said.provider_message_id) > 200 or (v_said.provider_message_id is null and v_said.body is null) then
    raise exception 'The event names no message (Body.Id), or one of more than 200 characters, and does not say who wrote what to whom.';
  end if;
  v_said.statement_key := coalesce(
    v_said.provider_message_id,
    private.message_hash(v_said.stated_at, v_said.direction, v_said.business_number, v_said.external_number, v_said.body)
  );
  return v_said;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_messages(p_integration_id uuid, p_items jsonb[], p_observed_at timestamp with time zone)
 RETURNS TABLE(place integer, is_message boolean, statement private.message_statements, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  return query
  select
    i.n::integer,
    jsonb_typeof(i.item) is distinct from 'object' or coalesce(lower(i.item ->> 'type'), 'message') in ('message', 'sms', 'text'),
    row(
      p_integration_id, 'journal',
      coalesce(v.provider_message_id, private.message_hash(v.stated_at, v.direction, v.business_number, v.external_number, v.body)),
      null, v.provider_message_id, v.direction, v.business_number, v.external_number, v.body, v.stated_at, w.state, p_observed_at,
      left(private.first_text(
        i.item, 'messageDeliveryError', 'failureReason', 'errorMessage', 'deliveryError', 'error', 'reason'
      ), 2000),
      w.state = 'delivered'
    )::private.message_statements,
    case
      when jsonb_typeof(i.item) is distinct from 'object' then 'The item is not a JSON object.'
      when char_length(v.provider_message_id) > 200 then 'The message''s requestGuid has more than 200 characters.'
      when v.direction is null then 'The message is neither Inbound nor Outbound.'
      when v.business_number is null then 'The message names no number of the account.'
      when v.external_number is null then 'The message names nobody outside.'
      when v.stated_at is null then 'The message has no readable created.'
      when v.stated_at not between '2005-01-01 00:00Z' and p_observed_at + interval '1 day' then 'The message''s created is impossible.'
    end
  from unnest(p_items) with ordinality as i (item, n)
  cross join lateral (
    select
      case when i.item ->> 'requestGuid' ~ '[^0{}\s-]' then btrim(i.item ->> 'requestGuid') end as provider_message_id,
      case lower(i.item ->> 'origin')
        when 'inbound' then 'inbound' when 'incoming' then 'inbound' when 'outbound' then 'outbound' when 'outgoing' then 'outbound'
      end as direction,
      private.parse_phone(private.first_text(i.item, 'businessNumber.number', 'businessNumber')) as business_number,
      private.read_party(private.first_text(i.item, 'client.address', 'client.phone', 'client.number', 'client')) as external_number,
      left(coalesce(
        case when jsonb_typeof(i.item -> 'text') = 'string' then i.item ->> 'text' end, i.item #>> '{textModel,text}', ''
      ), 10000) as body,
      private.parse_timestamp(private.first_text(i.item, 'created', 'createdUtc', 'dateTimeUtc')) as stated_at,
      lower(private.first_text(i.item, 'messageDeliveryStatus')) as status
    offset 0
  ) v
  cross join lateral (
    select case
      when v.direction = 'inbound' then 'received'
      when v.status = 'delivered' then 'delivered'
      when v.status in ('failed', 'undelivered', 'rejected', 'error') then 'failed'
      else 'sent'
    end as state
    offset 0
  ) w;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_party(p_text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return coalesce(private.parse_phone(p_text), nullif(left(btrim(p_text), 40), ''));
end
$function$;

CREATE OR REPLACE FUNCTION private.read_recipients(p_to text[], p_line public.lines)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_recipients text[];
  v_bad text;
begin
  if p_to is null or cardinality(p_to) = 0 then
    raise exception 'There is nobody to reach.'
      using errcode = 'PT422', detail = 'recipient_missing', hint = 'Send at least one phone number in E.164 form.';
  end if;
  if cardinality(p_to) > 1000 then
    raise exception 'There are more than 100 recipients.'
      using errcode = 'PT422', detail = 'recipients_too_many', hint = 'Send them in several requests.';
  end if;
  select string_agg(coalesce(nullif(left(btrim(t.recipient), 40), ''), '(nothing)'), ', ' order by t.n) into v_bad
  from unnest(p_to) with ordinality as t (recipient, n)
  where coalesce(private.parse_phone(btrim(t.recipient)), '') !~ '^\+[1-9][0-9]{7,14}$';
  if v_bad is not null then
    raise exception 'No phone numbers: %.', left(v_bad, 500)
      using errcode = 'PT422', detail = 'recipient_invalid', hint = 'Write each with + and its country code, as in +12125550100.';
  end if;
  v_recipients := array(
    select d.recipient
    from (
      select private.parse_phone(btrim(t.recipient)) as recipient, min(t.n) as n
      from unnest(p_to) with ordinality as t (recipient, n)
      group by 1
    ) d
    order by d.n
  );
  if cardinality(v_recipients) > 100 then
    raise exception 'There are more than 100 recipients.'
      using errcode = 'PT422', detail = 'recipients_too_many', hint = 'Send them in several requests.';
  end if;
  select string_agg(distinct l.e164, ', ') into v_bad
  from public.lines l
  where l.org_id = p_line.org_id and l.period @> now() and l.e164 = any (v_recipients);
  if v_bad is not null then
    raise exception 'Numbers of your own: %.', left(v_bad, 500)
      using errcode = 'PT422', detail = 'recipient_is_own_number', hint = 'Leave them out.';
  end if;
  return v_recipients;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_team(p_payloads jsonb[])
 RETURNS TABLE(place integer, extension text, name text, email text, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  select
    i.n::integer, v.extension,
    left(coalesce(
      private.first_text(i.payload, 'fullName', 'name', 'displayName', 'user.fullName', 'user.name'),
      nullif(concat_ws(' ', private.first_text(i.payload, 'firstName'), private.first_text(i.payload, 'lastName')), '')
    ), 200),
    case when private.is_email(v.email) then v.email end,
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.extension is null then 'The person has no extension.'
      when char_length(v.extension) > 40 then 'The extension has more than 40 characters.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      private.first_text(
        i.payload, 'extension', 'extensionNumber', 'ext', 'internalNumber', 'extension.number', 'extension.extension',
        'extensions.0', 'extensions.0.number', 'extensions.0.extension', 'user.extension'
      ) as extension,
      private.first_text(i.payload, 'email', 'emailAddress', 'mail', 'user.email', 'emails.0', 'login') as email
    offset 0
  ) v;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_voicemails(p_payloads jsonb[])
 RETURNS TABLE(place integer, provider_voicemail_id text, received_at timestamp with time zone, duration_seconds integer, business_number text, external_number text, external_name text, extension text, provider_call_id text, transcription text, url text, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  -- What its fields are called is not published: names met with calls, messages and other clients are all taken.
  return query
  select
    i.n::integer, v.provider_voicemail_id, v.received_at,
    -- Longer than a week is a broken value, not a message.
    case when v.milliseconds between 0 and 604800000 then floor(v.milliseconds / 1000)::integer end,
    private.parse_phone(private.first_text(
      i.payload, 'businessNumber', 'businessNumber.number', 'businessNumber.phone', 'to', 'to.number', 'to.phone', 'to.address'
    )),
    private.parse_phone(private.first_text(
      i.payload, 'caller.phone', 'caller.number', 'client.address', 'client.phone', 'from', 'from.number', 'from.phone',
      'from.address', 'caller', 'callerNumber', 'phone'
    )),
    left(private.first_text(i.payload, 'caller.name', 'client.name', 'from.name', 'callerName'), 200),
    left(private.first_text(i.payload, 'extension', 'extension.number', 'called.extension', 'called.0.extension'), 40),
    private.first_text(i.payload, 'callId', 'call.id', 'callGuid'),
    left(private.first_text(i.payload, 'transcription', 'text', 'transcription.text', 'textModel.text', 'transcript'), 20000),
    private.first_text(
      i.payload, 'uri', 'url', 'fileUrl', 'audioUrl', 'link', 'callRecord.uri', 'record.uri', 'recording.uri', 'recordingLink'
    ),
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.provider_voicemail_id is null then 'The voicemail has no id.'
      when char_length(v.provider_voicemail_id) > 200 then 'The voicemail''s id has more than 200 characters.'
      when v.received_at is null then 'The voicemail has no readable time.'
      when v.received_at not between '2005-01-01 00:00Z' and now() + interval '1 day' then 'The voicemail''s time is impossible.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      private.first_text(i.payload, 'id', 'guid', 'voicemailId') as provider_voicemail_id,
      private.parse_timestamp(private.first_text(
        i.payload, 'dateTimeUtc', 'createdUtc', 'created', 'receivedUtc', 'received', 'date', 'dateTime', 'timestamp'
      )) as received_at,
      private.parse_number(private.first_text(i.payload, 'duration', 'durationMs', 'callRecord.duration')) as milliseconds
    offset 0
  ) v;
end
$function$;

CREATE OR REPLACE FUNCTION private.rebuild_calls(p_integration_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_event_ids bigint[];
  v_call_ids text[];
  v_payloads jsonb[];
  v_hashes bytea[];
  v_after text := '';
  v_written integer := 0;
begin
  -- What events and statements say is read anew too, so that a corrected mapping reaches old calls.
  select array_agg(e.id) into v_event_ids from private.webhook_events e where e.integration_id = p_integration_id;
  if v_event_ids is not null then
    perform private.replay_webhook_events(v_event_ids);
  end if;

  loop
    select array_agg(k.provider_call_id order by k.provider_call_id) into v_call_ids
    from (
      select s.provider_call_id from private.call_snapshots s
      where s.integration_id = p_integration_id and s.provider_call_id > v_after
      group by s.provider_call_id
      order by s.provider_call_id
      limit 1000
    ) k;
    exit when v_call_ids is null;
    select array_agg(s.payload order by s.provider_call_id, s.payload_hash), array_agg(s.payload_hash order by s.provider_call_id, s.payload_hash)
    into v_payloads, v_hashes
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_call_ids) and not s.is_tombstone;
    update private.call_snapshots s set
      direction = r.direction, provider_status = r.provider_status, business_number = r.business_number,
      external_number = r.external_number, external_name = r.external_name, started_at = r.started_at,
      duration_seconds = r.duration_seconds, legs = r.legs, recording_url = r.recording_url, has_recording = r.has_recording
    from private.read_calls(v_payloads) r
    where s.integration_id = p_integration_id and s.provider_call_id = r.provider_call_id
      and s.payload_hash = v_hashes[r.place];
    perform private.lock_calls(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
    v_written := v_written + private.write_calls(p_integration_id, v_call_ids);
    v_after := v_call_ids[cardinality(v_call_ids)];
  end loop;
  return v_written;
end
$function$;

CREATE OR REPLACE FUNCTION private.recording_link(p_recording_id uuid, p_worker text)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select s.url from private.recording_sources s where s.recording_id = p_recording_id and s.worker = p_worker
$function$;

CREATE OR REPLACE FUNCTION private.recording_of_call(p_call public.calls)
 RETURNS public.recordings
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_recording public.recordings;
begin
  v_recording.id := extensions.uuid_generate_v5(p_call.id, 'recording');
  v_recording.org_id := p_call.org_id;
  v_recording.integration_id := p_call.integration_id;
  v_recording.kind := 'call';
  v_recording.call_id := p_call.id;
  v_recording.line_id := p_call.line_id;
  v_recording.member_ids := p_call.member_ids;
  v_recording.direction := p_call.direction;
  v_recording.external_number := p_call.external_number;
  v_recording.started_at := p_call.started_at;
  v_recording.duration_seconds := coalesce(p_call.talk_seconds, p_call.duration_seconds);
  return v_recording;
end
$function$;

CREATE OR REPLACE FUNCTION private.redact_api_key(p_payload jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  case jsonb_typeof(p_payload)
    when 'object' then
      return coalesce(
        (
          select jsonb_object_agg(
            key,
            case
              -- Most keys hold no k, which is quicker to see.
              when key ilike '%k%' and lower(regexp_replace(key, '[^[:alpha:]]', '', 'g')) in ('apikey', 'xapikey') then '"[redacted]"'
              when jsonb_typeof(value) in ('object', 'array') then private.redact_api_key(value)
              else value
            end
          )
          from jsonb_each(p_payload)
        ),
        '{}'
      );
    when 'array' then
      return coalesce(
        (select jsonb_agg(private.redact_api_key(value) order by position)
          from jsonb_array_elements(p_payload) with ordinality as item (value, position)),
        '[]'
      );
    else
      return p_payload;
  end case;
end
$function$;

CREATE OR REPLACE FUNCTION private.refresh_conversations(p_conversation_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
begin
  -- First the locks, then a statement of its own, which sees what those wrote whom it waited for.
  perform from public.conversations c where c.id = any (p_conversation_ids) order by c.id for no key update;

  delete from public.conversations c
  where c.id = any (p_conversation_ids) and not exists (select from public.messages m where m.conversation_id = c.id);

  update public.conversations c set
    last_message_at = f.last_message_at, last_inbound_at = f.last_inbound_at, opted_out_at = f.opted_out_at,
    unread_count = f.unread_count
  from unnest(p_conversation_ids) as given (id)
  cross join lateral (
    select
      (
        select m.sent_at from public.messages m where m.conversation_id = given.id order by m.sent_at desc, m.id desc limit 1
      ) as last_message_at,
      (
        select max(m.sent_at) from public.messages m where m.conversation_id = given.id and m.direction = 'inbound'
      ) as last_inbound_at,
      (
        select case m.keyword when 'stop' then m.sent_at end
        from public.messages m
        where m.conversation_id = given.id and m.keyword is not null
        order by m.sent_at desc, m.id desc
        limit 1
      ) as opted_out_at,
      (
        select count(*)
        from public.messages m
        join public.conversations k on k.id = m.conversation_id
        where m.conversation_id = given.id and m.direction = 'inbound' and (k.read_through is null or m.created_at > k.read_through)
      ) as unread_count
    offset 0
  ) f
  where c.id = given.id and (c.last_message_at, c.last_inbound_at, c.opted_out_at, c.unread_count)
    is distinct from (f.last_message_at, f.last_inbound_at, f.opted_out_at, f.unread_count);
end
$function$;

CREATE OR REPLACE FUNCTION private.rehome_messages(p_phone_number_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_number public.phone_numbers;
  v_message_ids uuid[];
begin
  select * into v_number from public.phone_numbers n where n.id = p_phone_number_id;
  -- By what they say: a message may have come before its number was in the inventory.
  select array_agg(m.id) into v_message_ids
  from public.messages m
  cross join lateral private.line_at(v_number.integration_id, v_number.e164, m.sent_at) l
  where m.integration_id = v_number.integration_id and m.business_number = v_number.e164
    and (m.org_id, m.phone_number_id, m.line_id) is distinct from (l.org_id, l.phone_number_id, l.line_id);
  if v_message_ids is not null then
    perform private.write_messages(v_number.integration_id, v_message_ids);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.rehome_voicemails(p_phone_number_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.write_voicemails(v.integration_id, array_agg(v.provider_voicemail_id))
  from public.voicemails v
  where v.phone_number_id = p_phone_number_id
  group by v.integration_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.release_recording(p_recording_id uuid, p_worker text, p_run_after timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update private.recording_sources set worker = null, lease_until = null, attempt = greatest(attempt - 1, 0), next_attempt_at = p_run_after
  where recording_id = p_recording_id and worker = p_worker
$function$;

CREATE OR REPLACE FUNCTION private.remove_contact(p_contact_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_contact public.contacts;
begin
  select * into v_contact
  from public.contacts c
  where c.id = p_contact_id and c.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin')))
  for update;
  if not found then
    raise exception 'There is no such contact.'
      using errcode = 'PT404', detail = 'contact_not_found', hint = 'See contacts for those of your organizations.';
  end if;
  perform private.require_role(v_contact.org_id, 'agent', 'manager', 'org_admin');
  if v_contact.integration_id is null then
    delete from public.contacts c where c.id = p_contact_id;
  else
    update public.contacts c set
      own_name = null, own_company = null, own_email = null, own_numbers = null, note = null, removed_at = coalesce(c.removed_at, now())
    where c.id = p_contact_id;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.replay_next_events(p_job_id uuid, p_worker text, p_limit integer, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  v_job public.sync_jobs;
  v_event_ids bigint[];
begin
  select * into v_job
  from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running' and j.kind = 'replay'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;
  v_event_ids := array(
    select e.id
    from private.webhook_events e
    where e.integration_id = v_job.integration_id and e.id > coalesce(v_job.replayed_through, 0)
      and (v_job.replay_status is null or e.status = v_job.replay_status)
      and (v_job.range_from is null or e.received_at >= v_job.range_from)
      and e.received_at < coalesce(v_job.range_to, v_job.created_at)
    order by e.id
    limit p_limit
  );
  if cardinality(v_event_ids) > 0 then
    perform private.replay_webhook_events(v_event_ids);
  end if;
  update public.sync_jobs j set
    replayed_through = greatest(j.replayed_through, v_event_ids[cardinality(v_event_ids)]),
    items_changed = j.items_changed + (
      select count(*) from private.webhook_events e where e.id = any (v_event_ids) and e.status in ('applied', 'ignored')
    ),
    items_rejected = j.items_rejected + (
      select count(*) from private.webhook_events e where e.id = any (v_event_ids) and e.status in ('failed', 'kept')
    ),
    lease_until = p_now + interval '2 minutes'
  where j.id = p_job_id;
  return cardinality(v_event_ids);
end
$function$;

CREATE OR REPLACE FUNCTION private.replay_webhook_event(p_event_id bigint)
 RETURNS TABLE(status text, error text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
begin
  perform from private.webhook_events e
  where e.id = p_event_id and e.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    raise exception 'There is no such event.'
      using errcode = 'PT404', detail = 'webhook_event_not_found', hint = 'See webhook_events for those of your organization.';
  end if;
  perform private.replay_webhook_events(array[p_event_id]);
  return query select e.status, e.error from private.webhook_events e where e.id = p_event_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.request_backfill(p_integration_id uuid, p_resource text, p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id, 'manager', 'org_admin');
begin
  if v_integration.disabled_at is not null then
    raise exception 'The integration is disabled.'
      using errcode = 'PT409', detail = 'integration_disabled', hint = 'Enable it first.';
  end if;
  if not exists (select from private.sync_resources r where r.resource = p_resource and r.initial_history is not null) then
    raise exception 'There is no resource % with a history.', left(p_resource, 100)
      using errcode = 'PT422', detail = 'resource_unknown', hint = 'Choose calls, messages or voicemails.';
  end if;
  if p_from is null or p_from >= least(p_to, now()) then
    raise exception 'The period must run forward, and begin in the past.'
      using errcode = 'PT422', detail = 'period_reversed', hint = 'Send p_from earlier than p_to and than now.';
  end if;
  if p_from < '2005-01-01 00:00Z' then
    raise exception 'There are no calls from before 2005.'
      using errcode = 'PT422', detail = 'period_too_long', hint = 'Begin when the account did.';
  end if;
  return private.queue_sync_job(p_integration_id, p_resource, 'backfill', p_from, least(p_to, now()), null, now());
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
  -- A recording's link is told with its call.
  v_resource constant text := case p_resource when 'recordings' then 'calls' else p_resource end;
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
  if not exists (select from private.sync_resources r where r.resource = v_resource) then
    raise exception 'There is no resource %.', left(p_resource, 100)
      using errcode = 'PT422', detail = 'resource_unknown', hint =
        'Choose one of ' || (select string_agg(r.resource, ', ' order by r.resource) from private.sync_resources r) || ', recordings.';
  end if;
  if p_resource = 'recordings' then
    perform private.try_recordings_again(p_org_id);
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
    where j.integration_id = v_integration_id and j.kind = 'requested'
      and j.resource = v_resource and (j.state = 'queued' or j.created_at > now() - interval '1 minute')
    order by j.created_at desc
    limit 1;
    if not found then
      v_job_id := private.queue_sync_job(v_integration_id, v_resource, 'requested', null, null, null, now());
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

CREATE OR REPLACE FUNCTION private.requests_for(p_purpose text, p_quota integer, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  -- What people wait for may use all of the day. What is due by itself leaves some for them; what has time leaves, besides, what
  -- is going to be due until the day is over.
  return floor(p_quota * case p_purpose
    when 'scheduled' then 0.96
    when 'recording' then 0.94 - 0.6 * private.part_of_day_left(p_now)
    when 'backfill' then 0.9 - 0.6 * private.part_of_day_left(p_now)
    else 1
  end)::integer;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_line(p_line_id uuid, p_scope text)
 RETURNS public.lines
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_line public.lines;
begin
  if auth.uid() is null then
    select * into v_line from public.lines l where l.id = p_line_id and l.org_id = any (array(select private.api_org_ids()));
    if found then
      perform private.require_scope(v_line.org_id, p_scope);
      return v_line;
    end if;
  else
    select * into v_line
    from public.lines l
    where l.id = p_line_id
      and (l.org_id = any (array(select private.org_ids_read_in_full())) or l.id = any (array(select private.my_line_ids())));
    if found then
      if v_line.org_id <> all (array(select private.my_org_ids('org_admin'))) and v_line.id <> all (array(select private.my_line_ids())) then
        raise exception 'Your role in this organization does not allow it.'
          using errcode = 'PT403', detail = 'role_not_sufficient', hint = 'Ask one of its admins.';
      end if;
      return v_line;
    end if;
  end if;
  raise exception 'There is no such line.'
    using errcode = 'PT404', detail = 'line_not_found', hint = 'See lines for those you may use.';
end
$function$;

CREATE OR REPLACE FUNCTION private.require_open_line(p_line public.lines)
 RETURNS public.integrations
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_integration public.integrations;
begin
  select i.* into v_integration
  from public.phone_numbers n
  join public.integrations i on i.id = n.integration_id
  where n.id = p_line.phone_number_id;
  if exists (select from public.organizations o where o.id in (p_line.org_id, v_integration.org_id) and o.archived_at is not null) then
    raise exception 'The organization is closed.'
      using errcode = 'PT409', detail = 'organization_archived', hint = 'A platform admin can open it again.';
  end if;
  -- Whoever moves the number waits until this is written, or has been waited for.
  perform private.lock_numbers(v_integration.id, array[p_line.e164]);
  if not exists (select from public.lines l where l.id = p_line.id and l.period @> now()) then
    raise exception 'The organization does not have this number now.'
      using errcode = 'PT409', detail = 'line_not_current', hint = 'Choose a line whose period is not over.';
  end if;
  if v_integration.disabled_at is not null then
    raise exception 'The MightyCall account of this number is switched off.'
      using errcode = 'PT409', detail = 'integration_disabled', hint = 'An admin can enable it again.';
  end if;
  return v_integration;
end
$function$;

CREATE OR REPLACE FUNCTION private.retry_sync_job(p_job_id uuid, p_worker text, p_run_after timestamp with time zone, p_note text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.sync_jobs set
    state = 'queued', worker = null, lease_until = null, run_after = greatest(p_run_after, p_now), note = left(p_note, 2000)
  where id = p_job_id and worker = p_worker and state = 'running'
$function$;

CREATE OR REPLACE FUNCTION private.rotate_webhook_secret(p_integration_id uuid, p_key_id text, p_sealed text, p_overlap interval)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.lock_my_integration(p_integration_id);
  perform private.check_overlap(p_overlap);
  update private.integration_credentials c set valid_until = least(c.valid_until, now() + p_overlap)
  where c.integration_id = p_integration_id and c.purpose = 'webhook_secret';
  delete from private.integration_credentials c
  where c.integration_id = p_integration_id and c.purpose = 'webhook_secret' and c.valid_until <= now();
  perform private.keep_credential(p_integration_id, 'webhook_secret', p_key_id, p_sealed);
end
$function$;

CREATE OR REPLACE FUNCTION private.rotate_webhook_token(p_integration_id uuid, p_overlap interval)
 RETURNS TABLE(token text, path text, url text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id);
  v_token constant text := private.new_secret();
begin
  perform private.check_overlap(p_overlap);
  update private.webhook_tokens t set valid_until = least(t.valid_until, now() + p_overlap) where t.integration_id = p_integration_id;
  delete from private.webhook_tokens t where t.integration_id = p_integration_id and t.valid_until <= now();
  insert into private.webhook_tokens (token_hash, org_id, integration_id)
  values (sha256(convert_to(v_token, 'UTF8')), v_integration.org_id, p_integration_id);
  return query
  select v_token, private.webhook_path(p_integration_id, v_token), s.webhooks_url || private.webhook_path(p_integration_id, v_token)
  from public.platform_settings s;
end
$function$;

CREATE OR REPLACE FUNCTION private.save_contact(p_org_id uuid, p_contact_id uuid, p_name text, p_company text, p_email text, p_note text, p_numbers text[])
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_said constant text[] := array[btrim(p_name), btrim(p_company), btrim(p_email), btrim(p_note)];
  v_numbers text[];
  v_problem text;
  v_contact public.contacts;
begin
  perform private.require_role(p_org_id, 'agent', 'manager', 'org_admin');
  if char_length(v_said[1]) > 200 or char_length(v_said[2]) > 200 or char_length(v_said[4]) > 4000
    or exists (select from unnest(v_said) t where t <> '' and private.is_blank(t)) then
    raise exception 'A name, a company or the note is too long, or cannot be seen.'
      using errcode = 'PT422', detail = 'contact_invalid', hint = 'Names have up to 200 characters, notes up to 4000.';
  end if;
  if v_said[3] <> '' and not private.is_email(v_said[3]) then
    raise exception 'This is no e-mail address.'
      using errcode = 'PT422', detail = 'email_invalid', hint = 'Send an address such as name@example.com, or nothing.';
  end if;
  select string_agg(left(coalesce(t, 'null'), 40), ', ') into v_problem from unnest(p_numbers) t where private.parse_phone(t) is null;
  if v_problem is not null or cardinality(p_numbers) > 20 then
    raise exception 'These are no phone numbers, or more than 20: %', coalesce(v_problem, cardinality(p_numbers)::text)
      using errcode = 'PT422', detail = 'contact_number_invalid', hint = 'Send up to 20 numbers, such as +12125550142.';
  end if;
  v_numbers := case when p_numbers is not null then array(select distinct private.parse_phone(t) collate "C" from unnest(p_numbers) t order by 1) end;

  if p_contact_id is null then
    if coalesce(v_said[1], '') = '' and coalesce(v_said[2], '') = '' then
      raise exception 'A contact needs a name or a company.'
        using errcode = 'PT422', detail = 'contact_invalid', hint = 'Send p_name or p_company.';
    end if;
    insert into public.contacts as c (org_id, own_name, own_company, own_email, note, own_numbers)
    values (
      p_org_id, nullif(v_said[1], ''), nullif(v_said[2], ''), nullif(v_said[3], ''), nullif(v_said[4], ''), coalesce(v_numbers, '{}')
    )
    returning c.* into v_contact;
    return v_contact.id;
  end if;

  select * into v_contact from public.contacts c where c.id = p_contact_id and c.org_id = p_org_id for update;
  if not found then
    raise exception 'There is no such contact.'
      using errcode = 'PT404', detail = 'contact_not_found', hint = 'See contacts for those of the organization.';
  end if;
  update public.contacts c set
    own_name = case when v_said[1] is null then c.own_name else nullif(v_said[1], '') end,
    own_company = case when v_said[2] is null then c.own_company else nullif(v_said[2], '') end,
    own_email = case when v_said[3] is null then c.own_email else nullif(v_said[3], '') end,
    note = case when v_said[4] is null then c.note else nullif(v_said[4], '') end,
    -- An empty list gives back the provider's numbers; a contact of one's own then has none.
    own_numbers = case
      when v_numbers is null then c.own_numbers
      when v_numbers = '{}' and c.integration_id is not null then null
      else v_numbers
    end,
    removed_at = null
  where c.id = p_contact_id
  returning c.* into v_contact;
  if v_contact.integration_id is null and v_contact.own_name is null and v_contact.own_company is null then
    raise exception 'A contact needs a name or a company.'
      using errcode = 'PT422', detail = 'contact_invalid', hint = 'Send p_name or p_company, or remove the contact.';
  end if;
  return p_contact_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.send_message(p_line_id uuid, p_to text[], p_body text, p_idempotency_key text)
 RETURNS TABLE(message_id uuid, recipient text, state text, failure_reason text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_line constant public.lines := private.require_line(p_line_id, 'messages:send');
  v_key constant text := private.read_idempotency_key(p_idempotency_key);
  v_recipients constant text[] := private.read_recipients(p_to, v_line);
  v_message_ids uuid[] := array(select gen_random_uuid() from unnest(v_recipients));
  v_conversation_ids uuid[];
  v_earlier uuid[];
  v_integration public.integrations;
begin
  if p_body is null or private.is_blank(p_body) then
    raise exception 'The message is empty.'
      using errcode = 'PT422', detail = 'message_empty', hint = 'Write something.';
  end if;
  if char_length(p_body) > 1600 then
    raise exception 'The message has % characters, more than 1,600.', char_length(p_body)
      using errcode = 'PT422', detail = 'message_too_long', hint = 'Shorten it, or send it in parts.';
  end if;

  v_earlier := private.earlier_result(
    v_key, jsonb_build_object('does', 'send_message', 'line_id', p_line_id, 'to', p_to, 'body', p_body), v_message_ids
  );
  if v_earlier is null then
    v_integration := private.require_open_line(v_line);
    perform private.lock_messages(v_integration.id);
    v_conversation_ids := array(
      select extensions.uuid_generate_v5(v_line.id, r.e164) from unnest(v_recipients) with ordinality as r (e164, n) order by r.n
    );
    insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
    select c.id, v_line.org_id, v_line.id, c.e164, now()
    from unnest(v_conversation_ids, v_recipients) as c (id, e164)
    order by c.id
    on conflict do nothing;

    insert into public.messages (
      id, org_id, integration_id, phone_number_id, line_id, conversation_id, direction, business_number, external_number, body,
      state, failure_reason, sent_at, sent_by, api_key_id
    )
    select
      r.id, v_line.org_id, v_integration.id, v_line.phone_number_id, v_line.id, r.conversation_id, 'outbound', v_line.e164, r.e164, p_body,
      case when c.opted_out_at is null then 'queued' else 'failed' end,
      case when c.opted_out_at is not null then private.opted_out_reason() end,
      now(), auth.uid(), case when auth.uid() is null then nullif(current_setting('victorysync.api_key_id', true), '')::uuid end
    from unnest(v_message_ids, v_conversation_ids, v_recipients) as r (id, conversation_id, e164)
    join public.conversations c on c.id = r.conversation_id;

    insert into private.outbox_requests (
      integration_id, line_id, recipient, message_id, state, outcome, reason, run_after, expires_at, finished_at
    )
    select
      v_integration.id, v_line.id, m.external_number, m.id,
      case m.state when 'queued' then 'queued' else 'done' end, case m.state when 'failed' then 'refused' end, m.failure_reason,
      now(), now() + interval '1 day', case m.state when 'failed' then now() end
    from unnest(v_message_ids) with ordinality as r (id, n)
    join public.messages m on m.id = r.id
    order by r.n;

    perform private.refresh_conversations(v_conversation_ids);
    notify sync_jobs;
  end if;

  -- As it was answered then, whatever became of them since.
  return query
  select
    m.id, m.external_number, case r.outcome when 'refused' then 'failed' else 'queued' end,
    case r.outcome when 'refused' then r.reason end
  from unnest(coalesce(v_earlier, v_message_ids)) with ordinality as given (id, n)
  join public.messages m on m.id = given.id
  join private.outbox_requests r on r.message_id = m.id
  order by given.n;
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

  perform private.attribute_extensions(p_integration_id, array[p_member_id], array[btrim(p_extension)], p_from);
  return v_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.settle_placed_call(p_placed_call_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_placed public.placed_calls;
  v_call_id uuid;
begin
  select * into v_placed from public.placed_calls p where p.id = p_placed_call_id;
  -- One pairing at a time between two numbers, whichever side comes first.
  perform pg_advisory_xact_lock(hashtextextended(
    'calls placed by ' || v_placed.integration_id || v_placed.business_number || v_placed.external_number, 0
  ));
  select c.id into v_call_id
  from public.calls c
  where c.integration_id = v_placed.integration_id and c.provider_call_id = v_placed.provider_call_id and c.org_id = v_placed.org_id
    and not exists (select from public.placed_calls o where o.call_id = c.id);
  if v_call_id is null then
    select c.id into v_call_id
    from public.calls c
    where c.line_id = v_placed.line_id and c.org_id = v_placed.org_id and c.direction in ('outbound', 'callback')
      and c.external_number = v_placed.external_number
      and c.started_at between v_placed.begun_at - interval '1 minute' and v_placed.begun_at + interval '10 minutes'
      and not exists (select from public.placed_calls o where o.call_id = c.id)
    order by c.started_at, c.id
    limit 1;
  end if;
  update public.placed_calls p set
    call_id = v_call_id,
    state = case when p.state = 'sending' then 'sending' else 'placed' end,
    reason = null
  where p.id = p_placed_call_id and p.call_id is null and p.state in ('sending', 'placed', 'unconfirmed') and v_call_id is not null;
end
$function$;

CREATE OR REPLACE FUNCTION private.settle_placed_calls(p_integration_id uuid, p_call_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_placed_call_id uuid;
begin
  -- Runs with every call that is written.
  if not exists (
    select from public.placed_calls p
    where p.integration_id = p_integration_id and p.call_id is null and p.state in ('sending', 'placed', 'unconfirmed')
  ) then
    return;
  end if;
  for v_placed_call_id in
    select p.id
    from public.placed_calls p
    where p.integration_id = p_integration_id and p.call_id is null and p.state in ('sending', 'placed', 'unconfirmed') and exists (
      select
      from public.calls c
      where c.integration_id = p_integration_id and c.provider_call_id = any (p_call_ids)
        and c.business_number = p.business_number and c.external_number = p.external_number
        and c.started_at between p.begun_at - interval '1 minute' and p.begun_at + interval '10 minutes'
    )
    order by p.business_number, p.external_number, p.begun_at, p.id
  loop
    perform private.settle_placed_call(v_placed_call_id);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.settle_unconfirmed(p_integration_id uuid, p_read_through timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_calls_read_through timestamptz;
  v_request_id uuid;
begin
  if not exists (
    select from private.outbox_requests r where r.integration_id = p_integration_id and r.outcome = 'unconfirmed'
  ) then
    return;
  end if;
  select c.watermark into v_calls_read_through
  from private.sync_cursors c
  where c.integration_id = p_integration_id and c.resource = 'calls';

  for v_request_id in
    select r.id
    from private.outbox_requests r
    left join public.messages m on m.id = r.message_id
    left join public.placed_calls c on c.id = r.placed_call_id
    where r.integration_id = p_integration_id and r.outcome = 'unconfirmed'
      and case
        when r.message_id is not null then m.state = 'unconfirmed' and r.begun_at < p_read_through - interval '1 hour'
        else c.state = 'unconfirmed' and r.begun_at < v_calls_read_through - interval '1 hour'
      end
    order by r.place
  loop
    perform private.lock_request(v_request_id);
    -- Its own worker may have come back meanwhile.
    perform from private.outbox_requests r where r.id = v_request_id and r.outcome = 'unconfirmed' for no key update;
    if found then
      perform private.end_outbox_request(v_request_id, 'unlisted', 'MightyCall never listed it, so it did not go out.', p_read_through);
    end if;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.switch_integration(p_integration_id uuid, p_to text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_before constant public.integrations := private.lock_my_integration(p_integration_id);
begin
  if p_to = 'on' then
    if v_before.disabled_at is null then
      return;
    end if;
    update public.integrations i set disabled_at = null where i.id = p_integration_id;
    update private.sync_cursors c set next_run_at = now(), failures = 0 where c.integration_id = p_integration_id;
    -- Deliveries that came meanwhile.
    insert into public.sync_jobs (org_id, integration_id, resource, kind, replay_status, requested_by)
    values (v_before.org_id, p_integration_id, 'calls', 'replay', 'kept', auth.uid());
    notify sync_jobs;
    return;
  end if;

  update public.integrations i set
    disabled_at = coalesce(i.disabled_at, now()), removed_at = case when p_to = 'removed' then now() end
  where i.id = p_integration_id;
  if p_to = 'removed' then
    delete from private.integration_credentials c where c.integration_id = p_integration_id;
    delete from private.webhook_tokens t where t.integration_id = p_integration_id;
    update public.sync_jobs j set
      state = 'failed', error = 'The integration was removed.', finished_at = now(), worker = null, lease_until = null
    where j.integration_id = p_integration_id and j.state in ('queued', 'running');
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.sync_job_outcome(p_job_id uuid)
 RETURNS TABLE(state text, error text, items_new integer, items_changed integer, items_unchanged integer, items_rejected integer, note text, run_after timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select j.state, j.error, j.items_new, j.items_changed, j.items_unchanged, j.items_rejected, j.note, j.run_after
  from public.sync_jobs j
  where j.id = p_job_id
$function$;

CREATE OR REPLACE FUNCTION private.sync_status(p_now timestamp with time zone)
 RETURNS TABLE(integration_id uuid, integration text, organization text, resource text, watermark timestamp with time zone, next_run_at timestamp with time zone, last_success_at timestamp with time zone, last_error text, requests_used_today integer, requests_per_day integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select
    i.id, i.name, o.name, c.resource, c.watermark, c.next_run_at, c.last_success_at, c.last_error,
    q.used, q.quota
  from public.integrations i
  join public.organizations o on o.id = i.org_id
  join private.sync_cursors c on c.integration_id = i.id
  left join private.integration_requests u on u.integration_id = i.id and u.day = (p_now at time zone 'UTC')::date
  left join private.provider_quota q on q.api_key_hash = u.api_key_hash and q.day = u.day
  order by o.name, i.name, c.resource
$function$;

CREATE OR REPLACE FUNCTION private.test_delivery_target(p_job_id uuid, p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(url text, mode text, token text, key_id text, sealed bytea, organization text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_integration public.integrations;
  v_token text;
begin
  select i.* into v_integration
  from public.sync_jobs j
  join public.integrations i on i.id = j.integration_id
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running' and j.kind = 'test_delivery';
  if not found then
    return;
  end if;
  if v_integration.webhook_mode = 'token' then
    -- Only hashes of the real ones are known.
    v_token := private.new_secret();
    insert into private.webhook_tokens (token_hash, org_id, integration_id, valid_until)
    values (sha256(convert_to(v_token, 'UTF8')), v_integration.org_id, v_integration.id, p_now + interval '2 minutes');
  end if;
  return query
  select
    s.webhooks_url || private.webhook_path(v_integration.id, v_token), v_integration.webhook_mode, v_token, c.key_id, c.sealed,
    private.sealing_context(v_integration.org_id)
  from public.platform_settings s
  left join lateral (
    select k.key_id, k.sealed
    from private.integration_credentials k
    where k.integration_id = v_integration.id and k.purpose = 'webhook_secret' and v_integration.webhook_mode = 'signed'
      and (k.valid_until is null or k.valid_until > p_now)
    order by k.valid_until desc nulls first, k.created_at desc
    limit 1
  ) c on true;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_calls__leave_annotations()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  delete from public.call_annotations a where a.org_id = old.org_id and a.call_id = old.id;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_calls__leave_notes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  delete from public.call_notes n where n.org_id = old.org_id and n.call_id = old.id;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_calls__voicemails()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_ids text[];
begin
  perform private.lock_voicemails(new.integration_id, true);
  v_ids := array(
    select v.provider_voicemail_id from public.voicemails v where v.org_id = new.org_id and v.call_id = new.id
    union
    select v.provider_voicemail_id
    from public.voicemails v
    where v.integration_id = new.integration_id and v.external_number is not distinct from new.external_number
      and v.received_at between new.started_at - interval '1 minute' and new.started_at + interval '30 minutes'
  );
  if v_ids <> '{}' then
    perform private.write_voicemails(new.integration_id, v_ids);
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_contacts__numbers()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_numbers constant text[] := case when new.is_shown then coalesce(new.own_numbers, new.provider_numbers) else '{}' end;
begin
  if tg_op = 'UPDATE' then
    delete from public.contact_numbers n where n.contact_id = new.id and n.number <> all (v_numbers);
  end if;
  insert into public.contact_numbers as n (org_id, contact_id, number, name, is_own)
  select new.org_id, new.id, number, new.name, new.own_name is not null
  from unnest(v_numbers) number
  order by number
  on conflict (contact_id, number) do update set name = excluded.name, is_own = excluded.is_own
  where (n.name, n.is_own) is distinct from (excluded.name, excluded.is_own);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_conversations__owner()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.owner_id is distinct from old.owner_id and new.owner_id is not null and not exists (
    select from public.org_members m
    where m.id = new.owner_id and m.org_id = new.org_id and m.removed_at is null and m.deactivated_at is null and m.role <> 'viewer'
  ) then
    raise exception 'There is no such member who could care for a conversation.'
      using errcode = 'PT404', detail = 'member_not_found', hint = 'Choose an active agent, manager or admin of the organization.';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_conversations__unread()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Somebody whose clock is ahead has not read what is still to come.
  if new.read_through > now() then
    new.read_through := now();
  end if;
  new.unread_count := (
    select count(*)
    from public.messages m
    where m.conversation_id = new.id and m.direction = 'inbound'
      and (new.read_through is null or m.created_at > new.read_through)
  );
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_voicemails__heard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.heard_at is null then
    new.heard_by := null;
  elsif old.heard_at is not null then
    -- Who hears it again is not who heard it first.
    new.heard_at := old.heard_at;
  else
    new.heard_at := now();
    new.heard_by := auth.uid();
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.try_recordings_again(p_org_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update private.recording_sources s set attempt = 0, next_attempt_at = now()
  from public.recordings r
  where r.org_id = p_org_id and r.state in ('waiting', 'failed') and s.recording_id = r.id and s.lease_until is null;
  update public.recordings r set state = 'waiting' where r.org_id = p_org_id and r.state = 'failed'
$function$;

CREATE OR REPLACE FUNCTION private.unlist_missing(p_integration_id uuid, p_resource text, p_since timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_ids text[];
begin
  -- In key order, as keep_items locks them.
  perform from private.provider_items i
  where i.integration_id = p_integration_id and i.resource = p_resource and i.observed_at < p_since and i.unlisted_at is null
  order by i.provider_id
  for no key update;
  with missing as (
    update private.provider_items i set unlisted_at = p_since
    where i.integration_id = p_integration_id and i.resource = p_resource and i.observed_at < p_since and i.unlisted_at is null
    returning i.provider_id
  )
  select array_agg(m.provider_id) into v_ids from missing m;

  if p_resource = 'team' then
    update public.extensions e set unlisted_at = p_since
    where e.integration_id = p_integration_id and e.extension = any (v_ids);
  elsif p_resource = 'contacts' then
    update public.contacts c set unlisted_at = p_since
    where c.integration_id = p_integration_id and c.provider_contact_id = any (v_ids);
  elsif p_resource = 'voicemails' and v_ids is not null then
    perform private.write_voicemails(p_integration_id, v_ids);
  end if;
  return coalesce(cardinality(v_ids), 0);
end
$function$;

CREATE OR REPLACE FUNCTION private.unlist_phone_numbers(p_integration_id uuid, p_since timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.phone_numbers n set unlisted_at = now(), is_enabled = false
  from private.provider_items k
  where n.integration_id = p_integration_id and n.unlisted_at is null
    and k.integration_id = n.integration_id and k.resource = 'phone_numbers' and k.provider_id = n.e164 and k.observed_at < p_since
$function$;

CREATE OR REPLACE FUNCTION private.unlisted_calls(p_job_id uuid, p_worker text, p_from timestamp with time zone, p_to timestamp with time zone, p_since timestamp with time zone, p_limit integer)
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_integration public.integrations;
begin
  select i.* into v_integration
  from public.sync_jobs j
  join public.integrations i on i.id = j.integration_id
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running';

  return query
  select c.provider_call_id
  from (
    select k.provider_call_id, k.started_at
    from public.phone_numbers n
    cross join lateral (
      select provider_call_id, started_at, deleted_at
      from public.calls
      where phone_number_id = n.id and started_at >= p_from and started_at < p_to
    ) k
    where n.integration_id = v_integration.id and k.deleted_at is null
    union all
    select provider_call_id, started_at
    from public.calls
    where org_id = v_integration.org_id and started_at >= p_from and started_at < p_to
      and integration_id = v_integration.id and phone_number_id is null and deleted_at is null
  ) c
  cross join lateral (
    select max(observed_at) as observed_at
    from private.call_snapshots
    where integration_id = v_integration.id and provider_call_id = c.provider_call_id
  ) stated
  where stated.observed_at < p_since
  order by c.started_at, c.provider_call_id
  limit p_limit;
end
$function$;

CREATE OR REPLACE FUNCTION private.webhook_path(p_integration_id uuid, p_token text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return '/webhooks/mightycall/' || p_integration_id || coalesce('/' || p_token, '');
end
$function$;

CREATE OR REPLACE FUNCTION private.webhook_secrets(p_integration_id uuid)
 RETURNS TABLE(organization text, mode text, purpose text, key_id text, sealed bytea, token_hash bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select private.sealing_context(i.org_id), i.webhook_mode, s.purpose, s.key_id, s.sealed, s.token_hash
  from public.integrations i
  left join lateral (
    select c.purpose, c.key_id, c.sealed, null::bytea as token_hash
    from private.integration_credentials c
    where c.integration_id = i.id and (c.valid_until is null or c.valid_until > now())
      and c.purpose = case i.webhook_mode when 'signed' then 'webhook_secret' else 'api_key' end
    union all
    select 'token', null, null, t.token_hash
    from private.webhook_tokens t
    where t.integration_id = i.id and i.webhook_mode = 'token' and (t.valid_until is null or t.valid_until > now())
  ) s on true
  where i.id = p_integration_id and i.removed_at is null
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
    perform private.rehome_voicemails(v_number.id), private.rehome_messages(v_number.id);
    v_found := v_found + 1;
  end loop;
  if v_found is distinct from (select count(distinct id)::int from unnest(p_phone_number_ids) id) or v_found = 0 then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
  return v_found;
end
$function$;

CREATE OR REPLACE FUNCTION private.without_links(p_json text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select regexp_replace(p_json, '"\s*https?:(?:[^"\\]|\\.)*"', '"[link]"', 'gi')
$function$;

CREATE OR REPLACE FUNCTION private.write_calls(p_integration_id uuid, p_call_ids text[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_calls public.calls[];
  v_legs public.legs[];
  v_recordings public.recordings[];
  v_urls text[];
  v_written integer;
begin
  with derived as materialized (
    select d.* from private.derive_calls(p_integration_id, p_call_ids) d
  ),
  recorded as (
    select
      private.recording_of_call(d.call) as recording, d.recording_url, row_number() over (order by (d.call).id) as n
    from derived d
    where d.has_recording
  )
  select
    (select array_agg(d.call order by (d.call).id) from derived d),
    (select array_agg(g order by g.id) from derived d cross join lateral unnest(d.legs) g),
    (select array_agg(r.recording order by r.n) from recorded r),
    (select array_agg(r.recording_url order by r.n) from recorded r)
  into v_calls, v_legs, v_recordings, v_urls;

  -- Legs that no fact makes any more, and those whose member belongs to the organization the call is about to leave.
  delete from public.legs l
  using unnest(v_calls) d
  where l.call_id = d.id and (l.org_id <> d.org_id or not exists (select from unnest(v_legs) g where g.id = l.id));

  insert into public.calls as c
  select d.* from unnest(v_calls) d
  on conflict (id) do update set
    org_id = excluded.org_id, phone_number_id = excluded.phone_number_id, line_id = excluded.line_id,
    direction = excluded.direction, business_number = excluded.business_number,
    external_number = excluded.external_number, external_name = excluded.external_name,
    started_at = excluded.started_at, arrived_at = excluded.arrived_at, rang_at = excluded.rang_at,
    answered_at = excluded.answered_at, ended_at = excluded.ended_at,
    outcome = excluded.outcome, is_dropped = excluded.is_dropped, provider_status = excluded.provider_status,
    wait_seconds = excluded.wait_seconds, talk_seconds = excluded.talk_seconds, duration_seconds = excluded.duration_seconds,
    transfer_count = excluded.transfer_count, member_ids = excluded.member_ids, deleted_at = excluded.deleted_at,
    updated_at = excluded.updated_at
  where (
    c.org_id, c.phone_number_id, c.line_id, c.direction, c.business_number, c.external_number, c.external_name,
    c.started_at, c.arrived_at, c.rang_at, c.answered_at, c.ended_at, c.outcome, c.is_dropped, c.provider_status,
    c.wait_seconds, c.talk_seconds, c.duration_seconds, c.transfer_count, c.member_ids, c.deleted_at
  ) is distinct from (
    excluded.org_id, excluded.phone_number_id, excluded.line_id, excluded.direction, excluded.business_number,
    excluded.external_number, excluded.external_name,
    excluded.started_at, excluded.arrived_at, excluded.rang_at, excluded.answered_at, excluded.ended_at,
    excluded.outcome, excluded.is_dropped, excluded.provider_status,
    excluded.wait_seconds, excluded.talk_seconds, excluded.duration_seconds,
    excluded.transfer_count, excluded.member_ids, excluded.deleted_at
  );
  get diagnostics v_written = row_count;

  insert into public.legs as l
  select g.* from unnest(v_legs) g
  on conflict (id) do update set
    member_id = excluded.member_id, name = excluded.name, is_connected = excluded.is_connected,
    rang_at = excluded.rang_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
    talk_seconds = excluded.talk_seconds, updated_at = now()
  where (l.member_id, l.name, l.is_connected, l.rang_at, l.answered_at, l.ended_at, l.talk_seconds)
    is distinct from (
      excluded.member_id, excluded.name, excluded.is_connected,
      excluded.rang_at, excluded.answered_at, excluded.ended_at, excluded.talk_seconds
    );

  if v_recordings is not null then
    perform private.keep_recordings(v_recordings, v_urls);
  end if;
  perform private.settle_placed_calls(p_integration_id, p_call_ids);

  update private.webhook_events e set org_id = moved.org_id
  from (
    select found.id, d.org_id
    from unnest(v_calls) d
    cross join lateral (
      select id
      from private.webhook_events
      where integration_id = p_integration_id and provider_call_id = d.provider_call_id and org_id <> d.org_id
      offset 0
    ) found
  ) moved
  where e.id = moved.id;

  return v_written;
end
$function$;

CREATE OR REPLACE FUNCTION private.write_messages(p_integration_id uuid, p_message_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_before uuid[];
  v_after uuid[];
begin
  select array_agg(distinct m.conversation_id) into v_before
  from public.messages m
  where m.id = any (p_message_ids) and m.conversation_id is not null;

  with derived as materialized (
    select d.* from private.derive_messages(p_integration_id, p_message_ids) d
  ),
  opened as (
    insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
    select d.conversation_id, d.org_id, d.line_id, d.external_number, max(d.sent_at)
    from derived d
    where d.conversation_id is not null
      and not exists (select from public.conversations c where c.id = d.conversation_id)
    group by d.conversation_id, d.org_id, d.line_id, d.external_number
    order by d.conversation_id
    on conflict do nothing
  ),
  written as (
    insert into public.messages as m (
      id, org_id, integration_id, provider_message_id, phone_number_id, line_id, conversation_id, direction, business_number,
      external_number, body, state, failure_reason, sent_at
    )
    select
      d.id, d.org_id, p_integration_id, d.provider_message_id, d.phone_number_id, d.line_id, d.conversation_id, d.direction,
      d.business_number, d.external_number, d.body, d.state, d.failure_reason, d.sent_at
    from derived d
    order by d.id
    on conflict (id) do update set
      org_id = excluded.org_id, provider_message_id = excluded.provider_message_id, phone_number_id = excluded.phone_number_id,
      line_id = excluded.line_id, conversation_id = excluded.conversation_id, direction = excluded.direction,
      business_number = excluded.business_number, external_number = excluded.external_number, body = excluded.body,
      state = excluded.state, failure_reason = excluded.failure_reason, sent_at = excluded.sent_at
    where (
      m.org_id, m.provider_message_id, m.phone_number_id, m.line_id, m.conversation_id, m.direction, m.business_number,
      m.external_number, m.body, m.state, m.failure_reason, m.sent_at
    ) is distinct from (
      excluded.org_id, excluded.provider_message_id, excluded.phone_number_id, excluded.line_id, excluded.conversation_id,
      excluded.direction, excluded.business_number, excluded.external_number, excluded.body, excluded.state,
      excluded.failure_reason, excluded.sent_at
    )
    returning m.conversation_id
  )
  select array_agg(distinct w.conversation_id) into v_after from written w where w.conversation_id is not null;

  -- What turned out to be another one's statement leaves nothing behind.
  delete from public.messages m
  where m.id = any (p_message_ids)
    and not exists (select from private.outbox_requests r where r.message_id = m.id)
    and not exists (select from private.message_statements s where s.message_id = m.id);

  perform private.refresh_conversations(v_before || v_after);
end
$function$;

CREATE OR REPLACE FUNCTION private.write_voicemails(p_integration_id uuid, p_voicemail_ids text[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_payloads jsonb[];
  v_unlisted timestamptz[];
  v_voicemails public.voicemails[];
  v_urls text[];
  v_written integer;
begin
  select array_agg(i.payload order by i.provider_id), array_agg(i.unlisted_at order by i.provider_id)
  into v_payloads, v_unlisted
  from private.provider_items i
  where i.integration_id = p_integration_id and i.resource = 'voicemails' and i.provider_id = any (p_voicemail_ids);

  select
    array_agg(
      row(
        extensions.uuid_generate_v5(p_integration_id, 'voicemail:' || r.provider_voicemail_id),
        coalesce(c.org_id, at.org_id), p_integration_id, r.provider_voicemail_id, at.phone_number_id,
        case when c.id is null then at.line_id else c.line_id end, c.id,
        array(
          select member_id from unnest(c.member_ids) member_id
          union
          select h.member_id
          from private.extension_holder(p_integration_id, r.extension, r.received_at) h
          where h.member_id is not null and h.org_id = coalesce(c.org_id, at.org_id)
          order by 1
        ),
        r.business_number, r.external_number, r.external_name, r.extension, r.received_at, r.duration_seconds, r.transcription,
        null, null, v_unlisted[r.place], now(), now()
      )::public.voicemails
      order by r.provider_voicemail_id
    ),
    array_agg(r.url order by r.provider_voicemail_id)
  into v_voicemails, v_urls
  from private.read_voicemails(v_payloads) r
  cross join lateral private.line_at(p_integration_id, r.business_number, r.received_at) at
  left join lateral private.call_of_voicemail(
    p_integration_id, r.provider_call_id, at.phone_number_id, r.external_number, r.received_at
  ) c on true
  where r.error is null;

  insert into public.voicemails as v
  select w.* from unnest(v_voicemails) w order by w.id
  on conflict (id) do update set
    org_id = excluded.org_id, phone_number_id = excluded.phone_number_id, line_id = excluded.line_id, call_id = excluded.call_id,
    member_ids = excluded.member_ids, business_number = excluded.business_number, external_number = excluded.external_number,
    external_name = excluded.external_name, extension = excluded.extension, received_at = excluded.received_at,
    duration_seconds = excluded.duration_seconds, transcription = excluded.transcription, unlisted_at = excluded.unlisted_at
  where (
    v.org_id, v.phone_number_id, v.line_id, v.call_id, v.member_ids, v.business_number, v.external_number, v.external_name,
    v.extension, v.received_at, v.duration_seconds, v.transcription, v.unlisted_at
  ) is distinct from (
    excluded.org_id, excluded.phone_number_id, excluded.line_id, excluded.call_id, excluded.member_ids, excluded.business_number,
    excluded.external_number, excluded.external_name, excluded.extension, excluded.received_at, excluded.duration_seconds,
    excluded.transcription, excluded.unlisted_at
  );
  get diagnostics v_written = row_count;

  perform private.keep_recording(
    extensions.uuid_generate_v5(w.id, 'recording'), w.org_id, w.integration_id, 'voicemail', null, w.id, w.line_id, w.member_ids,
    'inbound', w.external_number, w.received_at, w.duration_seconds, w.url
  )
  from (
    select k.*, v_urls[k.ordinality] as url from unnest(v_voicemails) with ordinality k order by k.id
  ) w
  -- A message without a link has its audio later; one that had a link once has it still.
  where w.url is not null
    or exists (select from public.recordings r where r.id = extensions.uuid_generate_v5(w.id, 'recording'));
  return v_written;
end
$function$;

CREATE OR REPLACE FUNCTION public.annotate_call(p_call_id uuid, p_outcome_code text DEFAULT NULL::text, p_tags text[] DEFAULT NULL::text[])
 RETURNS public.call_annotations
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.annotate_call(p_call_id, p_outcome_code, p_tags)
$function$;

CREATE OR REPLACE FUNCTION public.change_integration(p_integration_id uuid, p_name text DEFAULT NULL::text, p_account_type text DEFAULT NULL::text, p_webhook_mode text DEFAULT NULL::text, p_key_id text DEFAULT NULL::text, p_credentials jsonb DEFAULT NULL::jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_integration(p_integration_id, p_name, p_account_type, p_webhook_mode, p_key_id, p_credentials)
$function$;

CREATE OR REPLACE FUNCTION public.contact_name(p_call public.calls)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.contact_name(p_call.org_id, p_call.external_number);
end
$function$;

CREATE OR REPLACE FUNCTION public.contact_name(p_conversation public.conversations)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.contact_name(p_conversation.org_id, p_conversation.external_number);
end
$function$;

CREATE OR REPLACE FUNCTION public.contact_name(p_message public.messages)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.contact_name(p_message.org_id, p_message.external_number);
end
$function$;

CREATE OR REPLACE FUNCTION public.contact_name(p_recording public.recordings)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.contact_name(p_recording.org_id, p_recording.external_number);
end
$function$;

CREATE OR REPLACE FUNCTION public.contact_name(p_voicemail public.voicemails)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.contact_name(p_voicemail.org_id, p_voicemail.external_number);
end
$function$;

CREATE OR REPLACE FUNCTION public.count_segments(p_body text)
 RETURNS TABLE(length integer, encoding text, segments integer)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select c.length, c.encoding, c.segments from private.count_segments(p_body) c
$function$;

CREATE OR REPLACE FUNCTION public.delete_recording(p_recording_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.delete_recording(p_recording_id)
$function$;

CREATE OR REPLACE FUNCTION public.disable_integration(p_integration_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.switch_integration(p_integration_id, 'off')
$function$;

CREATE OR REPLACE FUNCTION public.enable_integration(p_integration_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.switch_integration(p_integration_id, 'on')
$function$;

CREATE OR REPLACE FUNCTION public.place_call(p_line_id uuid, p_to text, p_idempotency_key text DEFAULT NULL::text)
 RETURNS TABLE(placed_call_id uuid, state text)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.place_call(p_line_id, p_to, p_idempotency_key)
$function$;

CREATE OR REPLACE FUNCTION public.play_recording(p_recording_id uuid)
 RETURNS TABLE(bucket_id text, object_name text, content_type text, expires_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.play_recording(p_recording_id)
$function$;

CREATE OR REPLACE FUNCTION public.remove_contact(p_contact_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.remove_contact(p_contact_id)
$function$;

CREATE OR REPLACE FUNCTION public.remove_integration(p_integration_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.switch_integration(p_integration_id, 'removed')
$function$;

CREATE OR REPLACE FUNCTION public.replay_webhook_event(p_event_id bigint)
 RETURNS TABLE(status text, error text)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.replay_webhook_event(p_event_id)
$function$;

CREATE OR REPLACE FUNCTION public.replay_webhook_events(p_integration_id uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_to timestamp with time zone DEFAULT NULL::timestamp with time zone, p_status text DEFAULT 'failed'::text)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.queue_replay(p_integration_id, p_from, p_to, p_status)
$function$;

CREATE OR REPLACE FUNCTION public.request_backfill(p_integration_id uuid, p_from timestamp with time zone, p_to timestamp with time zone DEFAULT now(), p_resource text DEFAULT 'calls'::text)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.request_backfill(p_integration_id, p_resource, p_from, coalesce(p_to, now()))
$function$;

CREATE OR REPLACE FUNCTION public.rotate_webhook_secret(p_integration_id uuid, p_key_id text, p_sealed text, p_overlap interval DEFAULT '1 day'::interval)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.rotate_webhook_secret(p_integration_id, p_key_id, p_sealed, p_overlap)
$function$;

CREATE OR REPLACE FUNCTION public.rotate_webhook_token(p_integration_id uuid, p_overlap interval DEFAULT '1 day'::interval)
 RETURNS TABLE(token text, path text, url text)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.rotate_webhook_token(p_integration_id, p_overlap)
$function$;

CREATE OR REPLACE FUNCTION public.save_contact(p_org_id uuid, p_contact_id uuid DEFAULT NULL::uuid, p_name text DEFAULT NULL::text, p_company text DEFAULT NULL::text, p_email text DEFAULT NULL::text, p_note text DEFAULT NULL::text, p_numbers text[] DEFAULT NULL::text[])
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.save_contact(p_org_id, p_contact_id, p_name, p_company, p_email, p_note, p_numbers)
$function$;

CREATE OR REPLACE FUNCTION public.send_message(p_line_id uuid, p_to text[], p_body text, p_idempotency_key text DEFAULT NULL::text)
 RETURNS TABLE(message_id uuid, recipient text, state text, failure_reason text)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.send_message(p_line_id, p_to, p_body, p_idempotency_key)
$function$;

CREATE OR REPLACE FUNCTION public.test_integration(p_integration_id uuid)
 RETURNS TABLE(job_id uuid, state text, created_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.queue_test(p_integration_id, 'test')
$function$;

CREATE OR REPLACE FUNCTION public.test_webhook(p_integration_id uuid)
 RETURNS TABLE(job_id uuid, state text, created_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select * from private.queue_test(p_integration_id, 'test_delivery')
$function$;

ALTER TABLE "private"."integration_requests" ADD CONSTRAINT "integration_requests_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE CASCADE;

ALTER TABLE "private"."message_statements" ADD CONSTRAINT "message_statements_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE CASCADE;

ALTER TABLE "private"."outbox_requests" ADD CONSTRAINT "outbox_requests_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE CASCADE;

ALTER TABLE "private"."play_grants" ADD CONSTRAINT "play_grants_user_id_fkey" FOREIGN KEY (user_id) REFERENCES public.profiles(user_id) ON DELETE CASCADE;

ALTER TABLE "private"."provider_items" ADD CONSTRAINT "provider_items_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE RESTRICT;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "private"."sync_cursors" ADD CONSTRAINT "pages_are_positive" CHECK ((pages > 0));

ALTER TABLE "private"."sync_lookback_runs" ADD CONSTRAINT "sync_lookback_runs_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE CASCADE;

ALTER TABLE "private"."sync_lookback_runs" ADD CONSTRAINT "sync_lookback_runs_lookback_fkey" FOREIGN KEY (resource, depth) REFERENCES private.sync_lookbacks(resource, depth) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "private"."sync_lookbacks" ADD CONSTRAINT "sync_lookbacks_resource_fkey" FOREIGN KEY (resource) REFERENCES private.sync_resources(resource) ON DELETE CASCADE;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "private"."webhook_events" ADD CONSTRAINT "kind_is_known" CHECK ((kind = ANY (ARRAY['arrived'::text, 'ringing'::text, 'stop_ringing'::text, 'connected'::text, 'transferred'::text, 'completed'::text, 'voicemail'::text, 'recording'::text, 'message'::text])));

ALTER TABLE "private"."webhook_tokens" ADD CONSTRAINT "webhook_tokens_integration_fkey" FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."agent_statuses" ADD CONSTRAINT "agent_has_one_status_at_a_time" EXCLUDE USING gist (integration_id WITH =, extension WITH =, tstzrange(since, observed_through, '[]'::text) WITH &&);

ALTER TABLE "public"."agent_statuses" ADD CONSTRAINT "agent_statuses_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE CASCADE;

ALTER TABLE "public"."agent_statuses" ADD CONSTRAINT "agent_statuses_member_fkey" FOREIGN KEY (org_id, member_id) REFERENCES public.org_members(org_id, id) ON UPDATE CASCADE ON DELETE SET NULL (member_id);

ALTER TABLE "public"."agent_statuses" ADD CONSTRAINT "agent_statuses_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."call_annotations" ADD CONSTRAINT "call_annotations_call_fkey" FOREIGN KEY (org_id, call_id) REFERENCES public.calls(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."call_annotations" ADD CONSTRAINT "call_annotations_updated_by_fkey" FOREIGN KEY (updated_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "public"."call_notes" ADD CONSTRAINT "call_notes_call_fkey" FOREIGN KEY (org_id, call_id) REFERENCES public.calls(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."contacts" ADD CONSTRAINT "contacts_integration_fkey" FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE "public"."contacts" ADD CONSTRAINT "contacts_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."contact_numbers" ADD CONSTRAINT "contact_numbers_contact_fkey" FOREIGN KEY (org_id, contact_id) REFERENCES public.contacts(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."conversations" ADD CONSTRAINT "conversations_line_fkey" FOREIGN KEY (org_id, line_id) REFERENCES public.lines(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."conversations" ADD CONSTRAINT "conversations_owner_fkey" FOREIGN KEY (org_id, owner_id) REFERENCES public.org_members(org_id, id) ON UPDATE CASCADE ON DELETE SET NULL (owner_id);

ALTER TABLE "public"."extensions" ADD CONSTRAINT "extensions_integration_fkey" FOREIGN KEY (org_id, integration_id) REFERENCES public.integrations(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "public"."integrations" ADD CONSTRAINT "removed_means_disabled" CHECK (((removed_at IS NULL) OR (disabled_at IS NOT NULL)));

ALTER TABLE "public"."messages" ADD CONSTRAINT "messages_conversation_fkey" FOREIGN KEY (org_id, conversation_id) REFERENCES public.conversations(org_id, id) ON UPDATE CASCADE ON DELETE SET NULL (conversation_id);

ALTER TABLE "public"."messages" ADD CONSTRAINT "messages_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."messages" ADD CONSTRAINT "messages_line_fkey" FOREIGN KEY (org_id, line_id) REFERENCES public.lines(org_id, id) ON UPDATE CASCADE ON DELETE SET NULL (line_id);

ALTER TABLE "public"."messages" ADD CONSTRAINT "messages_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."messages" ADD CONSTRAINT "messages_phone_number_id_fkey" FOREIGN KEY (phone_number_id) REFERENCES public.phone_numbers(id) ON DELETE RESTRICT;

ALTER TABLE "private"."message_statements" ADD CONSTRAINT "message_statements_message_id_fkey" FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE "private"."outbox_requests" ADD CONSTRAINT "outbox_requests_message_id_fkey" FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;

ALTER TABLE "public"."messages" ADD CONSTRAINT "messages_sent_by_fkey" FOREIGN KEY (sent_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "public"."outcome_codes" ADD CONSTRAINT "outcome_codes_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "public"."call_annotations" ADD CONSTRAINT "call_annotations_outcome_code_fkey" FOREIGN KEY (org_id, outcome_code) REFERENCES public.outcome_codes(org_id, code) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE "public"."placed_calls" ADD CONSTRAINT "placed_calls_call_id_fkey" FOREIGN KEY (call_id) REFERENCES public.calls(id) ON DELETE SET NULL;

ALTER TABLE "public"."placed_calls" ADD CONSTRAINT "placed_calls_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."placed_calls" ADD CONSTRAINT "placed_calls_line_fkey" FOREIGN KEY (org_id, line_id) REFERENCES public.lines(org_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE "public"."placed_calls" ADD CONSTRAINT "placed_calls_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "private"."outbox_requests" ADD CONSTRAINT "outbox_requests_placed_call_id_fkey" FOREIGN KEY (placed_call_id) REFERENCES public.placed_calls(id) ON DELETE CASCADE;

ALTER TABLE "public"."placed_calls" ADD CONSTRAINT "placed_calls_requested_by_fkey" FOREIGN KEY (requested_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "public"."platform_settings" ADD CONSTRAINT "webhooks_url_is_an_address" CHECK (((webhooks_url ~ '^https?://[^\s/?#]+(/[^\s?#]*)?$'::text) AND (webhooks_url !~ '/$'::text) AND (char_length(webhooks_url) <= 500)));

ALTER TABLE "public"."recordings" ADD CONSTRAINT "recordings_call_fkey" FOREIGN KEY (org_id, call_id) REFERENCES public.calls(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."recordings" ADD CONSTRAINT "recordings_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."recordings" ADD CONSTRAINT "recordings_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "private"."play_grants" ADD CONSTRAINT "play_grants_recording_id_fkey" FOREIGN KEY (recording_id) REFERENCES public.recordings(id) ON DELETE CASCADE;

ALTER TABLE "private"."recording_sources" ADD CONSTRAINT "recording_sources_recording_id_fkey" FOREIGN KEY (recording_id) REFERENCES public.recordings(id) ON DELETE CASCADE;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "public"."sync_jobs" ADD CONSTRAINT "kind_is_known" CHECK ((kind = ANY (ARRAY['scheduled'::text, 'requested'::text, 'backfill'::text, 'one'::text, 'test'::text, 'test_delivery'::text, 'replay'::text])));

ALTER TABLE "public"."voicemails" ADD CONSTRAINT "voicemails_call_fkey" FOREIGN KEY (org_id, call_id) REFERENCES public.calls(org_id, id) ON UPDATE CASCADE ON DELETE SET NULL (call_id);

ALTER TABLE "public"."voicemails" ADD CONSTRAINT "voicemails_heard_by_fkey" FOREIGN KEY (heard_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "public"."voicemails" ADD CONSTRAINT "voicemails_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."voicemails" ADD CONSTRAINT "voicemails_line_fkey" FOREIGN KEY (org_id, line_id) REFERENCES public.lines(org_id, id) ON UPDATE CASCADE ON DELETE SET NULL (line_id);

ALTER TABLE "public"."voicemails" ADD CONSTRAINT "voicemails_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."recordings" ADD CONSTRAINT "recordings_voicemail_fkey" FOREIGN KEY (org_id, voicemail_id) REFERENCES public.voicemails(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."voicemails" ADD CONSTRAINT "voicemails_phone_number_id_fkey" FOREIGN KEY (phone_number_id) REFERENCES public.phone_numbers(id) ON DELETE RESTRICT;

CREATE VIEW "public"."current_agent_status" WITH (security_invoker=true) AS  SELECT DISTINCT ON (org_id, integration_id, extension) org_id,
    integration_id,
    extension,
    member_id,
    status,
    since,
    observed_through,
    is_account_user_only
   FROM public.agent_statuses s
  WHERE (observed_through > (now() - '00:30:00'::interval))
  ORDER BY org_id, integration_id, extension, since DESC;

CREATE VIEW "public"."extension_suggestions" WITH (security_invoker=true) AS  SELECT e.org_id,
    e.integration_id,
    e.extension,
    e.name,
    e.email,
    m.id AS member_id,
    p.full_name,
        CASE
            WHEN (lower(p.email) = lower(e.email)) THEN 'email'::text
            ELSE 'name'::text
        END AS matched_by
   FROM ((public.extensions e
     JOIN public.org_members m ON (((m.org_id = e.org_id) AND (m.deactivated_at IS NULL))))
     JOIN public.profiles p ON (((p.user_id = m.user_id) AND ((lower(p.email) = lower(e.email)) OR (lower(btrim(p.full_name)) = lower(btrim(e.name)))))))
  WHERE ((e.org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) AND (e.unlisted_at IS NULL) AND (NOT (EXISTS ( SELECT
           FROM public.member_extensions h
          WHERE ((h.integration_id = e.integration_id) AND (h.period @> now()) AND ((h.extension = e.extension) OR (h.member_id = m.id)))))));

CREATE VIEW "public"."integration_status" WITH (security_invoker=true) AS  SELECT i.id,
    i.org_id,
    i.name,
        CASE
            WHEN (i.removed_at IS NOT NULL) THEN 'removed'::text
            WHEN (i.disabled_at IS NOT NULL) THEN 'disabled'::text
            ELSE 'enabled'::text
        END AS state,
    f.requests_used_today,
    f.requests_per_day,
    f.next_run_at,
    i.last_success_at,
    i.last_error,
    i.last_error_at,
    f.last_event_at,
    f.failed_events,
    f.kept_events,
    f.rejected_items,
    f.has_api_key,
    f.has_user_key,
    f.webhook_secrets,
    f.webhook_tokens,
    f.webhook_url
   FROM (public.integrations i
     JOIN private.integration_figures() f(integration_id, requests_used_today, requests_per_day, next_run_at, last_event_at, failed_events, kept_events, rejected_items, has_api_key, has_user_key, webhook_secrets, webhook_tokens, webhook_url) ON ((f.integration_id = i.id)));

CREATE VIEW "public"."rejected_items" WITH (security_invoker=true) AS  SELECT id,
    org_id,
    integration_id,
    resource,
    reason,
    private.without_links(item) AS item,
    rejected_at
   FROM private.rejected_items r;

CREATE VIEW "public"."sync_resources" WITH (security_invoker=true) AS  SELECT i.org_id,
    c.integration_id,
    c.resource,
    c.watermark,
    c.next_run_at,
    c.last_success_at,
    c.failures,
    c.last_error
   FROM (private.cursors_of_mine() c(integration_id, resource, watermark, next_run_at, last_success_at, failures, last_error)
     JOIN public.integrations i ON ((i.id = c.integration_id)));

CREATE VIEW "public"."webhook_events" WITH (security_invoker=true) AS  SELECT id,
    org_id,
    integration_id,
    received_at,
    status,
    error,
    event_type,
    kind,
    direction,
    provider_call_id,
    extension,
    from_number,
    to_number,
    occurred_at,
    duration_seconds,
    has_recording,
    had_nul,
    (private.without_links((payload)::text))::jsonb AS payload,
    private.without_links(unreadable_body) AS unreadable_body
   FROM private.webhook_events e;

CREATE INDEX idempotency_keys_created_idx ON private.idempotency_keys USING btree (created_at);

CREATE INDEX integration_requests_key_idx ON private.integration_requests USING btree (api_key_hash, day);

CREATE INDEX message_statements_key_idx ON private.message_statements USING btree (integration_id, statement_key);

CREATE INDEX message_statements_message_idx ON private.message_statements USING btree (message_id);

CREATE UNIQUE INDEX message_statements_one_of_the_journal_idx ON private.message_statements USING btree (message_id) WHERE (source = 'journal'::text);

CREATE INDEX outbox_requests_expires_idx ON private.outbox_requests USING btree (expires_at) WHERE (state <> 'done'::text);

CREATE INDEX outbox_requests_integration_idx ON private.outbox_requests USING btree (integration_id);

CREATE INDEX outbox_requests_lease_idx ON private.outbox_requests USING btree (lease_until) WHERE (state = ANY (ARRAY['claimed'::text, 'sending'::text]));

CREATE INDEX outbox_requests_open_idx ON private.outbox_requests USING btree (((placed_call_id IS NULL)), run_after, place) WHERE (state <> 'done'::text);

CREATE INDEX outbox_requests_order_idx ON private.outbox_requests USING btree (line_id, recipient, place) WHERE (state <> 'done'::text);

CREATE INDEX outbox_requests_unconfirmed_idx ON private.outbox_requests USING btree (integration_id, begun_at) WHERE (outcome = 'unconfirmed'::text);

CREATE INDEX play_grants_expires_idx ON private.play_grants USING btree (expires_at);

CREATE INDEX play_grants_recording_idx ON private.play_grants USING btree (recording_id);

CREATE INDEX recording_sources_due_idx ON private.recording_sources USING btree (next_attempt_at);

CREATE INDEX sync_lookback_runs_lookback_idx ON private.sync_lookback_runs USING btree (resource, depth);

CREATE INDEX webhook_tokens_integration_idx ON private.webhook_tokens USING btree (integration_id);

CREATE INDEX webhook_tokens_org_integration_idx ON private.webhook_tokens USING btree (org_id, integration_id);

CREATE INDEX agent_statuses_extension_idx ON public.agent_statuses USING btree (integration_id, extension, since DESC);

CREATE INDEX agent_statuses_org_member_idx ON public.agent_statuses USING btree (org_id, member_id);

CREATE INDEX agent_statuses_org_since_idx ON public.agent_statuses USING btree (org_id, since DESC);

CREATE INDEX call_annotations_org_outcome_code_idx ON public.call_annotations USING btree (org_id, outcome_code);

CREATE INDEX call_annotations_tags_idx ON public.call_annotations USING gin (tags);

CREATE INDEX call_annotations_updated_by_idx ON public.call_annotations USING btree (updated_by);

CREATE INDEX call_notes_org_call_idx ON public.call_notes USING btree (org_id, call_id);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX calls_org_external_idx ON public.calls USING btree (org_id, external_number, started_at DESC);

CREATE INDEX contact_numbers_org_contact_idx ON public.contact_numbers USING btree (org_id, contact_id);

CREATE INDEX contact_numbers_org_number_idx ON public.contact_numbers USING btree (org_id, number) INCLUDE (name, is_own);

CREATE INDEX contacts_org_integration_idx ON public.contacts USING btree (org_id, integration_id);

CREATE INDEX contacts_org_name_idx ON public.contacts USING btree (org_id, name, id) WHERE is_shown;

CREATE INDEX conversations_org_external_idx ON public.conversations USING btree (org_id, external_number);

CREATE INDEX conversations_org_last_message_idx ON public.conversations USING btree (org_id, last_message_at DESC, id DESC);

CREATE INDEX conversations_org_line_idx ON public.conversations USING btree (org_id, line_id);

CREATE INDEX conversations_org_owner_idx ON public.conversations USING btree (org_id, owner_id);

CREATE INDEX extensions_org_integration_idx ON public.extensions USING btree (org_id, integration_id);

CREATE INDEX messages_conversation_inbound_idx ON public.messages USING btree (conversation_id, created_at) WHERE (direction = 'inbound'::text);

CREATE INDEX messages_conversation_sent_idx ON public.messages USING btree (conversation_id, sent_at DESC, id DESC);

CREATE INDEX messages_org_conversation_idx ON public.messages USING btree (org_id, conversation_id);

CREATE INDEX messages_org_external_idx ON public.messages USING btree (org_id, external_number, sent_at DESC);

CREATE INDEX messages_org_line_idx ON public.messages USING btree (org_id, line_id);

CREATE INDEX messages_org_sent_idx ON public.messages USING btree (org_id, sent_at DESC, id DESC);

CREATE INDEX messages_parties_idx ON public.messages USING btree (integration_id, business_number, external_number, sent_at);

CREATE INDEX messages_phone_number_idx ON public.messages USING btree (phone_number_id);

CREATE INDEX messages_sent_by_idx ON public.messages USING btree (sent_by);

CREATE INDEX placed_calls_integration_idx ON public.placed_calls USING btree (integration_id);

CREATE INDEX placed_calls_org_created_idx ON public.placed_calls USING btree (org_id, created_at DESC, id DESC);

CREATE INDEX placed_calls_org_line_idx ON public.placed_calls USING btree (org_id, line_id);

CREATE INDEX placed_calls_requested_by_idx ON public.placed_calls USING btree (requested_by);

CREATE INDEX placed_calls_unsettled_idx ON public.placed_calls USING btree (integration_id, business_number, external_number, begun_at) WHERE ((call_id IS NULL) AND (state = ANY (ARRAY['sending'::text, 'placed'::text, 'unconfirmed'::text])));

CREATE INDEX recordings_expiring_idx ON public.recordings USING btree (org_id, kind, started_at) WHERE ((state <> 'deleted'::text) AND (NOT is_held));

CREATE INDEX recordings_integration_idx ON public.recordings USING btree (integration_id);

CREATE INDEX recordings_line_started_idx ON public.recordings USING btree (line_id, started_at DESC, id DESC);

CREATE INDEX recordings_members_idx ON public.recordings USING gin (member_ids);

CREATE INDEX recordings_org_call_idx ON public.recordings USING btree (org_id, call_id);

CREATE INDEX recordings_org_started_idx ON public.recordings USING btree (org_id, started_at DESC, id DESC);

CREATE INDEX recordings_org_voicemail_idx ON public.recordings USING btree (org_id, voicemail_id);

CREATE INDEX recordings_waiting_idx ON public.recordings USING btree (started_at DESC, id) WHERE (state = 'waiting'::text);

CREATE INDEX voicemails_heard_by_idx ON public.voicemails USING btree (heard_by);

CREATE INDEX voicemails_integration_received_idx ON public.voicemails USING btree (integration_id, received_at);

CREATE INDEX voicemails_line_received_idx ON public.voicemails USING btree (line_id, received_at DESC, id DESC);

CREATE INDEX voicemails_members_idx ON public.voicemails USING gin (member_ids);

CREATE INDEX voicemails_org_call_idx ON public.voicemails USING btree (org_id, call_id);

CREATE INDEX voicemails_org_external_idx ON public.voicemails USING btree (org_id, external_number, received_at DESC);

CREATE INDEX voicemails_org_received_idx ON public.voicemails USING btree (org_id, received_at DESC, id DESC);

CREATE INDEX voicemails_phone_number_idx ON public.voicemails USING btree (phone_number_id);

CREATE TRIGGER tg_integration_credentials__audit_removal AFTER DELETE ON private.integration_credentials FOR EACH ROW WHEN ((old.purpose <> ALL (ARRAY['access_token'::text, 'refresh_token'::text]))) EXECUTE FUNCTION private.tg_audit('id', 'sealed');

CREATE TRIGGER tg_webhook_tokens__audit AFTER INSERT OR DELETE OR UPDATE ON private.webhook_tokens FOR EACH ROW EXECUTE FUNCTION private.tg_audit('integration_id', 'token_hash');

CREATE TRIGGER tg_agent_statuses__tell_inserted AFTER INSERT ON public.agent_statuses REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_agent_statuses__touch BEFORE UPDATE ON public.agent_statuses FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_call_annotations__audit AFTER INSERT OR DELETE OR UPDATE ON public.call_annotations FOR EACH ROW EXECUTE FUNCTION private.tg_audit('org_id,call_id');

CREATE TRIGGER tg_call_annotations__tell_inserted AFTER INSERT ON public.call_annotations REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_call_annotations__tell_updated AFTER UPDATE ON public.call_annotations REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_call_annotations__touch BEFORE UPDATE ON public.call_annotations FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_call_notes__audit AFTER INSERT OR DELETE OR UPDATE ON public.call_notes FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_call_notes__tell_deleted AFTER DELETE ON public.call_notes REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_call_notes__tell_inserted AFTER INSERT ON public.call_notes REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_call_notes__tell_updated AFTER UPDATE ON public.call_notes REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_call_notes__touch BEFORE UPDATE ON public.call_notes FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_calls__leave_annotations BEFORE UPDATE ON public.calls FOR EACH ROW WHEN ((old.org_id IS DISTINCT FROM new.org_id)) EXECUTE FUNCTION private.tg_calls__leave_annotations();

CREATE TRIGGER tg_calls__leave_notes BEFORE UPDATE ON public.calls FOR EACH ROW WHEN ((old.org_id IS DISTINCT FROM new.org_id)) EXECUTE FUNCTION private.tg_calls__leave_notes();

create trigger tg_calls__voicemails_of_changed after update on public.calls
for each row when (
  (old.org_id <> new.org_id or 'voicemail' in (old.outcome, new.outcome))
  and (
    old.org_id, old.phone_number_id, old.line_id, old.direction, old.outcome, old.member_ids, old.external_number, old.started_at,
    old.ended_at, old.deleted_at
  ) is distinct from (
    new.org_id, new.phone_number_id, new.line_id, new.direction, new.outcome, new.member_ids, new.external_number, new.started_at,
    new.ended_at, new.deleted_at
  )
)
execute function private.tg_calls__voicemails();

CREATE TRIGGER tg_calls__voicemails_of_new AFTER INSERT ON public.calls FOR EACH ROW WHEN ((new.outcome = 'voicemail'::text)) EXECUTE FUNCTION private.tg_calls__voicemails();

CREATE TRIGGER tg_contacts__audit_new AFTER INSERT ON public.contacts FOR EACH ROW WHEN ((new.integration_id IS NULL)) EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_contacts__audit AFTER DELETE OR UPDATE OF own_name, own_company, own_email, own_numbers, note, removed_at ON public.contacts FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

create trigger tg_contacts__numbers_of_changed after update on public.contacts
for each row when (
  (old.is_shown, old.name, old.own_name, old.own_numbers, old.provider_numbers)
  is distinct from (new.is_shown, new.name, new.own_name, new.own_numbers, new.provider_numbers)
)
execute function private.tg_contacts__numbers();

CREATE TRIGGER tg_contacts__numbers_of_new AFTER INSERT ON public.contacts FOR EACH ROW EXECUTE FUNCTION private.tg_contacts__numbers();

CREATE TRIGGER tg_contacts__tell_deleted AFTER DELETE ON public.contacts REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_contacts__tell_inserted AFTER INSERT ON public.contacts REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_contacts__tell_updated AFTER UPDATE ON public.contacts REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_contacts__touch BEFORE UPDATE ON public.contacts FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_conversations__owner BEFORE UPDATE OF owner_id ON public.conversations FOR EACH ROW EXECUTE FUNCTION private.tg_conversations__owner();

CREATE TRIGGER tg_conversations__tell_inserted AFTER INSERT ON public.conversations REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_conversations__tell_updated AFTER UPDATE ON public.conversations REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_conversations__touch BEFORE UPDATE ON public.conversations FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_conversations__unread BEFORE UPDATE OF read_through ON public.conversations FOR EACH ROW EXECUTE FUNCTION private.tg_conversations__unread();

CREATE TRIGGER tg_current_agent_status__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.current_agent_status FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_extension_suggestions__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.extension_suggestions FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_extensions__tell_inserted AFTER INSERT ON public.extensions REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_extensions__tell_updated AFTER UPDATE ON public.extensions REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_extensions__touch BEFORE UPDATE ON public.extensions FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_integration_status__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.integration_status FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_integrations__audit AFTER INSERT OR DELETE OR UPDATE OF org_id, name, account_type, webhook_mode, disabled_at, removed_at ON public.integrations FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id', 'last_success_at,last_error,last_error_at');

CREATE TRIGGER tg_messages__tell_inserted AFTER INSERT ON public.messages REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_messages__tell_updated AFTER UPDATE ON public.messages REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_messages__touch BEFORE UPDATE ON public.messages FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_outcome_codes__audit AFTER INSERT OR DELETE OR UPDATE ON public.outcome_codes FOR EACH ROW EXECUTE FUNCTION private.tg_audit('org_id,code');

CREATE TRIGGER tg_outcome_codes__tell_deleted AFTER DELETE ON public.outcome_codes REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_outcome_codes__tell_inserted AFTER INSERT ON public.outcome_codes REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_outcome_codes__tell_updated AFTER UPDATE ON public.outcome_codes REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_outcome_codes__touch BEFORE UPDATE ON public.outcome_codes FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_placed_calls__tell_inserted AFTER INSERT ON public.placed_calls REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_placed_calls__tell_updated AFTER UPDATE ON public.placed_calls REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_placed_calls__touch BEFORE UPDATE ON public.placed_calls FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_recordings__audit AFTER UPDATE OF is_held, deleted_at ON public.recordings FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id', 'sha256');

CREATE TRIGGER tg_recordings__tell_inserted AFTER INSERT ON public.recordings REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_recordings__tell_updated AFTER UPDATE ON public.recordings REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_recordings__touch BEFORE UPDATE ON public.recordings FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_rejected_items__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.rejected_items FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_sync_resources__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.sync_resources FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_voicemails__heard BEFORE UPDATE OF heard_at ON public.voicemails FOR EACH ROW EXECUTE FUNCTION private.tg_voicemails__heard();

CREATE TRIGGER tg_voicemails__tell_inserted AFTER INSERT ON public.voicemails REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_voicemails__tell_updated AFTER UPDATE ON public.voicemails REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_voicemails__touch BEFORE UPDATE ON public.voicemails FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_webhook_events__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.webhook_events FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE POLICY "rejected_items_select_admins" ON "private"."rejected_items" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "webhook_events_select_admins" ON "private"."webhook_events" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "agent_statuses_select_api_keys" ON "public"."agent_statuses" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('members:read'::text) AS api_org_ids))));

CREATE POLICY "agent_statuses_select_colleagues" ON "public"."agent_statuses" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "call_annotations_select_api_keys" ON "public"."call_annotations" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "call_annotations_select_visible" ON "public"."call_annotations" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.org_ids_read_in_full() AS org_ids_read_in_full))) OR (EXISTS ( SELECT
   FROM public.calls c
  WHERE ((c.org_id = call_annotations.org_id) AND (c.id = call_annotations.call_id))))));

CREATE POLICY "call_notes_insert_visible" ON "public"."call_notes" FOR INSERT TO "authenticated" WITH CHECK (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))) AND (EXISTS ( SELECT
   FROM public.calls c
  WHERE ((c.org_id = call_notes.org_id) AND (c.id = call_notes.call_id))))));

CREATE POLICY "call_notes_select_api_keys" ON "public"."call_notes" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "call_notes_select_visible" ON "public"."call_notes" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.org_ids_read_in_full() AS org_ids_read_in_full))) OR (EXISTS ( SELECT
   FROM public.calls c
  WHERE ((c.org_id = call_notes.org_id) AND (c.id = call_notes.call_id))))));

CREATE POLICY "contact_numbers_select_api_keys" ON "public"."contact_numbers" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('contacts:read'::text) AS api_org_ids))));

CREATE POLICY "contact_numbers_select_members" ON "public"."contact_numbers" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "contacts_select_api_keys" ON "public"."contacts" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('contacts:read'::text) AS api_org_ids))));

CREATE POLICY "contacts_select_members" ON "public"."contacts" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "conversations_select_agents" ON "public"."conversations" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "conversations_select_api_keys" ON "public"."conversations" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('messages:read'::text) AS api_org_ids))));

CREATE POLICY "conversations_update_agents" ON "public"."conversations" FOR UPDATE TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "extensions_select_api_keys" ON "public"."extensions" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('members:read'::text) AS api_org_ids))));

CREATE POLICY "extensions_select_colleagues" ON "public"."extensions" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "messages_select_agents" ON "public"."messages" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "messages_select_api_keys" ON "public"."messages" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('messages:read'::text) AS api_org_ids))));

CREATE POLICY "outcome_codes_delete_admins" ON "public"."outcome_codes" FOR DELETE TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "outcome_codes_insert_admins" ON "public"."outcome_codes" FOR INSERT TO "authenticated" WITH CHECK ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "outcome_codes_select_api_keys" ON "public"."outcome_codes" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "outcome_codes_select_members" ON "public"."outcome_codes" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "outcome_codes_update_admins" ON "public"."outcome_codes" FOR UPDATE TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "placed_calls_select_api_keys" ON "public"."placed_calls" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "placed_calls_select_lines" ON "public"."placed_calls" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR (line_id = ANY (ARRAY( SELECT private.my_line_ids() AS my_line_ids)))));

CREATE POLICY "recordings_select_api_keys" ON "public"."recordings" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('recordings:read'::text) AS api_org_ids))));

CREATE POLICY "recordings_select_visible" ON "public"."recordings" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR (line_id = ANY (ARRAY( SELECT private.my_line_ids() AS my_line_ids))) OR (member_ids && ARRAY( SELECT private.my_member_ids() AS my_member_ids))));

CREATE POLICY "recordings_update_admins" ON "public"."recordings" FOR UPDATE TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "voicemails_select_api_keys" ON "public"."voicemails" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('recordings:read'::text) AS api_org_ids))));

CREATE POLICY "voicemails_select_visible" ON "public"."voicemails" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR (line_id = ANY (ARRAY( SELECT private.my_line_ids() AS my_line_ids))) OR (member_ids && ARRAY( SELECT private.my_member_ids() AS my_member_ids))));

CREATE POLICY "voicemails_update_visible" ON "public"."voicemails" FOR UPDATE TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR (line_id = ANY (ARRAY( SELECT private.my_line_ids() AS my_line_ids))) OR (member_ids && ARRAY( SELECT private.my_member_ids() AS my_member_ids))));

CREATE POLICY "recordings_select_played" ON "storage"."objects" FOR SELECT TO "authenticated" USING (((bucket_id = 'recordings'::text) AND (name = ANY (ARRAY( SELECT private.my_playable_objects() AS my_playable_objects))) AND (COALESCE(NULLIF(current_setting('storage.operation'::text, true), ''::text), 'object.get_authenticated'::text) ~~ '%object.get_authenticated%'::text)));

COMMENT ON COLUMN "private"."call_snapshots"."has_recording" IS 'Whether it says that there is a recording, with or without a link.';

COMMENT ON COLUMN "private"."call_snapshots"."recording_url" IS 'The link to its recording, as stated.';

COMMENT ON COLUMN "private"."idempotency_keys"."caller_id" IS 'The user or the API key: nobody meets another''s keys.';

COMMENT ON COLUMN "private"."message_statements"."message_id" IS 'Null while an event names a message of which nothing else is known.';

COMMENT ON COLUMN "private"."message_statements"."source" IS 'journal; event (webhooks); answer (to our request to send it).';

COMMENT ON COLUMN "private"."message_statements"."statement_key" IS 'The source''s id of the message, or a hash of what it says where it gives none.';

COMMENT ON COLUMN "private"."message_statements"."was_delivered" IS 'Whether it was ever stated to be delivered.';

COMMENT ON COLUMN "private"."outbox_requests"."begun_at" IS 'When the worker was about to ask the provider.';

COMMENT ON COLUMN "private"."outbox_requests"."outcome" IS 'sent; failed; unconfirmed (it may have been); unlisted (unconfirmed, and the provider never listed it); refused (before it was queued).';

COMMENT ON COLUMN "private"."outbox_requests"."place" IS 'The order in which they were asked for: messages to one recipient go out in it.';

COMMENT ON COLUMN "private"."outbox_requests"."state" IS 'queued; claimed (nothing has been sent yet, so another worker may take it over); sending (it may have been, so nobody may); done.';

COMMENT ON COLUMN "private"."provider_items"."unlisted_at" IS 'When a complete list was first seen without it; null while it is listed.';

COMMENT ON COLUMN "private"."recording_sources"."has_object" IS 'Whether there may be an object in Storage: from the first attempt on, until it was removed.';

COMMENT ON COLUMN "private"."recording_sources"."url" IS 'The provider''s link as it stated it; null while only the existence of a recording is known.';

COMMENT ON COLUMN "private"."sync_cursors"."pages" IS 'Pages of the last pass that succeeded: what the next one is expected to cost in requests.';

COMMENT ON COLUMN "private"."sync_resources"."poll_interval" IS 'How often, as long as the day''s requests suffice (see planned_pause).';

COMMENT ON COLUMN "private"."sync_resources"."share" IS 'Its part of the requests that a day has for what is due by itself.';

COMMENT ON COLUMN "private"."webhook_events"."has_recording" IS 'Whether it tells of a recording, with or without a link.';

COMMENT ON COLUMN "private"."webhook_events"."recording_url" IS 'The link to the call''s recording, as told.';

COMMENT ON COLUMN "public"."agent_statuses"."is_account_user_only" IS 'Whether the provider told it of the account''s own user alone, as it does where it lists nobody else''s status.';

COMMENT ON COLUMN "public"."agent_statuses"."member_id" IS 'Who held the extension when the interval began; null where nobody did.';

COMMENT ON COLUMN "public"."agent_statuses"."observed_through" IS 'The last look that found it.';

COMMENT ON COLUMN "public"."agent_statuses"."org_id" IS 'Of who held the extension, else the integration''s owner.';

COMMENT ON COLUMN "public"."agent_statuses"."since" IS 'The first look that found it. It began somewhere between the look before and this.';

COMMENT ON COLUMN "public"."agent_statuses"."status" IS 'As the provider says, in lower case: available, dnd, offline, …';

COMMENT ON COLUMN "public"."audit_entries"."action" IS 'insert, update or delete of a row; play of a recording; sign_in, sign_in_failed; export.';

COMMENT ON COLUMN "public"."call_annotations"."outcome_code" IS 'What came of the call; null while nobody said.';

COMMENT ON COLUMN "public"."call_annotations"."tags" IS 'In lower case and alphabetical order.';

COMMENT ON COLUMN "public"."call_annotations"."updated_by" IS 'The user who said it last.';

COMMENT ON COLUMN "public"."contact_numbers"."is_own" IS 'Whether the name is the organization''s own word.';

COMMENT ON COLUMN "public"."contact_numbers"."name" IS 'The contact''s, so that a name beside a number is found in one step.';

COMMENT ON COLUMN "public"."contacts"."company" IS 'As the organization says, else as the provider does.';

COMMENT ON COLUMN "public"."contacts"."email" IS 'As the organization says, else as the provider does.';

COMMENT ON COLUMN "public"."contacts"."id" IS 'For a contact of the provider''s a UUIDv5 of integration and its id: reading it again gives the same id.';

COMMENT ON COLUMN "public"."contacts"."integration_id" IS 'Null for a contact that the organization made itself.';

COMMENT ON COLUMN "public"."contacts"."is_shown" IS 'Whether it counts: not removed, and listed by the provider or said something about by the organization. Filter by is_shown=is.true.';

COMMENT ON COLUMN "public"."contacts"."name" IS 'As the organization says, else as the provider does.';

COMMENT ON COLUMN "public"."contacts"."org_id" IS 'A contact of a platform-wide account belongs to the holding organization.';

COMMENT ON COLUMN "public"."contacts"."own_numbers" IS 'The organization''s own list, instead of the provider''s; null where it has not edited it.';

COMMENT ON COLUMN "public"."contacts"."removed_at" IS 'When the organization removed it; the provider''s list does not bring it back, save_contact does.';

COMMENT ON COLUMN "public"."contacts"."unlisted_at" IS 'When a complete list of the provider''s was first seen without it; null while it is listed.';

COMMENT ON COLUMN "public"."conversations"."id" IS 'UUIDv5 of line and number outside.';

COMMENT ON COLUMN "public"."conversations"."opted_out_at" IS 'Since when the number outside wants no messages (STOP); null where it never said so, or took it back (START).';

COMMENT ON COLUMN "public"."conversations"."owner_id" IS 'The member who cares for it; null while nobody does. Agents and above set it.';

COMMENT ON COLUMN "public"."conversations"."read_through" IS 'The created_at of the last message that somebody has read; null to mark all as unread. Agents and above set it, never beyond now.';

COMMENT ON COLUMN "public"."conversations"."unread_count" IS 'Inbound messages that came after read_through.';

COMMENT ON COLUMN "public"."extensions"."email_used_at" IS 'When this e-mail gave the extension to a member. It does so once: what admins say afterwards stands.';

COMMENT ON COLUMN "public"."extensions"."listed_since" IS 'Since when it is listed without interruption.';

COMMENT ON COLUMN "public"."extensions"."name" IS 'As the provider names the person; it ties nobody to the extension.';

COMMENT ON COLUMN "public"."extensions"."org_id" IS 'The integration''s owner.';

COMMENT ON COLUMN "public"."extensions"."unlisted_at" IS 'When a complete list was first seen without it; null while it is listed.';

COMMENT ON COLUMN "public"."integrations"."removed_at" IS 'Since when the account is no longer ours to read: its credentials are gone, its history stays.';

COMMENT ON COLUMN "public"."messages"."api_key_id" IS 'The API key that sent it.';

COMMENT ON COLUMN "public"."messages"."conversation_id" IS 'Null where there is no line.';

COMMENT ON COLUMN "public"."messages"."created_at" IS 'When it came here; what conversations.read_through refers to.';

COMMENT ON COLUMN "public"."messages"."external_number" IS 'The outside party; a word where it writes under a name instead of a number.';

COMMENT ON COLUMN "public"."messages"."failure_reason" IS 'In the provider''s words where it said any.';

COMMENT ON COLUMN "public"."messages"."line_id" IS 'Null while no organization has the number.';

COMMENT ON COLUMN "public"."messages"."provider_message_id" IS 'Null while it is not known, or where the provider gives none.';

COMMENT ON COLUMN "public"."messages"."sent_at" IS 'The provider''s time; until that is known, when we handed it over or were asked to.';

COMMENT ON COLUMN "public"."messages"."sent_by" IS 'Who sent it here; null for messages received, sent elsewhere, or by an API key.';

COMMENT ON COLUMN "public"."messages"."state" IS 'received; or of outbound ones queued, sending, sent, delivered, failed (see failure_reason), unconfirmed (whether it left is not known; it is not sent again).';

COMMENT ON COLUMN "public"."outcome_codes"."code" IS 'Stays as it is, so that reports of last year still mean the same; the label may change.';

COMMENT ON COLUMN "public"."outcome_codes"."position" IS 'Where it stands in a list of choices; smaller comes first.';

COMMENT ON COLUMN "public"."outcome_codes"."retired_at" IS 'Since when it is chosen no more. Calls that have it keep it.';

COMMENT ON COLUMN "public"."phone_numbers"."unlisted_at" IS 'When the provider was first seen to list the number no more; null while it does, or never did.';

COMMENT ON COLUMN "public"."placed_calls"."begun_at" IS 'When the provider was asked.';

COMMENT ON COLUMN "public"."placed_calls"."call_id" IS 'The call it became, once that is known. That call''s own facts say whose it is, so it is tied by its id alone.';

COMMENT ON COLUMN "public"."placed_calls"."state" IS 'queued, sending, placed, failed (see reason), unconfirmed (whether it rang is not known; it is not placed again).';

COMMENT ON COLUMN "public"."platform_settings"."webhooks_url" IS 'Where the webhook app is reached from outside, without a slash at the end; MightyCall delivers to /webhooks/mightycall/… there.';

COMMENT ON COLUMN "public"."recordings"."id" IS 'UUIDv5 of the call or voicemail: rebuilding gives the same id.';

COMMENT ON COLUMN "public"."recordings"."is_held" IS 'Legal hold: while it is set, neither a person nor time deletes the audio.';

COMMENT ON COLUMN "public"."recordings"."line_id" IS 'The call''s or the voicemail''s.';

COMMENT ON COLUMN "public"."recordings"."member_ids" IS 'Members with a leg in the call.';

COMMENT ON COLUMN "public"."recordings"."reason" IS 'Why it is not stored, in words; while it waits, what went wrong last.';

COMMENT ON COLUMN "public"."recordings"."sha256" IS 'Of the audio as stored.';

COMMENT ON COLUMN "public"."recordings"."size_bytes" IS 'Of the audio as stored.';

COMMENT ON COLUMN "public"."recordings"."state" IS 'waiting (not fetched yet), stored, failed (not to be had, see reason), deleted (by a person or after its time).';

COMMENT ON COLUMN "public"."sync_jobs"."kind" IS 'scheduled (due), requested (by a person), backfill (of a range), one (call), test (of the keys), test_delivery (of our own webhook address), replay (of webhook events).';

COMMENT ON COLUMN "public"."sync_jobs"."note" IS 'Why it waits, in words, if it does.';

COMMENT ON COLUMN "public"."sync_jobs"."replay_status" IS 'Of a replay: only events of this status; null: all.';

COMMENT ON COLUMN "public"."sync_jobs"."replayed_through" IS 'Of a replay: the last event that was read again.';

COMMENT ON COLUMN "public"."voicemails"."call_id" IS 'The call it was left in: the one that the provider names, else the nearest of this caller to this number that went to voicemail at that time.';

COMMENT ON COLUMN "public"."voicemails"."extension" IS 'Whose mailbox it is, where the provider says so.';

COMMENT ON COLUMN "public"."voicemails"."external_number" IS 'The caller; null when withheld.';

COMMENT ON COLUMN "public"."voicemails"."heard_at" IS 'When somebody of the organization first marked it as heard. Set it to any time to mark it, to null to take that back.';

COMMENT ON COLUMN "public"."voicemails"."heard_by" IS 'The user who marked it.';

COMMENT ON COLUMN "public"."voicemails"."id" IS 'UUIDv5 of integration and provider id: reading it again gives the same id.';

COMMENT ON COLUMN "public"."voicemails"."line_id" IS 'Null while no organization has the number, or the number is unknown.';

COMMENT ON COLUMN "public"."voicemails"."member_ids" IS 'Members with a leg in the call, and who held the mailbox''s extension, in order.';

COMMENT ON COLUMN "public"."voicemails"."org_id" IS 'That of its call; where no call is known, of who had the number when it was received.';

COMMENT ON COLUMN "public"."voicemails"."transcription" IS 'As the provider gives it.';

COMMENT ON COLUMN "public"."voicemails"."unlisted_at" IS 'When a complete list was first seen without it; null while it is listed.';

COMMENT ON FUNCTION "private"."add_phone_numbers"(uuid, text[]) IS 'Takes numbers into the inventory that are not there yet, with a line where an organization owns the account, and the calls and messages that waited for them.';

COMMENT ON FUNCTION "private"."annotate_call"(uuid, text, text[]) IS 'Says what came of a call and gives it tags; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."apply_agent_status"(uuid, jsonb[], timestamp with time zone) IS 'Notes in which status the extensions of an account were seen, in one look: {"extension", "status", "isAccountUser"}. Other items are rejected by position.';

COMMENT ON FUNCTION "private"."apply_contacts"(uuid, jsonb[], timestamp with time zone) IS 'Merges a page of the provider''s contacts; what organizations say themselves stays. Items without an id are rejected by position.';

COMMENT ON FUNCTION "private"."apply_message_events"(uuid, jsonb[], timestamp with time zone[]) IS 'Merges webhook events of messages. Raises, for all of them, where one tells of no message.';

COMMENT ON FUNCTION "private"."apply_messages"(uuid, jsonb[], timestamp with time zone) IS 'Merges a page of the provider''s journal: keeps what each item states and writes the messages. Items of other kinds are passed over, those that cannot be messages are rejected by position.';

COMMENT ON FUNCTION "private"."apply_missing_calls"(uuid, text, text[], timestamp with time zone, timestamp with time zone) IS 'Notes that the provider knows these calls no more, and returns how many rows that changed. They count in no figure from then on, unless they are listed again.';

COMMENT ON FUNCTION "private"."apply_one_call"(uuid, text, timestamp with time zone) IS 'Merges one call that was read again for the link of its recording; returns why it could not be, or null.';

COMMENT ON FUNCTION "private"."apply_phone_numbers"(uuid, jsonb[], timestamp with time zone) IS 'Merges a page of the provider''s phone numbers into the inventory. Items without a number are rejected by position.';

COMMENT ON FUNCTION "private"."apply_staged_items"(uuid, text, timestamp with time zone, timestamp with time zone, integer, boolean, timestamp with time zone) IS 'Merges the job''s staged page, sets unusable items aside, and moves progress and watermark, all in the caller''s transaction. p_is_last: a whole list has now been read.';

COMMENT ON FUNCTION "private"."apply_team"(uuid, jsonb[], timestamp with time zone) IS 'Merges a page of the provider''s team into extensions, and gives those to members whose confirmed e-mail it names. Items without an extension are rejected by position.';

COMMENT ON FUNCTION "private"."apply_voicemails"(uuid, jsonb[], timestamp with time zone) IS 'Merges a page of the provider''s voicemails, with the recordings of their audio. Items that cannot be voicemails are rejected by position.';

COMMENT ON FUNCTION "private"."attribute_extensions"(uuid, uuid[], text[], timestamp with time zone) IS 'Names anew whose calls, voicemails and statuses are, since an instant, after extensions changed hands. The caller holds the integration "for update".';

COMMENT ON FUNCTION "private"."begin_outbox_request"(uuid, text, timestamp with time zone) IS 'To be committed before the provider is asked: from here on the request is never tried again by itself. False: it is not to be done (any more), or not by this worker.';

COMMENT ON FUNCTION "private"."call_of_voicemail"(uuid, text, uuid, text, timestamp with time zone) IS 'The call that a voicemail was left in: the one named, else the nearest of this caller to this number that was at its voicemail then.';

COMMENT ON FUNCTION "private"."change_integration"(uuid, text, text, text, text, jsonb) IS 'Changes an integration, what is left out stays; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."check_integration"(text, text, text) IS 'Refuses a name, an account type or a webhook mode that cannot be.';

COMMENT ON FUNCTION "private"."check_overlap"(interval) IS 'Refuses a time for which two secrets may be valid side by side that makes no sense.';

COMMENT ON FUNCTION "private"."claim_outbox_request"(text, timestamp with time zone) IS 'The next message to send or call to place, for this worker, with a lease of two minutes: calls first. No row: nothing to do.';

COMMENT ON FUNCTION "private"."claim_recording"(text, timestamp with time zone) IS 'The next recording whose audio this worker should fetch, with a lease of ten minutes. No row: nothing to do.';

COMMENT ON FUNCTION "private"."claim_recording_removal"(text, timestamp with time zone) IS 'Deletes what has been kept for its time and is not held, and gives this worker the next recording whose object Storage should remove.';

COMMENT ON FUNCTION "private"."contact_name"(uuid, text) IS 'How an organization calls who has this number, as far as the caller reads its contacts; null where nobody is known.';

COMMENT ON FUNCTION "private"."count_provider_request"(bytea, uuid, text, timestamp with time zone) IS 'Counts one request before it is made, exactly across workers. Not allowed when the day''s are used_up, when the provider refused within the hour, or when what is left is kept_back for more urgent purposes.';

COMMENT ON FUNCTION "private"."count_segments"(text) IS 'How long a text message is, in places of its encoding (gsm7 or ucs2), and in how many segments it travels: 160 or 70 places alone, 153 or 67 each of several.';

COMMENT ON FUNCTION "private"."cursors_of_mine"() IS 'How far the integrations have been read that the caller manages or administers.';

COMMENT ON FUNCTION "private"."delete_recording"(uuid) IS 'Marks a recording as deleted, for the sync script to remove its audio; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."derive_calls"(uuid, text[]) IS 'The rows of calls, with their legs and what is known of a recording, that the known facts make: in one place for webhooks, sync and rebuild. Reads only.';

COMMENT ON FUNCTION "private"."derive_messages"(uuid, uuid[]) IS 'The rows of messages that our own requests, the journal''s statements and the events'' make. Reads only.';

COMMENT ON FUNCTION "private"."earlier_result"(text, jsonb, uuid[]) IS 'Keeps what this request will have made; or returns what it made when it was sent before with the same key.';

COMMENT ON FUNCTION "private"."end_outbox_request"(uuid, text, text, timestamp with time zone) IS 'Ends a request and says so on its message or call. The caller holds it (lock_request, then the row).';

COMMENT ON FUNCTION "private"."end_overdue_requests"(timestamp with time zone) IS 'Ends requests that can no longer be done: begun by a worker that stopped, or waiting for too long.';

COMMENT ON FUNCTION "private"."expire_outbox_request"(uuid, timestamp with time zone) IS 'Ends a request that has waited for too long.';

COMMENT ON FUNCTION "private"."extension_holder"(uuid, text, timestamp with time zone) IS 'Who held an extension of an account at an instant, and in which organization: the account''s owner where nobody did. One row.';

COMMENT ON FUNCTION "private"."finish_outbox_request"(uuid, text, text, text, text, timestamp with time zone, timestamp with time zone) IS 'Ends a request: sent, failed with a reason, unconfirmed, or retry at p_retry_at where it is certain that nothing reached the provider. False when it is no longer this worker''s.';

COMMENT ON FUNCTION "private"."finish_recording"(uuid, text, text, text, text, bigint, bytea, timestamp with time zone) IS 'Ends the fetching of a recording: stored, failed for good, or to be tried again (in 1, 5, 15 minutes, 1, 4, 12, 24 hours; then it failed). False when it went to another worker.';

COMMENT ON FUNCTION "private"."finish_recording_removal"(uuid, text, text, timestamp with time zone) IS 'The object is gone; with an error it is tried again in a quarter of an hour.';

COMMENT ON FUNCTION "private"."first_text"(jsonb, text[]) IS 'The first of these fields (caller.phone: a field of a field) that holds a text or a number; null where none does. For what the provider names now this way and now that.';

COMMENT ON FUNCTION "private"."forget_expired"(timestamp with time zone) IS 'Removes grants, counted minutes, tokens, letters and idempotency keys that are of no use any more, and tells how many.';

COMMENT ON FUNCTION "private"."give_extensions_by_email"(uuid) IS 'Gives extensions that nobody holds to the members whose confirmed e-mail the provider names, from now on. The caller holds the integration "for update".';

COMMENT ON FUNCTION "private"."has_due_work"(timestamp with time zone) IS 'Whether something waits that is more urgent than a backfill or a replay.';

COMMENT ON FUNCTION "private"."hearable_recording"(uuid) IS 'The recording, if the caller may hear it, as its policy says; else nulls.';

COMMENT ON FUNCTION "private"."integration_figures"() IS 'How the integrations stand that the caller manages or administers: requests, deliveries, what they have of credentials, never a credential.';

COMMENT ON FUNCTION "private"."keep_credential"(uuid, text, text, text) IS 'Stores a sealed credential, a key in place of the one before, a webhook secret beside it.';

COMMENT ON FUNCTION "private"."keep_credentials"(uuid, text, jsonb) IS 'Stores sealed credentials, base64 by purpose.';

COMMENT ON FUNCTION "private"."keep_items"(uuid, text, text[], jsonb[], timestamp with time zone) IS 'Keeps what the provider states about items, unless something later is known, and tells which are new or say something else than before. Items overtaken by a later statement are left out.';

COMMENT ON FUNCTION "private"."keep_recording"(uuid, uuid, uuid, text, uuid, uuid, uuid, uuid[], text, text, timestamp with time zone, integer, text) IS 'Writes one recording that facts make; see keep_recordings.';

COMMENT ON FUNCTION "private"."keep_recordings"(public.recordings[], text[]) IS 'Writes recordings that facts make, each with its link where one is known; what became of their audio stays as it is, unless a new link gives hope.';

COMMENT ON FUNCTION "private"."line_at"(uuid, text, timestamp with time zone) IS 'Whose a number of an account was at an instant: the line and its organization, else the account''s owner and no line. One row.';

COMMENT ON FUNCTION "private"."lock_messages"(uuid) IS 'Lets one writer at a time say which statement is of which message of an account. After the numbers'' locks, before those of requests and messages.';

COMMENT ON FUNCTION "private"."lock_my_integration"(uuid, text[]) IS 'The integration, locked, if the caller has one of these roles in its organization, or is a platform admin. Refuses otherwise.';

COMMENT ON FUNCTION "private"."lock_numbers"(uuid, text[]) IS 'Keeps numbers of an account where they are until the transaction ends: whoever assigns them waits, or has been waited for.';

COMMENT ON FUNCTION "private"."lock_request"(uuid) IS 'Takes the locks that come before a request''s own: of its line''s number, then of the account''s messages.';

COMMENT ON FUNCTION "private"."lock_voicemails"(uuid, boolean) IS 'A page of voicemails and a call that went to voicemail, written at the same time, must not miss each other: the page waits for the calls, and they for it.';

COMMENT ON FUNCTION "private"."message_hash"(timestamp with time zone, text, text, text, text) IS 'What a message is known by that its source gives no id.';

COMMENT ON FUNCTION "private"."message_keyword"(text) IS 'stop where the whole message asks to be left alone, start where it takes that back, whatever its case and punctuation; else null.';

COMMENT ON FUNCTION "private"."my_playable_objects"() IS 'Names of the objects in the bucket recordings that the caller may fetch now.';

COMMENT ON FUNCTION "private"."observe_agent_status"(uuid, text, text, boolean, timestamp with time zone) IS 'Notes in which status an extension was seen, and tells whether an interval begins. A look inside a known interval changes nothing.';

COMMENT ON FUNCTION "private"."opted_out_reason"() IS 'Why nothing is sent to who does not want it.';

COMMENT ON FUNCTION "private"."part_of_day_left"(timestamp with time zone) IS 'How much of the UTC day, for which requests are counted, is left: 1 at its start.';

COMMENT ON FUNCTION "private"."place_call"(uuid, text, text) IS 'Puts a call in the outbox; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."place_statement"(private.message_statements) IS 'Keeps a statement and finds which message it is of: by its own id, by the same id in another source, by what it says, else a new one. Returns the messages to be written anew.';

COMMENT ON FUNCTION "private"."planned_pause"(uuid, text, timestamp with time zone) IS 'How long until a resource is due again: its interval, or longer where its share of the requests left today, spread until midnight UTC, does not suffice.';

COMMENT ON FUNCTION "private"."play_recording"(uuid) IS 'Lets the caller fetch a recording''s audio for five minutes and writes that into the audit trail; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."postpone_sync_job"(uuid, text, timestamp with time zone, text, timestamp with time zone) IS 'Puts a job back until later, with the reason for people to read, to go on where it stopped; the attempt does not count.';

COMMENT ON FUNCTION "private"."queue_replay"(uuid, timestamp with time zone, timestamp with time zone, text) IS 'Queues the replay of an integration''s events; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."queue_replay_job"(uuid, timestamp with time zone, timestamp with time zone, text, timestamp with time zone) IS 'Puts the replay of an integration''s events of a period and a status (null: any) in the queue and wakes the workers.';

COMMENT ON FUNCTION "private"."queue_test"(uuid, text) IS 'Queues a test of an integration; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."read_calls"(jsonb[]) IS 'The one mapping from calls of the provider''s history to facts, by place in the page: legs is [{"extension", "name", "is_connected"}], one per extension and null where none is named; error says why an item cannot be a call.';

COMMENT ON FUNCTION "private"."read_contacts"(jsonb[]) IS 'The one mapping from contacts of the provider''s list to facts, by place in the page; error says why an item cannot be a contact.';

COMMENT ON FUNCTION "private"."read_event"(jsonb, timestamp with time zone) IS 'The one mapping from a webhook''s JSON to facts, with the status it deserves: applied, ignored, or failed with the reason.';

COMMENT ON FUNCTION "private"."read_idempotency_key"(text) IS 'The key of this request, as an argument or in its header; API keys have to send one.';

COMMENT ON FUNCTION "private"."read_message_event"(uuid, jsonb, timestamp with time zone) IS 'The one mapping from a webhook''s JSON to what it states of a message. Raises where it tells of none.';

COMMENT ON FUNCTION "private"."read_messages"(uuid, jsonb[], timestamp with time zone) IS 'The one mapping from items of the provider''s journal to what they state of messages, by place in the page; error says why an item cannot be one.';

COMMENT ON FUNCTION "private"."read_party"(text) IS 'The number of the other side, or the name it writes under.';

COMMENT ON FUNCTION "private"."read_recipients"(text[], public.lines) IS 'Recipients in E.164 form, each once, in the order given. Refuses all of them when one cannot be reached, and names it.';

COMMENT ON FUNCTION "private"."read_team"(jsonb[]) IS 'The one mapping from people of the provider''s team to facts, by place in the page; error says why an item is of no use.';

COMMENT ON FUNCTION "private"."read_voicemails"(jsonb[]) IS 'The one mapping from voicemails of the provider''s list to facts, by place in the page; error says why an item cannot be a voicemail.';

COMMENT ON FUNCTION "private"."recording_link"(uuid, text) IS 'The link of a recording that this worker fetches, as it is known now; null where there is none, or it went to another worker.';

COMMENT ON FUNCTION "private"."recording_of_call"(public.calls) IS 'The recording of a call that is said to have one.';

COMMENT ON FUNCTION "private"."refresh_conversations"(uuid[]) IS 'Makes conversations say what their messages make of them; one that has none any more goes.';

COMMENT ON FUNCTION "private"."rehome_messages"(uuid) IS 'Takes the messages of a number to whose it was when they were sent. The caller holds the number, so that nobody writes any of them meanwhile.';

COMMENT ON FUNCTION "private"."rehome_voicemails"(uuid) IS 'Writes a number''s voicemails anew after its lines changed. The caller holds the number "for update" and has written its calls.';

COMMENT ON FUNCTION "private"."release_recording"(uuid, text, timestamp with time zone) IS 'Gives a recording back untried, for instance for want of requests today; the attempt does not count.';

COMMENT ON FUNCTION "private"."remove_contact"(uuid) IS 'Removes a contact; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."replay_next_events"(uuid, text, integer, timestamp with time zone) IS 'Applies the next events of a replay again, oldest first, and returns how many there were; 0 means that it is done.';

COMMENT ON FUNCTION "private"."replay_webhook_event"(bigint) IS 'Applies one event again; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."request_backfill"(uuid, text, timestamp with time zone, timestamp with time zone) IS 'Queues the reading of a past range; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."requests_for"(text, integer, timestamp with time zone) IS 'How many of the day''s requests may have been used before this purpose (send, requested, scheduled, recording, backfill) has to wait.';

COMMENT ON FUNCTION "private"."require_line"(uuid, text) IS 'The line, where the caller may send and call from it: agents and managers those given to them, admins their organization''s, API keys with the scope.';

COMMENT ON FUNCTION "private"."require_open_line"(public.lines) IS 'The account of a line, where something can be sent from it now; the line stays the organization''s until the transaction ends.';

COMMENT ON FUNCTION "private"."retry_sync_job"(uuid, text, timestamp with time zone, text, timestamp with time zone) IS 'Puts a job back that failed for a reason which passes by itself, to go on where it stopped; the attempt counts.';

COMMENT ON FUNCTION "private"."rotate_webhook_secret"(uuid, text, text, interval) IS 'Adds a webhook secret and lets those before it run out; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."rotate_webhook_token"(uuid, interval) IS 'Makes a webhook token and lets those before it run out; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."save_contact"(uuid, uuid, text, text, text, text, text[]) IS 'Writes what an organization says about a contact; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."send_message"(uuid, text[], text, text) IS 'Puts a message to each recipient in the outbox; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."set_member_extension"(uuid, uuid, text, timestamp with time zone) IS 'Says which extension a member has from an instant on, and names legs, voicemails and statuses since then anew; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."settle_placed_call"(uuid) IS 'Finds the call that a placed call became: the one with the id that the provider answered, else the first between the two numbers around that time.';

COMMENT ON FUNCTION "private"."settle_placed_calls"(uuid, text[]) IS 'Ties calls that were just written to those that people placed. Does nothing, at once, where none waits for its call.';

COMMENT ON FUNCTION "private"."settle_unconfirmed"(uuid, timestamp with time zone) IS 'After the journal was read through to an instant: what may have been sent an hour before that, and is not listed, was not. Calls likewise, by how far the calls were read.';

COMMENT ON FUNCTION "private"."switch_integration"(uuid, text) IS 'Turns an integration on, off or removed; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."sync_job_outcome"(uuid) IS 'How far a job is, for the one who queued it and waits for its end.';

COMMENT ON FUNCTION "private"."sync_status"(timestamp with time zone) IS 'How far each resource has been read, for operators. Requests are those of the integration''s API key.';

COMMENT ON FUNCTION "private"."test_delivery_target"(uuid, text, timestamp with time zone) IS 'Where and how the test delivery of this worker''s job is sent: by token with one made for it, signed with the newest secret, sealed (null: there is none).';

COMMENT ON FUNCTION "private"."tg_calls__leave_annotations"() IS 'As with notes: a call that turns out to be another organization''s goes without what this one said about it.';

COMMENT ON FUNCTION "private"."tg_calls__leave_notes"() IS 'What one organization wrote about a call is never read by another: a call that turns out to be somebody else''s goes without its notes, which stay in the trail of who wrote them.';

COMMENT ON FUNCTION "private"."tg_calls__voicemails"() IS 'Writes anew the voicemails that may have been left in a call, and those that went with it to another organization, whose line is not there.';

COMMENT ON FUNCTION "private"."tg_contacts__numbers"() IS 'Keeps contact_numbers what contacts say.';

COMMENT ON FUNCTION "private"."tg_conversations__owner"() IS 'Conversations are given to who can read and answer them.';

COMMENT ON FUNCTION "private"."tg_conversations__unread"() IS 'Counts anew what is unread.';

COMMENT ON FUNCTION "private"."tg_voicemails__heard"() IS 'Says who marked a voicemail as heard, and when, whatever time was sent.';

COMMENT ON FUNCTION "private"."try_recordings_again"(uuid) IS 'Begins anew with the audio of an organization that is missing.';

COMMENT ON FUNCTION "private"."unlist_missing"(uuid, text, timestamp with time zone) IS 'After a complete list: what was not observed since then is listed no more. It stays, says so, and is there again when it is listed again. Returns how many.';

COMMENT ON FUNCTION "private"."unlist_phone_numbers"(uuid, timestamp with time zone) IS 'After a whole list was read: numbers that the provider listed before and does not any more.';

COMMENT ON FUNCTION "private"."unlisted_calls"(uuid, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, integer) IS 'Calls that the history listed earlier, that started in a range which has just been read whole, and that were not in it: deleted upstream, perhaps.';

COMMENT ON FUNCTION "private"."webhook_path"(uuid, text) IS 'Where an integration''s deliveries arrive at our webhook app.';

COMMENT ON FUNCTION "private"."webhook_secrets"(uuid) IS 'How deliveries of an integration are authenticated. Signed: its secrets valid now. By token: the hashes of tokens valid now, and the API key that a payload has to name. One row of nulls where there is nothing, none for an unknown integration.';

COMMENT ON FUNCTION "private"."without_links"(text) IS 'JSON text without the links in it: one to a recording opens the audio to whoever has it, and no play of it would be recorded.';

COMMENT ON FUNCTION "private"."write_messages"(uuid, uuid[]) IS 'Writes what is known of these messages, and their conversations. The caller holds the account''s lock (lock_messages), or its number''s.';

COMMENT ON FUNCTION "private"."write_voicemails"(uuid, text[]) IS 'Writes voicemails of which the provider''s statement is kept, with their recordings, and returns how many rows changed. In one place for sync, for calls that change, and for numbers and extensions that change hands.';

COMMENT ON FUNCTION "public"."annotate_call"(uuid, text, text[]) IS 'Says what came of a call, and gives it tags (agents and managers on the calls they read, org admins on their organization''s).

What is left out stays as it was. An empty p_outcome_code takes the outcome code back; p_tags is the whole list of tags, and an empty one takes all away.
Calls are filtered by them with calls?select=*,call_annotations!inner(*)&call_annotations.tags=cs.{urgent}.
Errors: call_not_found, role_not_sufficient, outcome_code_unknown, tag_invalid.';

COMMENT ON FUNCTION "public"."change_integration"(uuid, text, text, text, text, jsonb) IS 'Changes the name, the account type, the webhook mode or the keys of a MightyCall account; what is left out stays as it is (org admins, platform admins).

p_credentials holds api_key, user_key or both, sealed to the key p_key_id names, in base64. The next pull begins at once with them.
Errors: integration_not_found, name_invalid, account_type_unknown, webhook_mode_unknown, credential_unknown, credential_not_sealed.';

COMMENT ON FUNCTION "public"."contact_name"(public.calls) IS 'The name of the contact with the outside party''s number, for those who read contacts: calls?select=*,contact_name.';

COMMENT ON FUNCTION "public"."contact_name"(public.conversations) IS 'The name of the contact with the outside party''s number, for those who read contacts: conversations?select=*,contact_name.';

COMMENT ON FUNCTION "public"."contact_name"(public.messages) IS 'The name of the contact with the outside party''s number, for those who read contacts: messages?select=*,contact_name.';

COMMENT ON FUNCTION "public"."contact_name"(public.recordings) IS 'The name of the contact with the outside party''s number, for those who read contacts: recordings?select=*,contact_name.';

COMMENT ON FUNCTION "public"."contact_name"(public.voicemails) IS 'The name of the contact with the caller''s number, for those who read contacts: voicemails?select=*,contact_name.';

COMMENT ON FUNCTION "public"."count_segments"(text) IS 'How many segments a text message takes, each of which is paid for, and its length in places of its encoding.

gsm7 where every character is of that alphabet (160 places alone, 153 each of several; ^{}\[~]|€ take two), else ucs2 (70, 67).';

COMMENT ON FUNCTION "public"."create_api_key"(uuid, text, text[], timestamp with time zone) IS 'Makes an API key for an organization (org admins), or with p_org_id null for all of them (platform admins). The secret is told here, once.

Scopes: calls:read (calls, legs, lines, figures), members:read (people, their lines and extensions), sync:read (integrations, jobs),
contacts:read, messages:read (with conversations), recordings:read (what there is, and voicemails; nothing plays), audit:read, and two
that act: sync:request to ask for a pull, messages:send. Any key reads its organization with its settings and holidays.
Errors: platform_admin_required, organization_not_found, role_not_sufficient, name_invalid, scope_unknown, expiry_in_the_past.';

COMMENT ON FUNCTION "public"."create_integration"(uuid, text, text, text, text, jsonb, uuid) IS 'Adds a MightyCall account to an organization (org admins), or platform-wide with p_org_id null (platform admins).

p_id is chosen by the client, because the credentials (base64 of HPKE messages: api_key, user_key, webhook_secret) are sealed for it.
p_webhook_mode is signed, or token for an account that cannot sign: rotate_webhook_token then tells the address to deliver to.
Errors: platform_admin_required, organization_not_found, role_not_sufficient, name_invalid, account_type_unknown, webhook_mode_unknown, credentials_missing, credential_unknown, credential_not_sealed, integration_exists.';

COMMENT ON FUNCTION "public"."delete_recording"(uuid) IS 'Deletes the audio of a recording for good (org admins). It plays for nobody from now on; that there was one stays known.

Errors: recording_not_found, recording_held.';

COMMENT ON FUNCTION "public"."disable_integration"(uuid) IS 'Stops pulling from a MightyCall account and sending through it; deliveries are kept, and applied when it is enabled again (org admins, platform admins).

Errors: integration_not_found.';

COMMENT ON FUNCTION "public"."enable_integration"(uuid) IS 'Goes on with a disabled account: what was delivered meanwhile is applied, and the pull begins at once (org admins, platform admins).

Errors: integration_not_found.';

COMMENT ON FUNCTION "public"."place_call"(uuid, text, text) IS 'Asks MightyCall to ring, from a line, a number outside (agents and managers on lines given to them, org admins).

What becomes of it is in placed_calls, and the call itself in calls. A call that has not begun to ring within two minutes is not
placed any more. With p_idempotency_key, or the header Idempotency-Key, the same request is done once and answered alike each time.
Errors: line_not_found, role_not_sufficient, idempotency_key_invalid, recipient_invalid, recipient_is_own_number, idempotency_key_reused, organization_archived, line_not_current, integration_disabled.';

COMMENT ON FUNCTION "public"."play_recording"(uuid) IS 'Lets the caller fetch a recording from Storage until expires_at, five minutes from now, with their own token. Every play is in the audit trail.

Then: GET /storage/v1/object/authenticated/recordings/<object_name>, or storage.from("recordings").download(object_name).
Admins any recording of their organization, agents and managers those of given lines and of calls they handled.
Errors: recording_not_found, recording_not_stored.';

COMMENT ON FUNCTION "public"."remove_contact"(uuid) IS 'Removes a contact (agents, managers, org admins). One that the provider lists loses what the organization said about it, and stays hidden
until it is saved again; one of the organization''s own is deleted.

Errors: contact_not_found, role_not_sufficient.';

COMMENT ON FUNCTION "public"."remove_integration"(uuid) IS 'Removes a MightyCall account: its keys, secrets and tokens are deleted, nothing is pulled, received or sent any more. Its history stays (org admins, platform admins).

It does not come back; add the account anew to go on with it.
Errors: integration_not_found.';

COMMENT ON FUNCTION "public"."replay_webhook_event"(bigint) IS 'Reads one delivery again and applies it, whatever became of it before, and tells what became of it now (org admins). It never does harm: calls are made of all that is known.

Errors: webhook_event_not_found.';

COMMENT ON FUNCTION "public"."replay_webhook_events"(uuid, timestamp with time zone, timestamp with time zone, text) IS 'Reads the deliveries of an account again that arrived in [p_from, p_to), the failed ones or those of another status (null: all), and returns the job, which is followed in sync_jobs (org admins, platform admins).

Errors: integration_not_found, status_unknown, period_reversed, integration_disabled.';

COMMENT ON FUNCTION "public"."request_backfill"(uuid, timestamp with time zone, timestamp with time zone, text) IS 'Asks for everything of a past range [p_from, p_to) of an account: calls, messages or voicemails; returns the job, which is followed in sync_jobs (managers, org admins, platform admins).

It is done in the background, a day at a time, behind whatever is more urgent and within what the day''s requests leave; note tells when it waits.
Errors: integration_not_found, integration_disabled, resource_unknown, period_reversed, period_too_long.';

COMMENT ON FUNCTION "public"."request_sync"(uuid, text) IS 'Asks for a pull of a resource (calls, messages, voicemails, recordings, contacts, team, agent_status, phone_numbers) from every account that serves an organization (managers, org admins, API keys with sync:request).

Asking again within a minute returns the same jobs. Jobs of the organization''s own accounts are followed in sync_jobs; those of
a platform-wide account tell nothing but that they were asked for: data_through in the figures says when they are done.
Errors: organization_not_found, role_not_sufficient, scope_missing, organization_archived, resource_unknown, no_integration.';

COMMENT ON FUNCTION "public"."rotate_webhook_secret"(uuid, text, text, interval) IS 'Gives a MightyCall account a new webhook secret, sealed, in base64; the one before counts for p_overlap more, so that no delivery is lost (org admins, platform admins).

Errors: integration_not_found, overlap_invalid, credential_not_sealed.';

COMMENT ON FUNCTION "public"."rotate_webhook_token"(uuid, interval) IS 'Makes the address to which an account delivers that cannot sign: a token in the path, told here, once. The one before counts for p_overlap more (org admins, platform admins).

url is null where the operator has not said where the webhook app is reached (platform_settings.webhooks_url); path stays the same.
Errors: integration_not_found, overlap_invalid.';

COMMENT ON FUNCTION "public"."save_contact"(uuid, uuid, text, text, text, text, text[]) IS 'Writes a contact, a new one without p_contact_id, and returns its id (agents, managers, org admins).

What is left out stays as it was. An empty text takes the organization''s own word back, so that the provider''s counts again; p_numbers is
the whole list, and an empty one gives the provider''s numbers back. A contact that was removed is there again.
Errors: organization_not_found, role_not_sufficient, contact_invalid, email_invalid, contact_number_invalid, contact_not_found.';

COMMENT ON FUNCTION "public"."send_message"(uuid, text[], text, text) IS 'Sends a text message from a line to up to 100 recipients (agents and managers from lines given to them, org admins, API keys with messages:send).

Answers with a row for each recipient, each once: queued, or failed where the recipient answered STOP. What becomes of them is in
messages. With p_idempotency_key, or the header Idempotency-Key, which API keys have to send, the same request is done once and
answered alike each time. count_segments tells how many segments a text takes.
Errors: line_not_found, role_not_sufficient, scope_missing, idempotency_key_missing, idempotency_key_invalid, recipient_missing, recipient_invalid, recipients_too_many, recipient_is_own_number, message_empty, message_too_long, idempotency_key_reused, organization_archived, line_not_current, integration_disabled.';

COMMENT ON FUNCTION "public"."test_integration"(uuid) IS 'Tries the keys of a MightyCall account: the job, followed in sync_jobs, ends as done, or as failed with what MightyCall said (org admins, platform admins).

Errors: integration_not_found, integration_disabled.';

COMMENT ON FUNCTION "public"."test_webhook"(uuid) IS 'Sends a delivery to this account''s own webhook address, from outside, authenticated as its deliveries have to be: it arrives in webhook_events with the type TestDelivery (org admins, platform admins).

Errors: integration_not_found, integration_disabled, webhooks_url_missing.';

COMMENT ON POLICY "rejected_items_select_admins" ON "private"."rejected_items" IS 'Admins those of their organization''s accounts, platform admins all.';

COMMENT ON POLICY "webhook_events_select_admins" ON "private"."webhook_events" IS 'Admins those that tell of their organization, platform admins all.';

COMMENT ON POLICY "agent_statuses_select_api_keys" ON "public"."agent_statuses" IS 'API keys with members:read.';

COMMENT ON POLICY "agent_statuses_select_colleagues" ON "public"."agent_statuses" IS 'Agents, managers and admins read those of their organization, platform admins all.';

COMMENT ON POLICY "call_annotations_select_api_keys" ON "public"."call_annotations" IS 'API keys with calls:read.';

COMMENT ON POLICY "call_annotations_select_visible" ON "public"."call_annotations" IS 'They are read by whoever reads the call.';

COMMENT ON POLICY "call_notes_insert_visible" ON "public"."call_notes" IS 'Agents, managers and admins write about the calls they read, viewers about none.';

COMMENT ON POLICY "call_notes_select_api_keys" ON "public"."call_notes" IS 'API keys with calls:read.';

COMMENT ON POLICY "call_notes_select_visible" ON "public"."call_notes" IS 'A note is read by whoever reads its call.';

COMMENT ON POLICY "contact_numbers_select_api_keys" ON "public"."contact_numbers" IS 'API keys with contacts:read.';

COMMENT ON POLICY "contact_numbers_select_members" ON "public"."contact_numbers" IS 'Members read their organization''s, platform admins all.';

COMMENT ON POLICY "contacts_select_api_keys" ON "public"."contacts" IS 'API keys with contacts:read.';

COMMENT ON POLICY "contacts_select_members" ON "public"."contacts" IS 'Members read their organization''s, platform admins all.';

COMMENT ON POLICY "conversations_select_agents" ON "public"."conversations" IS 'Agents, managers and admins read their organization''s; viewers read none.';

COMMENT ON POLICY "conversations_select_api_keys" ON "public"."conversations" IS 'API keys with messages:read.';

COMMENT ON POLICY "conversations_update_agents" ON "public"."conversations" IS 'Whoever reads a conversation says who cares for it and what was read.';

COMMENT ON POLICY "extensions_select_api_keys" ON "public"."extensions" IS 'API keys with members:read.';

COMMENT ON POLICY "extensions_select_colleagues" ON "public"."extensions" IS 'Agents, managers and admins read the team of their organization''s own accounts, platform admins all.';

COMMENT ON POLICY "messages_select_agents" ON "public"."messages" IS 'Agents, managers and admins read their organization''s; viewers read none.';

COMMENT ON POLICY "messages_select_api_keys" ON "public"."messages" IS 'API keys with messages:read.';

COMMENT ON POLICY "outcome_codes_delete_admins" ON "public"."outcome_codes" IS 'Admins their own, platform admins all; one that a call has is retired instead.';

COMMENT ON POLICY "outcome_codes_insert_admins" ON "public"."outcome_codes" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "outcome_codes_select_api_keys" ON "public"."outcome_codes" IS 'API keys with calls:read.';

COMMENT ON POLICY "outcome_codes_select_members" ON "public"."outcome_codes" IS 'Members read their organization''s.';

COMMENT ON POLICY "outcome_codes_update_admins" ON "public"."outcome_codes" IS 'Admins their own, platform admins all.';

COMMENT ON POLICY "placed_calls_select_api_keys" ON "public"."placed_calls" IS 'API keys with calls:read.';

COMMENT ON POLICY "placed_calls_select_lines" ON "public"."placed_calls" IS 'Admins read all of their organization, agents and managers those of the lines given to them.';

COMMENT ON POLICY "recordings_select_api_keys" ON "public"."recordings" IS 'API keys with recordings:read learn what there is; nothing plays for them.';

COMMENT ON POLICY "recordings_select_visible" ON "public"."recordings" IS 'Admins read all of their organization, agents and managers those of given lines and of calls they handled, viewers none.';

COMMENT ON POLICY "recordings_update_admins" ON "public"."recordings" IS 'Admins hold recordings of their organization, and let them go.';

COMMENT ON POLICY "voicemails_select_api_keys" ON "public"."voicemails" IS 'API keys with recordings:read.';

COMMENT ON POLICY "voicemails_select_visible" ON "public"."voicemails" IS 'Admins read all of their organization, agents and managers those of given lines and of calls they handled, viewers none.';

COMMENT ON POLICY "voicemails_update_visible" ON "public"."voicemails" IS 'Who reads one may mark it as heard.';

COMMENT ON TABLE "private"."idempotency_keys" IS 'Requests that must not be done twice, by the key their callers gave them, and what came of them.';

COMMENT ON TABLE "private"."integration_requests" IS 'Requests made per integration and UTC day, and the key that they were made with last.';

COMMENT ON TABLE "private"."message_statements" IS 'What the provider says of a message, by where it says it, and which message that is. Its sources may name one message by different ids.';

COMMENT ON TABLE "private"."outbox_requests" IS 'Messages to be sent and calls to be placed. What was begun is never begun again, whoever stops in the middle.';

COMMENT ON TABLE "private"."play_grants" IS 'Who may fetch which audio from Storage now: made by play_recording, for five minutes.';

COMMENT ON TABLE "private"."provider_items" IS 'What the provider stated last about a voicemail, a message, a contact, one of the team or a status, in its own words. Calls have call_snapshots.';

COMMENT ON TABLE "private"."recording_sources" IS 'Where the audio of a recording comes from, and its fetching. A link may open the audio to whoever has it: no API role reads it.';

COMMENT ON TABLE "private"."sync_lookback_runs" IS 'When an account''s resource is to be read that far back again; without a row, at the next pass.';

COMMENT ON TABLE "private"."sync_lookbacks" IS 'How far back a pass reads now and then: the farther, the more seldom. It finds recordings that came late, corrections and deletions.';

COMMENT ON TABLE "private"."webhook_tokens" IS 'What stands in the path of deliveries of an account that cannot sign, by hash. A rotated one is good for a while beside its successor.';

COMMENT ON TABLE "public"."agent_statuses" IS 'Which status an extension was seen in, and for how long: an interval while every look, less than 30 minutes after the last, found the same.';

COMMENT ON TABLE "public"."call_annotations" IS 'The outcome code and the tags that people gave a call; written by annotate_call.';

COMMENT ON TABLE "public"."call_notes" IS 'What people wrote about a call. Changed and removed by who wrote it.';

COMMENT ON TABLE "public"."contact_numbers" IS 'Under which numbers the contacts that count are reached. It follows from contacts: the organization''s own list of numbers, else the provider''s.';

COMMENT ON TABLE "public"."contacts" IS 'People outside. What the provider states and what the organization says are kept apart: the provider never overwrites an edit. Written by save_contact and remove_contact.';

COMMENT ON TABLE "public"."conversations" IS 'The messages between a line and a number outside: who cares for them, what is unread, and whether we may write.';

COMMENT ON TABLE "public"."extensions" IS 'The team of a MightyCall account as the provider lists it. Who of the members holds an extension is in member_extensions.';

COMMENT ON TABLE "public"."messages" IS 'Text messages, received and sent: a function of what the provider''s journal states, what its events tell, and what we asked it to send.';

COMMENT ON TABLE "public"."outcome_codes" IS 'What an organization says came of a call: the choices that annotate_call offers.';

COMMENT ON TABLE "public"."placed_calls" IS 'Calls that people asked for, and what became of each: it rings through MightyCall, once or not at all.';

COMMENT ON TABLE "public"."recordings" IS 'The audio of a call or a voicemail. It lies in Storage, in the bucket recordings under the recording''s id, and is heard through play_recording.';

COMMENT ON TABLE "public"."voicemails" IS 'Messages left by callers: a function of what the provider lists, of the calls they were left in, and of who had line and extension then. Their audio is in recordings.';

COMMENT ON VIEW "public"."current_agent_status" IS 'The status each extension is in, as last seen; who was not looked at for 30 minutes is in no known status and not here.';

COMMENT ON VIEW "public"."extension_suggestions" IS 'Who may be meant by extensions that nobody holds, for admins to confirm with set_member_extension: people choose their names themselves, and an extension gives sight of calls.';

COMMENT ON VIEW "public"."integration_status" IS 'How each MightyCall account stands: its requests of today, its next pull, its last error, its deliveries.';

COMMENT ON VIEW "public"."rejected_items" IS 'Items of pulled pages that could not be used, with the reason; the rest of their page was.';

COMMENT ON VIEW "public"."sync_resources" IS 'What is pulled from each MightyCall account, how far it has been read and when it is due again.';

COMMENT ON VIEW "public"."webhook_events" IS 'Every authenticated delivery as it came, without the account''s key and without links. Admins search it; replay_webhook_event applies one again.';

REVOKE ALL ON FUNCTION "private"."annotate_call"(uuid, text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."annotate_call"(uuid, text, text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."apply_agent_status"(uuid, jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_contacts"(uuid, jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_message_events"(uuid, jsonb[], timestamp with time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_messages"(uuid, jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_missing_calls"(uuid, text, text[], timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."apply_missing_calls"(uuid, text, text[], timestamp with time zone, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."apply_one_call"(uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."apply_one_call"(uuid, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."apply_phone_numbers"(uuid, jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_staged_items"(uuid, text, timestamp with time zone, timestamp with time zone, integer, boolean, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."apply_staged_items"(uuid, text, timestamp with time zone, timestamp with time zone, integer, boolean, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."apply_team"(uuid, jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_voicemails"(uuid, jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."attribute_extensions"(uuid, uuid[], text[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."begin_outbox_request"(uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."begin_outbox_request"(uuid, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."call_of_voicemail"(uuid, text, uuid, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."change_integration"(uuid, text, text, text, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."change_integration"(uuid, text, text, text, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."check_integration"(text, text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."check_overlap"(interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."claim_outbox_request"(text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."claim_outbox_request"(text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."claim_recording"(text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."claim_recording"(text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."claim_recording_removal"(text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."claim_recording_removal"(text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."contact_name"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."contact_name"(uuid, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."count_provider_request"(bytea, uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."count_provider_request"(bytea, uuid, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."count_segments"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."count_segments"(text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."cursors_of_mine"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."cursors_of_mine"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."delete_recording"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."delete_recording"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."derive_calls"(uuid, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."derive_messages"(uuid, uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."earlier_result"(text, jsonb, uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."end_outbox_request"(uuid, text, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."end_overdue_requests"(timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."expire_outbox_request"(uuid, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."extension_holder"(uuid, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."finish_outbox_request"(uuid, text, text, text, text, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."finish_outbox_request"(uuid, text, text, text, text, timestamp with time zone, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."finish_recording"(uuid, text, text, text, text, bigint, bytea, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."finish_recording"(uuid, text, text, text, text, bigint, bytea, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."finish_recording_removal"(uuid, text, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."finish_recording_removal"(uuid, text, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."first_text"(jsonb, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."give_extensions_by_email"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."has_due_work"(timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."has_due_work"(timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."hearable_recording"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."integration_figures"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."integration_figures"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."keep_credential"(uuid, text, text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_credentials"(uuid, text, jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_items"(uuid, text, text[], jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_recording"(uuid, uuid, uuid, text, uuid, uuid, uuid, uuid[], text, text, timestamp with time zone, integer, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_recordings"(public.recordings[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."line_at"(uuid, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lock_messages"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lock_my_integration"(uuid, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lock_numbers"(uuid, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lock_request"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lock_voicemails"(uuid, boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."message_hash"(timestamp with time zone, text, text, text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."message_keyword"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."my_playable_objects"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."my_playable_objects"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."observe_agent_status"(uuid, text, text, boolean, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."opted_out_reason"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."part_of_day_left"(timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."place_call"(uuid, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."place_call"(uuid, text, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."place_statement"(private.message_statements) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."planned_pause"(uuid, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."play_recording"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."play_recording"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."postpone_sync_job"(uuid, text, timestamp with time zone, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."postpone_sync_job"(uuid, text, timestamp with time zone, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."queue_replay"(uuid, timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."queue_replay"(uuid, timestamp with time zone, timestamp with time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."queue_replay_job"(uuid, timestamp with time zone, timestamp with time zone, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."queue_replay_job"(uuid, timestamp with time zone, timestamp with time zone, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."queue_test"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."queue_test"(uuid, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."read_calls"(jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_contacts"(jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_event"(jsonb, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_idempotency_key"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_message_event"(uuid, jsonb, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_messages"(uuid, jsonb[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_party"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_recipients"(text[], public.lines) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_team"(jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_voicemails"(jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."recording_link"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."recording_link"(uuid, text) TO "sync";

REVOKE ALL ON FUNCTION "private"."recording_of_call"(public.calls) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."refresh_conversations"(uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."rehome_messages"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."rehome_voicemails"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."release_recording"(uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."release_recording"(uuid, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."remove_contact"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."remove_contact"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."replay_next_events"(uuid, text, integer, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."replay_next_events"(uuid, text, integer, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."replay_webhook_event"(bigint) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."replay_webhook_event"(bigint) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."request_backfill"(uuid, text, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."request_backfill"(uuid, text, timestamp with time zone, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."requests_for"(text, integer, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."require_line"(uuid, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."require_open_line"(public.lines) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."retry_sync_job"(uuid, text, timestamp with time zone, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."retry_sync_job"(uuid, text, timestamp with time zone, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."rotate_webhook_secret"(uuid, text, text, interval) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."rotate_webhook_secret"(uuid, text, text, interval) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."rotate_webhook_token"(uuid, interval) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."rotate_webhook_token"(uuid, interval) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."save_contact"(uuid, uuid, text, text, text, text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."save_contact"(uuid, uuid, text, text, text, text, text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."send_message"(uuid, text[], text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."send_message"(uuid, text[], text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."settle_placed_call"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."settle_placed_calls"(uuid, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."settle_unconfirmed"(uuid, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."switch_integration"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."switch_integration"(uuid, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."sync_job_outcome"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."sync_job_outcome"(uuid) TO "sync";

REVOKE ALL ON FUNCTION "private"."sync_status"(timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."sync_status"(timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."test_delivery_target"(uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."test_delivery_target"(uuid, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."tg_calls__leave_annotations"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_calls__leave_notes"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_calls__voicemails"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_contacts__numbers"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_conversations__owner"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_conversations__unread"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_voicemails__heard"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."try_recordings_again"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."unlist_missing"(uuid, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."unlist_phone_numbers"(uuid, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."unlisted_calls"(uuid, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."unlisted_calls"(uuid, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, integer) TO "sync";

REVOKE ALL ON FUNCTION "private"."webhook_path"(uuid, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."webhook_secrets"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."webhook_secrets"(uuid) TO "webhooks";

REVOKE ALL ON FUNCTION "private"."without_links"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."without_links"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."write_messages"(uuid, uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."write_voicemails"(uuid, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "public"."annotate_call"(uuid, text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."annotate_call"(uuid, text, text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."change_integration"(uuid, text, text, text, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."change_integration"(uuid, text, text, text, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."contact_name"(public.calls) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."contact_name"(public.calls) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."contact_name"(public.conversations) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."contact_name"(public.conversations) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."contact_name"(public.messages) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."contact_name"(public.messages) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."contact_name"(public.recordings) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."contact_name"(public.recordings) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."contact_name"(public.voicemails) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."contact_name"(public.voicemails) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."count_segments"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."count_segments"(text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."delete_recording"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."delete_recording"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."disable_integration"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."disable_integration"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."enable_integration"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."enable_integration"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."place_call"(uuid, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."place_call"(uuid, text, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."play_recording"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."play_recording"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."remove_contact"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."remove_contact"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."remove_integration"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."remove_integration"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."replay_webhook_event"(bigint) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."replay_webhook_event"(bigint) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."replay_webhook_events"(uuid, timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."replay_webhook_events"(uuid, timestamp with time zone, timestamp with time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."request_backfill"(uuid, timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."request_backfill"(uuid, timestamp with time zone, timestamp with time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."rotate_webhook_secret"(uuid, text, text, interval) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."rotate_webhook_secret"(uuid, text, text, interval) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."rotate_webhook_token"(uuid, interval) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."rotate_webhook_token"(uuid, interval) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."save_contact"(uuid, uuid, text, text, text, text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."save_contact"(uuid, uuid, text, text, text, text, text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."send_message"(uuid, text[], text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."send_message"(uuid, text[], text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."test_integration"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."test_integration"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."test_webhook"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."test_webhook"(uuid) TO "authenticated";

REVOKE ALL ON TABLE "private"."rejected_items" FROM "authenticated";

GRANT SELECT ON TABLE "private"."rejected_items" TO "authenticated";

REVOKE ALL ("direction") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("direction") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("duration_seconds") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("duration_seconds") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("error") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("error") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("event_type") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("event_type") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("extension") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("extension") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("from_number") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("from_number") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("had_nul") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("had_nul") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("has_recording") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("has_recording") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("id") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("id") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("integration_id") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("integration_id") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("kind") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("kind") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("occurred_at") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("occurred_at") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("org_id") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("org_id") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("payload") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("payload") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("provider_call_id") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("provider_call_id") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("received_at") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("received_at") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("status") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("status") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("to_number") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("to_number") ON TABLE "private"."webhook_events" TO "authenticated";

REVOKE ALL ("unreadable_body") ON TABLE "private"."webhook_events" FROM "authenticated";

GRANT SELECT ("unreadable_body") ON TABLE "private"."webhook_events" TO "authenticated";

GRANT SELECT ON TABLE "public"."agent_statuses" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."call_annotations" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."call_notes" TO "api_reader";

GRANT INSERT ("body"), UPDATE ("body") ON TABLE "public"."call_notes" TO "authenticated";

GRANT INSERT ("call_id") ON TABLE "public"."call_notes" TO "authenticated";

GRANT INSERT ("org_id") ON TABLE "public"."call_notes" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."call_notes" TO "authenticated";

GRANT SELECT ON TABLE "public"."contact_numbers" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."contacts" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."conversations" TO "api_reader";

GRANT UPDATE ("owner_id") ON TABLE "public"."conversations" TO "authenticated";

GRANT UPDATE ("read_through") ON TABLE "public"."conversations" TO "authenticated";

GRANT SELECT ON TABLE "public"."conversations" TO "authenticated";

GRANT SELECT ON TABLE "public"."extensions" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."messages" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."outcome_codes" TO "api_reader";

GRANT INSERT ("code") ON TABLE "public"."outcome_codes" TO "authenticated";

GRANT INSERT ("label"), UPDATE ("label") ON TABLE "public"."outcome_codes" TO "authenticated";

GRANT INSERT ("org_id") ON TABLE "public"."outcome_codes" TO "authenticated";

GRANT INSERT ("position"), UPDATE ("position") ON TABLE "public"."outcome_codes" TO "authenticated";

GRANT UPDATE ("retired_at") ON TABLE "public"."outcome_codes" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."outcome_codes" TO "authenticated";

GRANT SELECT ON TABLE "public"."placed_calls" TO "api_reader", "authenticated";

REVOKE ALL ("webhooks_url") ON TABLE "public"."platform_settings" FROM "authenticated";

GRANT UPDATE ("webhooks_url") ON TABLE "public"."platform_settings" TO "authenticated";

GRANT SELECT ON TABLE "public"."recordings" TO "api_reader";

GRANT UPDATE ("is_held") ON TABLE "public"."recordings" TO "authenticated";

GRANT SELECT ON TABLE "public"."recordings" TO "authenticated";

GRANT SELECT ON TABLE "public"."voicemails" TO "api_reader";

GRANT UPDATE ("heard_at") ON TABLE "public"."voicemails" TO "authenticated";

GRANT SELECT ON TABLE "public"."voicemails" TO "authenticated";

GRANT SELECT ON TABLE "public"."current_agent_status" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."extension_suggestions" TO "authenticated";

GRANT SELECT ON TABLE "public"."integration_status" TO "authenticated";

GRANT SELECT ON TABLE "public"."rejected_items" TO "authenticated";

GRANT SELECT ON TABLE "public"."sync_resources" TO "authenticated";

GRANT SELECT ON TABLE "public"."webhook_events" TO "authenticated";

ALTER TABLE "public"."call_notes" ADD CONSTRAINT "call_notes_author_fkey" FOREIGN KEY (author) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

CREATE VIEW "public"."timeline" WITH (security_invoker=true) AS  SELECT c.org_id,
    c.external_number,
    'call'::text AS kind,
    c.started_at AS at,
    c.id,
    c.line_id,
    c.direction,
    COALESCE(c.outcome, 'in_progress'::text) AS state,
    NULL::text AS body,
    c.duration_seconds,
    c.id AS call_id,
    NULL::uuid AS person
   FROM public.calls c
  WHERE (c.deleted_at IS NULL)
UNION ALL
 SELECT m.org_id,
    m.external_number,
    'message'::text AS kind,
    m.sent_at AS at,
    m.id,
    m.line_id,
    m.direction,
    m.state,
    m.body,
    NULL::integer AS duration_seconds,
    NULL::uuid AS call_id,
    m.sent_by AS person
   FROM public.messages m
UNION ALL
 SELECT v.org_id,
    v.external_number,
    'voicemail'::text AS kind,
    v.received_at AS at,
    v.id,
    v.line_id,
    'inbound'::text AS direction,
        CASE
            WHEN (v.heard_at IS NULL) THEN 'unheard'::text
            ELSE 'heard'::text
        END AS state,
    v.transcription AS body,
    v.duration_seconds,
    v.call_id,
    NULL::uuid AS person
   FROM public.voicemails v
  WHERE (v.unlisted_at IS NULL)
UNION ALL
 SELECT n.org_id,
    c.external_number,
    'note'::text AS kind,
    n.created_at AS at,
    n.id,
    c.line_id,
    NULL::text AS direction,
    NULL::text AS state,
    n.body,
    NULL::integer AS duration_seconds,
    n.call_id,
    n.author AS person
   FROM (public.call_notes n
     JOIN public.calls c ON (((c.org_id = n.org_id) AND (c.id = n.call_id))));

CREATE INDEX call_notes_author_idx ON public.call_notes USING btree (author);

CREATE TRIGGER tg_timeline__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.timeline FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE POLICY "call_notes_delete_author" ON "public"."call_notes" FOR DELETE TO "authenticated" USING (((author = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))) AND (EXISTS ( SELECT
   FROM public.calls c
  WHERE ((c.org_id = call_notes.org_id) AND (c.id = call_notes.call_id))))));

CREATE POLICY "call_notes_update_author" ON "public"."call_notes" FOR UPDATE TO "authenticated" USING (((author = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))) AND (EXISTS ( SELECT
   FROM public.calls c
  WHERE ((c.org_id = call_notes.org_id) AND (c.id = call_notes.call_id))))));

COMMENT ON COLUMN "public"."call_notes"."author" IS 'The user who wrote it; null when their account was deleted.';

COMMENT ON POLICY "call_notes_delete_author" ON "public"."call_notes" IS 'One''s own, while one may write about the call.';

COMMENT ON POLICY "call_notes_update_author" ON "public"."call_notes" IS 'One''s own, while one may write about the call.';

COMMENT ON VIEW "public"."timeline" IS 'What there was with an outside number: calls, messages, voicemails and notes, each for whoever reads it where it is kept. Filter by org_id and external_number, order by at.';

GRANT SELECT ON TABLE "public"."timeline" TO "api_reader", "authenticated";

-- squawk-ignore adding-field-with-default
ALTER TABLE "public"."messages" ADD COLUMN "segments" integer GENERATED ALWAYS AS ((private.count_segments(body)).segments) STORED NOT NULL;

COMMENT ON COLUMN "public"."messages"."segments" IS 'In how many parts it travels, each of which is paid for.';

-- squawk-ignore adding-field-with-default
ALTER TABLE "public"."messages" ADD COLUMN "keyword" text GENERATED ALWAYS AS (
CASE
    WHEN (direction = 'inbound'::text) THEN private.message_keyword(body)
    ELSE NULL::text
END) STORED;

COMMENT ON COLUMN "public"."messages"."keyword" IS 'stop or start where an inbound message is nothing but that.';

CREATE INDEX messages_conversation_keyword_idx ON public.messages USING btree (conversation_id, sent_at DESC, id DESC) WHERE (keyword IS NOT NULL);

insert into private.sync_resources (resource, poll_interval, overlap, initial_history, share) values
('phone_numbers', interval '6 hours', null, null, 0.01),
('calls', interval '2 minutes', interval '3 hours', interval '30 days', 0.5),
('messages', interval '3 minutes', interval '1 hour', interval '30 days', 0.25),
('voicemails', interval '10 minutes', interval '3 hours', interval '30 days', 0.08),
('agent_status', interval '15 minutes', null, null, 0.12),
('team', interval '12 hours', null, null, 0.01),
('contacts', interval '12 hours', null, null, 0.03)
on conflict (resource) do update set
  poll_interval = excluded.poll_interval, overlap = excluded.overlap, initial_history = excluded.initial_history, share = excluded.share;
-- squawk-ignore adding-not-nullable-field
alter table private.sync_resources alter column share set not null;
-- squawk-ignore constraint-missing-not-valid
alter table private.sync_resources add constraint share_is_a_part check (share > 0 and share <= 1);

insert into private.sync_lookbacks (resource, depth, every) values
('calls', interval '1 day', interval '1 hour'),
('calls', interval '7 days', interval '1 day'),
('calls', interval '30 days', interval '7 days'),
('messages', interval '1 day', interval '3 hours'),
('messages', interval '7 days', interval '1 day'),
('voicemails', interval '7 days', interval '12 hours');

-- Accounts that are there already begin with what is new.
insert into private.sync_cursors (integration_id, resource)
select i.id, r.resource from public.integrations i cross join private.sync_resources r
on conflict do nothing;

insert into storage.buckets (id, name, public) values ('recordings', 'recordings', false) on conflict (id) do nothing;

comment on column public.extension_suggestions.matched_by is 'email or name: what the provider''s list and the profile have in common.';
comment on column public.current_agent_status.is_account_user_only is 'As in agent_statuses.';
comment on column public.webhook_events.org_id is 'The organization of the call it tells of, else the integration''s owner.';
comment on column public.webhook_events.status is
'applied, ignored (a type we do not use), failed (see error), kept (the integration was disabled when it came).';
comment on column public.webhook_events.kind is 'What the type means to us; null where it means nothing.';
comment on column public.webhook_events.occurred_at is
'The provider''s time; null where it lies outside 30 days before and 5 minutes after arrival.';
comment on column public.webhook_events.payload is 'Null where the body could not be held as JSON.';
comment on column public.webhook_events.unreadable_body is 'The body where it is JSON that Postgres cannot hold.';
comment on column public.rejected_items.item is 'As the provider sent it, without links.';
comment on column public.integration_status.state is 'enabled, disabled or removed.';
comment on column public.integration_status.requests_used_today is 'Of its API key, since midnight UTC, by all accounts that use this key.';
comment on column public.integration_status.requests_per_day is 'What the provider allows a key.';
comment on column public.integration_status.next_run_at is 'When something is due next by itself; null while it is disabled.';
comment on column public.integration_status.last_error is 'What went wrong last, in words; null when all went well since.';
comment on column public.integration_status.failed_events is 'Deliveries that could not be applied; see webhook_events.';
comment on column public.integration_status.kept_events is 'Deliveries that wait for the integration to be enabled.';
comment on column public.integration_status.rejected_items is 'Pulled items that could not be used; see rejected_items.';
comment on column public.integration_status.webhook_secrets is 'How many are valid now.';
comment on column public.integration_status.webhook_tokens is 'How many are valid now.';
comment on column public.integration_status.webhook_url is 'Where MightyCall has to deliver; null where the operator has not said where the webhook app is reached.';
comment on column public.sync_resources.watermark is 'Everything before this has been read; null for what is read whole each time.';
comment on column public.sync_resources.failures is 'Failed pulls since the last success.';
comment on column public.sync_resources.last_error is 'What went wrong in the last pull, in words; null when it went well.';
comment on column public.timeline.kind is 'call, message, voicemail or note: in which table the row with this id is.';
comment on column public.timeline.state is
'Of a call its outcome, or in_progress; of a message its state; of a voicemail heard or unheard.';
comment on column public.timeline.body is 'What a message or a note says, or the voicemail''s transcription.';
comment on column public.timeline.person is 'The user who sent the message or wrote the note.';
