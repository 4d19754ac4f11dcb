-- Planned from what changed in sql/; what is in lower case is written by hand.
set lock_timeout = '5s';

set local check_function_bodies = off;

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX "private"."recording_sources_due_idx";

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX "public"."legs_org_call_idx";

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX "public"."recordings_integration_idx";

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX "public"."recordings_org_voicemail_idx";

ALTER TABLE "private"."outbox_mails" DROP CONSTRAINT "template_is_known";

ALTER TABLE "public"."recordings" DROP CONSTRAINT "recordings_integration_id_fkey";

ALTER TABLE "public"."recordings" DROP CONSTRAINT "recordings_org_id_fkey";

ALTER TABLE "public"."recordings" DROP CONSTRAINT "recordings_org_id_id_key";

DROP FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, boolean);

DROP FUNCTION "private"."data_through"(uuid[]);

DROP FUNCTION "private"."elapsed_minutes"(timestamp with time zone, timestamp with time zone);

DROP FUNCTION "private"."kpi_scope"(uuid, timestamp with time zone, timestamp with time zone, boolean);

DROP FUNCTION "private"."kpi_values"(private.call_counts, numeric);

DROP FUNCTION "private"."recording_of_call"(public.calls);

DROP FUNCTION "private"."serving_integration_ids"(uuid);

CREATE TABLE "private"."alert_checks" ("rule_id" uuid NOT NULL, "next_check_at" timestamp with time zone NOT NULL, "error" text, CONSTRAINT "alert_checks_pkey" PRIMARY KEY (rule_id));

ALTER TABLE "private"."alert_checks" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."call_checks" ("integration_id" uuid NOT NULL, "provider_call_id" text COLLATE pg_catalog."C" NOT NULL, "asked" integer NOT NULL, "ask_after" timestamp with time zone NOT NULL, CONSTRAINT "asked_is_positive" CHECK ((asked > 0)), CONSTRAINT "call_checks_pkey" PRIMARY KEY (integration_id, provider_call_id));

ALTER TABLE "private"."call_checks" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."call_rollups" ("org_id" uuid NOT NULL, "level" text COLLATE pg_catalog."C" NOT NULL, "grain" text COLLATE pg_catalog."C" NOT NULL, "member_id" uuid, "line_id" uuid, "bucket_start" timestamp with time zone NOT NULL, "in_hours" boolean, "offered" integer NOT NULL, "answered" integer NOT NULL, "voicemail" integer NOT NULL, "missed" integer NOT NULL, "known_waits" integer NOT NULL, "known_answered_waits" integer NOT NULL, "known_missed_waits" integer NOT NULL, "answered_in_time" integer NOT NULL, "short_abandons" integer NOT NULL, "answered_wait_seconds" bigint NOT NULL, "missed_wait_seconds" bigint NOT NULL, "longest_wait_seconds" integer, "known_talks" integer NOT NULL, "talk_seconds" bigint NOT NULL, "very_short" integer NOT NULL, "known_durations" integer NOT NULL, "duration_seconds" bigint NOT NULL, "dropped" integer NOT NULL, "transferred" integer NOT NULL, "outbound" integer NOT NULL, "outbound_connected" integer NOT NULL, "known_outbound_talks" integer NOT NULL, "outbound_talk_seconds" bigint NOT NULL, "answered_waits" integer[], "missed_waits" integer[], CONSTRAINT "grain_is_known" CHECK ((grain = ANY (ARRAY['hour'::text, 'day'::text]))), CONSTRAINT "level_is_known" CHECK ((level = ANY (ARRAY['organization'::text, 'line'::text, 'member'::text]))), CONSTRAINT "only_member_level_has_members" CHECK (((level = 'member'::text) OR (member_id IS NULL))), CONSTRAINT "organization_level_has_no_line" CHECK (((level <> 'organization'::text) OR (line_id IS NULL))));

ALTER TABLE "private"."call_rollups" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."document_files" ("document_id" uuid NOT NULL, "has_object" boolean NOT NULL DEFAULT false, "is_wanted" boolean NOT NULL DEFAULT true, "attempt" integer NOT NULL DEFAULT 0, "next_attempt_at" timestamp with time zone NOT NULL DEFAULT now(), "worker" text, "lease_until" timestamp with time zone, CONSTRAINT "document_files_pkey" PRIMARY KEY (document_id), CONSTRAINT "lease_names_its_worker" CHECK (((worker IS NULL) = (lease_until IS NULL))));

ALTER TABLE "private"."document_files" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "private"."received_deliveries" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "integration_id" uuid NOT NULL, "received_at" timestamp with time zone NOT NULL, "dedupe_key" text COLLATE pg_catalog."C" NOT NULL, "payload" jsonb, "unreadable_body" text, "had_nul" boolean NOT NULL DEFAULT false, "retry_at" timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone, "error" text, CONSTRAINT "received_deliveries_pkey" PRIMARY KEY (id));

ALTER TABLE "private"."received_deliveries" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."received_deliveries" SET (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=2000);

CREATE TABLE "private"."stale_periods" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "org_id" uuid NOT NULL, "starts_at" timestamp with time zone NOT NULL, "ends_at" timestamp with time zone NOT NULL, CONSTRAINT "period_runs_forward" CHECK ((starts_at < ends_at)), CONSTRAINT "stale_periods_pkey" PRIMARY KEY (id));

ALTER TABLE "private"."stale_periods" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."alert_rules" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "name" text NOT NULL, "kind" text NOT NULL, "line_ids" uuid[], "threshold" numeric, "clear_threshold" numeric, "window_minutes" integer NOT NULL DEFAULT 60, "min_calls" integer NOT NULL DEFAULT 5, "clear_after_minutes" integer NOT NULL DEFAULT 5, "audience" text NOT NULL DEFAULT 'owner'::text, "quiet_from" time without time zone, "quiet_to" time without time zone, "enabled" boolean NOT NULL DEFAULT true, "stopped_at" timestamp with time zone, "stopped_reason" text, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "alert_rules_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "alert_rules_pkey" PRIMARY KEY (id), CONSTRAINT "audience_is_known" CHECK ((audience = ANY (ARRAY['owner'::text, 'admins'::text, 'managers'::text]))), CONSTRAINT "clear_after_is_up_to_a_day" CHECK (((clear_after_minutes >= 0) AND (clear_after_minutes <= 1440))), CONSTRAINT "clear_threshold_is_on_the_good_side" CHECK (((clear_threshold IS NULL) OR ((threshold IS NOT NULL) AND
CASE kind
    WHEN 'sla'::text THEN ((clear_threshold >= threshold) AND (clear_threshold <= (1)::numeric))
    ELSE ((clear_threshold > (0)::numeric) AND (clear_threshold <= threshold))
END))), CONSTRAINT "kind_is_known" CHECK ((kind = ANY (ARRAY['sla'::text, 'queue'::text, 'longest_wait'::text, 'missed_burst'::text, 'sync_stale'::text, 'failed_events'::text]))), CONSTRAINT "lines_are_for_calls" CHECK (((line_ids IS NULL) OR ((kind <> ALL (ARRAY['sync_stale'::text, 'failed_events'::text])) AND ((cardinality(line_ids) >= 1) AND (cardinality(line_ids) <= 500))))), CONSTRAINT "min_calls_are_positive" CHECK (((min_calls >= 1) AND (min_calls <= 1000000))), CONSTRAINT "quiet_hours_are_within_a_day" CHECK (((quiet_from < '24:00:00'::time without time zone) AND (quiet_to < '24:00:00'::time without time zone))), CONSTRAINT "quiet_hours_have_two_ends" CHECK ((((quiet_from IS NULL) = (quiet_to IS NULL)) AND (quiet_from <> quiet_to))), CONSTRAINT "stopped_rule_says_why" CHECK ((((stopped_at IS NULL) = (stopped_reason IS NULL)) AND ((stopped_at IS NULL) OR (NOT enabled)))), CONSTRAINT "threshold_is_of_its_kind" CHECK (
CASE kind
    WHEN 'sla'::text THEN ((threshold IS NULL) OR ((threshold >= (0)::numeric) AND (threshold <= (1)::numeric)))
    ELSE ((threshold IS NOT NULL) AND ((threshold >= (1)::numeric) AND (threshold <= (1000000)::numeric)))
END), CONSTRAINT "window_is_up_to_a_day" CHECK (((window_minutes >= 1) AND (window_minutes <= 1440))), "owner_id" uuid DEFAULT auth.uid(), CONSTRAINT "name_is_short_and_not_blank" CHECK (((NOT private.is_blank(name)) AND (char_length(name) <= 200))));

ALTER TABLE "public"."alert_rules" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."alerts" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "rule_id" uuid NOT NULL, "kind" text NOT NULL, "raised_at" timestamp with time zone NOT NULL, "cleared_at" timestamp with time zone, "value" numeric NOT NULL, "worst_value" numeric NOT NULL, "threshold" numeric NOT NULL, "good_since" timestamp with time zone, "title" text NOT NULL, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "alert_ends_after_it_began" CHECK ((cleared_at >= raised_at)), CONSTRAINT "alerts_pkey" PRIMARY KEY (id));

ALTER TABLE "public"."alerts" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."documents" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "owner_id" uuid NOT NULL, "report" text NOT NULL, "format" text NOT NULL, "parameters" jsonb NOT NULL, "state" text NOT NULL DEFAULT 'queued'::text, "reason" text, "title" text NOT NULL, "size_bytes" bigint, "sha256" bytea, "stored_at" timestamp with time zone, "run_id" uuid, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "documents_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "documents_pkey" PRIMARY KEY (id), CONSTRAINT "failure_has_a_reason" CHECK (((state <> 'failed'::text) OR (reason IS NOT NULL))), CONSTRAINT "format_is_known" CHECK ((format = ANY (ARRAY['pdf'::text, 'csv'::text]))), CONSTRAINT "parameters_are_an_object_of_moderate_size" CHECK (((jsonb_typeof(parameters) = 'object'::text) AND (octet_length((parameters)::text) <= 10000))), CONSTRAINT "report_is_known" CHECK ((report = ANY (ARRAY['summary'::text, 'days'::text, 'hours'::text, 'lines'::text, 'members'::text, 'sla'::text, 'calls'::text]))), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['queued'::text, 'rendering'::text, 'stored'::text, 'failed'::text, 'expired'::text]))), CONSTRAINT "stored_document_is_described" CHECK (((state <> 'stored'::text) OR ((size_bytes > 0) AND (octet_length(sha256) = 32) AND (stored_at IS NOT NULL)))));

ALTER TABLE "public"."documents" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."kpi_definitions" ("kpi" text COLLATE pg_catalog."C" NOT NULL, "name" text NOT NULL, "formula" text NOT NULL, "unit" text NOT NULL, "direction" text NOT NULL, "adds_up" boolean NOT NULL, "population" text NOT NULL, "source" text NOT NULL, "told_by" text[] NOT NULL, "rows_of" text, "numerator" text, "numerator_filter" text, "denominator_filter" text, "known_filter" text, "total_filter" text, "version" integer NOT NULL DEFAULT 1, CONSTRAINT "direction_is_known" CHECK ((direction = ANY (ARRAY['up'::text, 'down'::text, 'none'::text]))), CONSTRAINT "kpi_definitions_pkey" PRIMARY KEY (kpi), CONSTRAINT "name_is_taken_once" UNIQUE (name), CONSTRAINT "rows_have_their_filters" CHECK ((((rows_of IS NULL) = (numerator IS NULL)) AND ((rows_of IS NULL) = (numerator_filter IS NULL)) AND ((rows_of IS NOT NULL) OR (COALESCE(denominator_filter, known_filter, total_filter) IS NULL)))), CONSTRAINT "unit_is_known" CHECK ((unit = ANY (ARRAY['calls'::text, 'callers'::text, 'messages'::text, 'share'::text, 'seconds'::text, 'calls_per_minute'::text, 'calls_per_caller'::text, 'agents'::text, 'cents'::text, 'days'::text]))), CONSTRAINT "version_counts_from_one" CHECK ((version >= 1)));

ALTER TABLE "public"."kpi_definitions" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."missed_caller_work" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "external_number" text COLLATE pg_catalog."C" NOT NULL, "missed_at" timestamp with time zone NOT NULL, "owner_id" uuid, "note" text, "outcome_code" text, "snoozed_until" timestamp with time zone, "snoozed_at" timestamp with time zone, "closed_at" timestamp with time zone, "closed_by" uuid, "updated_by" uuid, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "caller_is_worked_on_once_per_miss" UNIQUE (org_id, external_number, missed_at), CONSTRAINT "missed_caller_work_pkey" PRIMARY KEY (id), CONSTRAINT "snooze_says_since_when" CHECK (((snoozed_until IS NULL) = (snoozed_at IS NULL))), CONSTRAINT "note_is_short_and_not_blank" CHECK (((NOT private.is_blank(note)) AND (char_length(note) <= 2000))));

ALTER TABLE "public"."missed_caller_work" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."notifications" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "user_id" uuid NOT NULL, "org_id" uuid NOT NULL, "kind" text NOT NULL, "title" text NOT NULL, "body" text NOT NULL, "link" text, "alert_id" uuid, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "resolved_at" timestamp with time zone, "read_at" timestamp with time zone, CONSTRAINT "kind_is_known" CHECK ((kind = ANY (ARRAY['sla_breached'::text, 'queue_long'::text, 'wait_long'::text, 'missed_burst'::text, 'sync_stale'::text, 'failed_events'::text, 'schedule_stopped'::text, 'report_failed'::text]))), CONSTRAINT "link_is_a_path" CHECK ((link ~ '^/'::text)), CONSTRAINT "notifications_pkey" PRIMARY KEY (id));

ALTER TABLE "public"."notifications" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."payments" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "paid_at" timestamp with time zone NOT NULL, "amount_cents" bigint NOT NULL, "currency" text NOT NULL DEFAULT 'USD'::text, "reference" text, "note" text, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "amount_is_money" CHECK (((amount_cents <> 0) AND ((amount_cents >= '-1000000000000'::bigint) AND (amount_cents <= '1000000000000'::bigint)))), CONSTRAINT "currency_is_an_iso_code" CHECK ((currency ~ '^[A-Z]{3}$'::text)), CONSTRAINT "paid_at_is_an_instant_that_can_be_told" CHECK (((paid_at >= '1900-01-01 00:00:00+00'::timestamp with time zone) AND (paid_at < '2200-01-01 00:00:00+00'::timestamp with time zone))), CONSTRAINT "payments_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "payments_pkey" PRIMARY KEY (id), CONSTRAINT "holding_organization_pays_nothing" CHECK ((org_id <> private.holding_org_id())), CONSTRAINT "note_is_short_and_not_blank" CHECK (((NOT private.is_blank(note)) AND (char_length(note) <= 4000))), CONSTRAINT "reference_is_short_and_not_blank" CHECK (((NOT private.is_blank(reference)) AND (char_length(reference) <= 200))));

ALTER TABLE "public"."payments" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."report_deliveries" ("run_id" uuid NOT NULL, "org_id" uuid NOT NULL, "recipient" text NOT NULL, "mail_id" uuid, "state" text NOT NULL DEFAULT 'queued'::text, "error" text, "sent_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "failure_has_a_reason" CHECK (((state <> 'failed'::text) OR (error IS NOT NULL))), CONSTRAINT "report_deliveries_pkey" PRIMARY KEY (run_id, recipient), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text]))));

ALTER TABLE "public"."report_deliveries" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."report_runs" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "schedule_id" uuid, "owner_id" uuid, "name" text NOT NULL, "period_start" timestamp with time zone, "period_end" timestamp with time zone, "is_manual" boolean NOT NULL DEFAULT false, "recipients" text[] NOT NULL, "document_ids" uuid[] NOT NULL DEFAULT '{}'::uuid[], "state" text NOT NULL DEFAULT 'rendering'::text, "error" text, "sent_at" timestamp with time zone, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "failure_has_a_reason" CHECK (((state <> 'failed'::text) OR (error IS NOT NULL))), CONSTRAINT "report_runs_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "report_runs_pkey" PRIMARY KEY (id), CONSTRAINT "scheduled_run_has_a_period" CHECK ((((period_start IS NULL) = (period_end IS NULL)) AND ((period_start < period_end) OR ((schedule_id IS NULL) AND is_manual)))), CONSTRAINT "state_is_known" CHECK ((state = ANY (ARRAY['rendering'::text, 'sending'::text, 'sent'::text, 'failed'::text]))));

ALTER TABLE "public"."report_runs" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."report_schedules" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid NOT NULL, "name" text NOT NULL, "report" text NOT NULL, "parameters" jsonb NOT NULL DEFAULT '{}'::jsonb, "formats" text[] NOT NULL DEFAULT '{pdf}'::text[], "frequency" text NOT NULL, "weekday" smallint, "day_of_month" smallint, "local_time" time without time zone NOT NULL DEFAULT '07:00:00'::time without time zone, "recipients" text[] NOT NULL DEFAULT '{}'::text[], "enabled" boolean NOT NULL DEFAULT true, "next_run_at" timestamp with time zone, "stopped_at" timestamp with time zone, "stopped_reason" text, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "enabled_schedule_has_a_next_run" CHECK ((enabled = (next_run_at IS NOT NULL))), CONSTRAINT "formats_are_known" CHECK (((formats <@ ARRAY['pdf'::text, 'csv'::text]) AND (array_position(formats, NULL::text) IS NULL) AND ((cardinality(formats) >= 1) AND (cardinality(formats) <= 2)) AND ((cardinality(formats) = 1) OR (formats[1] <> formats[2])))), CONSTRAINT "frequency_is_known" CHECK ((frequency = ANY (ARRAY['daily'::text, 'weekly'::text, 'monthly'::text]))), CONSTRAINT "local_time_is_a_minute_of_the_day" CHECK (((local_time < '24:00:00'::time without time zone) AND (EXTRACT(second FROM local_time) = (0)::numeric))), CONSTRAINT "monthly_schedule_has_a_day" CHECK ((((frequency = 'monthly'::text) = (day_of_month IS NOT NULL)) AND ((day_of_month IS NULL) OR ((day_of_month >= 1) AND (day_of_month <= 31))))), CONSTRAINT "parameters_are_an_object_of_moderate_size" CHECK (((jsonb_typeof(parameters) = 'object'::text) AND (octet_length((parameters)::text) <= 10000))), CONSTRAINT "report_schedules_org_id_id_key" UNIQUE (org_id, id), CONSTRAINT "report_schedules_pkey" PRIMARY KEY (id), CONSTRAINT "stopped_schedule_says_why" CHECK ((((stopped_at IS NULL) = (stopped_reason IS NULL)) AND ((stopped_at IS NULL) OR (NOT enabled)))), CONSTRAINT "weekly_schedule_has_a_weekday" CHECK ((((frequency = 'weekly'::text) = (weekday IS NOT NULL)) AND ((weekday IS NULL) OR ((weekday >= 1) AND (weekday <= 7))))), "owner_id" uuid DEFAULT auth.uid(), CONSTRAINT "name_is_short_and_not_blank" CHECK (((NOT private.is_blank(name)) AND (char_length(name) <= 200))));

ALTER TABLE "public"."report_schedules" ENABLE ROW LEVEL SECURITY;

CREATE TABLE "public"."saved_views" ("id" uuid NOT NULL DEFAULT gen_random_uuid(), "org_id" uuid, "page" text NOT NULL, "name" text NOT NULL, "filters" jsonb NOT NULL DEFAULT '{}'::jsonb, "is_default" boolean NOT NULL DEFAULT false, "created_at" timestamp with time zone NOT NULL DEFAULT now(), "updated_at" timestamp with time zone NOT NULL DEFAULT now(), CONSTRAINT "filters_are_an_object_of_moderate_size" CHECK (((jsonb_typeof(filters) = 'object'::text) AND (octet_length((filters)::text) <= 10000))), CONSTRAINT "page_is_a_word" CHECK ((page ~ '^[a-z][a-z0-9_-]{0,49}$'::text)), CONSTRAINT "saved_views_pkey" PRIMARY KEY (id), "user_id" uuid NOT NULL DEFAULT auth.uid(), CONSTRAINT "name_is_given_once_a_page" UNIQUE NULLS NOT DISTINCT (user_id, org_id, page, name), CONSTRAINT "name_is_short_and_not_blank" CHECK (((NOT private.is_blank(name)) AND (char_length(name) <= 100))));

ALTER TABLE "public"."saved_views" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."outbox_mails" ADD COLUMN "org_id" uuid;

ALTER TABLE "private"."outbox_mails" ADD COLUMN "user_id" uuid;

ALTER TABLE "private"."outbox_mails" ADD COLUMN "details" jsonb NOT NULL DEFAULT '{}'::jsonb;

ALTER TABLE "public"."retention_settings" ADD COLUMN "document_days" integer DEFAULT 365;

CREATE DOMAIN "public"."text/csv" AS text;

CREATE TYPE "private"."count_piece" AS ("org_id" uuid, "source" text, "starts_at" timestamp with time zone, "ends_at" timestamp with time zone, "is_elsewhere" boolean);

CREATE TYPE "private"."kpi_columns" AS ("offered" bigint, "answered" bigint, "voicemail" bigint, "missed" bigint, "answer_rate" numeric, "abandonment_rate" numeric, "service_level" numeric, "known_waits" bigint, "average_speed_of_answer" numeric, "average_abandon_wait" numeric, "longest_wait" bigint, "average_handle_time" numeric, "total_talk" bigint, "average_duration" numeric, "dropped_rate" numeric, "transferred_rate" numeric, "very_short_rate" numeric, "outbound" bigint, "outbound_connected_rate" numeric, "outbound_talk" bigint);

CREATE TYPE "private"."report_parameters" AS ("starts_at" timestamp with time zone, "ends_at" timestamp with time zone, "line_ids" uuid[], "member_ids" uuid[], "in_hours" boolean, "directions" text[], "outcomes" text[], "min_duration" integer, "max_duration" integer, "tag" text, "outcome_code" text, "number" text);

CREATE OR REPLACE FUNCTION private.active_admin_ids(p_org_id uuid)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(array_agg(m.user_id order by m.user_id), '{}')
  from public.org_members m
  where m.org_id = p_org_id and m.role = 'org_admin' and m.deactivated_at is null
$function$;

CREATE OR REPLACE FUNCTION private.advance_report_run(p_run_id uuid, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_run public.report_runs;
  v_open bigint;
  v_stored bigint;
  v_problem text;
begin
  -- The last two documents may be finished at one moment: one of them waits here, and then sees the other.
  select * into v_run from public.report_runs r where r.id = p_run_id and r.state = 'rendering' for no key update;
  if not found then
    return;
  end if;
  select
    count(*) filter (where d.state in ('queued', 'rendering')), count(*) filter (where d.state = 'stored'),
    string_agg(format('The %s could not be made: %s.', upper(d.format), rtrim(d.reason, '.')), ' ' order by d.format desc)
      filter (where d.state = 'failed')
  into v_open, v_stored, v_problem
  from public.documents d
  where d.id = any (v_run.document_ids);
  if v_open > 0 then
    return;
  end if;
  if v_stored = 0 then
    perform private.fail_report_run(p_run_id, coalesce(v_problem, 'Its documents were deleted.'), p_now);
  else
    update public.report_runs r set error = left(v_problem, 2000) where r.id = p_run_id;
    perform private.send_report_run(p_run_id, p_now);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.after_quiet_hours(p_now timestamp with time zone, p_time_zone text, p_quiet_from time without time zone, p_quiet_to time without time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_clock constant timestamp := p_now at time zone p_time_zone;
  v_time constant time := v_clock::time;
  v_is_over_midnight constant boolean := p_quiet_from > p_quiet_to;
begin
  return case
    when p_quiet_from is null then p_now
    when v_is_over_midnight and v_time >= p_quiet_from then
      greatest(p_now, private.instant_at(v_clock::date + 1 + p_quiet_to, p_time_zone))
    when v_time < p_quiet_to and (v_is_over_midnight or v_time >= p_quiet_from) then
      greatest(p_now, private.instant_at(v_clock::date + p_quiet_to, p_time_zone))
    else p_now
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.agents_needed(p_load double precision, p_handle_seconds double precision, p_target double precision, p_within_seconds double precision)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
 SET search_path TO ''
AS $function$
declare
  v_blocked double precision := 1;
  v_waits double precision;
  v_agents integer := 0;
begin
  if p_load <= 0 then
    return 0;
  end if;
  loop
    v_agents := v_agents + 1;
    v_blocked := p_load * v_blocked / (v_agents + p_load * v_blocked);
    if v_agents > p_load then
      v_waits := v_blocked * v_agents / (v_agents - p_load * (1 - v_blocked));
      exit when 1 - v_waits * private.still_waiting(p_load, v_agents, p_handle_seconds, p_within_seconds) >= p_target or v_blocked < 1e-100;
    end if;
  end loop;
  return v_agents;
end
$function$;

CREATE OR REPLACE FUNCTION private.alert_audience(p_rule public.alert_rules)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_line_ids constant uuid[] := case when p_rule.kind not in ('sync_stale', 'failed_events') then private.alert_lines(p_rule) end;
begin
  return array(
    select p_rule.owner_id
    union
    select m.user_id
    from public.org_members m
    where m.org_id = p_rule.org_id and m.deactivated_at is null
      and (
        (m.role = 'org_admin' and p_rule.audience in ('admins', 'managers'))
        or (
          m.role = 'manager' and p_rule.audience = 'managers'
          -- Nobody is told of lines that they do not see.
          and (v_line_ids is null or (v_line_ids <> '{}' and v_line_ids <@ array(
            select g.line_id from public.member_lines g where g.member_id = m.id
          )))
        )
      )
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.alert_lines(p_rule public.alert_rules)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_role text;
begin
  if p_rule.line_ids is not null then
    return p_rule.line_ids;
  end if;
  select m.role into v_role from public.org_members m where m.org_id = p_rule.org_id and m.user_id = p_rule.owner_id;
  if v_role = 'manager' and not exists (select from private.platform_admins a where a.user_id = p_rule.owner_id) then
    return array(
      select g.line_id
      from public.member_lines g
      join public.org_members m on m.id = g.member_id
      where m.org_id = p_rule.org_id and m.user_id = p_rule.owner_id
    );
  end if;
  return array(select l.id from public.lines l where l.org_id = p_rule.org_id and l.period @> now());
end
$function$;

CREATE OR REPLACE FUNCTION private.alert_moments(p_org_id uuid, p_since timestamp with time zone, p_before timestamp with time zone, p_before_id uuid, p_limit integer)
 RETURNS TABLE(at timestamp with time zone, id uuid, state text, title text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  select e.at, a.id, e.state, a.title
  from public.alerts a
  cross join lateral (values ('raised', a.raised_at), ('cleared', a.cleared_at)) as e (state, at)
  where a.org_id = p_org_id and e.at >= p_since and (e.at, a.id) < (p_before, p_before_id)
  order by e.at desc, a.id desc
  limit p_limit;
end
$function$;

CREATE OR REPLACE FUNCTION private.alert_value(p_rule public.alert_rules, p_now timestamp with time zone, OUT value numeric, OUT population bigint, OUT threshold numeric)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_from constant timestamptz := p_now - make_interval(mins => p_rule.window_minutes);
  v_claims constant text := coalesce(current_setting('request.jwt.claims', true), '');
begin
  threshold := p_rule.threshold;
  if p_rule.kind = 'sync_stale' then
    value := (
      select floor(max(extract(epoch from p_now - coalesce(c.last_success_at, i.created_at))) / 60)
      from public.integrations i
      join private.sync_cursors c on c.integration_id = i.id and c.resource = 'calls'
      where i.id in (select private.serving_integration_ids(p_rule.org_id)) and i.disabled_at is null
    );
  elsif p_rule.kind = 'failed_events' then
    value := (
      select count(*)
      from private.webhook_events e
      where e.org_id = p_rule.org_id and e.status = 'failed' and e.received_at > v_from and e.received_at <= p_now
    );
  else
    -- Who made the rule was let in by the second factor where one is required.
    perform set_config(
      'request.jwt.claims', jsonb_build_object('sub', p_rule.owner_id, 'role', 'authenticated', 'aal', 'aal2')::text, true
    );
    select f.value, f.population, coalesce(p_rule.threshold, f.target) into value, population, threshold
    from private.call_figures_as_owner(p_rule, v_from, p_now) f;
    perform set_config('request.jwt.claims', v_claims, true);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.alert_words(p_rule public.alert_rules, p_value numeric, p_threshold numeric, OUT kind text, OUT title text, OUT body text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_window constant text := case p_rule.window_minutes when 1 then 'minute' else p_rule.window_minutes || ' minutes' end;
  v_lines text;
  v_number constant text := trim_scale(p_value)::text;
begin
  if p_rule.line_ids is null then
    select case
      when m.role = 'manager' then 'the lines of ' || coalesce(p.full_name, p.email) else 'all lines'
    end into v_lines
    from public.profiles p
    left join public.org_members m on m.user_id = p.user_id and m.org_id = p_rule.org_id
    where p.user_id = p_rule.owner_id;
  else
    select string_agg(coalesce(nullif(l.label, ''), l.e164), ', ' order by l.n) filter (where l.n <= 3)
      || case when count(*) > 3 then format(' and %s more', count(*) - 3) else '' end into v_lines
    from (
      select t.label, t.e164, row_number() over (order by t.label, t.e164) as n
      from public.lines t
      where t.id = any (p_rule.line_ids)
    ) l;
  end if;
  case p_rule.kind
    when 'sla' then
      kind := 'sla_breached';
      title := format('Service level at %s %%', trim_scale(round(p_value * 100, 1)));
      body := format(
        'Of the calls of the last %s on %s, %s %% were answered in time; %s %% is the aim.', v_window, v_lines,
        trim_scale(round(p_value * 100, 1)), trim_scale(round(p_threshold * 100, 1))
      );
    when 'queue' then
      kind := 'queue_long';
      title := case p_value when 1 then '1 caller is waiting' else format('%s callers are waiting', v_number) end;
      body := format('On %s; you asked to be told from %s.', v_lines, trim_scale(p_threshold));
    when 'longest_wait' then
      kind := 'wait_long';
      title := format('A caller has been waiting for %s', private.duration_name(p_value::bigint));
      body := format('On %s; you asked to be told from %s.', v_lines, private.duration_name(p_threshold::bigint));
    when 'missed_burst' then
      kind := 'missed_burst';
      title := format(
        '%s missed %s within %s', v_number, case p_value when 1 then 'call' else 'calls' end,
        case p_rule.window_minutes when 1 then 'a minute' else v_window end
      );
      body := format('On %s; you asked to be told from %s.', v_lines, trim_scale(p_threshold));
    when 'sync_stale' then
      kind := 'sync_stale';
      title := format('Calls have not been pulled for %s', private.duration_name((p_value * 60)::bigint));
      body := 'Figures are complete only until then. The page of the MightyCall accounts tells what went wrong.';
    when 'failed_events' then
      kind := 'failed_events';
      title := format('%s %s failed', v_number, case p_value when 1 then 'delivery' else 'deliveries' end);
      body := format('MightyCall''s deliveries of the last %s could not all be applied. They are kept, and can be applied again.', v_window);
  end case;
  body := format('%s (%s)', body, p_rule.name);
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
  v_known_ids text[];
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
  select array_agg(k.provider_call_id), array_agg(k.payload_hash) into v_known_ids, v_known_hashes
  from (
    select s.provider_call_id, s.payload_hash
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_item_hashes)
    order by s.provider_call_id, s.payload_hash
  ) k;
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

  -- A statement heard again moves its time; it can change a row only where another statement stands beside it. In key order, so
  -- that two workers with the same page wait for each other instead of deadlocking.
  with heard_again as (
    update private.call_snapshots s set observed_at = p_observed_at
    from (
      select k.call_id, k.payload_hash from unnest(v_known_ids, v_known_hashes) with ordinality as k (call_id, payload_hash, n) order by k.n
    ) k
    where s.integration_id = p_integration_id and s.provider_call_id = k.call_id and s.payload_hash = k.payload_hash
      and s.observed_at < p_observed_at
    returning s.provider_call_id
  )
  select array_agg(h.provider_call_id) into v_heard_again from heard_again h;

  -- Only under the locks is it certain which other statements there are.
  v_call_ids := array(select unnest(v_added) union select unnest(v_heard_again));
  perform private.lock_call_slots(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  v_call_ids := array(
    select unnest(v_added)
    union
    select s.provider_call_id
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_heard_again)
    group by s.provider_call_id
    having count(*) > 1
  );

  perform private.lock_numbers_of_calls(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  select count(*) into v_known from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (v_call_ids);
  v_written := private.write_calls(p_integration_id, v_call_ids);

  new_items := cardinality(v_call_ids) - v_known;
  changed_items := v_written - new_items;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - v_written;
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_received_deliveries(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_deliveries private.received_deliveries[];
  v_delivery private.received_deliveries;
begin
  -- Two batches at a time would wait for each other's calls, and write some of them twice.
  if not pg_try_advisory_xact_lock(hashtext('private.apply_received_deliveries')) then
    return null;
  end if;
  with taken as (
    delete from private.received_deliveries r
    where r.id = any (array(select n.id from private.received_deliveries n where n.retry_at <= now() order by n.id limit p_limit))
    returning r.*
  )
  select array_agg(t order by t.id) into v_deliveries from taken t;
  if v_deliveries is null then
    return 0;
  end if;
  begin
    perform private.ingest_deliveries(v_deliveries);
  exception
    -- These pass by themselves, and nothing is taken.
    when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
      raise;
    when others then
      foreach v_delivery in array v_deliveries loop
        begin
          perform private.ingest_deliveries(array[v_delivery]);
        exception
          when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
            raise;
          when others then
            v_delivery.retry_at := now() + interval '1 minute';
            v_delivery.error := sqlerrm;
            insert into private.received_deliveries overriding system value select v_delivery.*;
        end;
      end loop;
  end;
  return cardinality(v_deliveries);
end
$function$;

CREATE OR REPLACE FUNCTION private.are_recipients(p_recipients text[])
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return cardinality(p_recipients) <= 20
    and not exists (select from unnest(p_recipients) r (address) where private.is_email(r.address) is not true)
    and (select count(*) = count(distinct lower(r.address)) from unnest(p_recipients) r (address));
end
$function$;

CREATE OR REPLACE FUNCTION private.begin_report(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_in_hours boolean, p_grain text, OUT org_ids uuid[], OUT time_zone text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if nullif(current_setting('request.headers', true), '')::json ->> 'accept' ~ 'text/csv'
    and nullif(current_setting('request.path', true), '') ~ '/report_' then
    raise exception 'Reports leave as CSV through export_report.'
      using errcode = 'PT406', detail = 'csv_is_exported',
        hint = 'Call export_report with the same report: it makes cells safe for spreadsheets and notes the export.';
  end if;
  select s.org_ids, s.time_zone into org_ids, time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  if p_grain is not null then
    perform private.require_grain(p_from, p_to, p_grain);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.boundary_after(p_at timestamp with time zone, p_time_zone text, p_grain text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_step constant interval := case p_grain when 'hour' then interval '30 minutes' else interval '12 hours' end;
  v_ahead interval := '0';
  v_at timestamptz := p_at;
begin
  while v_at < p_at or not private.is_boundary(v_at, p_time_zone, p_grain) loop
    v_ahead := v_ahead + v_step;
    v_at := private.bucket_start(p_at + v_ahead, p_time_zone, p_grain);
  end loop;
  return v_at;
end
$function$;

CREATE OR REPLACE FUNCTION private.boundary_before(p_at timestamp with time zone, p_time_zone text, p_grain text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_at timestamptz := private.bucket_start(p_at, p_time_zone, p_grain);
begin
  while not private.is_boundary(v_at, p_time_zone, p_grain) loop
    v_at := private.bucket_start(v_at - interval '1 microsecond', p_time_zone, p_grain);
  end loop;
  return v_at;
end
$function$;

CREATE OR REPLACE FUNCTION private.bucket_start(p_at timestamp with time zone, p_time_zone text, p_grain text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_clock constant timestamp := p_at at time zone p_time_zone;
begin
  if p_grain = 'hour' then
    -- One clock hour at one UTC offset: truncating local time would merge the two hours of an autumn night.
    return p_at - (v_clock - date_trunc('hour', v_clock));
  end if;
  return private.local_midnight(date_trunc(p_grain, v_clock), p_time_zone);
end
$function$;

CREATE OR REPLACE FUNCTION private.buckets(p_from timestamp with time zone, p_to timestamp with time zone, p_time_zone text, p_grain text)
 RETURNS TABLE(bucket_start timestamp with time zone, starts_at timestamp with time zone, ends_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  if p_grain = 'hour' then
    return query
    select b.bucket_start, greatest(b.first_tick, p_from), least(lead(b.first_tick, 1, p_to) over (order by b.first_tick), p_to)
    from (
      -- Clocks change at quarter hours. An hour that such a change cuts short begins later than its bucket says.
      select private.bucket_start(t.tick, p_time_zone, p_grain) as bucket_start, min(t.tick) as first_tick
      from generate_series(date_bin('15 minutes', p_from, '2000-01-01 00:00Z'), p_to - interval '1 microsecond', interval '15 minutes') as t (tick)
      group by 1
    ) b;
    return;
  end if;
  return query
  select
    b.bucket_start, greatest(b.bucket_start, p_from), least(lead(b.bucket_start, 1, p_to) over (order by b.bucket_start), p_to)
  from (
    select distinct private.bucket_start(t.tick, p_time_zone, p_grain) as bucket_start
    from generate_series(p_from, p_to - interval '1 microsecond', interval '12 hours') as t (tick)
    union
    select private.bucket_start(p_to - interval '1 microsecond', p_time_zone, p_grain)
  ) b;
end
$function$;

CREATE OR REPLACE FUNCTION private.call_figures_as_owner(p_rule public.alert_rules, p_from timestamp with time zone, p_to timestamp with time zone, OUT value numeric, OUT population bigint, OUT target numeric)
 RETURNS record
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  case p_rule.kind
    when 'sla' then
      select k.value, k.denominator::bigint into value, population
      from private.count_calls(array[p_rule.org_id], p_from, p_to, p_rule.line_ids, null, null, null, null) c
      cross join lateral private.kpi_values(c.counts, 1) k
      where k.kpi = 'service_level';
      select s.service_level_target into target
      from public.organization_settings s
      join public.organizations o on o.id = s.org_id
      where s.org_id = p_rule.org_id and s.effective_from <= (p_to at time zone o.time_zone)::date
      order by s.effective_from desc
      limit 1;
    when 'missed_burst' then
      select coalesce(sum((c.counts).missed), 0) into value
      from private.count_calls(array[p_rule.org_id], p_from, p_to, p_rule.line_ids, null, null, null, null) c;
    else
      select case p_rule.kind when 'queue' then count(*) else coalesce(max(l.waiting_seconds), 0) end into value
      from public.live_calls l
      where l.org_id = p_rule.org_id and l.waiting_seconds is not null
        and (p_rule.line_ids is null or l.line_id = any (p_rule.line_ids));
  end case;
end
$function$;

GRANT CREATE ON SCHEMA "private" TO "authenticated";

ALTER FUNCTION "private"."call_figures_as_owner"(public.alert_rules, timestamp with time zone, timestamp with time zone) OWNER TO "authenticated";

REVOKE CREATE ON SCHEMA "private" FROM "authenticated";

CREATE OR REPLACE FUNCTION private.call_list(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_directions text[], p_outcomes text[], p_min_duration integer, p_max_duration integer, p_tag text, p_outcome_code text, p_number text, p_before timestamp with time zone, p_before_id uuid, p_limit integer)
 RETURNS TABLE(id uuid, started_at timestamp with time zone, local_time text, direction text, outcome text, line text, business_number text, external_number text, external_name text, wait_seconds integer, talk_seconds integer, duration_seconds integer, members text, transfer_count integer, is_dropped boolean, outcome_code text, tags text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  select
    c.id, c.started_at, to_char(c.started_at at time zone c.time_zone, 'YYYY-MM-DD HH24:MI:SS'), c.direction, c.outcome,
    coalesce(nullif(l.label, ''), l.e164), c.business_number, c.external_number,
    coalesce(k.name, c.external_name),
    c.wait_seconds, c.talk_seconds, c.duration_seconds,
    (
      select string_agg(coalesce(p.full_name, g.name, g.extension), ', ' order by g.rang_at, g.extension)
      from public.legs g
      left join public.org_members m on m.org_id = g.org_id and m.id = g.member_id
      left join public.profiles p on p.user_id = m.user_id
      where g.org_id = c.org_id and g.call_id = c.id
    ),
    c.transfer_count::integer, c.is_dropped, a.outcome_code, nullif(array_to_string(a.tags, ', '), '')
  from (
    select t.*, s.time_zone
    from public.calls t
    join private.settings_in_force(p_org_ids, p_from, p_to, p_in_hours is not null) s
      on s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.org_id = any (p_org_ids) and t.started_at >= p_from and t.started_at < p_to
      and t.outcome is not null and t.deleted_at is null
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
      and (p_directions is null or t.direction = any (p_directions))
      and (p_outcomes is null or t.outcome = any (p_outcomes))
      and (p_min_duration is null or t.duration_seconds >= p_min_duration)
      and (p_max_duration is null or t.duration_seconds <= p_max_duration)
      and (p_number is null or strpos(t.external_number, p_number) > 0 or strpos(t.business_number, p_number) > 0)
      and (p_before is null or (t.started_at <= p_before and (t.started_at < p_before or t.id < p_before_id)))
      and (p_tag is null and p_outcome_code is null or exists (
        select
        from public.call_annotations n
        where n.org_id = t.org_id and n.call_id = t.id
          and (p_tag is null or p_tag = any (n.tags)) and (p_outcome_code is null or n.outcome_code = p_outcome_code)
      ))
    order by t.started_at desc, t.id desc
    limit p_limit
  ) c
  left join public.lines l on l.org_id = c.org_id and l.id = c.line_id
  left join lateral (
    -- As contact_name answers, but who the caller is, is asked once for the whole list.
    select n.name
    from public.contact_numbers n
    where n.org_id = c.org_id and n.number = c.external_number and n.name is not null
    order by n.is_own desc, n.created_at, n.contact_id
    limit 1
  ) k on true
  left join public.call_annotations a on a.org_id = c.org_id and a.call_id = c.id
  order by c.started_at desc, c.id desc;
end
$function$;

CREATE OR REPLACE FUNCTION private.callers(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_window interval)
 RETURNS TABLE(org_id uuid, external_number text, calls bigint, answered bigint, missed bigint, repeats bigint, first_called_at timestamp with time zone, last_called_at timestamp with time zone, first_missed_at timestamp with time zone, first_missed_call_id uuid, reached_at timestamp with time zone, reached_call_id uuid, reached_by text, seconds_to_contact numeric)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  with history as (
    select
      t.id, t.org_id, t.line_id, t.member_ids, t.started_at, t.outcome,
      case when t.external_number ~ '[0-9]' then t.external_number end as external_number,
      max(t.started_at) over (
        partition by t.org_id, t.external_number order by t.started_at groups between unbounded preceding and 1 preceding
      ) as called_before_at
    from public.calls t
    where t.org_id = any (p_org_ids) and t.started_at >= p_from - interval '168 hours' and t.started_at < p_to
      and t.direction = 'inbound' and t.outcome is not null and t.deleted_at is null
  ),
  caller as (
    select
      t.org_id, t.external_number,
      count(*) as calls,
      count(*) filter (where t.outcome = 'answered') as answered,
      count(*) filter (where t.outcome = 'missed') as missed,
      count(*) filter (where t.external_number is not null and t.called_before_at >= t.started_at - interval '168 hours') as repeats,
      min(t.started_at) as first_called_at, max(t.started_at) as last_called_at,
      min(t.started_at) filter (where t.outcome = 'missed' and t.external_number is not null) as first_missed_at,
      (array_agg(t.id order by t.started_at, t.id) filter (where t.outcome = 'missed' and t.external_number is not null))[1]
        as first_missed_call_id
    from history t
    left join private.settings_in_force(p_org_ids, p_from, p_to, true) s
      on p_in_hours is not null and s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.started_at >= p_from
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
    group by t.org_id, t.external_number
  )
  select
    g.org_id, g.external_number, g.calls, g.answered, g.missed, g.repeats, g.first_called_at, g.last_called_at,
    g.first_missed_at, g.first_missed_call_id, r.started_at, r.id,
    case when r.direction = 'inbound' then 'called_again' when r.direction is not null then 'called_back' end,
    trim_scale(extract(epoch from r.started_at - g.first_missed_at))
  from caller g
  left join lateral (
    select c.id, c.started_at, c.direction
    from public.calls c
    where p_window is not null and g.first_missed_at is not null
      and c.org_id = g.org_id and c.external_number = g.external_number
      and c.started_at > g.first_missed_at and c.started_at <= g.first_missed_at + p_window
      and c.outcome = 'answered' and c.direction <> 'internal' and c.deleted_at is null
    order by c.started_at, c.direction = 'inbound', c.id
    limit 1
  ) r on true;
end
$function$;

CREATE OR REPLACE FUNCTION private.change_missed_caller(p_org_id uuid, p_external_number text, p_changes jsonb, p_now timestamp with time zone)
 RETURNS public.missed_caller_work
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_caller record;
  v_work public.missed_caller_work;
  v_member_id uuid;
  v_owner_id uuid;
  v_note text;
  v_outcome_code text;
  v_until timestamptz;
begin
  perform private.require_role(p_org_id, 'agent', 'manager', 'org_admin');
  -- Two who begin at once begin the same.
  perform pg_advisory_xact_lock(hashtextextended('missed_caller:' || p_org_id::text || p_external_number, 0));
  -- Without a number all would be meant.
  select * into v_caller from private.missed_callers_of(p_org_id, coalesce(p_external_number, ''));
  if not found then
    raise exception 'Nobody of this number is waiting to be reached.'
      using errcode = 'PT404', detail = 'missed_caller_not_found', hint = 'See missed_callers for those there are on your lines.';
  end if;
  if v_caller.work_id is null then
    insert into public.missed_caller_work (org_id, external_number, missed_at, updated_by)
    values (p_org_id, p_external_number, v_caller.first_missed_at, auth.uid())
    on conflict (org_id, external_number, missed_at) do update set updated_by = excluded.updated_by
    returning * into v_work;
  else
    select * into v_work from public.missed_caller_work w where w.id = v_caller.work_id for update;
  end if;
  v_owner_id := v_work.owner_id;
  v_note := v_work.note;
  v_outcome_code := v_work.outcome_code;

  if p_changes ? 'take' then
    select m.id into v_member_id
    from public.org_members m
    where m.org_id = p_org_id and m.user_id = auth.uid() and m.deactivated_at is null;
    if v_member_id is null then
      raise exception 'Only members of the organization own what is to be done.'
        using errcode = 'PT422', detail = 'owner_unfit', hint = 'Assign it to one of its people.';
    elsif v_work.owner_id <> v_member_id then
      raise exception 'Somebody else looks after this caller.'
        using errcode = 'PT409', detail = 'missed_caller_taken', hint = 'See owner_id; assign_missed_caller hands it over.';
    end if;
    v_owner_id := v_member_id;
  elsif p_changes ? 'owner_id' then
    v_owner_id := (p_changes ->> 'owner_id')::uuid;
    -- The owner has to see what is to be done.
    if v_owner_id is not null and not exists (
      select from public.org_members m
      where m.org_id = p_org_id and m.id = v_owner_id and m.deactivated_at is null and (
        m.role = 'org_admin'
        or (m.role in ('agent', 'manager') and exists (
          select from public.member_lines g where g.member_id = m.id and g.line_id = any (v_caller.line_ids)
        ))
      )
    ) then
      raise exception 'This member does not work on the lines where the caller was missed.'
        using errcode = 'PT422', detail = 'owner_unfit', hint = 'Choose an active agent or manager who was given the line, or an org admin.';
    end if;
  end if;

  if p_changes ? 'note' then
    v_note := nullif(p_changes ->> 'note', '');
    if private.is_blank(v_note) or char_length(v_note) > 2000 then
      raise exception 'A note has up to 2,000 characters, some of which can be seen.'
        using errcode = 'PT422', detail = 'note_invalid', hint = 'Shorten it; an empty p_note takes it away.';
    end if;
  end if;
  if p_changes ? 'outcome_code' then
    v_outcome_code := nullif(p_changes ->> 'outcome_code', '');
    if v_outcome_code <> coalesce(v_work.outcome_code, '') and not exists (
      select from public.outcome_codes o where o.org_id = p_org_id and o.code = v_outcome_code and o.retired_at is null
    ) then
      raise exception 'There is no outcome code %, or it is retired.', left(v_outcome_code, 100)
        using errcode = 'PT422', detail = 'outcome_code_unknown', hint = 'See outcome_codes for those of the organization.';
    end if;
  end if;
  if p_changes ? 'until' then
    v_until := (p_changes ->> 'until')::timestamptz;
    if v_until is not null and v_until not between p_now and p_now + interval '30 days' then
      raise exception 'A caller is put off until an instant of the next 30 days.'
        using errcode = 'PT422', detail = 'snooze_invalid', hint = 'Leave p_until out to wake it.';
    end if;
  end if;

  update public.missed_caller_work w set
    owner_id = v_owner_id, note = v_note, outcome_code = v_outcome_code,
    snoozed_until = case when p_changes ? 'until' then v_until when p_changes ? 'is_closed' then null else w.snoozed_until end,
    -- A telephone's clock may be ahead of ours: what was missed by it is what was put off or closed.
    snoozed_at = case
      when p_changes ? 'until' then case when v_until is not null then greatest(p_now, v_caller.last_missed_at) end
      when not p_changes ? 'is_closed' then w.snoozed_at
    end,
    closed_at = case
      when p_changes ? 'is_closed' then
        case when (p_changes ->> 'is_closed')::boolean then coalesce(w.closed_at, greatest(p_now, v_caller.last_missed_at)) end
      else w.closed_at
    end,
    closed_by = case
      when p_changes ? 'is_closed' then case when (p_changes ->> 'is_closed')::boolean then coalesce(w.closed_by, auth.uid()) end
      else w.closed_by
    end,
    updated_by = auth.uid()
  where w.id = v_work.id
  returning * into v_work;
  return v_work;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_document(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(document_id uuid, report text, format text, title text, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_run_id uuid;
begin
  -- Whoever tried to make one of these did not live to say what became of it, again and again.
  for v_run_id in
    update public.documents d set state = 'failed', reason = 'making it broke off each time'
    from private.document_files f
    where f.document_id = d.id and d.state = 'rendering' and f.attempt >= 6 and f.lease_until <= p_now
    returning d.run_id
  loop
    if v_run_id is not null then
      perform private.advance_report_run(v_run_id, p_now);
    end if;
  end loop;

  return query
  with next as (
    select f.document_id
    from private.document_files f
    where f.is_wanted and f.next_attempt_at <= p_now and (f.lease_until is null or f.lease_until <= p_now)
      and exists (select from public.documents d where d.id = f.document_id and d.state in ('queued', 'rendering'))
    order by f.next_attempt_at, f.document_id
    limit 1
    for update of f skip locked
  ),
  taken as (
    update private.document_files f
    set worker = p_worker, lease_until = p_now + interval '10 minutes', attempt = f.attempt + 1, has_object = true
    from next
    where f.document_id = next.document_id
    returning f.document_id, f.attempt
  )
  update public.documents d set state = 'rendering'
  from taken t
  where d.id = t.document_id
  returning d.id, d.report, d.format, d.title, t.attempt;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_document_removal(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(document_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  update public.documents d set state = 'expired', reason = format('kept for %s days', t.document_days)
  from public.retention_settings t
  where t.org_id = d.org_id and d.state = 'stored' and d.stored_at < p_now - make_interval(days => t.document_days);

  delete from private.document_files f
  where not f.is_wanted and not f.has_object and (f.lease_until is null or f.lease_until <= p_now);

  return query
  with next as (
    select f.document_id
    from private.document_files f
    where not f.is_wanted and f.has_object and f.next_attempt_at <= p_now and (f.lease_until is null or f.lease_until <= p_now)
    order by f.next_attempt_at, f.document_id
    limit 1
    for update of f skip locked
  )
  update private.document_files f set worker = p_worker, lease_until = p_now + interval '2 minutes'
  from next
  where f.document_id = next.document_id
  returning f.document_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.claim_outbox_mail(p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(mail_id uuid, template text, recipient text, details jsonb, attempt integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_mail private.outbox_mails;
begin
  update private.outbox_mails m
  set state = 'sending', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = m.attempt + 1
  where m.id = (
    select n.id
    from private.outbox_mails n
    where ((n.state = 'queued' and n.run_after <= p_now) or (n.state = 'sending' and n.lease_until <= p_now))
      and exists (select from public.platform_settings s where s.app_url is not null)
    order by n.run_after, n.id
    limit 1
    for update of n skip locked
  )
  returning m.* into v_mail;
  if found then
    return query select v_mail.id, v_mail.template, v_mail.recipient, private.mail_details(v_mail, p_now), v_mail.attempt;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.clear_alerts(p_alert_ids uuid[], p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.alerts a set cleared_at = greatest(p_now, a.raised_at), good_since = null where a.id = any (p_alert_ids);
  update public.notifications n set resolved_at = p_now where n.alert_id = any (p_alert_ids);
end
$function$;

CREATE OR REPLACE FUNCTION private.compared_ranges(p_from timestamp with time zone, p_to timestamp with time zone, p_time_zone text, p_with text, p_now timestamp with time zone)
 RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_from constant timestamp := p_from at time zone p_time_zone;
  -- Today until now is compared with other days until the same time.
  v_to constant timestamp := least(p_to, greatest(p_now, p_from)) at time zone p_time_zone;
begin
  if p_with = 'previous' then
    return query select r.previous_from, r.previous_to from private.previous_range(p_from, p_to, p_time_zone, p_now) r;
  elsif p_with = 'weekdays' then
    -- Clocks that are set can make an end come before its start.
    return query
    select f.starts_at, greatest(f.starts_at, (v_to - make_interval(weeks => n)) at time zone p_time_zone)
    from generate_series(1, 4) n
    cross join lateral (select (v_from - make_interval(weeks => n)) at time zone p_time_zone as starts_at) f;
  elsif v_to <= v_from + interval '1 day' then
    return query
    select f.starts_at, greatest(f.starts_at, (v_to - make_interval(days => n)) at time zone p_time_zone)
    from generate_series(1, 28) n
    cross join lateral (select (v_from - make_interval(days => n)) at time zone p_time_zone as starts_at) f;
  else
    return query
    select
      (date_trunc('day', v_from) - make_interval(days => n)) at time zone p_time_zone,
      (date_trunc('day', v_from) - make_interval(days => n - 1)) at time zone p_time_zone
    from generate_series(1, 28) n;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.count_calls(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[], p_member_ids uuid[], p_grain text, p_time_zone text, p_in_hours boolean, p_by text DEFAULT NULL::text, p_with_waits boolean DEFAULT false)
 RETURNS TABLE(bucket_start timestamp with time zone, org_id uuid, line_id uuid, member_id uuid, counts private.call_counts, answered_waits integer[], missed_waits integer[], answered_bins integer[], missed_bins integer[])
 LANGUAGE plpgsql
 STABLE ROWS 100
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_sort TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_sources record;
begin
  select s.* into v_sources
  from private.count_sources(p_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_grain, p_time_zone, p_by) s;

  return query
  select
    coalesce(c.hour, private.local_midnight(c.day, p_time_zone)), c.org_id, c.line_id, c.member_id,
    row(
      sum(c.offered), sum(c.answered), sum(c.voicemail), sum(c.missed), sum(c.known_waits), sum(c.known_answered_waits),
      sum(c.known_missed_waits), sum(c.answered_in_time), sum(c.short_abandons), sum(c.answered_wait_seconds),
      sum(c.missed_wait_seconds), max(c.longest_wait_seconds), sum(c.known_talks), sum(c.talk_seconds), sum(c.very_short),
      sum(c.known_durations), sum(c.duration_seconds), sum(c.dropped), sum(c.transferred), sum(c.outbound), sum(c.outbound_connected),
      sum(c.known_outbound_talks), sum(c.outbound_talk_seconds)
    )::private.call_counts,
    array_agg(c.answered_waits) filter (where p_with_waits and c.answered_waits is not null),
    array_agg(c.missed_waits) filter (where p_with_waits and c.missed_waits is not null),
    array_agg(c.answered_bin) filter (where p_with_waits and c.answered_bin is not null),
    array_agg(c.missed_bin) filter (where p_with_waits and c.missed_bin is not null)
  from (
    select
      case p_grain when 'hour' then r.bucket_start end as hour,
      case when p_grain <> 'hour' then date_trunc(p_grain, r.bucket_start at time zone p_time_zone) end as day,
      case when p_by is not null then r.org_id end as org_id,
      case p_by when 'line' then r.line_id end as line_id,
      case p_by when 'member' then r.member_id end as member_id,
      r.offered, r.answered, r.voicemail, r.missed, r.known_waits, r.known_answered_waits, r.known_missed_waits, r.answered_in_time,
      r.short_abandons, r.answered_wait_seconds, r.missed_wait_seconds, r.longest_wait_seconds, r.known_talks, r.talk_seconds,
      r.very_short, r.known_durations, r.duration_seconds, r.dropped, r.transferred, r.outbound, r.outbound_connected,
      r.known_outbound_talks, r.outbound_talk_seconds, r.answered_waits, r.missed_waits, null::integer as answered_bin,
      null::integer as missed_bin
    from (
      select r.*
      from private.stored_counts(v_sources.pieces, v_sources.level, v_sources.line_ids, p_member_ids, p_in_hours, false) r
      union all
      select r.*
      from private.stored_counts(
        v_sources.pieces, 'member', p_line_ids, coalesce(p_member_ids, v_sources.own_member_ids), p_in_hours, true
      ) r
      where v_sources.has_elsewhere and r.line_id = any (v_sources.line_ids) is not true
    ) r
    union all
    select
      case p_grain when 'hour' then j.started_at - (k.clock - date_trunc('hour', k.clock)) end,
      case when p_grain <> 'hour' then date_trunc(p_grain, k.clock) end,
      case when p_by is not null then j.org_id end,
      case p_by when 'line' then j.line_id end,
      m.member_id,
      j.offered, j.answered, j.voicemail, j.missed, j.known_waits, j.known_answered_waits, j.known_missed_waits,
      case when j.answered_after_seconds <= s.answer_within_seconds then 1 else 0 end,
      case when j.missed_after_seconds < s.short_abandon_seconds then 1 else 0 end,
      j.answered_wait_seconds, j.missed_wait_seconds, j.longest_wait_seconds, j.known_talks, j.talk_seconds,
      j.very_short, j.known_durations, j.duration_seconds, j.dropped, j.transferred, j.outbound, j.outbound_connected,
      j.known_outbound_talks, j.outbound_talk_seconds, null, null, j.answered_bin, j.missed_bin
    from unnest(v_sources.pieces) p
    join private.settings_in_force(p_org_ids, v_sources.calls_from, v_sources.calls_to, p_in_hours is not null) s
      on s.org_id = p.org_id and s.starts_at < p.ends_at and s.ends_at > p.starts_at
    join private.counts_of_calls j
      on j.org_id = p.org_id and j.started_at >= greatest(p.starts_at, s.starts_at) and j.started_at < least(p.ends_at, s.ends_at)
    cross join lateral (select j.started_at at time zone p_time_zone as clock) k
    left join lateral (
      select unnest(case j.member_ids when '{}' then array[null::uuid] else j.member_ids end) as member_id where p_by = 'member'
    ) m on true
    where v_sources.calls_from is not null and p.source = 'calls'
      and (p_line_ids is null or j.line_id = any (p_line_ids))
      and (p_member_ids is null or j.member_ids && p_member_ids)
      and (p_member_ids is null or m.member_id is null or m.member_id = any (p_member_ids))
      and (p_in_hours is null or ((j.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
      and (
        not p.is_elsewhere
        or (j.member_ids && v_sources.own_member_ids and j.line_id = any (v_sources.my_line_ids) is not true)
      )
  ) c
  group by c.hour, c.day, c.org_id, c.line_id, c.member_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.count_pieces(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_time_zone text, p_uses_hours boolean, p_uses_days boolean)
 RETURNS SETOF private.count_piece
 LANGUAGE plpgsql
 STABLE ROWS 10
 SET search_path TO ''
AS $function$
declare
  v_range constant tstzmultirange := tstzmultirange(tstzrange(p_from, p_to));
  v_org record;
  v_time_zone text;
  v_fresh tstzmultirange;
  v_days tstzmultirange;
  v_hours tstzmultirange;
begin
  for v_org in
    select
      o.id, o.time_zone,
      (
        select range_agg(tstzrange(s.starts_at, s.ends_at))
        from private.stale_periods s
        where s.org_id = o.id and s.starts_at < p_to and s.ends_at > p_from
      ) as stale
    from public.organizations o
    where o.id = any (p_org_ids)
  loop
    v_time_zone := coalesce(p_time_zone, v_org.time_zone);
    v_days := '{}';
    v_hours := '{}';
    if v_org.stale is null then
      v_fresh := v_range;
    elsif (select count(*) from unnest(v_org.stale)) <= 200 then
      v_fresh := v_range - v_org.stale;
    else
      -- To find the fresh hours between so many stale ones would take longer than to count their calls.
      v_fresh := v_range - tstzmultirange(range_merge(v_org.stale));
    end if;

    -- Days are those of the organization; told in another time zone, hours are still hours where the zones are whole hours apart.
    if p_uses_days and v_time_zone = v_org.time_zone then
      v_days := private.whole_buckets(v_fresh, v_org.time_zone, 'day');
    end if;
    if p_uses_hours and (v_time_zone = v_org.time_zone or private.has_common_hours(v_org.time_zone, v_time_zone, p_from, p_to)) then
      v_hours := private.whole_buckets(v_fresh - v_days, v_org.time_zone, 'hour');
    end if;

    return query
    select v_org.id, p.source, lower(p.stretch), upper(p.stretch), false
    from (
      select 'day', unnest(v_days)
      union all
      select 'hour', unnest(v_hours)
      union all
      select 'calls', unnest(v_range - v_days - v_hours)
    ) as p (source, stretch);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.count_sources(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[], p_member_ids uuid[], p_grain text, p_time_zone text, p_by text, OUT level text, OUT pieces private.count_piece[], OUT calls_from timestamp with time zone, OUT calls_to timestamp with time zone, OUT has_elsewhere boolean, OUT line_ids uuid[], OUT my_line_ids uuid[], OUT own_member_ids uuid[])
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_in_full constant uuid[] := array(select private.org_ids_read_in_full() union all select private.api_org_ids('calls:read'));
begin
  my_line_ids := array(select private.my_line_ids());
  own_member_ids := array(select private.my_member_ids());
  line_ids := case
    when p_org_ids <@ v_in_full then p_line_ids
    when p_line_ids is null then my_line_ids
    else array(select unnest(p_line_ids) intersect select unnest(my_line_ids))
  end;
  level := case
    when p_by = 'member' or p_member_ids is not null then 'member'
    when p_by = 'line' or p_line_ids is not null or not p_org_ids <@ v_in_full then 'line'
    else 'organization'
  end;
  with piece as (
    select p.*, p.org_id = any (v_in_full) as is_read_in_full
    from private.count_pieces(
      p_org_ids, p_from, p_to, case when p_grain is not null then p_time_zone end, level <> 'member',
      -- Of several members' calls each counts once, which counts per member do not tell.
      p_grain is distinct from 'hour' and (p_by = 'member' or cardinality(p_member_ids) = 1 or p_member_ids is null)
    ) p
  )
  select
    array_agg(row(c.org_id, c.source, c.starts_at, c.ends_at, c.is_elsewhere)::private.count_piece),
    min(c.starts_at) filter (where c.source = 'calls'), max(c.ends_at) filter (where c.source = 'calls'),
    coalesce(bool_or(c.is_elsewhere and c.source <> 'calls'), false)
  into pieces, calls_from, calls_to, has_elsewhere
  from (
    select p.* from piece p
    union all
    -- Calls that agents and managers handled on lines they were not given.
    select
      p.org_id, case when p.source = 'day' and (level = 'line' or p_member_ids <@ own_member_ids) then 'day' else 'calls' end,
      p.starts_at, p.ends_at, true, false
    from piece p
    where p.source <> 'calls' and not p.is_read_in_full and own_member_ids <> '{}'
  ) c;
end
$function$;

CREATE OR REPLACE FUNCTION private.count_waits(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_by text DEFAULT NULL::text)
 RETURNS TABLE(org_id uuid, line_id uuid, member_id uuid, bin integer, answered bigint, missed bigint)
 LANGUAGE plpgsql
 STABLE ROWS 100
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_bins constant integer := cardinality(private.wait_edges()) + 1;
begin
  return query
  select c.org_id, c.line_id, c.member_id, w.bin, sum(w.answered)::bigint, sum(w.missed)::bigint
  from private.count_calls(p_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, null, p_in_hours, p_by, true) c
  cross join lateral (
    select ((a.position - 1) % v_bins)::integer + 1, a.calls, 0
    from unnest(c.answered_waits) with ordinality as a (calls, position)
    union all
    select ((m.position - 1) % v_bins)::integer + 1, 0, m.calls
    from unnest(c.missed_waits) with ordinality as m (calls, position)
    union all
    select a, 1, 0
    from unnest(c.answered_bins) a
    union all
    select m, 0, 1
    from unnest(c.missed_bins) m
  ) as w (bin, answered, missed)
  where w.answered + w.missed > 0
  group by 1, 2, 3, 4;
end
$function$;

CREATE OR REPLACE FUNCTION private.create_document(p_org_id uuid, p_report text, p_format text, p_parameters jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_asked private.report_parameters;
  v_id uuid;
begin
  perform private.require_role(p_org_id, 'viewer', 'agent', 'manager', 'org_admin');
  if private.report_title(p_report) is null then
    raise exception 'There is no report %.', coalesce(p_report, 'null')
      using errcode = 'PT422', detail = 'report_unknown', hint = 'Choose summary, days, hours, lines, members, sla or calls.';
  end if;
  if p_format is null or p_format not in ('pdf', 'csv') then
    raise exception 'There is no format %.', coalesce(p_format, 'null')
      using errcode = 'PT422', detail = 'format_unknown', hint = 'Choose pdf or csv.';
  end if;
  v_asked := private.report_parameters(p_report, p_parameters);
  perform private.begin_report(
    p_org_id, v_asked.starts_at, v_asked.ends_at, v_asked.in_hours,
    case p_report when 'hours' then 'hour' when 'days' then 'day' when 'sla' then 'day' end
  );
  -- One after the other, or several at once would each count the others out.
  perform from public.profiles p where p.user_id = auth.uid() for no key update;
  if (
    select count(*) >= 20 from public.documents d where d.owner_id = auth.uid() and d.run_id is null and d.state in ('queued', 'rendering')
  ) then
    raise exception 'Twenty documents of yours are waiting to be made.'
      using errcode = 'PT429', detail = 'documents_waiting', hint = 'Wait until they are there, or delete some.';
  end if;
  v_id := private.queue_document(p_org_id, auth.uid(), p_report, p_format, p_parameters, null);
  perform private.record_audit(
    p_org_id, 'export', 'documents', jsonb_build_object('id', v_id),
    jsonb_build_object('report', p_report, 'format', p_format, 'parameters', p_parameters)
  );
  return v_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.csv_cell(p_text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_text text;
begin
  if p_text is null then
    return '';
  elsif p_text !~ '[",\s=+@＝＋－＠-]' then
    return p_text;
  end if;
  v_text := private.csv_text(p_text);
  return case when v_text ~ '[",\r\n]|^\s|\s$' then '"' || replace(v_text, '"', '""') || '"' else v_text end;
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
  return case when p_text ~ '^[=+\-@\t\r\n＝＋－＠]' and p_text !~ '^\+[0-9]+$' then '''' || p_text else p_text end;
end
$function$;

CREATE OR REPLACE FUNCTION private.data_through(p_org_ids uuid[], p_resource text DEFAULT 'calls'::text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (
    select case when bool_and(c.watermark is not null) then min(c.watermark) end
    from private.sync_cursors c
    join public.integrations i on i.id = c.integration_id
    where c.resource = p_resource and i.disabled_at is null
      and i.id in (select private.serving_integration_ids(org_id) from unnest(p_org_ids) org_id)
      and p_org_ids <@ array(
        select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids(p_resource || ':read')
      )
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.delete_document(p_document_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_document public.documents;
begin
  delete from public.documents d
  where d.id = p_document_id and (
    d.org_id = any (array(select private.my_org_ids('org_admin')))
    or (d.owner_id = auth.uid() and d.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))))
  )
  returning * into v_document;
  if not found then
    raise exception 'There is no such document.'
      using errcode = 'PT404', detail = 'document_not_found', hint = 'See documents for those you may read.';
  end if;
  perform private.record_audit(
    v_document.org_id, 'delete', 'documents', jsonb_build_object('id', p_document_id),
    jsonb_build_object('before', jsonb_build_object('report', v_document.report, 'format', v_document.format, 'owner_id', v_document.owner_id))
  );
  if v_document.run_id is not null and v_document.state in ('queued', 'rendering') then
    perform private.advance_report_run(v_document.run_id, now());
  end if;
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
        select h.member_id
        from (
          select member_id, org_id, period
          from public.member_extensions
          where integration_id = p_integration_id and extension collate "C" = p.extension
          offset 0
        ) h
        where h.period @> k.started_at and h.org_id = o.org_id
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

CREATE OR REPLACE FUNCTION private.document_source(p_document_id uuid, p_worker text, p_now timestamp with time zone)
 RETURNS TABLE(csv text, source jsonb, problem text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_document public.documents;
  v_claims constant text := coalesce(current_setting('request.jwt.claims', true), '');
  v_is_known boolean;
  v_hint text;
begin
  select d.* into v_document
  from public.documents d
  join private.document_files f on f.document_id = d.id
  where d.id = p_document_id and f.worker = p_worker and f.lease_until > p_now and d.state = 'rendering';
  if not found then
    return query select null::text, null::jsonb, 'the document is another worker''s';
    return;
  end if;
  begin
    -- Who asked was let in by the second factor where one is required; nobody gets in by this who was not in.
    perform set_config(
      'request.jwt.claims', jsonb_build_object('sub', v_document.owner_id, 'role', 'authenticated', 'aal', 'aal2')::text, true
    );
    v_is_known := v_document.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin')));
    if not v_is_known then
      problem := 'whose document it is is no longer active in the organization';
    elsif v_document.format = 'csv' then
      csv := private.report_as_owner(v_document.org_id, v_document.report, v_document.parameters, true) #>> '{}';
    else
      source := private.report_as_owner(v_document.org_id, v_document.report, v_document.parameters, false);
    end if;
    perform set_config('request.jwt.claims', v_claims, true);
  exception when others then
    -- What is refused to the owner is refused to the document; anything else is not its fault.
    if sqlstate not like 'PT4%' then
      raise;
    end if;
    get stacked diagnostics v_hint = pg_exception_hint;
    problem := concat_ws(' ', sqlerrm, nullif(v_hint, ''));
  end;
  return query select csv, source, problem;
end
$function$;

CREATE OR REPLACE FUNCTION private.duration_name(p_seconds bigint)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return concat_ws(
    ' ',
    case when p_seconds >= 3600 then p_seconds / 3600 || ' h' end,
    case when p_seconds >= 60 and p_seconds % 3600 >= 60 then p_seconds % 3600 / 60 || ' min' end,
    case when p_seconds < 3600 and (p_seconds % 60 > 0 or p_seconds = 0) then p_seconds % 60 || ' s' end
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.elapsed_minutes(p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return greatest(extract(epoch from least(p_to, now()) - p_from), 0) / 60;
end
$function$;

CREATE OR REPLACE FUNCTION private.email_document(p_document_id uuid, p_recipients text[])
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_document public.documents;
  v_run_id uuid;
begin
  select * into v_document
  from public.documents d
  where d.id = p_document_id and (
    d.org_id = any (array(select private.my_org_ids('org_admin')))
    or (d.owner_id = auth.uid() and d.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))))
  );
  if not found then
    raise exception 'There is no such document.'
      using errcode = 'PT404', detail = 'document_not_found', hint = 'See documents for those you may read.';
  end if;
  perform private.require_role(v_document.org_id, 'manager', 'org_admin');
  perform private.require_unarchived(v_document.org_id);
  if coalesce(cardinality(p_recipients), 0) = 0 then
    raise exception 'There is nobody to send it to.'
      using errcode = 'PT422', detail = 'recipient_missing', hint = 'Name at least one e-mail address.';
  end if;
  if not private.are_recipients(p_recipients) then
    raise exception 'These are not up to twenty e-mail addresses, each once.'
      using errcode = 'PT422', detail = 'email_invalid', hint = 'Check their spelling.';
  end if;
  if v_document.state <> 'stored' then
    raise exception 'The document is not there: it is %.', v_document.state
      using errcode = 'PT409', detail = 'document_not_stored', hint = 'Its state and reason are told in documents.';
  end if;
  perform from public.profiles p where p.user_id = auth.uid() for no key update;
  if (
    select count(*) >= 20 from public.report_runs r
    where r.owner_id = auth.uid() and r.schedule_id is null and r.created_at > now() - interval '1 hour'
  ) then
    raise exception 'You have sent twenty documents within the hour.'
      using errcode = 'PT429', detail = 'report_just_sent', hint = 'Wait a little, or make a schedule.';
  end if;
  insert into public.report_runs (org_id, owner_id, name, period_start, period_end, is_manual, recipients, document_ids)
  values (
    v_document.org_id, auth.uid(), v_document.title, (v_document.parameters ->> 'from')::timestamptz,
    (v_document.parameters ->> 'to')::timestamptz, true, p_recipients, array[p_document_id]
  )
  returning id into v_run_id;
  perform private.record_audit(
    v_document.org_id, 'export', 'documents', jsonb_build_object('id', p_document_id), jsonb_build_object('sent_to', p_recipients)
  );
  perform private.send_report_run(v_run_id, now());
  return v_run_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.erlang_c(p_load double precision, p_agents integer)
 RETURNS double precision
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_blocked double precision := 1;
begin
  if p_load <= 0 then
    return 0;
  elsif p_agents <= p_load then
    return 1;
  end if;
  -- Erlang B by its recursion stays between 0 and 1, where powers and factorials leave the numbers there are at 170 agents.
  for n in 1..p_agents loop
    v_blocked := p_load * v_blocked / (n + p_load * v_blocked);
    exit when n > p_load and v_blocked < 1e-100;
  end loop;
  return v_blocked * p_agents / (p_agents - p_load * (1 - v_blocked));
end
$function$;

CREATE OR REPLACE FUNCTION private.evaluate_alert_rule(p_rule public.alert_rules, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_measured record;
  v_alert public.alerts;
  v_is_bad boolean;
  v_is_good boolean;
  v_words record;
  v_clear numeric;
begin
  v_measured := private.alert_value(p_rule, p_now);
  v_clear := coalesce(p_rule.clear_threshold, v_measured.threshold);
  -- What cannot be measured is not bad, and an episode does not outlast the calls it was about.
  v_is_bad := coalesce((case p_rule.kind
    when 'sla' then v_measured.value < v_measured.threshold else v_measured.value >= v_measured.threshold
  end), false);
  v_is_good := coalesce((case p_rule.kind when 'sla' then v_measured.value >= v_clear else v_measured.value < v_clear end), true);

  select * into v_alert from public.alerts a where a.rule_id = p_rule.id and a.cleared_at is null for no key update;
  if not found then
    if not v_is_bad or (p_rule.kind = 'sla' and v_measured.population < p_rule.min_calls) then
      return 0;
    end if;
    v_words := private.alert_words(p_rule, v_measured.value, v_measured.threshold);
    insert into public.alerts (org_id, rule_id, kind, raised_at, value, worst_value, threshold, title, created_at)
    values (
      p_rule.org_id, p_rule.id, p_rule.kind, p_now, v_measured.value, v_measured.value, v_measured.threshold, v_words.title, p_now
    )
    on conflict (rule_id) where cleared_at is null do nothing
    returning * into v_alert;
    if not found then
      return 0;
    end if;
    perform private.notify_people(
      private.alert_audience(p_rule), p_rule.org_id, v_words.kind, 'alert', v_words.title, v_words.body, '/alerts?alert=' || v_alert.id,
      v_alert.id,
      (
        select private.after_quiet_hours(p_now, o.time_zone, p_rule.quiet_from, p_rule.quiet_to)
        from public.organizations o
        where o.id = p_rule.org_id
      ),
      p_now
    );
    return 1;
  end if;

  if v_is_good and coalesce(v_alert.good_since, p_now) <= p_now - make_interval(mins => p_rule.clear_after_minutes) then
    perform private.clear_alerts(array[v_alert.id], p_now);
    return 1;
  end if;
  update public.alerts a set
    good_since = case when v_is_good then coalesce(a.good_since, p_now) end,
    worst_value = case p_rule.kind
      when 'sla' then least(a.worst_value, v_measured.value) else greatest(a.worst_value, v_measured.value)
    end
  where a.id = v_alert.id and (
    (a.good_since is null) = v_is_good
    or case p_rule.kind when 'sla' then v_measured.value < a.worst_value else v_measured.value > a.worst_value end
  );
  return 0;
end
$function$;

CREATE OR REPLACE FUNCTION private.evaluate_alerts(p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_rule public.alert_rules;
  v_over uuid[];
  v_count integer := private.stop_without_owner(p_now);
begin
  v_over := array(
    select a.id
    from public.alerts a
    join public.alert_rules r on r.id = a.rule_id
    where a.cleared_at is null and not r.enabled
    order by a.id
    for no key update of a skip locked
  );
  if v_over <> '{}' then
    perform private.clear_alerts(v_over, p_now);
    v_count := v_count + cardinality(v_over);
  end if;

  for v_rule in
    select r.*
    from public.alert_rules r
    join public.organizations o on o.id = r.org_id and o.archived_at is null
    left join private.alert_checks c on c.rule_id = r.id
    where r.enabled and coalesce(c.next_check_at, '-infinity') <= p_now
    order by c.next_check_at nulls first, r.id
    limit p_limit
    for no key update of r skip locked
  loop
    begin
      v_count := v_count + private.evaluate_alert_rule(v_rule, p_now);
      insert into private.alert_checks as c (rule_id, next_check_at) values (v_rule.id, p_now + interval '20 seconds')
      on conflict (rule_id) do update set next_check_at = excluded.next_check_at, error = null;
    exception when others then
      -- One rule that cannot be looked at must not stop the others.
      insert into private.alert_checks as c (rule_id, next_check_at, error)
      values (v_rule.id, p_now + interval '5 minutes', left(sqlerrm, 2000))
      on conflict (rule_id) do update set next_check_at = excluded.next_check_at, error = excluded.error;
    end;
  end loop;
  return v_count;
end
$function$;

CREATE OR REPLACE FUNCTION private.events_through(p_org_ids uuid[])
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select max(e.received_at)
  from unnest(p_org_ids) as o (org_id)
  cross join lateral (
    select w.received_at from private.webhook_events w where w.org_id = o.org_id order by w.received_at desc limit 1
  ) e
  where o.org_id = any (array(
    select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids('calls:read')
  ))
$function$;

CREATE OR REPLACE FUNCTION private.fail_report_run(p_run_id uuid, p_error text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_run public.report_runs;
begin
  update public.report_runs r set state = 'failed', error = left(p_error, 2000) where r.id = p_run_id returning * into v_run;
  perform private.notify_people(
    array[v_run.owner_id], v_run.org_id, 'report_failed', 'report_failed', format('The report “%s” was not sent', v_run.name), v_run.error,
    '/reports/runs?run=' || v_run.id, null, p_now, p_now
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.finish_document(p_document_id uuid, p_worker text, p_outcome text, p_reason text, p_size_bytes bigint, p_sha256 bytea, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_pauses constant interval[] := array['1 minute', '5 minutes', '15 minutes', '1 hour', '4 hours'];
  v_attempt integer;
  v_is_last boolean;
  v_run_id uuid;
begin
  select f.attempt into v_attempt
  from private.document_files f
  where f.document_id = p_document_id and f.worker = p_worker
  for update;
  if not found then
    return false;
  end if;
  v_is_last := p_outcome = 'failed' or (p_outcome = 'retry' and v_attempt > cardinality(v_pauses));

  update private.document_files f set
    worker = null, lease_until = null,
    next_attempt_at = p_now + case when p_outcome = 'retry' and not v_is_last then v_pauses[v_attempt] else interval '0' end
  where f.document_id = p_document_id;

  update public.documents d set
    state = case when p_outcome = 'stored' then 'stored' when v_is_last then 'failed' else 'queued' end,
    reason = case when p_outcome <> 'stored' then left(coalesce(p_reason, 'no reason was given'), 2000) end,
    size_bytes = p_size_bytes, sha256 = p_sha256, stored_at = case when p_outcome = 'stored' then p_now end
  where d.id = p_document_id and d.state = 'rendering'
  returning d.run_id into v_run_id;
  if v_run_id is not null and (p_outcome = 'stored' or v_is_last) then
    perform private.advance_report_run(v_run_id, p_now);
  end if;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION private.finish_document_removal(p_document_id uuid, p_worker text, p_error text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_error is null then
    delete from private.document_files f where f.document_id = p_document_id and f.worker = p_worker;
  else
    update private.document_files f set worker = null, lease_until = null, next_attempt_at = p_now + interval '15 minutes'
    where f.document_id = p_document_id and f.worker = p_worker;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.finish_outbox_mail(p_mail_id uuid, p_worker text, p_outcome text, p_error text, p_retry_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_mail private.outbox_mails;
  v_run_id uuid;
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
  update public.report_deliveries d set
    state = case p_outcome when 'sent' then 'sent' when 'retry' then 'queued' else 'failed' end,
    error = case p_outcome
      when 'cancelled' then coalesce(d.error, 'It was not to be sent any more when it was due.') else left(p_error, 2000)
    end,
    sent_at = case p_outcome when 'sent' then p_now end
  where d.mail_id = v_mail.id
  returning d.run_id into v_run_id;
  if p_outcome <> 'retry' then
    perform private.settle_report_run(v_run_id, p_now);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.fold_organization(p_org_id uuid, p_days integer, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_hour constant timestamptz := date_bin('1 hour', p_now, '2000-01-01 00:00Z');
  v_time_zone text;
  v_known tstzrange;
  v_stale tstzmultirange;
  v_days tstzmultirange;
  v_left tstzmultirange;
  v_stretch tstzrange;
  v_gone tid[];
  v_new private.call_rollups[];
begin
  -- Where there is a count there is one of the whole organization's day.
  select
    o.time_zone,
    tstzrange(
      least(
        (select min(c.started_at) from public.calls c where c.org_id = o.id),
        (select min(r.bucket_start) from private.call_rollups r where r.org_id = o.id and r.level = 'organization' and r.grain = 'day')
      ),
      greatest(
        (select max(c.started_at) from public.calls c where c.org_id = o.id),
        (select max(r.bucket_start) from private.call_rollups r where r.org_id = o.id and r.level = 'organization' and r.grain = 'day')
          + interval '2 days'
      ) + interval '1 hour'
    )
  into v_time_zone, v_known
  from public.organizations o
  where o.id = p_org_id;

  with taken as (
    delete from private.stale_periods s where s.org_id = p_org_id returning s.starts_at, s.ends_at
  )
  select range_agg(tstzrange(t.starts_at, t.ends_at) * v_known) into v_stale from taken t;
  if lower_inf(v_known) or v_stale is null or isempty(v_stale) then
    return 0;
  end if;

  select range_agg(tstzrange(
    private.boundary_before(lower(r.stretch), v_time_zone, 'day'), private.boundary_after(upper(r.stretch), v_time_zone, 'day')
  )) into v_days
  from unnest(v_stale - tstzmultirange(tstzrange(v_hour, null))) as r (stretch);

  -- The newest days first: they are looked at most. The hour in progress changes with every call, so readers count its calls.
  v_days := v_days * tstzmultirange(
    tstzrange(private.boundary_before(upper(v_days) - make_interval(days => p_days), v_time_zone, 'day'), null)
  );
  v_left := (v_stale - coalesce(v_days, '{}')) + (v_stale * tstzmultirange(tstzrange(v_hour, null)));
  insert into private.stale_periods (org_id, starts_at, ends_at)
  select p_org_id, lower(r.stretch), upper(r.stretch) from unnest(v_left) as r (stretch);

  foreach v_stretch in array array(select unnest(v_days)) loop
    -- Most of a day is as it was: only what is not is written.
    select array_agg(s.ctid) filter (where t is null), array_agg(t) filter (where s.ctid is null) into v_gone, v_new
    from private.recount(p_org_id, lower(v_stretch), upper(v_stretch)) t
    full join (
      select r.ctid, r.*::private.call_rollups as counts
      from private.call_rollups r
      where r.org_id = p_org_id and r.level in ('organization', 'line', 'member') and r.grain in ('hour', 'day')
        and r.bucket_start >= lower(v_stretch) and r.bucket_start < upper(v_stretch)
    ) s on s.counts = t;
    delete from private.call_rollups r where r.ctid = any (v_gone);
    insert into private.call_rollups select t.* from unnest(v_new) t;
  end loop;
  return (
    select coalesce(sum(ceil(extract(epoch from upper(d.stretch) - lower(d.stretch)) / 86400)), 0) from unnest(v_days) as d (stretch)
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.fold_rollups(p_limit integer, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_org_id uuid;
  v_days integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('private.fold_rollups')) then
    return 0;
  end if;
  select s.org_id into v_org_id
  from private.stale_periods s
  where s.starts_at < date_bin('1 hour', p_now, '2000-01-01 00:00Z')
  order by s.id
  limit 1;
  if not found then
    return 0;
  end if;
  v_days := private.fold_organization(v_org_id, p_limit, p_now);
  return greatest(v_days, 1);
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
  delete from public.notifications n where n.created_at < p_now - interval '180 days';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.idempotency_keys k where k.created_at < p_now - interval '7 days';
  get diagnostics v_rows = row_count;
  return v_forgotten + v_rows;
end
$function$;

CREATE OR REPLACE FUNCTION private.has_common_hours(p_time_zone text, p_other_zone text, p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return not exists (
    select
    -- Offsets last for longer than a month; a change within the last stretch shows at its end.
    from (select generate_series(p_from, p_to, interval '30 days') union all select p_to) as a (instant)
    where extract(minute from a.instant at time zone p_time_zone) <> extract(minute from a.instant at time zone p_other_zone)
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.histogram(p_bins integer[])
 RETURNS integer[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
 SET search_path TO ''
AS $function$
declare
  v_histogram integer[] := array_fill(null::integer, array[cardinality(private.wait_edges()) + 1]);
  v_bin integer;
begin
  foreach v_bin in array p_bins loop
    v_histogram[v_bin] := coalesce(v_histogram[v_bin], 0) + 1;
  end loop;
  return v_histogram;
end
$function$;

CREATE OR REPLACE FUNCTION private.hour_shown(p_hour timestamp with time zone, p_time_zone text)
 RETURNS timestamp without time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  -- After a change of clocks by less than an hour a local hour may begin before the first instant that falls into it.
  if private.bucket_start(p_hour, p_time_zone, 'hour') <> p_hour then
    return date_trunc('hour', (p_hour + interval '59:59.999999') at time zone p_time_zone);
  end if;
  return p_hour at time zone p_time_zone;
end
$function$;

CREATE OR REPLACE FUNCTION private.hours_of_week(p_from timestamp with time zone, p_to timestamp with time zone, p_time_zone text, p_now timestamp with time zone)
 RETURNS TABLE(weekday integer, hour integer, hours bigint, minutes numeric)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  with day as materialized (
    select d.clock, d.clock at time zone p_time_zone as starts_at, (d.clock + interval '1 day') at time zone p_time_zone as ends_at
    from generate_series(
      date_trunc('day', p_from at time zone p_time_zone) - interval '1 day',
      date_trunc('day', least(p_to, p_now) at time zone p_time_zone) + interval '1 day', interval '1 day'
    ) as d (clock)
  ),
  -- Most days have each hour once; the others, and those that the range or the present cuts, are taken hour by hour.
  whole as (
    select extract(isodow from d.clock)::int as weekday, count(*) as days
    from day d
    where d.starts_at >= p_from and d.ends_at <= least(p_to, p_now) and d.ends_at - d.starts_at = interval '24 hours'
    group by 1
  ),
  met as (
    select
      extract(isodow from q.clock)::int as weekday, extract(hour from q.clock)::int as hour,
      count(distinct q.bucket_start) as hours,
      sum(extract(epoch from least(q.at + interval '15 minutes', p_to, p_now) - greatest(q.at, p_from))) / 60 as minutes
    from day d
    cross join lateral (
      -- Clocks are set, and hours begin, at quarters of an hour.
      select t.tick as at, b.bucket_start, private.hour_shown(b.bucket_start, p_time_zone) as clock
      from generate_series(
        date_bin('15 minutes', greatest(d.starts_at, p_from), '2000-01-01 00:00Z'),
        least(d.ends_at, p_to, p_now) - interval '1 microsecond', interval '15 minutes'
      ) as t (tick)
      cross join lateral private.bucket_start(t.tick, p_time_zone, 'hour') as b (bucket_start)
    ) q
    where greatest(d.starts_at, p_from) < least(d.ends_at, p_to, p_now)
      and not (d.starts_at >= p_from and d.ends_at <= least(p_to, p_now) and d.ends_at - d.starts_at = interval '24 hours')
    group by 1, 2
  )
  select
    w.weekday, h.hour, coalesce(t.days, 0) + coalesce(m.hours, 0), trim_scale(coalesce(t.days, 0) * 60 + coalesce(m.minutes, 0))
  from generate_series(1, 7) as w (weekday)
  cross join generate_series(0, 23) as h (hour)
  left join whole t on t.weekday = w.weekday
  left join met m on m.weekday = w.weekday and m.hour = h.hour;
end
$function$;

CREATE OR REPLACE FUNCTION private.ingest_deliveries(p_deliveries private.received_deliveries[])
 RETURNS TABLE(ordinal integer, event_id bigint, status text, is_duplicate boolean)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_ordinals integer[];
  v_event_ids bigint[];
  v_duplicates boolean[];
  v_new_ids bigint[];
  v_again_ids bigint[];
begin
  -- Delivered again after a failure, or after the integration was enabled: what counts is applied, not seen.
  select
    array_agg(k.ordinal), array_agg(k.event_id), array_agg(k.is_duplicate), array_agg(k.event_id) filter (where not k.is_duplicate),
    array_agg(k.event_id) filter (where k.is_duplicate and k.status in ('failed', 'kept'))
  into v_ordinals, v_event_ids, v_duplicates, v_new_ids, v_again_ids
  from private.keep_deliveries(p_deliveries) k;
  perform private.apply_webhook_events(
    coalesce(v_new_ids, '{}'), array(select unnest(v_again_ids) except select unnest(v_new_ids))
  );

  return query
  select k.ordinal, k.event_id, e.status, k.is_duplicate
  from unnest(v_ordinals, v_event_ids, v_duplicates) as k (ordinal, event_id, is_duplicate)
  join private.webhook_events e on e.id = k.event_id
  order by k.ordinal;
end
$function$;

CREATE OR REPLACE FUNCTION private.ingest_webhook_events(p_deliveries jsonb[])
 RETURNS TABLE(ordinal integer, event_id bigint, status text, is_duplicate boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
begin
  return query select i.* from private.ingest_deliveries(private.read_deliveries(p_deliveries)) i;
end
$function$;

CREATE OR REPLACE FUNCTION private.instant_at(p_clock timestamp without time zone, p_time_zone text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_at constant timestamptz := p_clock at time zone p_time_zone;
  v_shown constant timestamp := v_at at time zone p_time_zone;
  v_before timestamptz := v_at - interval '24 hours';
  v_early timestamptz;
  v_late timestamptz := v_at;
  v_middle timestamptz;
begin
  if v_shown = p_clock then
    -- Of a time that comes twice Postgres takes the second.
    v_early := (p_clock - ((v_before at time zone p_time_zone) - (v_before at time zone 'UTC'))) at time zone 'UTC';
    return case when v_early < v_at and (v_early at time zone p_time_zone) = p_clock then v_early else v_at end;
  end if;
  v_early := v_at - (v_shown - p_clock);
  while v_late - v_early > interval '1 second' loop
    v_middle := date_trunc('second', v_early + (v_late - v_early) / 2, 'UTC');
    if (v_middle at time zone p_time_zone) < p_clock then
      v_early := v_middle;
    else
      v_late := v_middle;
    end if;
  end loop;
  return v_late;
end
$function$;

CREATE OR REPLACE FUNCTION private.is_boundary(p_at timestamp with time zone, p_time_zone text, p_grain text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  -- After a change of clocks a bucket's beginning may lie before the first instant that falls into it, or within its neighbour.
  return private.bucket_start(p_at, p_time_zone, p_grain) = p_at
    and private.bucket_start(p_at + interval '59:59.999999', p_time_zone, p_grain) = p_at;
end
$function$;

CREATE OR REPLACE FUNCTION private.is_in_charge(p_user_id uuid, p_org_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return exists (
    select from public.org_members m
    where m.user_id = p_user_id and m.org_id = p_org_id and m.deactivated_at is null and m.role in ('manager', 'org_admin')
  ) or exists (select from private.platform_admins a where a.user_id = p_user_id);
end
$function$;

CREATE OR REPLACE FUNCTION private.keep_deliveries(p_deliveries private.received_deliveries[])
 RETURNS TABLE(ordinal integer, event_id bigint, status text, is_duplicate boolean)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_holding_org_id constant uuid := private.holding_org_id();
  v_inserted bigint[];
begin
  perform from public.integrations i
  where i.id = any (array(select d.integration_id from unnest(p_deliveries) d))
  order by i.id
  for key share;

  with inserted as (
    insert into private.webhook_events (
      org_id, integration_id, dedupe_key, received_at, payload, unreadable_body, had_nul,
      event_type, provider_call_id, direction, kind, is_agent_event, extension, from_number, to_number,
      occurred_at, duration_seconds, recording_url, has_recording, status, error
    )
    select
      coalesce(
        (select c.org_id from public.calls c where c.integration_id = i.id and c.provider_call_id = e.provider_call_id),
        -- Of a call that is about to be written, whose it will be, most likely; else write_calls moves the event.
        case when i.org_id = v_holding_org_id and i.disabled_at is null and e.status = 'applied' and e.kind <> 'recording' then (
          select l.org_id
          from public.phone_numbers n
          join public.lines l on l.phone_number_id = n.id and l.period @> coalesce(e.occurred_at, d.received_at)
          where n.integration_id = i.id and n.e164 = case e.direction when 'inbound' then e.to_number else e.from_number end
          limit 1
        ) end,
        i.org_id
      ),
      i.id, d.dedupe_key, d.received_at, d.payload, d.unreadable_body, d.had_nul,
      e.event_type, e.provider_call_id, e.direction, e.kind, e.is_agent_event, e.extension, e.from_number, e.to_number,
      e.occurred_at, e.duration_seconds, e.recording_url, e.has_recording,
      case when d.payload is null then 'failed' when i.disabled_at is not null then 'kept' else e.status end,
      case when d.payload is null then 'The body is nested too deep, or holds what Postgres cannot.' when i.disabled_at is null then e.error end
    from unnest(p_deliveries) with ordinality as d
    join public.integrations i on i.id = d.integration_id
    cross join lateral private.read_event(d.payload, d.received_at) e
    -- In key order: two batches with the same deliveries wait for each other instead of deadlocking.
    order by i.id, d.dedupe_key, d.ordinality
    on conflict (integration_id, dedupe_key) do nothing
    returning id
  )
  select array_agg(i.id) into v_inserted from inserted i;

  return query
  select
    d.ordinality::integer, e.id, e.status,
    e.id <> all (coalesce(v_inserted, '{}')) or row_number() over (partition by e.id order by d.ordinality) > 1
  from unnest(p_deliveries) with ordinality as d
  join private.webhook_events e on e.integration_id = d.integration_id and e.dedupe_key = d.dedupe_key
  order by d.ordinality;
end
$function$;

CREATE OR REPLACE FUNCTION private.kpi_columns(p_counts private.call_counts)
 RETURNS private.kpi_columns
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select row(
    max(k.value) filter (where k.kpi = 'offered'),
    max(k.value) filter (where k.kpi = 'answered'),
    max(k.value) filter (where k.kpi = 'voicemail'),
    max(k.value) filter (where k.kpi = 'missed'),
    max(k.value) filter (where k.kpi = 'answer_rate'),
    max(k.value) filter (where k.kpi = 'abandonment_rate'),
    max(k.value) filter (where k.kpi = 'service_level'),
    max(k.known) filter (where k.kpi = 'service_level'),
    max(k.value) filter (where k.kpi = 'average_speed_of_answer'),
    max(k.value) filter (where k.kpi = 'average_abandon_wait'),
    max(k.value) filter (where k.kpi = 'longest_wait'),
    max(k.value) filter (where k.kpi = 'average_handle_time'),
    max(k.value) filter (where k.kpi = 'total_talk'),
    max(k.value) filter (where k.kpi = 'average_duration'),
    max(k.value) filter (where k.kpi = 'dropped_rate'),
    max(k.value) filter (where k.kpi = 'transferred_rate'),
    max(k.value) filter (where k.kpi = 'very_short_rate'),
    max(k.value) filter (where k.kpi = 'outbound'),
    max(k.value) filter (where k.kpi = 'outbound_connected_rate'),
    max(k.value) filter (where k.kpi = 'outbound_talk')
  )::private.kpi_columns
  from private.kpi_values(coalesce(p_counts, private.no_calls()), null) k
$function$;

CREATE OR REPLACE FUNCTION private.kpi_scope(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_in_hours boolean, p_scope text DEFAULT 'calls:read'::text, OUT org_ids uuid[], OUT time_zone text)
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
    org_ids := array(select private.org_ids_read_in_full() union all select private.api_org_ids(p_scope));
    time_zone := 'UTC';
  else
    select array[o.id], o.time_zone into org_ids, time_zone from public.organizations o where o.id = p_org_id;
    if not found then
      raise exception 'There is no such organization.'
        using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
    end if;
  end if;
  if current_user = 'api_reader' then
    perform private.require_scope(coalesce(p_org_id, (select o from private.api_org_ids() o limit 1)), p_scope);
  end if;
  if p_in_hours is not null then
    perform private.require_business_hours(org_ids, p_from, p_to);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.kpi_values(p_counts private.call_counts, p_minutes numeric)
 RETURNS TABLE(kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint)
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE ROWS 20
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  select f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, f.known, f.total
  from (select (p_counts).*) c
  cross join lateral (values
    ('offered', c.offered::numeric, 1::numeric, c.offered, c.offered),
    ('answered', c.answered, 1, c.offered, c.offered),
    ('voicemail', c.voicemail, 1, c.offered, c.offered),
    ('missed', c.missed, 1, c.offered, c.offered),
    ('answer_rate', c.answered, c.offered, c.offered, c.offered),
    -- A missed call of unknown wait counts as abandoned, never as short.
    ('abandonment_rate', c.missed - c.short_abandons, c.offered - c.short_abandons, c.offered - c.missed + c.known_missed_waits, c.offered),
    ('service_level', c.answered_in_time, c.known_waits - c.short_abandons, c.known_waits, c.offered),
    ('average_speed_of_answer', c.answered_wait_seconds, c.known_answered_waits, c.known_answered_waits, c.answered),
    ('average_abandon_wait', c.missed_wait_seconds, c.known_missed_waits, c.known_missed_waits, c.missed),
    ('longest_wait', c.longest_wait_seconds, 1, c.known_waits, c.offered),
    ('average_handle_time', c.talk_seconds, c.known_talks, c.known_talks, c.answered),
    ('total_talk', case when c.known_talks > 0 or c.answered = 0 then c.talk_seconds end, 1, c.known_talks, c.answered),
    ('average_duration', c.duration_seconds, c.known_durations, c.known_durations, c.offered),
    ('calls_per_minute', c.offered, p_minutes, c.offered, c.offered),
    ('dropped_rate', c.dropped, c.answered, c.answered, c.answered),
    ('transferred_rate', c.transferred, c.answered, c.answered, c.answered),
    ('very_short_rate', c.very_short, c.known_talks, c.known_talks, c.answered),
    ('outbound', c.outbound, 1, c.outbound, c.outbound),
    ('outbound_connected_rate', c.outbound_connected, c.outbound, c.outbound, c.outbound),
    (
      'outbound_talk', case when c.known_outbound_talks > 0 or c.outbound_connected = 0 then c.outbound_talk_seconds end,
      1, c.known_outbound_talks, c.outbound_connected
    )
  ) as f (kpi, numerator, denominator, known, total);
end
$function$;

CREATE OR REPLACE FUNCTION private.kpis_as_object(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select jsonb_object_agg(k.kpi, k.value)
    from (values (true)) as always (is_so)
    left join lateral private.count_calls(p_org_ids, p_from, p_to, null, null, null, 'UTC', null) c on true
    cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), private.elapsed_minutes(p_from, p_to)) k
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.kpis_by(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_kpis text[], p_by text)
 RETURNS TABLE(org_id uuid, line_id uuid, member_id uuid, kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_kpis(p_kpis);

  return query
  select
    c.org_id, c.line_id, c.member_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, t.data_through, d.version
  from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours, p_by) c
  cross join lateral private.kpi_values(c.counts, private.elapsed_minutes(p_from, p_to)) k
  join public.kpi_definitions d on d.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where p_kpis is null or k.kpi = any (p_kpis);
end
$function$;

CREATE OR REPLACE FUNCTION private.last_run(p_schedule public.report_schedules, p_time_zone text, p_now timestamp with time zone, OUT day date, OUT runs_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_today constant date := (p_now at time zone p_time_zone)::date;
begin
  select t.day, t.runs_at into day, runs_at
  from private.run_times(
    p_schedule.frequency, p_schedule.weekday, p_schedule.day_of_month, p_schedule.local_time, p_time_zone, v_today - 65, v_today + 1
  ) t
  where t.runs_at <= p_now
  order by t.day desc
  limit 1;
end
$function$;

CREATE OR REPLACE FUNCTION private.local_midnight(p_clock timestamp without time zone, p_time_zone text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_start constant timestamptz := p_clock at time zone p_time_zone;
begin
  -- Where the clock is set back at midnight, that midnight comes twice, and the day begins with the first.
  if (v_start - interval '1 hour') at time zone p_time_zone = p_clock then
    return v_start - interval '1 hour';
  end if;
  return v_start;
end
$function$;

CREATE OR REPLACE FUNCTION private.local_time(p_at timestamp with time zone, p_time_zone text)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select to_char(p_at at time zone p_time_zone, 'YYYY-MM-DD HH24:MI')
$function$;

CREATE OR REPLACE FUNCTION private.lock_call_slots(p_integration_ids uuid[], p_call_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
begin
  -- New numbers of an integration claim their calls under "for update" (add_phone_numbers).
  perform from public.integrations i where i.id = any (p_integration_ids) order by i.id for key share;

  -- Two writers of one call must see each other's facts. A thousand slots bound the number of locks of a large page.
  perform pg_advisory_xact_lock(slot.key)
  from (
    select distinct 7310000000 + (hashtextextended(c.integration_id::text || c.call_id, 0) & 1023) as key
    from unnest(p_integration_ids, p_call_ids) as c (integration_id, call_id)
    order by key
  ) slot;
end
$function$;

CREATE OR REPLACE FUNCTION private.lock_calls(p_integration_ids uuid[], p_call_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.lock_call_slots(p_integration_ids, p_call_ids);
  perform private.lock_numbers_of_calls(p_integration_ids, p_call_ids);
end
$function$;

CREATE OR REPLACE FUNCTION private.lock_numbers_of_calls(p_integration_ids uuid[], p_call_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
begin
  -- assign_phone_number takes "for update": either this transaction sees the new line, or the assignment sees this call.
  perform from public.phone_numbers n
  where n.id = any (array(
    select p.id
    from (
      select distinct c.integration_id, fact.e164
      from unnest(p_integration_ids, p_call_ids) as c (integration_id, call_id)
      cross join lateral (
        select unnest(array[from_number, to_number]) as e164
        from private.webhook_events
        where integration_id = c.integration_id and provider_call_id = c.call_id
        union all
        select business_number from private.call_snapshots where integration_id = c.integration_id and provider_call_id = c.call_id
      ) fact
    ) named
    cross join lateral (
      select id from public.phone_numbers where integration_id = named.integration_id and e164 = named.e164 limit 1
    ) p
  ))
  order by n.id
  for key share;
end
$function$;

CREATE OR REPLACE FUNCTION private.mail_details(p_mail private.outbox_mails, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if p_mail.invitation_id is not null then
    return (
      select jsonb_build_object(
        'invitation_id', i.id, 'organization', o.name, 'role', i.role, 'inviter', coalesce(p.full_name, p.email),
        'app_url', s.app_url, 'expires_at', i.expires_at, 'support_email', s.support_email
      )
      from private.invitations i
      join public.organizations o on o.id = i.org_id
      left join public.profiles p on p.user_id = i.invited_by
      cross join public.platform_settings s
      where i.id = p_mail.invitation_id
    );
  end if;
  return p_mail.details || (
    select jsonb_build_object(
      'organization', o.name, 'app_url', s.app_url, 'support_email', s.support_email,
      'is_over', private.mail_is_over(p_mail, p_now),
      'over_since', (
        select to_char(a.cleared_at at time zone o.time_zone, 'HH24:MI" on "FMDD FMMonth YYYY')
        from public.alerts a
        where a.id = (p_mail.details ->> 'alert_id')::uuid
      ),
      'documents', (
        select coalesce(jsonb_agg(
          jsonb_build_object(
            'id', d.id, 'format', d.format, 'title', d.title, 'size_bytes', d.size_bytes, 'sha256', encode(d.sha256, 'hex')
          ) order by d.format desc, d.id
        ), '[]')
        from public.report_deliveries l
        join public.report_runs r on r.id = l.run_id
        join public.documents d on d.id = any (r.document_ids) and d.state = 'stored'
        where l.mail_id = p_mail.id
      )
    )
    from public.organizations o
    cross join public.platform_settings s
    where o.id = p_mail.org_id
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.mail_is_over(p_mail private.outbox_mails, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return p_mail.created_at < p_now - interval '3 days'
    or exists (select from public.organizations o where o.id = p_mail.org_id and o.archived_at is not null)
    or (p_mail.user_id is not null and not private.is_in_charge(p_mail.user_id, p_mail.org_id))
    or (p_mail.template = 'report' and not exists (
      select from public.report_deliveries d
      join public.report_runs r on r.id = d.run_id
      where d.mail_id = p_mail.id and private.is_in_charge(r.owner_id, r.org_id)
    ));
end
$function$;

CREATE OR REPLACE FUNCTION private.make_stale(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into private.stale_periods (org_id, starts_at, ends_at) values (p_org_id, p_from, p_to);
end
$function$;

CREATE OR REPLACE FUNCTION private.missed_callers_of(p_org_id uuid, p_external_number text)
 RETURNS TABLE(org_id uuid, external_number text, state text, first_missed_at timestamp with time zone, last_missed_at timestamp with time zone, misses bigint, line_ids uuid[], last_line_id uuid, last_call_id uuid, attempts bigint, last_attempt_at timestamp with time zone, last_contact_at timestamp with time zone, work_id uuid, owner_id uuid, note text, outcome_code text, snoozed_until timestamp with time zone, closed_at timestamp with time zone, closed_by uuid, updated_by uuid, worked_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
#variable_conflict use_column
declare
  v_since constant timestamptz := now() - interval '30 days';
  v_line_ids uuid[];
begin
  if p_org_id is null or p_org_id <> all (array(select private.my_org_ids('agent', 'manager', 'org_admin'))) then
    return;
  elsif p_org_id <> all (array(select private.my_org_ids('org_admin'))) then
    v_line_ids := array(select private.my_line_ids());
  end if;

  return query
  select
    m.org_id, m.external_number,
    case
      when w.closed_at >= m.last_missed_at then 'closed'
      when w.snoozed_until > now() and w.snoozed_at >= m.last_missed_at then 'snoozed'
      else 'open'
    end,
    k.first_missed_at, m.last_missed_at, k.misses, k.line_ids,
    m.line_ids[cardinality(m.line_ids)], m.call_ids[cardinality(m.call_ids)],
    case when r.tried_at is null then 0 else (select count(*) from unnest(r.tried_at) t where t > k.first_missed_at) end,
    case when r.tried_at is not null then (select max(t) from unnest(r.tried_at) t where t > k.first_missed_at) end,
    coalesce(r.contact_at, (
      select max(c.started_at)
      from public.calls c
      where c.org_id = m.org_id and c.external_number = m.external_number
        and c.started_at > v_since and c.started_at < m.first_missed_at
        and c.outcome = 'answered' and c.direction <> 'internal' and c.deleted_at is null
    )),
    n.id, n.owner_id, n.note, n.outcome_code, n.snoozed_until, n.closed_at, n.closed_by, n.updated_by, n.updated_at
  from (
    select
      c.org_id, c.external_number, min(c.started_at) as first_missed_at, max(c.started_at) as last_missed_at,
      array_agg(c.id order by c.started_at, c.id) as call_ids, array_agg(c.line_id order by c.started_at, c.id) as line_ids,
      array_agg(c.started_at order by c.started_at, c.id) as started_at
    from public.calls c
    where c.org_id = p_org_id and c.started_at > v_since
      and c.direction = 'inbound' and c.outcome = 'missed' and c.deleted_at is null and c.external_number is not null
      and (v_line_ids is null or c.line_id = any (v_line_ids))
      and (p_external_number is null or c.external_number = p_external_number)
    group by c.org_id, c.external_number
  ) m
  -- What was with the caller since, on any line: whoever reaches them, reaches them for all.
  cross join lateral (
    select
      max(c.started_at) filter (where c.outcome = 'answered') as contact_at,
      array_agg(c.started_at) filter (where c.outcome <> 'answered' and c.direction <> 'inbound') as tried_at
    from public.calls c
    where c.org_id = m.org_id and c.external_number = m.external_number and c.started_at > m.first_missed_at
      and c.outcome is not null and c.direction <> 'internal' and c.deleted_at is null
  ) r
  left join lateral (
    select w.*
    from public.missed_caller_work w
    where w.org_id = m.org_id and w.external_number = m.external_number
      and not exists (
        select from public.calls c
        where c.org_id = w.org_id and c.external_number = w.external_number and c.started_at > w.missed_at
          and c.outcome = 'answered' and c.direction <> 'internal' and c.deleted_at is null
      )
    order by w.missed_at desc
    limit 1
  ) w on true
  -- Closed by hand, and missed again since: what was done is over, and somebody has to begin anew.
  left join public.missed_caller_work n on n.id = w.id and not coalesce(w.closed_at < m.last_missed_at, false)
  cross join lateral (
    select greatest(r.contact_at, case when n.id is null then w.closed_at end) as over_at
  ) b
  -- Most were missed once, and there is nothing to look for.
  cross join lateral (
    select
      case
        when b.over_at is null then m.first_missed_at
        else (select min(t) from unnest(m.started_at) t where t > b.over_at)
      end as first_missed_at,
      case
        when b.over_at is null then cardinality(m.started_at)
        else (select count(*) from unnest(m.started_at) t where t > b.over_at)
      end as misses,
      case
        when cardinality(m.line_ids) = 1 and m.line_ids[1] is not null then m.line_ids
        else (
          select array_agg(distinct u.line_id)
          from unnest(m.line_ids, m.started_at) as u (line_id, started_at)
          where u.line_id is not null and (b.over_at is null or u.started_at > b.over_at)
        )
      end as line_ids
  ) k
  -- A withheld word identifies nobody.
  where (r.contact_at is null or r.contact_at < m.last_missed_at) and m.external_number ~ '[0-9]';
end
$function$;

CREATE OR REPLACE FUNCTION private.my_document_names()
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return query select d.id::text from public.documents d where d.state = 'stored';
end
$function$;

CREATE OR REPLACE FUNCTION private.my_report_schedule(p_schedule_id uuid)
 RETURNS public.report_schedules
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_schedule public.report_schedules;
begin
  select * into v_schedule
  from public.report_schedules s
  where s.id = p_schedule_id and (
    s.org_id = any (array(select private.my_org_ids('org_admin')))
    or (s.owner_id = auth.uid() and s.org_id = any (array(select private.my_org_ids('manager'))))
  )
  for no key update;
  if not found then
    raise exception 'There is no such schedule.'
      using errcode = 'PT404', detail = 'schedule_not_found', hint = 'See report_schedules for those you may read.';
  end if;
  return v_schedule;
end
$function$;

CREATE OR REPLACE FUNCTION private.next_run_at(p_schedule public.report_schedules, p_time_zone text, p_after timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_today constant date := (p_after at time zone p_time_zone)::date;
begin
  return (
    select min(t.runs_at)
    from private.run_times(
      p_schedule.frequency, p_schedule.weekday, p_schedule.day_of_month, p_schedule.local_time, p_time_zone, v_today - 2, v_today + 65
    ) t
    where t.runs_at > p_after
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.note_unfinished_call(p_job_id uuid, p_worker text, p_provider_id text, p_is_unknown boolean, p_observed_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  v_integration_id uuid;
begin
  select j.integration_id into v_integration_id
  from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;
  delete from private.call_checks k where k.integration_id = v_integration_id and k.ask_after < p_now - interval '31 days';
  insert into private.call_checks as k (integration_id, provider_call_id, asked, ask_after)
  values (v_integration_id, p_provider_id, 1, p_now + interval '10 minutes')
  on conflict (integration_id, provider_call_id) do update set
    asked = k.asked + 1, ask_after = p_now + least(interval '10 minutes' * (2 ^ least(k.asked, 6)), interval '6 hours');

  perform private.lock_calls(array[v_integration_id], array[p_provider_id]);
  if not p_is_unknown or not exists (
    select from public.calls c
    where c.integration_id = v_integration_id and c.provider_call_id = p_provider_id
      and c.outcome is null and c.deleted_at is null and c.started_at < p_now - interval '24 hours'
  ) then
    return false;
  end if;
  insert into private.call_snapshots as s (integration_id, provider_call_id, payload_hash, payload, is_tombstone, observed_at)
  values (v_integration_id, p_provider_id, sha256('deleted upstream'), '{}', true, p_observed_at)
  on conflict (integration_id, provider_call_id, payload_hash)
  do update set observed_at = greatest(s.observed_at, excluded.observed_at);
  return private.write_calls(v_integration_id, array[p_provider_id]) > 0;
end
$function$;

CREATE OR REPLACE FUNCTION private.notify_people(p_user_ids uuid[], p_org_id uuid, p_kind text, p_template text, p_title text, p_body text, p_link text, p_alert_id uuid, p_mail_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.number_fragment(p_text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_fragment constant text := regexp_replace(p_text, '[\s().\-]', '', 'g');
begin
  if v_fragment !~ '^\+?[0-9]{2,15}$' then
    raise exception 'A number is searched by at least two of its digits.'
      using errcode = 'PT422', detail = 'number_invalid', hint = 'Send digits, such as 5550142, with or without a plus before them.';
  end if;
  return v_fragment;
end
$function$;

CREATE OR REPLACE FUNCTION private.owner_problem(p_user_id uuid, p_org_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_member public.org_members;
  v_name text;
begin
  if private.is_in_charge(p_user_id, p_org_id) then
    return null;
  end if;
  select m.* into v_member from public.org_members m where m.user_id = p_user_id and m.org_id = p_org_id;
  select coalesce(p.full_name, p.email) into v_name from public.profiles p where p.user_id = p_user_id;
  return case
    when p_user_id is null then 'The account of its owner is gone.'
    when v_member.id is null or v_member.removed_at is not null then format('Its owner, %s, is not in the organization any more.', v_name)
    when v_member.deactivated_at is not null then format('Its owner, %s, was deactivated.', v_name)
    else format('Its owner, %s, is neither a manager nor an admin any more.', v_name)
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.parse_number(p_text text)
 RETURNS numeric
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if p_text <> '' and char_length(p_text) <= 18 and translate(p_text, '0123456789', '') = '' then
    return p_text::numeric;
  end if;
  return case when p_text ~ '^-?[0-9]{1,18}(\.[0-9]{1,9})?$' then p_text::numeric end;
end
$function$;

CREATE OR REPLACE FUNCTION private.parse_phone(p_text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if p_text like '+___%' and char_length(p_text) <= 16 and translate(p_text, '0123456789', '') = '+' then
    return p_text;
  end if;
  p_text := regexp_replace(regexp_replace(p_text, '[\s().\-]', '', 'g'), '^00', '+');
  return case
    when p_text ~ '^\+[0-9]{3,15}$' then p_text
    when p_text ~ '^[0-9]{11,15}$' then '+' || p_text
    when p_text ~ '^[0-9]{3,10}$' then p_text
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.parse_timestamp(p_text text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_shape constant text := translate(p_text, '012345678', '999999999');
begin
  -- What is usual is told by its shape: a regular expression takes longer than all the rest.
  if v_shape in ('9999-99-99T99:99:99Z', '9999-99-99T99:99:99.999Z') then
    return case when pg_input_is_valid(p_text, 'timestamptz') then p_text::timestamptz end;
  end if;
  if p_text !~ '^[0-9]{4}-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]{1,9})?)?(Z|[+-][0-9][0-9](:?[0-9][0-9])?)?$' then
    return null;
  end if;
  if p_text ~ '[0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]+)?)?$' and p_text !~ '[+-][0-9][0-9]:?[0-9][0-9]$' then
    p_text := p_text || 'Z';
  end if;
  return case when pg_input_is_valid(p_text, 'timestamptz') then p_text::timestamptz end;
end
$function$;

CREATE OR REPLACE FUNCTION private.period_name(p_from timestamp with time zone, p_to timestamp with time zone, p_time_zone text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_from constant timestamp := p_from at time zone p_time_zone;
  v_to constant timestamp := p_to at time zone p_time_zone;
  v_last constant timestamp := v_to - interval '1 microsecond';
begin
  return case
    when v_from::date = v_last::date then to_char(v_from, 'FMDay, FMDD FMMonth YYYY')
    when v_from = date_trunc('month', v_from) and v_to = v_from + interval '1 month' then to_char(v_from, 'FMMonth YYYY')
    when date_trunc('month', v_from) = date_trunc('month', v_last) then
      to_char(v_from, 'FMDD') || to_char(v_last, '" to "FMDD FMMonth YYYY')
    when date_trunc('year', v_from) = date_trunc('year', v_last) then
      to_char(v_from, 'FMDD FMMonth') || to_char(v_last, '" to "FMDD FMMonth YYYY')
    else to_char(v_from, 'FMDD FMMonth YYYY') || to_char(v_last, '" to "FMDD FMMonth YYYY')
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.previous_range(p_from timestamp with time zone, p_to timestamp with time zone, p_time_zone text, p_now timestamp with time zone, OUT previous_from timestamp with time zone, OUT previous_to timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_from timestamp := p_from at time zone p_time_zone;
  v_to timestamp := p_to at time zone p_time_zone;
  v_length interval := v_to - v_from;
begin
  if v_from = date_trunc('month', v_from) and v_to = date_trunc('month', v_to) then
    v_length := age(v_to, v_from);
  end if;
  previous_from := (v_from - v_length) at time zone p_time_zone;
  -- Today until now is compared with yesterday until the same time.
  previous_to := ((least(p_to, greatest(p_now, p_from)) at time zone p_time_zone) - v_length) at time zone p_time_zone;
  -- Clocks that are put forward take an hour away, and with it a range within it.
  previous_to := greatest(previous_from, previous_to);
end
$function$;

CREATE OR REPLACE FUNCTION private.queue_document(p_org_id uuid, p_owner_id uuid, p_report text, p_format text, p_parameters jsonb, p_run_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_id uuid;
begin
  insert into public.documents (org_id, owner_id, report, format, parameters, title, run_id)
  values (p_org_id, p_owner_id, p_report, p_format, p_parameters, private.report_title(p_report), p_run_id)
  returning id into v_id;
  insert into private.document_files (document_id) values (v_id);
  notify sync_jobs;
  return v_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.queue_letter(p_template text, p_recipient text, p_org_id uuid, p_user_id uuid, p_details jsonb, p_run_after timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_mail_id uuid;
begin
  insert into private.outbox_mails (template, recipient, org_id, user_id, details, run_after, created_at)
  values (p_template, p_recipient, p_org_id, p_user_id, p_details, p_run_after, p_run_after)
  returning id into v_mail_id;
  notify sync_jobs;
  return v_mail_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_deliveries(p_deliveries jsonb[])
 RETURNS private.received_deliveries[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  return array(
    select
      row(
        n, d.integration_id, d.received_at,
        case
          when char_length(p.guid) between 1 and 200 and p.guid ~ '[^0{}-]' then 'guid:' || lower(p.guid)
          else 'sha256:' || encode(sha256(convert_to(d.body, 'UTF8')), 'hex')
        end,
        p.payload,
        case when p.payload is null then regexp_replace(
          d.body, '("(?:x-)?api[_-]?key"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[^,}\]\s]+)', '\1"[redacted]"', 'gi'
        ) end,
        private.without_nul(d.body) <> d.body, '-infinity', null
      )::private.received_deliveries
    from unnest(p_deliveries) with ordinality as delivery (envelope, n)
    cross join lateral jsonb_to_record(envelope) as d (integration_id uuid, body text, received_at timestamptz)
    cross join lateral (select read.payload, read.payload ->> 'Guid' as guid from private.read_body(d.body) as read (payload)) p
    order by n
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.rebuild_rollup(p_org_id uuid, p_from timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, p_to timestamp with time zone DEFAULT 'infinity'::timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_days integer;
  v_total integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('private.fold_rollups'));
  perform private.make_stale(p_org_id, p_from, p_to);
  loop
    v_days := private.fold_organization(p_org_id, 31, now());
    exit when v_days = 0;
    v_total := v_total + v_days;
  end loop;
  return v_total;
end
$function$;

CREATE OR REPLACE FUNCTION private.receive_deliveries(p_deliveries jsonb)
 RETURNS SETOF integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  return query
  with read as materialized (
    select d.*
    from unnest(private.read_deliveries(array(select jsonb_array_elements(p_deliveries)))) d
    join public.integrations i on i.id = d.integration_id
  ),
  received as (
    insert into private.received_deliveries (integration_id, received_at, dedupe_key, payload, unreadable_body, had_nul)
    select r.integration_id, r.received_at, r.dedupe_key, r.payload, r.unreadable_body, r.had_nul from read r
  )
  select r.id::integer from read r;
end
$function$;

CREATE OR REPLACE FUNCTION private.record_report_export(p_org_id uuid, p_report text, p_parameters jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_org_id is not null then
    perform private.require_role(p_org_id, 'viewer', 'agent', 'manager', 'org_admin');
  end if;
  perform private.record_audit(o.id, 'export', 'reports', null, jsonb_build_object('report', p_report, 'parameters', p_parameters))
  from unnest(case
    when p_org_id is not null then array[p_org_id]
    when private.is_platform_admin() then array[private.holding_org_id()]
    else array(select private.org_ids_read_in_full())
  end) as o (id);
end
$function$;

CREATE OR REPLACE FUNCTION private.recordings_of_calls(p_calls public.calls[])
 RETURNS public.recordings[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_unsaid public.recordings;
begin
  return array(
    select
      row(
        extensions.uuid_generate_v5(c.id, 'recording'), c.org_id, c.integration_id, 'call', c.id, null, c.line_id, c.member_ids,
        c.direction, c.external_number, c.started_at, coalesce(c.talk_seconds, c.duration_seconds),
        v_unsaid.state, v_unsaid.reason, v_unsaid.content_type, v_unsaid.size_bytes, v_unsaid.sha256, v_unsaid.is_held,
        v_unsaid.stored_at, v_unsaid.deleted_at, v_unsaid.created_at, v_unsaid.updated_at
      )::public.recordings
    from unnest(p_calls) with ordinality as c
    order by c.ordinality
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.recount(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS SETOF private.call_rollups
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
 SET work_mem TO '64MB'
AS $function$
  with judged as materialized (
    select
      c.*, c.started_at - (k.clock - date_trunc('hour', k.clock)) as hour, date_trunc('day', k.clock) as day, k.clock <@ s.open_hours as in_hours,
      case when c.answered_after_seconds <= s.answer_within_seconds then 1 else 0 end as answered_in_time,
      case when c.missed_after_seconds < s.short_abandon_seconds then 1 else 0 end as short_abandons
    from private.settings_in_force(array[p_org_id], p_from, p_to, true) s
    join private.counts_of_calls c
      on c.org_id = p_org_id and c.started_at >= greatest(p_from, s.starts_at) and c.started_at < least(p_to, s.ends_at)
    cross join lateral (select c.started_at at time zone s.time_zone as clock) k
  ),
  days as materialized (
    select d.day, private.local_midnight(d.day, o.time_zone) as starts_at
    from (select distinct c.day from judged c) d
    join public.organizations o on o.id = p_org_id
  )
  select
    p_org_id, case grouping(c.line_id) when 0 then 'line' else 'organization' end, case grouping(c.hour) when 0 then 'hour' else 'day' end,
    null, c.line_id, coalesce(c.hour, c.starts_at), c.in_hours,
    sum(c.offered), sum(c.answered), sum(c.voicemail), sum(c.missed), sum(c.known_waits), sum(c.known_answered_waits),
    sum(c.known_missed_waits), sum(c.answered_in_time), sum(c.short_abandons), sum(c.answered_wait_seconds), sum(c.missed_wait_seconds),
    max(c.longest_wait_seconds), sum(c.known_talks), sum(c.talk_seconds), sum(c.very_short), sum(c.known_durations),
    sum(c.duration_seconds), sum(c.dropped), sum(c.transferred), sum(c.outbound), sum(c.outbound_connected), sum(c.known_outbound_talks),
    sum(c.outbound_talk_seconds), private.histogram(array_agg(c.answered_bin) filter (where c.answered_bin is not null)),
    private.histogram(array_agg(c.missed_bin) filter (where c.missed_bin is not null))
  from (select j.*, d.starts_at from judged j join days d on d.day = j.day) c
  group by grouping sets (
    (c.hour, c.in_hours), (c.starts_at, c.in_hours), (c.hour, c.line_id, c.in_hours), (c.starts_at, c.line_id, c.in_hours)
  )
  union all
  select
    p_org_id, 'member', 'day', m.member_id, c.line_id, c.starts_at, c.in_hours,
    sum(c.offered), sum(c.answered), sum(c.voicemail), sum(c.missed), sum(c.known_waits), sum(c.known_answered_waits),
    sum(c.known_missed_waits), sum(c.answered_in_time), sum(c.short_abandons), sum(c.answered_wait_seconds), sum(c.missed_wait_seconds),
    max(c.longest_wait_seconds), sum(c.known_talks), sum(c.talk_seconds), sum(c.very_short), sum(c.known_durations),
    sum(c.duration_seconds), sum(c.dropped), sum(c.transferred), sum(c.outbound), sum(c.outbound_connected), sum(c.known_outbound_talks),
    sum(c.outbound_talk_seconds), private.histogram(array_agg(c.answered_bin) filter (where c.answered_bin is not null)),
    private.histogram(array_agg(c.missed_bin) filter (where c.missed_bin is not null))
  from (select j.*, d.starts_at from judged j join days d on d.day = j.day) c
  cross join lateral unnest(case c.member_ids when '{}' then array[null::uuid] else c.member_ids end) as m (member_id)
  group by c.starts_at, c.line_id, m.member_id, c.in_hours
$function$;

CREATE OR REPLACE FUNCTION private.redact_api_key(p_payload jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_rest text;
begin
  case jsonb_typeof(p_payload)
    when 'object' then
      -- Mostly a payload is short, the key stands where it always stands, and nothing else can be read as its name: then none is
      -- looked at singly.
      v_rest := (p_payload - 'ApiKey')::text;
      if octet_length(v_rest) < 1000 and octet_length(v_rest) = char_length(v_rest) and strpos(v_rest, '\') = 0
        and v_rest !~* 'k[^a-z]*e[^a-z]*y' then
        return jsonb_set(p_payload, '{ApiKey}', '"[redacted]"', false);
      end if;
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

CREATE OR REPLACE FUNCTION private.release_document(p_document_id uuid, p_worker text, p_run_after timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update private.document_files f
  set worker = null, lease_until = null, attempt = greatest(f.attempt - 1, 0), next_attempt_at = p_run_after
  where f.document_id = p_document_id and f.worker = p_worker;
  if found then
    update public.documents d set state = 'queued' where d.id = p_document_id and d.state = 'rendering';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.report_as_owner(p_org_id uuid, p_report text, p_parameters jsonb, p_is_csv boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_is_csv then
    return to_jsonb(private.report_csv(p_org_id, p_report, p_parameters, 50000));
  end if;
  return private.report_source(p_org_id, p_report, p_parameters);
end
$function$;

GRANT CREATE ON SCHEMA "private" TO "authenticated";

ALTER FUNCTION "private"."report_as_owner"(uuid, text, jsonb, boolean) OWNER TO "authenticated";

REVOKE CREATE ON SCHEMA "private" FROM "authenticated";

CREATE OR REPLACE FUNCTION private.report_chart(p_org_id uuid, p_time_zone text, p_asked private.report_parameters)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_grain constant text := case
    when p_asked.ends_at <= p_asked.starts_at + interval '49 hours' then 'hour'
    when p_asked.ends_at <= p_asked.starts_at + interval '63 days' then 'day'
    when p_asked.ends_at <= p_asked.starts_at + interval '400 days' then 'week'
    else 'month'
  end;
begin
  return (
    select jsonb_build_object('grain', v_grain, 'buckets', coalesce(jsonb_agg(
      jsonb_build_object(
        'starts_at', private.local_time(b.bucket_start, p_time_zone), 'answered', k.answered, 'voicemail', k.voicemail,
        'missed', k.missed, 'service_level', k.service_level
      ) order by b.bucket_start
    ), '[]'))
    from private.buckets(p_asked.starts_at, p_asked.ends_at, p_time_zone, v_grain) b
    left join private.count_calls(
      array[p_org_id], p_asked.starts_at, p_asked.ends_at, p_asked.line_ids, p_asked.member_ids, v_grain, p_time_zone, p_asked.in_hours
    ) c on c.bucket_start = b.bucket_start
    cross join lateral private.kpi_columns(c.counts) k
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.report_columns(p_report text)
 RETURNS TABLE(n bigint, name text, title text, unit text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  with own (report, place, name, title, unit) as (
    values
      ('summary', 1, 'kpi', 'Figure', 'text'), ('summary', 2, 'value', 'Value', 'number'),
      ('summary', 3, 'previous', 'Period before', 'number'), ('summary', 4, 'numerator', 'Numerator', 'number'),
      ('summary', 5, 'denominator', 'Denominator', 'number'), ('summary', 6, 'known', 'Known', 'calls'),
      ('summary', 7, 'total', 'Of', 'calls'), ('summary', 8, 'data_through', 'Data through', 'instant'),
      ('summary', 9, 'definition_version', 'Definition', 'number'),
      ('days', 1, 'day', 'Day', 'day'),
      ('hours', 1, 'starts_at', 'Starts at', 'instant'), ('hours', 2, 'day', 'Day', 'day'), ('hours', 3, 'hour', 'Hour', 'clock'),
      ('lines', 1, 'line_id', 'Line id', 'id'), ('lines', 2, 'line', 'Line', 'text'), ('lines', 3, 'number', 'Number', 'text'),
      ('members', 1, 'member_id', 'Member id', 'id'), ('members', 2, 'member', 'Member', 'text'), ('members', 3, 'role', 'Role', 'text'),
      ('sla', 1, 'day', 'Day', 'day'), ('sla', 2, 'calls', 'Calls', 'calls'), ('sla', 3, 'known_waits', 'Known waits', 'calls'),
      ('sla', 4, 'service_level', 'Service level', 'share'), ('sla', 5, 'target', 'Target', 'share'), ('sla', 6, 'is_missed', 'Missed', 'flag'),
      ('calls', 1, 'id', 'Id', 'id'), ('calls', 2, 'started_at', 'Started at', 'instant'), ('calls', 3, 'local_time', 'Time', 'text'),
      ('calls', 4, 'direction', 'Direction', 'text'), ('calls', 5, 'outcome', 'Outcome', 'text'), ('calls', 6, 'line', 'Line', 'text'),
      ('calls', 7, 'business_number', 'Our number', 'text'), ('calls', 8, 'external_number', 'Their number', 'text'),
      ('calls', 9, 'external_name', 'Their name', 'text'), ('calls', 10, 'wait_seconds', 'Wait', 'seconds'),
      ('calls', 11, 'talk_seconds', 'Talk', 'seconds'), ('calls', 12, 'duration_seconds', 'Duration', 'seconds'),
      ('calls', 13, 'members', 'Members', 'text'), ('calls', 14, 'transfer_count', 'Transfers', 'number'),
      ('calls', 15, 'is_dropped', 'Dropped', 'flag'), ('calls', 16, 'outcome_code', 'Outcome code', 'text'), ('calls', 17, 'tags', 'Tags', 'text')
  ),
  figures (place, name, title, unit) as (
    values
      (101, 'offered', 'Offered', 'calls'), (102, 'answered', 'Answered', 'calls'), (103, 'voicemail', 'Voicemail', 'calls'),
      (104, 'missed', 'Missed', 'calls'), (105, 'answer_rate', 'Answer rate', 'share'),
      (106, 'abandonment_rate', 'Abandonment rate', 'share'), (107, 'service_level', 'Service level', 'share'),
      (108, 'known_waits', 'Known waits', 'calls'), (109, 'average_speed_of_answer', 'Average speed of answer', 'seconds'),
      (110, 'average_abandon_wait', 'Average abandon wait', 'seconds'), (111, 'longest_wait', 'Longest wait', 'seconds'),
      (112, 'average_handle_time', 'Average handle time', 'seconds'), (113, 'total_talk', 'Total talk', 'seconds'),
      (114, 'average_duration', 'Average duration', 'seconds'), (115, 'dropped_rate', 'Dropped', 'share'),
      (116, 'transferred_rate', 'Transferred', 'share'), (117, 'very_short_rate', 'Very short', 'share'),
      (118, 'outbound', 'Outbound', 'calls'), (119, 'outbound_connected_rate', 'Outbound connected', 'share'),
      (120, 'outbound_talk', 'Outbound talk', 'seconds')
  )
  select row_number() over (order by c.place), c.name, c.title, c.unit
  from (
    select o.place, o.name, o.title, o.unit from own o where o.report = p_report
    union all
    select f.place, f.name, f.title, f.unit from figures f where p_report in ('days', 'hours', 'lines', 'members')
  ) c
  order by c.place
$function$;

CREATE OR REPLACE FUNCTION private.report_csv(p_org_id uuid, p_report text, p_parameters jsonb, p_most_calls integer)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_asked constant private.report_parameters := private.report_parameters(p_report, p_parameters);
  v_header text;
  v_line text;
  v_lines text;
begin
  select
    string_agg(c.name, ',' order by c.n),
    -- One expression for the whole line: putting it together column by column takes longer than finding the calls.
    string_agg(
      format(case c.unit when 'text' then 'private.csv_cell(r.row ->> %L)' else 'coalesce(r.row ->> %L, '''')' end, c.name),
      ' || '','' || ' order by c.n
    )
  into v_header, v_line
  from private.report_columns(p_report) c;
  execute format(
    'select string_agg(%s || e''\r\n'', '''' order by r.n) from private.report_rows($1, $2, $3, $4) with ordinality as r (row, n)',
    coalesce(v_line, '''''')
  )
  into v_lines using p_org_id, p_report, v_asked, p_most_calls;
  return concat(v_header, e'\r\n', v_lines);
end
$function$;

CREATE OR REPLACE FUNCTION private.report_parameters(p_report text, p_parameters jsonb)
 RETURNS private.report_parameters
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_asked private.report_parameters;
  v_wrong text;
begin
  if jsonb_typeof(p_parameters) is distinct from 'object' then
    v_wrong := 'They are no object.';
  else
    select format('%s is not to be understood.', e.key) into v_wrong
    from jsonb_each(p_parameters) e
    where e.value <> 'null' and not coalesce(case
      when e.key in ('from', 'to') then
        jsonb_typeof(e.value) = 'string' and pg_input_is_valid(e.value #>> '{}', 'timestamptz')
      when e.key in ('line_ids', 'member_ids') then
        jsonb_typeof(e.value) = 'array' and jsonb_array_length(e.value) <= 1000
        and (select bool_and(jsonb_typeof(i) = 'string' and pg_input_is_valid(i #>> '{}', 'uuid')) is not false from jsonb_array_elements(e.value) i)
      when e.key = 'in_hours' then jsonb_typeof(e.value) = 'boolean'
      when p_report <> 'calls' then false
      when e.key in ('directions', 'outcomes') then
        jsonb_typeof(e.value) = 'array' and jsonb_array_length(e.value) <= 10
        and (select bool_and(jsonb_typeof(i) = 'string') is not false from jsonb_array_elements(e.value) i)
      when e.key in ('min_duration', 'max_duration') then
        jsonb_typeof(e.value) = 'number' and pg_input_is_valid(e.value #>> '{}', 'integer')
      when e.key in ('tag', 'outcome_code', 'number') then jsonb_typeof(e.value) = 'string'
      else false
    end, false)
    order by e.key
    limit 1;
    if v_wrong is null and (p_parameters ->> 'from' is null or p_parameters ->> 'to' is null) then
      v_wrong := 'from and to are missing.';
    end if;
  end if;
  if v_wrong is not null then
    raise exception 'The parameters cannot be used. %', v_wrong
      using errcode = 'PT422', detail = 'parameters_invalid',
        hint = 'Send an object with from, to, and if you like line_ids, member_ids, in_hours; further ones only for the report of calls.';
  end if;

  v_asked.starts_at := (p_parameters ->> 'from')::timestamptz;
  v_asked.ends_at := (p_parameters ->> 'to')::timestamptz;
  if jsonb_typeof(p_parameters -> 'line_ids') = 'array' then
    v_asked.line_ids := array(select i::uuid from jsonb_array_elements_text(p_parameters -> 'line_ids') i);
  end if;
  if jsonb_typeof(p_parameters -> 'member_ids') = 'array' then
    v_asked.member_ids := array(select i::uuid from jsonb_array_elements_text(p_parameters -> 'member_ids') i);
  end if;
  v_asked.in_hours := (p_parameters ->> 'in_hours')::boolean;
  if jsonb_typeof(p_parameters -> 'directions') = 'array' then
    v_asked.directions := array(select i from jsonb_array_elements_text(p_parameters -> 'directions') i);
  end if;
  if jsonb_typeof(p_parameters -> 'outcomes') = 'array' then
    v_asked.outcomes := array(select i from jsonb_array_elements_text(p_parameters -> 'outcomes') i);
  end if;
  v_asked.min_duration := (p_parameters ->> 'min_duration')::integer;
  v_asked.max_duration := (p_parameters ->> 'max_duration')::integer;
  v_asked.tag := p_parameters ->> 'tag';
  v_asked.outcome_code := p_parameters ->> 'outcome_code';
  v_asked.number := private.number_fragment(p_parameters ->> 'number');
  return v_asked;
end
$function$;

CREATE OR REPLACE FUNCTION private.report_period(p_frequency text, p_day date, p_time_zone text, OUT period_start timestamp with time zone, OUT period_end timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_end timestamp := p_day;
  v_start timestamp;
begin
  case p_frequency
    when 'daily' then
      v_start := v_end - interval '1 day';
    when 'weekly' then
      v_end := date_trunc('week', v_end);
      v_start := v_end - interval '7 days';
    when 'monthly' then
      v_end := date_trunc('month', v_end);
      v_start := v_end - interval '1 month';
  end case;
  period_start := private.instant_at(v_start, p_time_zone);
  period_end := private.instant_at(v_end, p_time_zone);
end
$function$;

CREATE OR REPLACE FUNCTION private.report_rows(p_org_id uuid, p_report text, p_asked private.report_parameters, p_most_calls integer)
 RETURNS SETOF jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  v_from constant timestamptz := p_asked.starts_at;
  v_to constant timestamptz := p_asked.ends_at;
  v_org_ids uuid[];
  v_calls bigint;
begin
  case p_report
    when 'summary' then
      return query select to_jsonb(r) from public.kpi_summary(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'days' then
      return query select to_jsonb(r) from public.report_days(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'hours' then
      return query select to_jsonb(r) from public.report_hours(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'lines' then
      return query select to_jsonb(r) from public.report_lines(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'members' then
      return query select to_jsonb(r) from public.report_members(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'sla' then
      return query select to_jsonb(r) from public.report_sla(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'calls' then
      select s.org_ids into v_org_ids from private.begin_report(p_org_id, v_from, v_to, p_asked.in_hours, null) s;
      return query
      select to_jsonb(r)
      from private.call_list(
        v_org_ids, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours, p_asked.directions, p_asked.outcomes,
        p_asked.min_duration, p_asked.max_duration, p_asked.tag, p_asked.outcome_code, p_asked.number, null, null, p_most_calls + 1
      ) r;
      get diagnostics v_calls = row_count;
      -- Not the first so many: a report that leaves out what it does not say is worse than none.
      if v_calls > p_most_calls then
        raise exception 'There are more than % calls.', p_most_calls
          using errcode = 'PT422', detail = 'report_too_large', hint = 'Choose a shorter range or more filters; export_report gives 20,000 calls, a document 50,000 as CSV and 2,000 as PDF.';
      end if;
    else
      raise exception 'There is no report %.', coalesce(p_report, 'null')
        using errcode = 'PT422', detail = 'report_unknown', hint = 'Choose summary, days, hours, lines, members, sla or calls.';
  end case;
end
$function$;

CREATE OR REPLACE FUNCTION private.report_section(p_org_id uuid, p_report text, p_asked private.report_parameters)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'report', p_report, 'title', private.report_title(p_report),
    'columns', (
      select jsonb_agg(jsonb_build_object('name', c.name, 'title', c.title, 'unit', c.unit) order by c.n)
      from private.report_columns(p_report) c
    ),
    'rows', (
      select coalesce(jsonb_agg(r.row order by r.n), '[]')
      from private.report_rows(p_org_id, p_report, p_asked, 2000) with ordinality as r (row, n)
    )
  )
$function$;

CREATE OR REPLACE FUNCTION private.report_source(p_org_id uuid, p_report text, p_parameters jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  v_asked constant private.report_parameters := private.report_parameters(p_report, p_parameters);
  v_organization public.organizations;
  v_previous record;
  v_data_through timestamptz;
begin
  perform private.kpi_scope(p_org_id, v_asked.starts_at, v_asked.ends_at, v_asked.in_hours);
  select o.* into v_organization from public.organizations o where o.id = p_org_id;
  v_data_through := private.data_through(array[p_org_id]);
  v_previous := private.previous_range(v_asked.starts_at, v_asked.ends_at, v_organization.time_zone, now());
  return jsonb_build_object(
    'report', p_report, 'title', private.report_title(p_report), 'organization', v_organization.name,
    'time_zone', v_organization.time_zone,
    'from', private.local_time(v_asked.starts_at, v_organization.time_zone),
    'to', private.local_time(v_asked.ends_at, v_organization.time_zone),
    'previous_from', private.local_time(v_previous.previous_from, v_organization.time_zone),
    'previous_to', private.local_time(v_previous.previous_to, v_organization.time_zone),
    'data_through', private.local_time(v_data_through, v_organization.time_zone),
    'made_at', private.local_time(now(), v_organization.time_zone),
    'is_unfinished', v_asked.ends_at > now(),
    'filters', jsonb_strip_nulls(p_parameters - array['from', 'to', 'line_ids', 'member_ids']) || jsonb_strip_nulls(jsonb_build_object(
      'lines', (
        select jsonb_agg(coalesce(nullif(l.label, ''), l.e164, 'a line that is not yours') order by i.n)
        from unnest(v_asked.line_ids) with ordinality as i (id, n)
        left join public.lines l on l.id = i.id and l.org_id = p_org_id
      ),
      'members', (
        select jsonb_agg(coalesce(p.full_name, p.email, 'somebody of the team') order by i.n)
        from unnest(v_asked.member_ids) with ordinality as i (id, n)
        left join public.org_members m on m.id = i.id and m.org_id = p_org_id
        left join public.profiles p on p.user_id = m.user_id
      )
    )),
    'kpis', case when p_report <> 'calls' then (
      select jsonb_agg(to_jsonb(k))
      from public.kpi_summary(p_org_id, v_asked.starts_at, v_asked.ends_at, v_asked.line_ids, v_asked.member_ids, v_asked.in_hours) k
    ) end,
    'chart', case when p_report <> 'calls' then private.report_chart(p_org_id, v_organization.time_zone, v_asked) end,
    'sections', (
      select jsonb_agg(private.report_section(p_org_id, s.report, v_asked) order by s.n)
      from unnest(case p_report when 'summary' then array['summary', 'lines', 'members'] else array[p_report] end)
        with ordinality as s (report, n)
    ),
    'definitions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'kpi', d.kpi, 'name', d.name, 'formula', d.formula, 'unit', d.unit, 'direction', d.direction, 'version', d.version
      ) order by d.name), '[]')
      from public.kpi_definitions d
    )
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.report_title(p_report text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return case p_report
    when 'summary' then 'Summary' when 'days' then 'Days' when 'hours' then 'Hours' when 'lines' then 'Lines'
    when 'members' then 'Team' when 'sla' then 'Service level' when 'calls' then 'Calls'
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_business_hours(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if not exists (
    select from private.settings_in_force(p_org_ids, p_from, p_to, true) s where s.open_hours is not null
  ) then
    raise exception 'There are no business hours to filter by.'
      using errcode = 'PT422', detail = 'business_hours_missing', hint = 'Set business hours first, or leave p_in_hours out.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_days(p_from timestamp with time zone, p_to timestamp with time zone, p_time_zone text, p_days integer)
 RETURNS void
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if p_to at time zone p_time_zone > p_from at time zone p_time_zone + make_interval(days => p_days) then
    raise exception 'The range is longer than % days.', p_days
      using errcode = 'PT422', detail = 'range_too_long', hint = format('This is told of at most %s days.', p_days);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_grain(p_from timestamp with time zone, p_to timestamp with time zone, p_grain text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_allowed text;
begin
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
end
$function$;

CREATE OR REPLACE FUNCTION private.require_kpis(p_kpis text[])
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_unknown text;
begin
  select string_agg(k.kpi, ', ') into v_unknown
  from unnest(p_kpis) as k (kpi)
  where not exists (select from public.kpi_definitions d where d.kpi = k.kpi);
  if v_unknown is not null or array_position(p_kpis, null) is not null then
    raise exception 'There is no KPI %.', coalesce(v_unknown, 'null')
      using errcode = 'PT422', detail = 'kpi_unknown', hint = 'See kpi_definitions for those there are.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_staffing(p_target numeric, p_within_seconds numeric, p_shrinkage numeric, p_wrap_seconds numeric)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if p_target is null or p_target <= 0 or p_target > 1 or p_within_seconds is null or p_within_seconds not between 0 and 3600
    or p_shrinkage is null or p_shrinkage not between 0 and 0.95 or p_wrap_seconds is null or p_wrap_seconds not between 0 and 3600 then
    raise exception 'These cannot be staffed for.'
      using errcode = 'PT422', detail = 'staffing_invalid',
        hint = 'The target lies above 0 and at most at 1, shrinkage between 0 and 0.95, seconds between 0 and 3600.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_unarchived(p_org_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if exists (select from public.organizations o where o.id = p_org_id and o.archived_at is not null) then
    raise exception 'The organization is closed.'
      using errcode = 'PT409', detail = 'organization_archived', hint = 'A platform admin can open it again.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.require_window(p_window_hours integer)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  if p_window_hours is null or p_window_hours not between 1 and 744 then
    raise exception 'A callback is awaited for 1 to 744 hours.'
      using errcode = 'PT422', detail = 'window_invalid', hint = 'Leave p_window_hours out for a day.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.run_times(p_frequency text, p_weekday integer, p_day_of_month integer, p_local_time time without time zone, p_time_zone text, p_from date, p_to date)
 RETURNS TABLE(day date, runs_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  return query
  select d.midnight::date, private.instant_at(d.midnight + p_local_time, p_time_zone)
  from generate_series(p_from::timestamp, p_to::timestamp, interval '1 day') as d (midnight)
  where case p_frequency
    when 'daily' then true
    when 'weekly' then extract(isodow from d.midnight) = p_weekday
    when 'monthly' then extract(day from d.midnight) = least(
      p_day_of_month, extract(day from date_trunc('month', d.midnight) + interval '1 month' - interval '1 day')
    )
  end;
end
$function$;

CREATE OR REPLACE FUNCTION private.send_report_now(p_schedule_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_schedule constant public.report_schedules := private.my_report_schedule(p_schedule_id);
  v_time_zone constant text := (select o.time_zone from public.organizations o where o.id = v_schedule.org_id);
  v_problem constant text := private.owner_problem(v_schedule.owner_id, v_schedule.org_id);
  v_last record;
  v_period record;
begin
  perform private.require_unarchived(v_schedule.org_id);
  if v_problem is not null then
    raise exception 'The schedule has nobody whose figures it could show. %', v_problem
      using errcode = 'PT409', detail = 'schedule_without_owner', hint = 'An admin can take it over.';
  end if;
  if exists (
    select from public.report_runs r
    where r.schedule_id = p_schedule_id and (r.state = 'rendering' or (r.is_manual and r.created_at > now() - interval '1 minute'))
  ) then
    raise exception 'The report is being made, or has just been.'
      using errcode = 'PT429', detail = 'report_just_sent', hint = 'See report_runs; wait a minute before sending another.';
  end if;
  v_last := private.last_run(v_schedule, v_time_zone, now());
  v_period := private.report_period(v_schedule.frequency, v_last.day, v_time_zone);
  return private.start_report_run(v_schedule, v_period.period_start, v_period.period_end, true, now());
end
$function$;

CREATE OR REPLACE FUNCTION private.send_report_run(p_run_id uuid, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_run public.report_runs;
  v_details jsonb;
  v_recipient text;
begin
  select * into v_run from public.report_runs r where r.id = p_run_id;
  if v_run.recipients = '{}' then
    update public.report_runs r set state = 'sent', sent_at = p_now where r.id = p_run_id;
    return;
  end if;
  update public.report_runs r set state = 'sending' where r.id = p_run_id;
  select jsonb_build_object(
    'name', v_run.name, 'period', private.period_name(v_run.period_start, v_run.period_end, o.time_zone), 'time_zone', o.time_zone,
    'sender', case when v_run.schedule_id is null then coalesce(p.full_name, p.email) end, 'problem', v_run.error, 'link', '/reports/documents?run=' || v_run.id
  ) into v_details
  from public.organizations o
  left join public.profiles p on p.user_id = v_run.owner_id
  where o.id = v_run.org_id;
  foreach v_recipient in array v_run.recipients loop
    insert into public.report_deliveries (run_id, org_id, recipient, mail_id, created_at)
    values (
      v_run.id, v_run.org_id, v_recipient, private.queue_letter('report', v_recipient, v_run.org_id, null, v_details, p_now), p_now
    );
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.serving_integration_ids(p_org_id uuid)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query
  select i.id from public.integrations i where i.org_id = p_org_id
  union
  select n.integration_id
  from public.lines l
  join public.phone_numbers n on n.id = l.phone_number_id
  where l.org_id = p_org_id and l.period @> now();
end
$function$;

CREATE OR REPLACE FUNCTION private.settle_report_run(p_run_id uuid, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_run public.report_runs;
  v_open bigint;
  v_sent bigint;
  v_problem text;
begin
  select * into v_run from public.report_runs r where r.id = p_run_id and r.state = 'sending' for no key update;
  if not found then
    return;
  end if;
  select
    count(*) filter (where d.state = 'queued'), count(*) filter (where d.state = 'sent'),
    'It did not reach ' || string_agg(format('%s (%s)', d.recipient, d.error), ', ' order by d.recipient) filter (where d.state = 'failed') || '.'
  into v_open, v_sent, v_problem
  from public.report_deliveries d
  where d.run_id = p_run_id;
  if v_open > 0 then
    return;
  end if;
  v_problem := concat_ws(' ', v_run.error, v_problem);
  if v_sent = 0 then
    perform private.fail_report_run(p_run_id, v_problem, p_now);
    return;
  end if;
  update public.report_runs r set state = 'sent', sent_at = p_now, error = nullif(left(v_problem, 2000), '') where r.id = p_run_id;
  if v_problem <> '' then
    perform private.notify_people(
      array[v_run.owner_id], v_run.org_id, 'report_failed', 'report_failed', format('The report “%s” was not sent to everybody', v_run.name),
      left(v_problem, 2000), '/reports/runs?run=' || v_run.id, null, p_now, p_now
    );
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.start_due_reports(p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_schedule public.report_schedules;
  v_run_id uuid;
  v_time_zone text;
  v_last record;
  v_period record;
  v_count integer := private.stop_without_owner(p_now);
begin
  for v_schedule in
    select s.*
    from public.report_schedules s
    join public.organizations o on o.id = s.org_id and o.archived_at is null
    where s.enabled and s.next_run_at <= p_now
    order by s.next_run_at, s.id
    limit p_limit
    for no key update of s skip locked
  loop
    select o.time_zone into v_time_zone from public.organizations o where o.id = v_schedule.org_id;
    -- After a time without workers only the last period is told of, not a flood of those before.
    v_last := private.last_run(v_schedule, v_time_zone, p_now);
    v_period := private.report_period(v_schedule.frequency, v_last.day, v_time_zone);
    -- A day that a zone skipped has no hours to tell of.
    if v_period.period_start < v_period.period_end then
      perform private.start_report_run(v_schedule, v_period.period_start, v_period.period_end, false, p_now);
    end if;
    update public.report_schedules s set next_run_at = private.next_run_at(v_schedule, v_time_zone, p_now) where s.id = v_schedule.id;
    v_count := v_count + 1;
  end loop;

  -- Runs that nobody will advance: their documents were deleted while they were being made.
  for v_run_id in
    select r.id
    from public.report_runs r
    where r.state = 'rendering' and not exists (
      select from public.documents d where d.id = any (r.document_ids) and d.state in ('queued', 'rendering')
    )
    order by r.id
    limit p_limit
  loop
    perform private.advance_report_run(v_run_id, p_now);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$function$;

CREATE OR REPLACE FUNCTION private.start_report_run(p_schedule public.report_schedules, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_is_manual boolean, p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_run_id uuid;
begin
  insert into public.report_runs (
    org_id, schedule_id, owner_id, name, period_start, period_end, is_manual, recipients, created_at
  )
  values (
    p_schedule.org_id, p_schedule.id, p_schedule.owner_id, p_schedule.name, p_period_start, p_period_end, p_is_manual,
    p_schedule.recipients, p_now
  )
  on conflict (schedule_id, period_start, period_end) where not is_manual do nothing
  returning id into v_run_id;
  if v_run_id is null then
    return null;
  end if;
  begin
    update public.report_runs r set document_ids = array(
      select private.queue_document(
        p_schedule.org_id, p_schedule.owner_id, p_schedule.report, f.format,
        p_schedule.parameters || jsonb_build_object('from', p_period_start, 'to', p_period_end), v_run_id
      )
      from unnest(p_schedule.formats) f (format)
    )
    where r.id = v_run_id;
  exception when others then
    -- One schedule that cannot be carried out must not stop those behind it.
    perform private.fail_report_run(v_run_id, 'Its documents could not be asked for: ' || sqlerrm, p_now);
  end;
  return v_run_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.status_kind(p_status text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select case
    when s.word in ('available', 'online', 'ready', 'free', 'idle') then 'available'
    when s.word in ('busy', 'oncall', 'incall', 'talking', 'ringing', 'onthephone', 'wrapup') then 'busy'
    when s.word is not null then 'away'
  end
  from (select nullif(regexp_replace(lower(p_status), '[^a-z]', '', 'g'), '') as word) s
$function$;

CREATE OR REPLACE FUNCTION private.still_waiting(p_load double precision, p_agents integer, p_handle_seconds double precision, p_within_seconds double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  -- What is less than e^-200 is nothing, and Postgres refuses numbers that are too small.
  select exp(greatest((p_load - p_agents) * p_within_seconds / p_handle_seconds, -200))
$function$;

CREATE OR REPLACE FUNCTION private.stop_without_owner(p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_stopped record;
  v_count integer := 0;
begin
  for v_stopped in
    with without_owner as (
      select s.id, private.owner_problem(s.owner_id, s.org_id) as problem
      from public.report_schedules s
      join public.organizations o on o.id = s.org_id and o.archived_at is null
      where s.enabled and not private.is_in_charge(s.owner_id, s.org_id)
      order by s.id
      for no key update of s skip locked
    )
    update public.report_schedules s set enabled = false, next_run_at = null, stopped_at = p_now, stopped_reason = w.problem
    from without_owner w
    where s.id = w.id and s.enabled
    returning
      s.org_id, s.stopped_reason, format('The report “%s” is not sent any more', s.name) as title, '/reports/schedules?schedule=' || s.id as link
  loop
    perform private.tell_stopped(v_stopped.org_id, v_stopped.title, v_stopped.stopped_reason, v_stopped.link, p_now);
    v_count := v_count + 1;
  end loop;

  for v_stopped in
    with without_owner as (
      select r.id, private.owner_problem(r.owner_id, r.org_id) as problem
      from public.alert_rules r
      join public.organizations o on o.id = r.org_id and o.archived_at is null
      where r.enabled and not private.is_in_charge(r.owner_id, r.org_id)
      order by r.id
      for no key update of r skip locked
    )
    update public.alert_rules r set enabled = false, stopped_at = p_now, stopped_reason = w.problem
    from without_owner w
    where r.id = w.id and r.enabled
    returning r.org_id, r.stopped_reason, format('The alert “%s” is not watched any more', r.name) as title, '/alerts/rules?rule=' || r.id as link
  loop
    perform private.tell_stopped(v_stopped.org_id, v_stopped.title, v_stopped.stopped_reason, v_stopped.link, p_now);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$function$;

CREATE OR REPLACE FUNCTION private.stored_audio()
 RETURNS TABLE(recordings bigint, bytes bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query
  select count(*), coalesce(sum(r.size_bytes), 0)::bigint
  from public.recordings r
  where r.state = 'stored' and (select private.is_platform_admin());
end
$function$;

CREATE OR REPLACE FUNCTION private.stored_counts(p_pieces private.count_piece[], p_level text, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_is_elsewhere boolean)
 RETURNS SETOF private.call_rollups
 LANGUAGE plpgsql
 STABLE ROWS 500
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  -- A statement for each index that finds the rows, so that each keeps the plan that goes by it.
  if p_level = 'member' and p_member_ids is not null then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r on r.org_id = p.org_id and r.level = 'member' and r.member_id = any (p_member_ids)
      and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.is_elsewhere = p_is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours)
      and (p_line_ids is null or r.line_id = any (p_line_ids));
  elsif p_level = 'line' and p_line_ids is not null then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r on r.org_id = p.org_id and r.level = 'line' and r.line_id = any (p_line_ids)
      and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.is_elsewhere = p_is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours);
  else
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r on r.org_id = p.org_id and r.level = p_level
      and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.is_elsewhere = p_is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours)
      and (p_line_ids is null or r.line_id = any (p_line_ids));
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION private.take_over_alert_rule(p_rule_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.take_over_report_schedule(p_schedule_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_schedule constant public.report_schedules := private.my_report_schedule(p_schedule_id);
begin
  perform private.require_role(v_schedule.org_id, 'org_admin');
  update public.report_schedules s set owner_id = auth.uid(), enabled = true where s.id = p_schedule_id;
end
$function$;

CREATE OR REPLACE FUNCTION private.team_now(p_org_ids uuid[])
 RETURNS TABLE(org_id uuid, member_id uuid, integration_id uuid, extension text, status text, since timestamp with time zone, observed_through timestamp with time zone, is_account_user_only boolean, is_on_call boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with readable as (
    select o.org_id
    from unnest(p_org_ids) as o (org_id)
    where o.org_id = any (array(
      select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids('members:read')
    ))
  ),
  seen as (
    select s.org_id, s.integration_id, s.extension, s.member_id, s.status, s.since, s.observed_through, s.is_account_user_only
    from public.current_agent_status s
    where s.org_id in (select r.org_id from readable r)
  ),
  agent as (
    select s.org_id, s.member_id, s.integration_id, s.extension from seen s
    union
    -- Who has an extension and was not looked at is there too, in no known status.
    select e.org_id, e.member_id, e.integration_id, e.extension
    from public.member_extensions e
    join public.org_members m on m.id = e.member_id and m.deactivated_at is null
    where e.org_id in (select r.org_id from readable r) and e.period @> now()
      and not exists (select from seen s where s.integration_id = e.integration_id and s.extension = e.extension)
  ),
  talking as (
    select distinct c.org_id, c.integration_id, l.extension
    from public.calls c
    join public.legs l on l.org_id = c.org_id and l.call_id = c.id and l.is_connected and l.ended_at is null
    where c.org_id in (select r.org_id from readable r) and c.outcome is null and c.deleted_at is null and c.ended_at is null
      and c.started_at > now() - interval '12 hours'
  )
  select
    a.org_id, a.member_id, a.integration_id, a.extension, s.status, s.since, s.observed_through, s.is_account_user_only,
    t.extension is not null
  from agent a
  left join seen s on s.integration_id = a.integration_id and s.extension = a.extension
  left join talking t on t.org_id = a.org_id and t.integration_id = a.integration_id and t.extension = a.extension
$function$;

CREATE OR REPLACE FUNCTION private.team_time(p_org_ids uuid[], p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS TABLE(org_id uuid, agent text, member_id uuid, extensions text[], known_seconds numeric, available_seconds numeric, busy_seconds numeric, is_account_user_only boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with readable as (
    select o.org_id
    from unnest(p_org_ids) as o (org_id)
    where o.org_id = any (array(
      select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids('members:read')
    ))
  ),
  status as (
    select
      s.org_id, coalesce(s.member_id::text, s.integration_id || ' ' || s.extension) as agent, s.member_id,
      array_agg(distinct s.extension order by s.extension) as extensions,
      bool_and(s.is_account_user_only) as is_account_user_only,
      range_agg(r.period) as known,
      coalesce(range_agg(r.period) filter (where private.status_kind(s.status) = 'available'), '{}') as available,
      coalesce(range_agg(r.period) filter (where private.status_kind(s.status) = 'busy'), '{}') as busy
    from public.agent_statuses s
    cross join lateral (select tstzrange(greatest(s.since, p_from), least(s.observed_through, p_to)) as period) r
    where s.org_id in (select t.org_id from readable t) and s.since < p_to and s.observed_through > p_from
    group by s.org_id, agent, s.member_id
  ),
  phone as (
    select
      l.org_id, coalesce(l.member_id::text, c.integration_id || ' ' || l.extension) as agent,
      bool_and(l.answered_at is not null and u.ended_at is not null) as is_timed,
      coalesce(range_agg(tstzrange(l.answered_at, u.ended_at)) filter (where l.answered_at <= u.ended_at), '{}') as talking
    from public.calls c
    join public.legs l on l.org_id = c.org_id and l.call_id = c.id and l.is_connected
    cross join lateral (
      -- Until now only while the call is in progress: of one whose end was lost nobody knows when it was.
      select coalesce(
        l.ended_at, c.ended_at, case when c.outcome is null and c.started_at > now() - interval '12 hours' then now() end
      ) as ended_at
    ) u
    -- A call that began before the range may last into it.
    where c.org_id in (select t.org_id from readable t)
      and c.started_at >= p_from - interval '12 hours' and c.started_at < p_to and c.deleted_at is null
      and coalesce(u.ended_at, 'infinity') > p_from
    group by l.org_id, agent
  )
  select
    s.org_id, s.agent, s.member_id, s.extensions, k.seconds, a.seconds,
    -- Whoever spoke at times that nobody told was busy for nobody knows how long.
    case when coalesce(p.is_timed, true) then b.seconds end,
    s.is_account_user_only
  from status s
  left join phone p on p.org_id = s.org_id and p.agent = s.agent
  cross join lateral (select s.busy + (s.known * coalesce(p.talking, '{}')) as busy) v
  cross join lateral (select coalesce(sum(extract(epoch from upper(u) - lower(u))), 0) as seconds from unnest(s.known) u) k
  cross join lateral (select coalesce(sum(extract(epoch from upper(u) - lower(u))), 0) as seconds from unnest(s.available - v.busy) u) a
  cross join lateral (select coalesce(sum(extract(epoch from upper(u) - lower(u))), 0) as seconds from unnest(v.busy) u) b
$function$;

CREATE OR REPLACE FUNCTION private.tell_stopped(p_org_id uuid, p_title text, p_reason text, p_link text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.notify_people(
    private.active_admin_ids(p_org_id), p_org_id, 'schedule_stopped', 'schedule_stopped', p_title,
    p_reason || ' An admin can take it over, or delete it.', p_link, null, p_now, p_now
  );
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_alert_rules__check()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.tg_calls__stale()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'UPDATE' then
    insert into private.stale_periods (org_id, starts_at, ends_at)
    select distinct c.org_id, c.hour, c.hour + interval '1 hour'
    from new_rows n
    join old_rows o on o.id = n.id
    cross join lateral (values
      (n.org_id, date_bin('1 hour', n.started_at, '2000-01-01 00:00Z'), n.outcome is not null and n.deleted_at is null),
      (o.org_id, date_bin('1 hour', o.started_at, '2000-01-01 00:00Z'), o.outcome is not null and o.deleted_at is null)
    ) as c (org_id, hour, counts)
    where c.counts and (
      n.org_id, n.line_id, n.member_ids, n.started_at, n.direction, n.outcome, n.deleted_at is null, n.wait_seconds, n.talk_seconds,
      n.duration_seconds, n.is_dropped, n.transfer_count
    ) is distinct from (
      o.org_id, o.line_id, o.member_ids, o.started_at, o.direction, o.outcome, o.deleted_at is null, o.wait_seconds, o.talk_seconds,
      o.duration_seconds, o.is_dropped, o.transfer_count
    );
  else
    insert into private.stale_periods (org_id, starts_at, ends_at)
    select distinct c.org_id, c.hour, c.hour + interval '1 hour'
    from changed_rows r
    cross join lateral (values (r.org_id, date_bin('1 hour', r.started_at, '2000-01-01 00:00Z'))) as c (org_id, hour)
    where r.outcome is not null and r.deleted_at is null;
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_documents__leave_file()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update private.document_files f set is_wanted = false, next_attempt_at = least(f.next_attempt_at, now())
  where f.document_id = old.id;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_holidays__stale()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.make_stale(
    o.id, d.day::timestamp at time zone o.time_zone - interval '1 hour', (d.day + 1)::timestamp at time zone o.time_zone + interval '1 hour'
  )
  from public.organizations o
  cross join unnest(array[old.day, new.day]) as d (day)
  where o.id = coalesce(new.org_id, old.org_id) and d.day is not null;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_organization_settings__stale()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_from constant date := least(old.effective_from, new.effective_from);
  v_through constant date := greatest(old.effective_from, new.effective_from);
begin
  perform private.make_stale(
    o.id,
    case when isfinite(v_from) then v_from::timestamp at time zone o.time_zone - interval '1 hour' else '-infinity' end,
    coalesce((
      select min(s.effective_from)::timestamp at time zone o.time_zone + interval '1 hour'
      from public.organization_settings s
      where s.org_id = o.id and s.effective_from > v_through
    ), 'infinity')
  )
  from public.organizations o
  where o.id = coalesce(new.org_id, old.org_id);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_organizations__schedules()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  -- What is due already is still made.
  update public.report_schedules s set next_run_at = private.next_run_at(s, new.time_zone, now())
  where s.org_id = new.id and s.enabled and s.next_run_at > now();
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_organizations__stale()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform private.make_stale(new.id, '-infinity', 'infinity');
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_report_schedules__check()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.report is null or private.report_title(new.report) is null then
    raise exception 'There is no report %.', coalesce(left(new.report, 100), 'null')
      using errcode = 'PT422', detail = 'report_unknown', hint = 'Choose summary, days, hours, lines, members, sla or calls.';
  end if;
  if new.parameters ?| array['from', 'to'] then
    raise exception 'The period of a schedule''s report follows from its frequency.'
      using errcode = 'PT422', detail = 'parameters_invalid', hint = 'Leave out from and to.';
  end if;
  perform private.report_parameters(
    new.report, new.parameters || jsonb_build_object('from', now() - interval '1 day', 'to', now())
  );
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_report_schedules__plan()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_time_zone constant text := (select o.time_zone from public.organizations o where o.id = new.org_id);
begin
  new.next_run_at := case when new.enabled then private.next_run_at(new, v_time_zone, now()) end;
  if new.enabled then
    new.stopped_at := null;
    new.stopped_reason := null;
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_saved_views__one_at_a_time()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform from public.profiles p where p.user_id = auth.uid() for no key update;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.tg_saved_views__one_default()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if exists (select from changed c where c.is_default group by c.user_id, c.org_id, c.page having count(*) > 1) then
    raise exception 'A page opens with one view, and several were made its default.'
      using errcode = 'PT422', detail = 'default_view_ambiguous', hint = 'Set is_default on one of them.';
  elsif exists (select from changed c where c.is_default) then
    update public.saved_views v set is_default = false
    from changed c
    where c.is_default and v.is_default and v.id <> c.id
      and v.user_id = c.user_id and v.org_id is not distinct from c.org_id and v.page = c.page;
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.unfinished_calls(p_job_id uuid, p_worker text, p_now timestamp with time zone, p_limit integer)
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
begin
  return query
  select c.provider_call_id
  from public.sync_jobs j
  join public.calls c on c.integration_id = j.integration_id
  left join private.call_checks k on k.integration_id = c.integration_id and k.provider_call_id = c.provider_call_id
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
    and c.outcome is null and c.deleted_at is null and c.started_at > p_now - interval '30 days'
    -- Nobody waits that long, and few talk that long: most calls end without being asked for.
    and coalesce(
      k.ask_after, case when c.answered_at is null then c.started_at + interval '5 minutes' else c.answered_at + interval '15 minutes' end
    ) <= p_now
  -- Those never asked for first, so that one that is not told does not stand before the others.
  order by coalesce(k.asked, 0), c.started_at desc, c.provider_call_id
  limit p_limit;
end
$function$;

CREATE OR REPLACE FUNCTION private.verify_rollup(p_org_id uuid, p_from timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, p_to timestamp with time zone DEFAULT 'infinity'::timestamp with time zone)
 RETURNS TABLE(problem text, bucket private.call_rollups)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_time_zone text;
  v_fresh tstzmultirange;
  v_days tstzmultirange;
  v_hours tstzmultirange;
begin
  select
    o.time_zone,
    tstzmultirange(tstzrange(p_from, p_to) * (
      select tstzrange(min(c.at) - interval '1 day', max(c.at) + interval '1 day')
      from (
        select c.started_at from public.calls c where c.org_id = o.id
        union all
        select r.bucket_start from private.call_rollups r where r.org_id = o.id
      ) as c (at)
    )) - coalesce((
      select range_agg(tstzrange(s.starts_at, s.ends_at)) from private.stale_periods s where s.org_id = o.id
    ), '{}')
  into v_time_zone, v_fresh
  from public.organizations o
  where o.id = p_org_id;
  if isempty(v_fresh) or not isfinite(lower(v_fresh)) then
    return;
  end if;
  v_days := private.whole_buckets(v_fresh, v_time_zone, 'day');
  v_hours := private.whole_buckets(v_fresh, v_time_zone, 'hour');

  return query
  with stored as (
    select r.*
    from private.call_rollups r
    where r.org_id = p_org_id and r.bucket_start <@ case r.grain when 'day' then v_days else v_hours end
  ),
  counted as (
    select t.*
    from unnest(array(select unnest(v_hours))) as h (stretch)
    cross join lateral private.recount(
      p_org_id, private.boundary_before(lower(h.stretch), v_time_zone, 'day'), private.boundary_after(upper(h.stretch), v_time_zone, 'day')
    ) t
    where (t.grain = 'hour' and t.bucket_start <@ h.stretch)
      or (t.grain = 'day' and t.bucket_start <@ (v_days * tstzmultirange(h.stretch)))
  )
  select 'missing', row(m.*)::private.call_rollups from (select c.* from counted c except all select s.* from stored s) m
  union all
  select 'wrong or superfluous', row(w.*)::private.call_rollups from (select s.* from stored s except all select c.* from counted c) w;
end
$function$;

CREATE OR REPLACE FUNCTION private.wait_percentiles(p_answered bigint[])
 RETURNS TABLE(share numeric, seconds numeric, is_at_least boolean)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  with bin as (
    select
      b.n, b.calls, coalesce((private.wait_edges())[b.n - 1], 0)::numeric as low, (private.wait_edges())[b.n]::numeric as high,
      sum(b.calls) over (order by b.n) as through, sum(b.calls) over () as calls_in_all
    from unnest(p_answered) with ordinality as b (calls, n)
  )
  select
    q.share, trim_scale(coalesce(b.low + (b.high - b.low) * (q.share * b.calls_in_all - (b.through - b.calls)) / b.calls, b.low)),
    b.high is null
  from (values (0.5), (0.9), (0.95)) as q (share)
  cross join lateral (
    select b.* from bin b where b.calls > 0 and b.through >= q.share * b.calls_in_all order by b.n limit 1
  ) b
$function$;

CREATE OR REPLACE FUNCTION private.whole_buckets(p_range tstzmultirange, p_time_zone text, p_grain text)
 RETURNS tstzmultirange
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(range_agg(tstzrange(b.first, b.last)) filter (where b.first < b.last), '{}')
    from unnest(p_range) as r (stretch)
    cross join lateral (
      select private.boundary_after(lower(r.stretch), p_time_zone, p_grain), private.boundary_before(upper(r.stretch), p_time_zone, p_grain)
    ) as b (first, last)
  );
end
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
    select d.* from private.derive_calls(p_integration_id, p_call_ids) d order by (d.call).id
  )
  select
    array_agg(d.call), (select array_agg(g order by g.id) from derived d cross join lateral unnest(d.legs) g),
    private.recordings_of_calls(array_agg(d.call) filter (where d.has_recording)), array_agg(d.recording_url) filter (where d.has_recording)
  into v_calls, v_legs, v_recordings, v_urls
  from derived d;

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

  if v_recordings <> '{}' then
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

CREATE OR REPLACE FUNCTION public.activity(p_org_id uuid, p_kinds text[] DEFAULT NULL::text[], p_before timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50)
 RETURNS TABLE(at timestamp with time zone, id uuid, kind text, state text, org_id uuid, line_id uuid, call_id uuid, external_number text, contact_name text, person uuid, person_name text, body text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
#variable_conflict use_column
declare
  v_org_ids constant uuid[] := array(
    select o.id from public.organizations o where p_org_id is null or o.id = p_org_id
  );
  v_kinds constant text[] := coalesce(p_kinds, array['call', 'message', 'voicemail', 'note', 'member', 'sync', 'alert']);
  v_since constant timestamptz := now() - interval '30 days';
  v_before constant timestamptz := coalesce(p_before, 'infinity');
  v_before_id constant uuid := coalesce(p_before_id, '00000000-0000-0000-0000-000000000000');
  v_limit constant integer := least(greatest(coalesce(p_limit, 50), 0), 500);
begin
  if p_org_id is not null and v_org_ids = '{}' then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
  end if;

  return query
  select
    m.at, m.id, m.kind, m.state, m.org_id, m.line_id, m.call_id, m.external_number, private.contact_name(m.org_id, m.external_number),
    m.person, p.full_name, m.body
  from (
    select n.*
    from unnest(v_org_ids) as o (org_id)
    cross join lateral (
      (
        select
          c.started_at as at, c.id, 'call' as kind,
          case when c.is_dropped then 'dropped' when c.outcome = 'missed' then 'missed' else 'transferred' end as state,
          c.org_id, c.line_id, c.id as call_id, c.external_number, null::uuid as person, null::text as body
        from public.calls c
        where 'call' = any (v_kinds) and c.org_id = o.org_id
          and c.started_at >= v_since and (c.started_at, c.id) < (v_before, v_before_id)
          and c.deleted_at is null and c.direction <> 'internal' and c.outcome is not null
          and (c.is_dropped or c.transfer_count > 0 or (c.direction = 'inbound' and c.outcome = 'missed'))
        order by c.started_at desc, c.id desc
        limit v_limit
      )
      union all
      (
        select t.sent_at, t.id, 'message', t.state, t.org_id, t.line_id, null, t.external_number, t.sent_by, t.body
        from public.messages t
        where 'message' = any (v_kinds) and t.org_id = o.org_id
          and t.sent_at >= v_since and (t.sent_at, t.id) < (v_before, v_before_id)
        order by t.sent_at desc, t.id desc
        limit v_limit
      )
      union all
      (
        select
          v.received_at, v.id, 'voicemail', case when v.heard_at is null then 'unheard' else 'heard' end, v.org_id, v.line_id, v.call_id,
          v.external_number, null, v.transcription
        from public.voicemails v
        where 'voicemail' = any (v_kinds) and v.org_id = o.org_id and v.unlisted_at is null
          and v.received_at >= v_since and (v.received_at, v.id) < (v_before, v_before_id)
        order by v.received_at desc, v.id desc
        limit v_limit
      )
      union all
      (
        select w.created_at, w.id, 'note', null, w.org_id, c.line_id, w.call_id, c.external_number, w.author, w.body
        from public.call_notes w
        join public.calls c on c.org_id = w.org_id and c.id = w.call_id
        where 'note' = any (v_kinds) and w.org_id = o.org_id
          and w.created_at >= v_since and (w.created_at, w.id) < (v_before, v_before_id)
        order by w.created_at desc, w.id desc
        limit v_limit
      )
      union all
      (
        select e.at, m.id, 'member', e.state, m.org_id, null, null, null, m.user_id, m.role
        from public.org_members m
        cross join lateral (values
          ('joined', m.created_at), (case when m.removed_at is null then 'deactivated' else 'removed' end, coalesce(m.removed_at, m.deactivated_at))
        ) as e (state, at)
        where 'member' = any (v_kinds) and m.org_id = o.org_id
          and e.at >= v_since and (e.at, m.id) < (v_before, v_before_id)
        order by e.at desc, m.id desc
        limit v_limit
      )
      union all
      (
        select j.finished_at, j.id, 'sync', j.state, j.org_id, null, null, null, j.requested_by, j.resource || ': ' || j.error
        from (
          select f.*, lag(f.finished_at) over (partition by f.integration_id, f.resource order by f.finished_at, f.id) as failed_before_at
          from public.sync_jobs f
          where 'sync' = any (v_kinds) and f.org_id = o.org_id and f.state = 'failed' and f.kind not in ('test', 'test_delivery')
            and f.finished_at >= v_since
        ) j
        -- What goes on failing is told once, and again after an hour without it.
        where (j.failed_before_at is null or j.failed_before_at <= j.finished_at - interval '1 hour')
          and (j.finished_at, j.id) < (v_before, v_before_id)
        order by j.finished_at desc, j.id desc
        limit v_limit
      )
      union all
      (
        select a.at, a.id, 'alert', a.state, o.org_id, null, null, null, null, a.title
        from private.alert_moments(o.org_id, v_since, v_before, v_before_id, v_limit) a
        where 'alert' = any (v_kinds) and current_user <> 'api_reader'
      )
    ) n
    order by n.at desc, n.id desc
    limit v_limit
  ) m
  left join public.profiles p on p.user_id = m.person
  order by m.at desc, m.id desc;
end
$function$;

CREATE OR REPLACE FUNCTION public.assign_missed_caller(p_org_id uuid, p_external_number text, p_owner_id uuid DEFAULT NULL::uuid)
 RETURNS public.missed_caller_work
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_missed_caller(p_org_id, p_external_number, jsonb_build_object('owner_id', p_owner_id), now())
$function$;

CREATE OR REPLACE FUNCTION public.callbacks(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_window_hours integer DEFAULT 24)
 RETURNS TABLE(kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);
  perform private.require_window(p_window_hours);

  return query
  select
    f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, f.known::bigint, f.total::bigint,
    t.data_through, d.version
  from (
    select
      coalesce(sum(g.missed), 0) as missed, coalesce(sum(g.missed) filter (where g.external_number is not null), 0) as identified,
      count(g.first_missed_at) as callers, count(g.reached_at) as reached,
      count(*) filter (where g.reached_by = 'called_back') as called_back,
      count(*) filter (where g.reached_by = 'called_again') as called_again,
      percentile_cont(array[0.5, 0.9]) within group (order by g.seconds_to_contact::double precision) as seconds
    from private.callers(
      v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, make_interval(hours => p_window_hours)
    ) g
  ) c
  cross join lateral (values
    ('missed_callers', c.callers::numeric, 1::numeric, c.identified, c.missed),
    ('callback_rate', c.reached, c.callers, c.identified, c.missed),
    ('callers_called_back', c.called_back, 1, c.identified, c.missed),
    ('callers_who_called_again', c.called_again, 1, c.identified, c.missed),
    ('callers_outstanding', c.callers - c.reached, 1, c.identified, c.missed),
    ('time_to_callback_median', c.seconds[1]::numeric, 1, c.reached, c.callers),
    ('time_to_callback_p90', c.seconds[2]::numeric, 1, c.reached, c.callers)
  ) as f (kpi, numerator, denominator, known, total)
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join private.data_through(v_org_ids) as t (data_through);
end
$function$;

CREATE OR REPLACE FUNCTION public.callers(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_window_hours integer DEFAULT 24)
 RETURNS TABLE(org_id uuid, external_number text, calls bigint, answered bigint, missed bigint, repeats bigint, first_called_at timestamp with time zone, last_called_at timestamp with time zone, first_missed_at timestamp with time zone, first_missed_call_id uuid, reached_at timestamp with time zone, reached_call_id uuid, reached_by text, seconds_to_contact numeric)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);
  perform private.require_window(p_window_hours);

  return query
  select c.*
  from private.callers(
    v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, make_interval(hours => p_window_hours)
  ) c
  order by c.last_called_at desc, c.external_number, c.org_id;
end
$function$;

CREATE OR REPLACE FUNCTION public.close_missed_caller(p_org_id uuid, p_external_number text, p_outcome_code text DEFAULT NULL::text, p_note text DEFAULT NULL::text)
 RETURNS public.missed_caller_work
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_missed_caller(
    p_org_id, p_external_number,
    jsonb_strip_nulls(jsonb_build_object('is_closed', true, 'outcome_code', p_outcome_code, 'note', p_note)), now()
  )
$function$;

CREATE OR REPLACE FUNCTION public.create_document(p_org_id uuid, p_report text, p_format text, p_parameters jsonb)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.create_document(p_org_id, p_report, p_format, p_parameters)
$function$;

CREATE OR REPLACE FUNCTION public.delete_document(p_document_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.delete_document(p_document_id)
$function$;

CREATE OR REPLACE FUNCTION public.email_document(p_document_id uuid, p_recipients text[])
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.email_document(p_document_id, p_recipients)
$function$;

CREATE OR REPLACE FUNCTION public.erlang_c(p_calls_per_hour numeric, p_handle_seconds numeric, p_agents integer, p_within_seconds numeric DEFAULT 20)
 RETURNS TABLE(load_erlangs numeric, wait_probability numeric, service_level numeric, average_speed_of_answer numeric, occupancy numeric)
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_load double precision;
  v_waits double precision;
begin
  if p_calls_per_hour is null or p_calls_per_hour not between 0 and 1000000 or p_handle_seconds is null
    or p_handle_seconds not between 0 and 86400 or p_agents is null or p_agents not between 0 and 100000
    or p_within_seconds is null or p_within_seconds not between 0 and 86400 then
    raise exception 'These cannot be staffed for.'
      using errcode = 'PT422', detail = 'staffing_invalid',
        hint = 'Up to 1,000,000 calls an hour, 100,000 agents and a day''s seconds, none below 0.';
  end if;
  v_load := p_calls_per_hour * p_handle_seconds / 3600;
  v_waits := private.erlang_c(v_load, p_agents);
  return query
  select
    round(v_load::numeric, 9), round(v_waits::numeric, 12),
    round(case
      when v_load = 0 then 1
      when p_agents <= v_load then 0
      else 1 - v_waits * private.still_waiting(v_load, p_agents, p_handle_seconds::double precision, p_within_seconds::double precision)
    end::numeric, 12),
    case when p_agents > v_load then round((v_waits * p_handle_seconds::double precision / (p_agents - v_load))::numeric, 9) end,
    case when p_agents > 0 then round(least(v_load / p_agents, 1)::numeric, 12) end;
end
$function$;

CREATE OR REPLACE FUNCTION public.export_report(p_org_id uuid, p_report text, p_parameters jsonb)
 RETURNS public."text/csv"
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.record_report_export(p_org_id, p_report, p_parameters);
  return private.report_csv(p_org_id, p_report, p_parameters, 20000);
end
$function$;

CREATE OR REPLACE FUNCTION public.kpi_by_line(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_kpis text[] DEFAULT NULL::text[])
 RETURNS TABLE(org_id uuid, line_id uuid, kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select
    k.org_id, k.line_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, k.data_through, k.definition_version
  from private.kpis_by(p_org_id, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_kpis, 'line') k
  order by k.org_id, k.line_id, k.kpi
$function$;

CREATE OR REPLACE FUNCTION public.kpi_by_member(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_kpis text[] DEFAULT NULL::text[])
 RETURNS TABLE(org_id uuid, member_id uuid, kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select
    k.org_id, k.member_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, k.data_through, k.definition_version
  from private.kpis_by(p_org_id, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_kpis, 'member') k
  order by k.org_id, k.member_id, k.kpi
$function$;

CREATE OR REPLACE FUNCTION public.kpi_by_organization(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_kpis text[] DEFAULT NULL::text[])
 RETURNS TABLE(org_id uuid, kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select
    k.org_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, k.data_through, k.definition_version
  from private.kpis_by(p_org_id, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_kpis, 'organization') k
  order by k.org_id, k.kpi
$function$;

CREATE OR REPLACE FUNCTION public.kpi_comparison(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_with text DEFAULT 'previous'::text)
 RETURNS TABLE(kpi text, value numeric, compared numeric, change numeric, ranges bigint, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_days numeric := 1;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  if p_with is null or p_with not in ('previous', 'weekdays', 'month_mean') then
    raise exception 'Nothing is compared with %.', coalesce(p_with, 'null')
      using errcode = 'PT422', detail = 'comparison_unknown', hint = 'Choose previous, weekdays or month_mean.';
  end if;
  if p_with = 'month_mean' then
    v_days := greatest(1, extract(
      epoch from (least(p_to, greatest(now(), p_from)) at time zone v_time_zone) - (p_from at time zone v_time_zone)
    ) / 86400);
  end if;

  return query
  with compared as materialized (
    select
      r.starts_at, r.ends_at,
      p_with = 'month_mean' and r.starts_at = private.bucket_start(r.starts_at, v_time_zone, 'day')
      and r.ends_at = private.local_midnight(
        date_trunc('day', r.starts_at at time zone v_time_zone) + interval '1 day', v_time_zone
      ) as is_day
    from private.compared_ranges(p_from, p_to, v_time_zone, p_with, now()) r
  ),
  counted as (
    select true as is_current, p_from as starts_at, p_to as ends_at, c.counts
    from (values (true)) as always (is_so)
    left join lateral private.count_calls(
      v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) c on true
    union all
    select false, r.starts_at, r.ends_at, c.counts
    from compared r
    left join lateral private.count_calls(
      v_org_ids, r.starts_at, r.ends_at, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) c on true
    where not r.is_day
    union all
    -- Whole days are counted together.
    select false, r.starts_at, r.ends_at, c.counts
    from compared r
    left join (
      select k.bucket_start, k.counts
      from (select min(d.starts_at) as starts_at, max(d.ends_at) as ends_at from compared d where d.is_day) a
      cross join lateral private.count_calls(
        v_org_ids, a.starts_at, a.ends_at, p_line_ids, p_member_ids, 'day', v_time_zone, p_in_hours
      ) k
    ) c on c.bucket_start = r.starts_at
    where r.is_day
  ),
  figure as (
    select c.is_current, k.kpi, k.value, k.known, k.total
    from counted c
    cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), private.elapsed_minutes(c.starts_at, c.ends_at)) k
  ),
  before as (
    select f.kpi, avg(f.value) as value, count(f.value) as ranges from figure f where not f.is_current group by f.kpi
  )
  select
    f.kpi, f.value, b.value, (f.value - b.value) / nullif(b.value, 0), b.ranges, f.known, f.total, t.data_through, d.version
  from figure f
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join lateral (
    select m.ranges, trim_scale(case when d.adds_up then m.value * v_days else m.value end) as value
    from before m
    where m.kpi = f.kpi
  ) b
  cross join private.data_through(v_org_ids) as t (data_through)
  where f.is_current;
end
$function$;

CREATE OR REPLACE FUNCTION public.kpi_heatmap(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_kpis text[] DEFAULT NULL::text[])
 RETURNS TABLE(weekday integer, hour integer, kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 366);
  perform private.require_kpis(p_kpis);

  return query
  with counted as (
    select
      extract(isodow from l.clock)::int as weekday, extract(hour from l.clock)::int as hour,
      row(
        sum((c.counts).offered), sum((c.counts).answered), sum((c.counts).voicemail), sum((c.counts).missed),
        sum((c.counts).known_waits), sum((c.counts).known_answered_waits), sum((c.counts).known_missed_waits),
        sum((c.counts).answered_in_time), sum((c.counts).short_abandons), sum((c.counts).answered_wait_seconds),
        sum((c.counts).missed_wait_seconds), max((c.counts).longest_wait_seconds), sum((c.counts).known_talks),
        sum((c.counts).talk_seconds), sum((c.counts).very_short), sum((c.counts).known_durations), sum((c.counts).duration_seconds),
        sum((c.counts).dropped), sum((c.counts).transferred), sum((c.counts).outbound), sum((c.counts).outbound_connected),
        sum((c.counts).known_outbound_talks), sum((c.counts).outbound_talk_seconds)
      )::private.call_counts as counts
    from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'hour', v_time_zone, p_in_hours) c
    cross join lateral private.hour_shown(c.bucket_start, v_time_zone) as l (clock)
    group by 1, 2
  )
  select
    w.weekday, w.hour, k.kpi, case when d.adds_up then trim_scale(k.numerator / nullif(w.hours, 0)) else k.value end,
    k.numerator, case when d.adds_up then w.hours else k.denominator end, k.known, k.total, t.data_through, d.version
  from private.hours_of_week(p_from, p_to, v_time_zone, now()) w
  left join counted c on c.weekday = w.weekday and c.hour = w.hour
  cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), w.minutes) k
  join public.kpi_definitions d on d.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where p_kpis is null or k.kpi = any (p_kpis)
  order by w.weekday, w.hour, k.kpi;
end
$function$;

CREATE OR REPLACE FUNCTION public.kpi_messages(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.kpi_scope(p_org_id, p_from, p_to, null, 'messages:read') s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);
  if current_user <> 'api_reader' then
    -- Who reads no messages would be told of none, as if there were none.
    if p_org_id is null then
      v_org_ids := array(select private.my_org_ids('agent', 'manager', 'org_admin'));
    else
      perform private.require_role(p_org_id, 'agent', 'manager', 'org_admin');
    end if;
  elsif p_member_ids is not null then
    -- Nor would who does not read who the members are find what they sent.
    perform private.require_scope(coalesce(p_org_id, (select o from private.api_org_ids() o limit 1)), 'members:read');
  end if;
  if p_in_hours is not null then
    perform private.require_business_hours(v_org_ids, p_from, p_to);
  end if;

  return query
  with message as materialized (
    select m.id, m.conversation_id, m.direction, m.state, m.sent_at
    from public.messages m
    left join private.settings_in_force(v_org_ids, p_from, p_to, true) s
      on p_in_hours is not null and s.org_id = m.org_id and m.sent_at >= s.starts_at and m.sent_at < s.ends_at
    where m.org_id = any (v_org_ids) and m.sent_at >= p_from and m.sent_at < p_to
      and (
        m.direction = 'inbound' or m.state in ('sent', 'delivered') or (m.state = 'failed' and m.provider_message_id is not null)
      )
      and (p_line_ids is null or m.line_id = any (p_line_ids))
      and (p_member_ids is null or exists (
        select from public.org_members g where g.org_id = m.org_id and g.user_id = m.sent_by and g.id = any (p_member_ids)
      ))
      and (p_in_hours is null or ((m.sent_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
  ),
  -- A person writes several messages and means one: what follows their own within a day opens nothing.
  opened as (
    select a.sent_at, r.sent_at as replied_at
    from message a
    left join lateral (
      select p.direction, p.sent_at
      from public.messages p
      where p.conversation_id = a.conversation_id and (p.sent_at, p.id) < (a.sent_at, a.id)
        and (
          p.direction = 'inbound' or p.state in ('sent', 'delivered') or (p.state = 'failed' and p.provider_message_id is not null)
        )
      order by p.sent_at desc, p.id desc
      limit 1
    ) b on true
    left join lateral (
      select p.sent_at
      from public.messages p
      where p.conversation_id = a.conversation_id and p.direction = 'outbound' and p.state in ('sent', 'delivered')
        and (p.sent_at, p.id) > (a.sent_at, a.id)
      order by p.sent_at, p.id
      limit 1
    ) r on true
    where a.direction = 'inbound'
      and (b.direction is null or b.direction = 'outbound' or b.sent_at < a.sent_at - interval '24 hours')
  )
  select
    f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, f.known, f.total,
    t.data_through, d.version
  from (
    select
      count(*) filter (where m.direction = 'inbound') as received,
      count(*) filter (where m.direction = 'outbound') as sent,
      count(*) filter (where m.state = 'delivered') as delivered,
      count(*) filter (where m.state in ('delivered', 'failed')) as settled
    from message m
  ) c
  cross join (
    select
      count(*) as opened, count(o.replied_at) as replied,
      percentile_cont(0.5) within group (order by extract(epoch from o.replied_at - o.sent_at)::double precision)::numeric as reply
    from opened o
  ) r
  cross join lateral (values
    ('messages_received', c.received::numeric, 1::numeric, c.received, c.received),
    ('messages_sent', c.sent, 1, c.sent, c.sent),
    ('message_delivery_rate', c.delivered, c.sent, c.settled, c.sent),
    ('first_reply_median', r.reply, 1, r.replied, r.opened)
  ) as f (kpi, numerator, denominator, known, total)
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join private.data_through(v_org_ids, 'messages') as t (data_through);
end
$function$;

CREATE OR REPLACE FUNCTION public.kpi_percentiles(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_exact boolean DEFAULT false)
 RETURNS TABLE(kpi text, value numeric, is_at_least boolean, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_answered bigint;
  v_exact double precision[];
  v_bins bigint[];
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  select (c.counts).answered into v_answered
  from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours) c;

  if p_exact then
    perform private.require_days(p_from, p_to, v_time_zone, 31);
    select percentile_cont(array[0.5, 0.9, 0.95]) within group (order by t.wait_seconds), array[count(t.wait_seconds)]
    into v_exact, v_bins
    from public.calls t
    left join private.settings_in_force(v_org_ids, p_from, p_to, true) s
      on p_in_hours is not null and s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.org_id = any (v_org_ids) and t.started_at >= p_from and t.started_at < p_to
      and t.direction = 'inbound' and t.outcome = 'answered' and t.deleted_at is null
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours);
  else
    select array_agg(coalesce(w.answered, 0) order by b.n) into v_bins
    from generate_series(1, cardinality(private.wait_edges()) + 1) as b (n)
    left join private.count_waits(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours) w on w.bin = b.n;
  end if;

  return query
  select
    d.kpi, coalesce(trim_scale(v_exact[f.n]::numeric), p.seconds), coalesce(p.is_at_least, false),
    (select sum(b.calls) from unnest(v_bins) as b (calls))::bigint, coalesce(v_answered, 0), t.data_through, d.version
  from (values
    (1, 'answered_wait_median', 0.5), (2, 'answered_wait_p90', 0.9), (3, 'answered_wait_p95', 0.95)
  ) as f (n, kpi, share)
  join public.kpi_definitions d on d.kpi = f.kpi
  left join private.wait_percentiles(v_bins) p on p.share = f.share and not p_exact
  cross join private.data_through(v_org_ids) as t (data_through)
  order by f.n;
end
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
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_grain(p_from, p_to, p_grain);

  return query
  select b.bucket_start, k.kpi, k.value, k.known, k.total
  from private.buckets(p_from, p_to, v_time_zone, p_grain) b
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
    k.kpi, k.value, p.value, k.numerator, k.denominator, k.known, k.total, t.data_through, d.version
  from counted a
  cross join lateral private.kpi_values(a.counts, a.minutes) k
  join counted b on not b.is_current
  join lateral private.kpi_values(b.counts, b.minutes) p on p.kpi = k.kpi
  join public.kpi_definitions d on d.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where a.is_current;
end
$function$;

CREATE OR REPLACE FUNCTION public.kpi_unusual(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_grain text DEFAULT 'day'::text, p_kpis text[] DEFAULT NULL::text[])
 RETURNS TABLE(bucket_start timestamp with time zone, kpi text, value numeric, median numeric, low numeric, high numeric, observations bigint, calls bigint, is_unusual boolean, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_from timestamptz;
  v_to timestamptz;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_kpis(p_kpis);
  if p_grain is null or p_grain not in ('hour', 'day') then
    raise exception 'The grain % tells nothing unusual.', coalesce(p_grain, 'null')
      using errcode = 'PT422', detail = 'grain_unfit', hint = 'Choose day, over at most 92 days, or hour, over at most 7.';
  end if;
  perform private.require_days(p_from, p_to, v_time_zone, (case p_grain when 'hour' then 7 else 92 end));
  v_from := private.boundary_before(p_from, v_time_zone, p_grain);
  v_to := private.boundary_after(p_to, v_time_zone, p_grain);

  return query
  with asked as materialized (
    select
      b.bucket_start, b.starts_at, b.ends_at, date_trunc(p_grain, (b.bucket_start + interval '59:59.999999') at time zone v_time_zone) as clock
    from private.buckets(v_from, v_to, v_time_zone, p_grain) b
  ),
  before as materialized (
    select distinct on (b.bucket_start)
      b.bucket_start, b.starts_at, b.ends_at, date_trunc(p_grain, (b.bucket_start + interval '59:59.999999') at time zone v_time_zone) as clock
    from generate_series(1, 8) n
    cross join lateral private.buckets(
      -- An hour earlier: of one that comes twice, local time names the second.
      (v_from at time zone v_time_zone - make_interval(weeks => n)) at time zone v_time_zone - interval '1 hour',
      (v_to at time zone v_time_zone - make_interval(weeks => n)) at time zone v_time_zone, v_time_zone, p_grain
    ) b
    order by b.bucket_start asc, b.starts_at asc, b.ends_at desc
  ),
  counted as materialized (
    select c.bucket_start, c.counts
    from private.count_calls(
      v_org_ids, (v_from at time zone v_time_zone - interval '56 days') at time zone v_time_zone, v_to, p_line_ids, p_member_ids, p_grain,
      v_time_zone, p_in_hours
    ) c
  ),
  -- What lies before the first call of twelve weeks is no observation.
  first as (
    select case when (e.counts).offered + (e.counts).outbound > 0 then '-infinity' else (select min(c.bucket_start) from counted c) end as called_at
    from (values (true)) as always (is_so)
    left join lateral private.count_calls(
      v_org_ids, (v_from at time zone v_time_zone - interval '84 days') at time zone v_time_zone,
      (v_from at time zone v_time_zone - interval '56 days') at time zone v_time_zone, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) e on true
  ),
  used as (
    select b.bucket_start, b.starts_at, b.ends_at, b.clock
    from before b
    where b.bucket_start >= (select f.called_at from first f)
      and b.bucket_start not in (select a.bucket_start from asked a)
      and b.clock in (select a.clock - make_interval(weeks => n) from asked a cross join generate_series(1, 8) n)
    union all
    select a.bucket_start, a.starts_at, a.ends_at, a.clock from asked a
  ),
  figure as materialized (
    select u.bucket_start, u.clock, k.kpi, k.value, k.known
    from used u
    left join counted c on c.bucket_start = u.bucket_start
    cross join lateral private.kpi_values(
      coalesce(c.counts, private.no_calls()), private.elapsed_minutes(u.starts_at, u.ends_at)
    ) k
    where p_kpis is null or k.kpi = any (p_kpis)
  ),
  observed as (
    select a.bucket_start, h.kpi, array_agg(h.value order by h.value) as seen, count(*) as observations, sum(h.known)::bigint as calls
    from asked a
    cross join generate_series(1, 8) n
    join figure h on h.clock = a.clock - make_interval(weeks => n) and h.bucket_start < a.bucket_start
    where h.value is not null
    group by a.bucket_start, h.kpi
  ),
  -- Percentiles are of the type double precision, and quotients have more digits: what is in the middle is not rounded.
  spread as (
    select o.bucket_start, o.kpi, o.calls, o.observations, m.median, 3 * 1.4826 * d.deviation as tolerance
    from observed o
    cross join lateral (
      select (o.seen[(o.observations + 1) / 2] + o.seen[o.observations / 2 + 1]) / 2 as median
    ) m
    cross join lateral (select array_agg(abs(s.value - m.median) order by abs(s.value - m.median)) as away from unnest(o.seen) as s (value)) v
    cross join lateral (
      select (v.away[(o.observations + 1) / 2] + v.away[o.observations / 2 + 1]) / 2 as deviation
    ) d
  )
  select
    a.bucket_start, f.kpi, f.value, trim_scale(s.median), trim_scale(s.median - s.tolerance), trim_scale(s.median + s.tolerance),
    coalesce(s.observations, 0), coalesce(s.calls, 0),
    case
      -- A bucket that is not over would be unusually quiet.
      when a.ends_at <= now() and s.observations >= 5 and s.calls >= 20 then f.value not between s.median - s.tolerance and s.median + s.tolerance
    end,
    t.data_through, d.version
  from asked a
  join figure f on f.bucket_start = a.bucket_start
  join public.kpi_definitions d on d.kpi = f.kpi
  left join spread s on s.bucket_start = f.bucket_start and s.kpi = f.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  order by a.bucket_start, f.kpi;
end
$function$;

CREATE OR REPLACE FUNCTION public.live_summary(p_org_id uuid, p_line_ids uuid[] DEFAULT NULL::uuid[])
 RETURNS TABLE(ringing bigint, in_progress bigint, queue_length bigint, longest_wait_seconds integer, oldest_waiting_since timestamp with time zone, calls_per_minute_5 numeric, calls_per_minute_60 numeric, agents_available bigint, agents_busy bigint, agents_away bigint, agents_unknown bigint, events_through timestamp with time zone, data_through timestamp with time zone, told_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_events_through timestamptz;
begin
  select s.org_ids into v_org_ids from private.kpi_scope(p_org_id, now() - interval '1 hour', now(), null) s;
  v_events_through := private.events_through(v_org_ids);

  return query
  select
    case when e.is_told then l.ringing end, case when e.is_told then l.in_progress end, case when e.is_told then l.queue_length end,
    case when e.is_told then l.longest_wait_seconds end, case when e.is_told then l.oldest_waiting_since end,
    r.last_5 / 5.0, r.last_60 / 60.0,
    a.available, a.busy, a.away, a.unknown,
    v_events_through, private.data_through(v_org_ids), now()
  -- Only events tell of a call while it lasts: where none come, nothing is known of now, which is not the same as no call.
  from (select coalesce(v_events_through > now() - interval '7 days', false) as is_told) e
  cross join lateral (
    select
      count(*) filter (where c.state = 'ringing') as ringing,
      count(*) filter (where c.state = 'in_progress') as in_progress,
      count(c.waiting_seconds) as queue_length,
      max(c.waiting_seconds) as longest_wait_seconds,
      min(c.since) filter (where c.waiting_seconds is not null) as oldest_waiting_since
    from public.live_calls c
    where c.org_id = any (v_org_ids) and (p_line_ids is null or c.line_id = any (p_line_ids))
  ) l
  cross join lateral (
    select
      count(*) filter (where c.started_at > now() - interval '5 minutes') as last_5,
      count(*) as last_60
    from public.calls c
    where c.org_id = any (v_org_ids) and c.started_at > now() - interval '1 hour' and c.started_at <= now()
      and c.direction = 'inbound' and c.deleted_at is null and (p_line_ids is null or c.line_id = any (p_line_ids))
  ) r
  cross join lateral (
    select
      count(*) filter (where not t.is_on_call and t.kind = 'available') as available,
      count(*) filter (where t.is_on_call or t.kind = 'busy') as busy,
      count(*) filter (where not t.is_on_call and t.kind = 'away') as away,
      count(*) filter (where not t.is_on_call and t.kind is null) as unknown
    from (
      -- Somebody with two extensions is one person.
      select
        bool_or(n.is_on_call) as is_on_call,
        case
          when bool_or(private.status_kind(n.status) = 'busy') then 'busy'
          when bool_or(private.status_kind(n.status) = 'available') then 'available'
          else min(private.status_kind(n.status))
        end as kind
      from private.team_now(v_org_ids) n
      group by n.org_id, coalesce(n.member_id::text, n.integration_id || ' ' || n.extension)
    ) t
  ) a;
end
$function$;

CREATE OR REPLACE FUNCTION public.note_missed_caller(p_org_id uuid, p_external_number text, p_note text DEFAULT NULL::text, p_outcome_code text DEFAULT NULL::text)
 RETURNS public.missed_caller_work
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_missed_caller(
    p_org_id, p_external_number, jsonb_strip_nulls(jsonb_build_object('note', p_note, 'outcome_code', p_outcome_code)), now()
  )
$function$;

CREATE OR REPLACE FUNCTION public.peak_concurrency(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(kpi text, value numeric, known bigint, total bigint, peak_at timestamp with time zone, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);

  return query
  with asked as materialized (
    select t.started_at, t.over_at
    from public.counted_calls t
    left join private.settings_in_force(v_org_ids, p_from - interval '24 hours', p_to, true) s
      on p_in_hours is not null and s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    -- Nothing is taken to last longer than a day.
    where t.org_id = any (v_org_ids) and t.started_at >= p_from - interval '24 hours' and t.started_at < p_to
      and t.direction = 'inbound'
      and (t.started_at >= p_from or t.over_at > p_from)
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
  ),
  step as (
    select greatest(a.started_at, p_from) as at, 1 as change from asked a where a.over_at is not null
    union all
    select a.over_at, -1 from asked a where a.over_at is not null
  ),
  -- Those that end go before those that begin at the same instant.
  running as (
    select s.at, sum(s.change) over (order by s.at, s.change rows unbounded preceding) as calls from step s
  ),
  peak as (
    select r.at, r.calls from running r where r.at < p_to order by r.calls desc, r.at limit 1
  )
  select
    d.kpi, case when c.known > 0 or c.total = 0 then coalesce(p.calls, 0)::numeric end, c.known, c.total,
    case when p.calls > 0 then p.at end, t.data_through, d.version
  from (select count(a.over_at) as known, count(*) as total from asked a) c
  left join peak p on true
  join public.kpi_definitions d on d.kpi = 'peak_concurrency'
  cross join private.data_through(v_org_ids) as t (data_through);
end
$function$;

CREATE OR REPLACE FUNCTION public.platform_figures()
 RETURNS TABLE(organizations_active integer, organizations_archived integer, members integer, people integer, today_since timestamp with time zone, today jsonb, month_since timestamp with time zone, this_month jsonb, messages_today bigint, messages_this_month bigint, recordings_stored bigint, storage_bytes bigint, revenue_this_month jsonb, worst_organizations jsonb, data_through timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_today constant timestamptz := private.bucket_start(now(), 'UTC', 'day');
  v_month constant timestamptz := private.bucket_start(now(), 'UTC', 'month');
begin
  perform private.require_platform_admin();
  select s.org_ids into v_org_ids from private.kpi_scope(null, v_month, now() + interval '1 day', null) s;

  return query
  select
    o.active, o.archived, m.members, m.people,
    v_today, private.kpis_as_object(v_org_ids, v_today, v_today + interval '1 day'),
    v_month, private.kpis_as_object(v_org_ids, v_month, v_month + interval '1 month'),
    t.today, t.this_month, r.recordings, r.bytes, p.paid, f.worst, private.data_through(v_org_ids)
  from (
    select
      (count(*) filter (where o.archived_at is null))::integer as active, (count(*) filter (where o.archived_at is not null))::integer as archived
    from public.organizations o
    where o.id <> private.holding_org_id()
  ) o
  cross join (
    select count(*)::integer as members, count(distinct m.user_id)::integer as people
    from public.org_members m
    join public.organizations o on o.id = m.org_id
    where m.deactivated_at is null and o.archived_at is null
  ) m
  cross join (
    select count(*) filter (where m.sent_at >= v_today) as today, count(*) as this_month
    from public.messages m
    where m.org_id = any (v_org_ids) and m.sent_at >= v_month and m.sent_at < v_month + interval '1 month'
  ) t
  cross join private.stored_audio() r
  cross join (
    select coalesce(
      jsonb_agg(jsonb_build_object('currency', v.currency, 'amount_cents', v.amount_cents) order by v.currency), '[]'
    ) as paid
    from public.revenue(null, v_month, v_month + interval '1 month') v
  ) p
  cross join (
    select coalesce(jsonb_agg(to_jsonb(w) order by w.severity desc, w.name), '[]') as worst
    from (
      select f.org_id, f.name, f.severity, f.problem, f.sync_error, f.last_sync_at
      from public.fleet f
      where f.severity > 0
      order by f.severity desc, f.name
      limit 10
    ) w
  ) f;
end
$function$;

CREATE OR REPLACE FUNCTION public.reopen_missed_caller(p_org_id uuid, p_external_number text)
 RETURNS public.missed_caller_work
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_missed_caller(p_org_id, p_external_number, '{"is_closed": false}', now())
$function$;

CREATE OR REPLACE FUNCTION public.repeat_callers(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);

  return query
  select
    f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, c.identified::bigint, c.calls::bigint,
    t.data_through, d.version
  from (
    select
      coalesce(sum(g.calls), 0) as calls, coalesce(sum(g.repeats), 0) as repeats,
      coalesce(sum(g.calls) filter (where g.external_number is not null), 0) as identified,
      count(*) filter (where g.external_number is not null and g.answered > 0) as reached
    from private.callers(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, null) g
  ) c
  cross join lateral (values
    ('repeat_calls', c.repeats, 1::numeric),
    ('repeat_rate', c.repeats, c.calls),
    ('first_call_resolution_proxy', c.calls - c.repeats, c.calls),
    ('calls_per_reached_contact', c.identified, c.reached::numeric)
  ) as f (kpi, numerator, denominator)
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join private.data_through(v_org_ids) as t (data_through);
end
$function$;

CREATE OR REPLACE FUNCTION public.report_calls(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_directions text[] DEFAULT NULL::text[], p_outcomes text[] DEFAULT NULL::text[], p_min_duration integer DEFAULT NULL::integer, p_max_duration integer DEFAULT NULL::integer, p_tag text DEFAULT NULL::text, p_outcome_code text DEFAULT NULL::text, p_number text DEFAULT NULL::text, p_before timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 100)
 RETURNS TABLE(id uuid, started_at timestamp with time zone, local_time text, direction text, outcome text, line text, business_number text, external_number text, external_name text, wait_seconds integer, talk_seconds integer, duration_seconds integer, members text, transfer_count integer, is_dropped boolean, outcome_code text, tags text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
begin
  select s.org_ids into v_org_ids from private.begin_report(p_org_id, p_from, p_to, p_in_hours, null) s;
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception 'A page has 1 to 1,000 calls.'
      using errcode = 'PT422', detail = 'page_size_invalid',
        hint = 'Go on with p_before and p_before_id, the started_at and the id of the last call.';
  end if;
  if (p_before is null) <> (p_before_id is null) then
    raise exception 'The next page begins after a call, told by its time and its id.'
      using errcode = 'PT422', detail = 'page_start_invalid', hint = 'Send p_before and p_before_id together, or neither.';
  end if;
  return query
  select * from private.call_list(
    v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_directions, p_outcomes, p_min_duration, p_max_duration,
    p_tag, p_outcome_code, private.number_fragment(p_number), p_before, p_before_id, p_limit
  );
end
$function$;

CREATE OR REPLACE FUNCTION public.report_days(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(day date, offered bigint, answered bigint, voicemail bigint, missed bigint, answer_rate numeric, abandonment_rate numeric, service_level numeric, known_waits bigint, average_speed_of_answer numeric, average_abandon_wait numeric, longest_wait bigint, average_handle_time numeric, total_talk bigint, average_duration numeric, dropped_rate numeric, transferred_rate numeric, very_short_rate numeric, outbound bigint, outbound_connected_rate numeric, outbound_talk bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, 'day') s;
  return query
  select (b.bucket_start at time zone v_time_zone)::date, k.*
  from private.buckets(p_from, p_to, v_time_zone, 'day') b
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'day', v_time_zone, p_in_hours) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_columns(c.counts) k
  order by b.bucket_start;
end
$function$;

CREATE OR REPLACE FUNCTION public.report_hours(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(starts_at timestamp with time zone, day date, hour text, offered bigint, answered bigint, voicemail bigint, missed bigint, answer_rate numeric, abandonment_rate numeric, service_level numeric, known_waits bigint, average_speed_of_answer numeric, average_abandon_wait numeric, longest_wait bigint, average_handle_time numeric, total_talk bigint, average_duration numeric, dropped_rate numeric, transferred_rate numeric, very_short_rate numeric, outbound bigint, outbound_connected_rate numeric, outbound_talk bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, 'hour') s;
  return query
  select b.bucket_start, l.clock::date, to_char(l.clock, 'HH24:00'), k.*
  from private.buckets(p_from, p_to, v_time_zone, 'hour') b
  cross join lateral private.hour_shown(b.bucket_start, v_time_zone) as l (clock)
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'hour', v_time_zone, p_in_hours) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_columns(c.counts) k
  order by b.bucket_start;
end
$function$;

CREATE OR REPLACE FUNCTION public.report_lines(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(line_id uuid, line text, number text, offered bigint, answered bigint, voicemail bigint, missed bigint, answer_rate numeric, abandonment_rate numeric, service_level numeric, known_waits bigint, average_speed_of_answer numeric, average_abandon_wait numeric, longest_wait bigint, average_handle_time numeric, total_talk bigint, average_duration numeric, dropped_rate numeric, transferred_rate numeric, very_short_rate numeric, outbound bigint, outbound_connected_rate numeric, outbound_talk bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, null) s;
  return query
  with counted as (
    select c.line_id, c.counts
    from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours, 'line') c
  ),
  listed as (
    select l.id, l.label, l.e164
    from public.lines l
    where l.org_id = any (v_org_ids)
      and (l.period && tstzrange(p_from, p_to) and (p_line_ids is null or l.id = any (p_line_ids)) or l.id in (select c.line_id from counted c))
  )
  select coalesce(l.id, c.line_id), coalesce(nullif(l.label, ''), l.e164), l.e164, k.*
  from listed l
  full join counted c on c.line_id = l.id
  cross join lateral private.kpi_columns(c.counts) k
  order by k.offered desc, k.outbound desc, l.e164, coalesce(l.id, c.line_id);
end
$function$;

CREATE OR REPLACE FUNCTION public.report_members(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(member_id uuid, member text, role text, offered bigint, answered bigint, voicemail bigint, missed bigint, answer_rate numeric, abandonment_rate numeric, service_level numeric, known_waits bigint, average_speed_of_answer numeric, average_abandon_wait numeric, longest_wait bigint, average_handle_time numeric, total_talk bigint, average_duration numeric, dropped_rate numeric, transferred_rate numeric, very_short_rate numeric, outbound bigint, outbound_connected_rate numeric, outbound_talk bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, null) s;
  return query
  select c.member_id, coalesce(p.full_name, p.email), m.role, k.*
  from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours, 'member') c
  left join public.org_members m on m.id = c.member_id
  left join public.profiles p on p.user_id = m.user_id
  cross join lateral private.kpi_columns(c.counts) k
  order by c.member_id is null, k.answered desc, k.outbound desc, coalesce(p.full_name, p.email), c.member_id;
end
$function$;

CREATE OR REPLACE FUNCTION public.report_sla(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean)
 RETURNS TABLE(day date, calls bigint, known_waits bigint, service_level numeric, target numeric, is_missed boolean)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, 'day') s;
  return query
  with counted as (
    select (c.bucket_start at time zone v_time_zone)::date as day, (c.counts).offered - (c.counts).short_abandons as calls, k.known_waits, k.service_level
    from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'day', v_time_zone, p_in_hours) c
    cross join lateral private.kpi_columns(c.counts) k
  ),
  targeted as (
    select
      c.*, (
        -- Organizations that aim at different levels have none in common.
        select case when min(t.service_level_target) = max(t.service_level_target) then trim_scale(min(t.service_level_target)) end
        from unnest(v_org_ids) as o (org_id)
        cross join lateral (
          select s.service_level_target
          from public.organization_settings s
          where s.org_id = o.org_id and s.effective_from <= c.day
          order by s.effective_from desc
          limit 1
        ) t
      ) as target
    from counted c
    where c.calls > 0
  )
  select t.day, t.calls, t.known_waits, t.service_level, t.target, t.service_level < t.target
  from targeted t
  order by t.day;
end
$function$;

CREATE OR REPLACE FUNCTION public.revenue(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_grain text DEFAULT NULL::text)
 RETURNS TABLE(bucket_start timestamp with time zone, currency text, amount_cents bigint, payments bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_time_zone text;
begin
  select s.time_zone into v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, null) s;
  if p_org_id is null then
    perform private.require_platform_admin();
  else
    perform private.require_role(p_org_id, 'org_admin');
  end if;
  if p_grain is not null then
    perform private.require_grain(p_from, p_to, p_grain);
  end if;

  return query
  with paid as (
    select
      case when p_grain is not null then private.bucket_start(p.paid_at, v_time_zone, p_grain) end as bucket_start,
      p.currency, sum(p.amount_cents) as amount_cents, count(*) as payments
    from public.payments p
    where p.org_id = any (array(select o.id from public.organizations o where p_org_id is null or o.id = p_org_id))
      and p.paid_at >= p_from and p.paid_at < p_to
    group by 1, 2
  )
  select b.bucket_start, c.currency, coalesce(p.amount_cents, 0)::bigint, coalesce(p.payments, 0)
  from (select distinct paid.currency from paid) c
  cross join (
    select r.bucket_start from private.buckets(p_from, p_to, v_time_zone, p_grain) r where p_grain is not null
    union all
    select null where p_grain is null
  ) b
  left join paid p on p.currency = c.currency and p.bucket_start is not distinct from b.bucket_start
  order by b.bucket_start, c.currency;
end
$function$;

CREATE OR REPLACE FUNCTION public.send_report_now(p_schedule_id uuid)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.send_report_now(p_schedule_id)
$function$;

CREATE OR REPLACE FUNCTION public.snooze_missed_caller(p_org_id uuid, p_external_number text, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS public.missed_caller_work
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_missed_caller(p_org_id, p_external_number, jsonb_build_object('until', p_until), now())
$function$;

CREATE OR REPLACE FUNCTION public.staffing(p_org_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_line_ids uuid[] DEFAULT NULL::uuid[], p_member_ids uuid[] DEFAULT NULL::uuid[], p_in_hours boolean DEFAULT NULL::boolean, p_target numeric DEFAULT NULL::numeric, p_within_seconds numeric DEFAULT NULL::numeric, p_shrinkage numeric DEFAULT 0.3, p_wrap_seconds numeric DEFAULT 0)
 RETURNS TABLE(weekday integer, hour integer, hours bigint, offered bigint, mean_offered numeric, handle_seconds numeric, agents_on_calls integer, agents integer, service_level numeric, occupancy numeric, target numeric, within_seconds numeric, known bigint, total bigint, data_through timestamp with time zone, definition_version integer)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_target numeric := p_target;
  v_within numeric := p_within_seconds;
  v_handle numeric;
  v_known bigint;
  v_total bigint;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 366);
  -- Staffing looks ahead: what counts is what the organization wants now.
  select coalesce(v_target, s.service_level_target), coalesce(v_within, s.answer_within_seconds) into v_target, v_within
  from (values (true)) one
  left join lateral (
    select o.service_level_target, o.answer_within_seconds
    from public.organization_settings o
    where o.org_id = p_org_id and o.effective_from <= (now() at time zone v_time_zone)::date
    order by o.effective_from desc
    limit 1
  ) s on true;
  v_target := coalesce(v_target, 0.8);
  v_within := coalesce(v_within, 20);
  perform private.require_staffing(v_target, v_within, p_shrinkage, p_wrap_seconds);

  select k.value, k.known, k.total into v_handle, v_known, v_total
  from (values (true)) one
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours) c on true
  cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), 0) k
  where k.kpi = 'average_handle_time';
  v_handle := v_handle + p_wrap_seconds;

  return query
  with begun as (
    select
      extract(isodow from l.clock)::integer as weekday, extract(hour from l.clock)::integer as hour,
      count(*) as hours, sum(coalesce((c.counts).offered, 0))::bigint as offered
    from private.buckets(p_from, p_to, v_time_zone, 'hour') b
    left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'hour', v_time_zone, p_in_hours) c
      on c.bucket_start = b.bucket_start
    cross join lateral private.hour_shown(b.bucket_start, v_time_zone) as l (clock)
    where b.starts_at <= now()
    group by 1, 2
  ),
  needed as (
    select
      d.weekday, h.hour, coalesce(g.hours, 0) as hours, coalesce(g.offered, 0) as offered, g.offered::numeric / g.hours as mean_offered,
      private.agents_needed(
        (g.offered::numeric / g.hours * v_handle / 3600)::double precision, v_handle::double precision, v_target::double precision,
        v_within::double precision
      ) as agents
    from generate_series(1, 7) as d (weekday)
    cross join generate_series(0, 23) as h (hour)
    left join begun g on g.weekday = d.weekday and g.hour = h.hour
  )
  select
    n.weekday, n.hour, n.hours, n.offered, trim_scale(round(n.mean_offered, 6)), trim_scale(round(v_handle, 6)),
    n.agents, ceil(round(n.agents / (1 - p_shrinkage), 9))::integer,
    trim_scale(round(e.service_level, 6)), trim_scale(round(e.occupancy, 6)), v_target, v_within,
    v_known, v_total, t.data_through, f.version
  from needed n
  -- A function is called before what a join asks is looked at.
  left join lateral public.erlang_c(coalesce(n.mean_offered, 0), coalesce(v_handle, 0), coalesce(n.agents, 0), v_within) e
    on n.mean_offered > 0 and n.agents is not null
  join public.kpi_definitions f on f.kpi = 'agents_needed'
  cross join private.data_through(v_org_ids) as t (data_through)
  order by n.weekday, n.hour;
end
$function$;

CREATE OR REPLACE FUNCTION public.take_missed_caller(p_org_id uuid, p_external_number text)
 RETURNS public.missed_caller_work
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.change_missed_caller(p_org_id, p_external_number, '{"take": true}', now())
$function$;

CREATE OR REPLACE FUNCTION public.take_over_alert_rule(p_rule_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.take_over_alert_rule(p_rule_id)
$function$;

CREATE OR REPLACE FUNCTION public.take_over_report_schedule(p_schedule_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.take_over_report_schedule(p_schedule_id)
$function$;

CREATE OR REPLACE FUNCTION public.team_availability(p_org_id uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_to timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS TABLE(org_id uuid, member_id uuid, full_name text, extensions text[], status text, status_kind text, since timestamp with time zone, observed_through timestamp with time zone, is_account_user_only boolean, is_on_call boolean, known_seconds numeric, available_seconds numeric, busy_seconds numeric, availability numeric, occupancy numeric)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_to constant timestamptz := coalesce(p_to, now());
  v_from constant timestamptz := coalesce(p_from, v_to - interval '24 hours');
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, v_from, v_to, null, 'members:read') s;
  perform private.require_days(v_from, v_to, v_time_zone, 31);

  return query
  with now_in as (
    select
      n.org_id, coalesce(n.member_id::text, n.integration_id || ' ' || n.extension) as agent, n.member_id,
      array_agg(n.extension order by n.extension) as extensions,
      -- Of somebody with two extensions, what was seen last.
      (array_agg(n.status order by n.observed_through desc nulls last, n.since desc))[1] as status,
      (array_agg(n.since order by n.observed_through desc nulls last, n.since desc))[1] as since,
      max(n.observed_through) as observed_through,
      bool_and(n.is_account_user_only) as is_account_user_only,
      bool_or(n.is_on_call) as is_on_call
    from private.team_now(v_org_ids) n
    group by n.org_id, 2, n.member_id
  )
  select
    coalesce(n.org_id, t.org_id), coalesce(n.member_id, t.member_id), p.full_name, coalesce(n.extensions, t.extensions),
    n.status, private.status_kind(n.status), n.since, n.observed_through,
    coalesce(n.is_account_user_only, t.is_account_user_only), coalesce(n.is_on_call, false),
    coalesce(t.known_seconds, 0), t.available_seconds, t.busy_seconds,
    trim_scale(round((t.busy_seconds + t.available_seconds) / nullif(t.known_seconds, 0), 6)),
    trim_scale(round(t.busy_seconds / nullif(t.busy_seconds + t.available_seconds, 0), 6))
  from now_in n
  full join private.team_time(v_org_ids, v_from, v_to) t on t.org_id = n.org_id and t.agent = n.agent
  left join public.org_members m on m.id = coalesce(n.member_id, t.member_id)
  left join public.profiles p on p.user_id = m.user_id;
end
$function$;

ALTER TABLE "private"."call_checks" ADD CONSTRAINT "call_checks_integration_id_fkey" FOREIGN KEY (integration_id) REFERENCES public.integrations(id) ON DELETE CASCADE;

ALTER TABLE "private"."call_rollups" ADD CONSTRAINT "call_rollups_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "private"."outbox_mails" ADD CONSTRAINT "other_letters_have_an_organization" CHECK (((invitation_id IS NOT NULL) OR (org_id IS NOT NULL)));

-- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
ALTER TABLE "private"."outbox_mails" ADD CONSTRAINT "outbox_mails_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
ALTER TABLE "private"."outbox_mails" ADD CONSTRAINT "outbox_mails_user_id_fkey" FOREIGN KEY (user_id) REFERENCES public.profiles(user_id) ON DELETE CASCADE;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "private"."outbox_mails" ADD CONSTRAINT "template_is_known" CHECK ((template = ANY (ARRAY['invitation'::text, 'report'::text, 'alert'::text, 'schedule_stopped'::text, 'report_failed'::text])));

ALTER TABLE "private"."stale_periods" ADD CONSTRAINT "stale_periods_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "public"."alert_rules" ADD CONSTRAINT "alert_rules_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "private"."alert_checks" ADD CONSTRAINT "alert_checks_rule_id_fkey" FOREIGN KEY (rule_id) REFERENCES public.alert_rules(id) ON DELETE CASCADE;

ALTER TABLE "public"."alerts" ADD CONSTRAINT "alerts_rule_fkey" FOREIGN KEY (org_id, rule_id) REFERENCES public.alert_rules(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."documents" ADD CONSTRAINT "documents_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."documents" ADD CONSTRAINT "documents_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES public.profiles(user_id) ON DELETE CASCADE;

ALTER TABLE "public"."missed_caller_work" ADD CONSTRAINT "missed_caller_work_closed_by_fkey" FOREIGN KEY (closed_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "public"."missed_caller_work" ADD CONSTRAINT "missed_caller_work_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."missed_caller_work" ADD CONSTRAINT "missed_caller_work_outcome_code_fkey" FOREIGN KEY (org_id, outcome_code) REFERENCES public.outcome_codes(org_id, code) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE "public"."missed_caller_work" ADD CONSTRAINT "missed_caller_work_owner_fkey" FOREIGN KEY (org_id, owner_id) REFERENCES public.org_members(org_id, id) ON UPDATE CASCADE ON DELETE SET NULL (owner_id);

ALTER TABLE "public"."missed_caller_work" ADD CONSTRAINT "missed_caller_work_updated_by_fkey" FOREIGN KEY (updated_by) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "public"."notifications" ADD CONSTRAINT "notifications_alert_fkey" FOREIGN KEY (alert_id) REFERENCES public.alerts(id) ON DELETE SET NULL;

ALTER TABLE "public"."notifications" ADD CONSTRAINT "notifications_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "public"."notifications" ADD CONSTRAINT "notifications_user_id_fkey" FOREIGN KEY (user_id) REFERENCES public.profiles(user_id) ON DELETE CASCADE;

ALTER TABLE "public"."payments" ADD CONSTRAINT "payments_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

ALTER TABLE "public"."report_deliveries" ADD CONSTRAINT "report_deliveries_mail_id_fkey" FOREIGN KEY (mail_id) REFERENCES private.outbox_mails(id) ON DELETE SET NULL;

ALTER TABLE "public"."report_runs" ADD CONSTRAINT "report_runs_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "public"."documents" ADD CONSTRAINT "documents_run_fkey" FOREIGN KEY (org_id, run_id) REFERENCES public.report_runs(org_id, id) ON DELETE SET NULL (run_id);

ALTER TABLE "public"."report_deliveries" ADD CONSTRAINT "report_deliveries_run_fkey" FOREIGN KEY (org_id, run_id) REFERENCES public.report_runs(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE "public"."report_runs" ADD CONSTRAINT "report_runs_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

ALTER TABLE "public"."report_schedules" ADD CONSTRAINT "report_schedules_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE "public"."report_runs" ADD CONSTRAINT "report_runs_schedule_fkey" FOREIGN KEY (org_id, schedule_id) REFERENCES public.report_schedules(org_id, id) ON UPDATE CASCADE ON DELETE CASCADE;

-- squawk-ignore constraint-missing-not-valid
ALTER TABLE "public"."retention_settings" ADD CONSTRAINT "document_days_are_sensible" CHECK (((document_days >= 7) AND (document_days <= 3650)));

ALTER TABLE "public"."saved_views" ADD CONSTRAINT "saved_views_org_id_fkey" FOREIGN KEY (org_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

CREATE VIEW "private"."counts_of_calls" WITH (security_invoker=true) AS  SELECT id,
    org_id,
    line_id,
    member_ids,
    started_at,
    (is_inbound)::integer AS offered,
    (is_answered)::integer AS answered,
    ((is_inbound AND (outcome = 'voicemail'::text)))::integer AS voicemail,
    (is_missed)::integer AS missed,
    ((is_inbound AND (wait_seconds IS NOT NULL)))::integer AS known_waits,
    ((is_answered AND (wait_seconds IS NOT NULL)))::integer AS known_answered_waits,
    ((is_missed AND (wait_seconds IS NOT NULL)))::integer AS known_missed_waits,
        CASE
            WHEN is_answered THEN COALESCE(wait_seconds, 0)
            ELSE 0
        END AS answered_wait_seconds,
        CASE
            WHEN is_missed THEN COALESCE(wait_seconds, 0)
            ELSE 0
        END AS missed_wait_seconds,
        CASE
            WHEN is_inbound THEN wait_seconds
            ELSE NULL::integer
        END AS longest_wait_seconds,
    ((is_answered AND (talk_seconds IS NOT NULL)))::integer AS known_talks,
        CASE
            WHEN is_answered THEN COALESCE(talk_seconds, 0)
            ELSE 0
        END AS talk_seconds,
        CASE
            WHEN (is_answered AND (talk_seconds < 10)) THEN 1
            ELSE 0
        END AS very_short,
    ((is_inbound AND (duration_seconds IS NOT NULL)))::integer AS known_durations,
        CASE
            WHEN is_inbound THEN COALESCE(duration_seconds, 0)
            ELSE 0
        END AS duration_seconds,
    ((is_inbound AND is_dropped))::integer AS dropped,
    ((is_answered AND (transfer_count > 0)))::integer AS transferred,
    ((NOT is_inbound))::integer AS outbound,
    (is_connected)::integer AS outbound_connected,
    ((is_connected AND (talk_seconds IS NOT NULL)))::integer AS known_outbound_talks,
        CASE
            WHEN is_connected THEN COALESCE(talk_seconds, 0)
            ELSE 0
        END AS outbound_talk_seconds,
        CASE
            WHEN is_answered THEN wait_seconds
            ELSE NULL::integer
        END AS answered_after_seconds,
        CASE
            WHEN is_missed THEN wait_seconds
            ELSE NULL::integer
        END AS missed_after_seconds,
        CASE
            WHEN is_answered THEN (1 + width_bucket((wait_seconds - 1), private.wait_edges()))
            ELSE NULL::integer
        END AS answered_bin,
        CASE
            WHEN is_missed THEN (1 + width_bucket(wait_seconds, private.wait_edges()))
            ELSE NULL::integer
        END AS missed_bin
   FROM ( SELECT c_1.id,
            c_1.org_id,
            c_1.integration_id,
            c_1.provider_call_id,
            c_1.phone_number_id,
            c_1.line_id,
            c_1.direction,
            c_1.business_number,
            c_1.external_number,
            c_1.external_name,
            c_1.started_at,
            c_1.arrived_at,
            c_1.rang_at,
            c_1.answered_at,
            c_1.ended_at,
            c_1.outcome,
            c_1.is_dropped,
            c_1.provider_status,
            c_1.wait_seconds,
            c_1.talk_seconds,
            c_1.duration_seconds,
            c_1.transfer_count,
            c_1.member_ids,
            c_1.deleted_at,
            c_1.created_at,
            c_1.updated_at,
            (c_1.direction = 'inbound'::text) AS is_inbound,
            ((c_1.direction = 'inbound'::text) AND (c_1.outcome = 'answered'::text)) AS is_answered,
            ((c_1.direction = 'inbound'::text) AND (c_1.outcome = 'missed'::text)) AS is_missed,
            ((c_1.direction <> 'inbound'::text) AND (c_1.outcome = 'answered'::text)) AS is_connected
           FROM public.calls c_1
          WHERE ((c_1.outcome IS NOT NULL) AND (c_1.deleted_at IS NULL) AND (c_1.direction <> 'internal'::text))) c;

CREATE VIEW "public"."counted_calls" WITH (security_invoker=true) AS  SELECT c.id,
    c.org_id,
    c.line_id,
    c.direction,
    c.business_number,
    c.external_number,
    c.external_name,
    c.started_at,
    c.answered_at,
        CASE
            WHEN (COALESCE(c.ended_at, (c.started_at + make_interval(secs => (c.duration_seconds)::double precision))) IS NOT NULL) THEN GREATEST(c.started_at, LEAST(COALESCE(c.ended_at, (c.started_at + make_interval(secs => (c.duration_seconds)::double precision))), (c.started_at + '24:00:00'::interval)))
            ELSE NULL::timestamp with time zone
        END AS over_at,
    c.outcome,
    c.is_dropped,
    c.wait_seconds,
    c.talk_seconds,
    c.duration_seconds,
    c.transfer_count,
    c.member_ids,
    COALESCE((c.external_number ~ '[0-9]'::text), false) AS is_identified,
    ((c.outcome = 'answered'::text) AND (c.wait_seconds <= ( SELECT s.answer_within_seconds
           FROM public.organization_settings s
          WHERE ((s.org_id = c.org_id) AND (s.effective_from <= ((c.started_at AT TIME ZONE o.time_zone))::date))
          ORDER BY s.effective_from DESC
         LIMIT 1))) AS is_answered_in_time,
    ((c.outcome = 'missed'::text) AND COALESCE((c.wait_seconds < ( SELECT
                CASE
                    WHEN s.excludes_short_abandons THEN s.short_abandon_seconds
                    ELSE 0
                END AS "case"
           FROM public.organization_settings s
          WHERE ((s.org_id = c.org_id) AND (s.effective_from <= ((c.started_at AT TIME ZONE o.time_zone))::date))
          ORDER BY s.effective_from DESC
         LIMIT 1)), false)) AS is_short_abandon,
    ((c.direction = 'inbound'::text) AND (EXISTS ( SELECT
           FROM public.calls e
          WHERE ((e.org_id = c.org_id) AND (e.external_number = c.external_number) AND (c.external_number ~ '[0-9]'::text) AND (e.started_at >= (c.started_at - '168:00:00'::interval)) AND (e.started_at < c.started_at) AND (e.direction = 'inbound'::text) AND (e.outcome IS NOT NULL) AND (e.deleted_at IS NULL))))) AS is_repeat,
    ( SELECT
                CASE
                    WHEN (s.business_hours = '[]'::jsonb) THEN NULL::boolean
                    WHEN (h.day IS NOT NULL) THEN COALESCE(((to_char((c.started_at AT TIME ZONE o.time_zone), 'HH24:MI'::text) >= h.opens) AND (to_char((c.started_at AT TIME ZONE o.time_zone), 'HH24:MI'::text) < h.closes)), false)
                    ELSE (EXISTS ( SELECT
                       FROM jsonb_array_elements(s.business_hours) b(period)
                      WHERE (((((b.period ->> 'weekday'::text))::integer)::numeric = EXTRACT(isodow FROM (c.started_at AT TIME ZONE o.time_zone))) AND (to_char((c.started_at AT TIME ZONE o.time_zone), 'HH24:MI'::text) >= (b.period ->> 'opens'::text)) AND (to_char((c.started_at AT TIME ZONE o.time_zone), 'HH24:MI'::text) < (b.period ->> 'closes'::text)))))
                END AS "exists"
           FROM (public.organization_settings s
             LEFT JOIN public.holidays h ON (((h.org_id = s.org_id) AND (h.day = ((c.started_at AT TIME ZONE o.time_zone))::date))))
          WHERE ((s.org_id = c.org_id) AND (s.effective_from <= ((c.started_at AT TIME ZONE o.time_zone))::date))
          ORDER BY s.effective_from DESC
         LIMIT 1) AS is_in_hours,
    ((c.started_at AT TIME ZONE o.time_zone))::date AS local_day,
    (EXTRACT(isodow FROM (c.started_at AT TIME ZONE o.time_zone)))::integer AS weekday,
    (EXTRACT(hour FROM (c.started_at AT TIME ZONE o.time_zone)))::integer AS hour
   FROM (public.calls c
     JOIN public.organizations o ON ((o.id = c.org_id)))
  WHERE ((c.outcome IS NOT NULL) AND (c.deleted_at IS NULL) AND (c.direction <> 'internal'::text));

CREATE VIEW "public"."live_calls" WITH (security_invoker=true) AS  SELECT c.id,
    c.org_id,
    c.line_id,
    c.direction,
    c.business_number,
    c.external_number,
    c.external_name,
    c.started_at,
        CASE
            WHEN (c.answered_at IS NULL) THEN 'ringing'::text
            ELSE 'in_progress'::text
        END AS state,
    COALESCE(c.answered_at, LEAST(c.arrived_at, c.rang_at), c.started_at) AS since,
        CASE
            WHEN ((c.direction = 'inbound'::text) AND (c.answered_at IS NULL)) THEN (GREATEST(floor(EXTRACT(epoch FROM (now() - COALESCE(LEAST(c.arrived_at, c.rang_at), c.started_at)))), (0)::numeric))::integer
            ELSE NULL::integer
        END AS waiting_seconds,
        CASE
            WHEN (c.answered_at IS NOT NULL) THEN (GREATEST(floor(EXTRACT(epoch FROM (now() - c.answered_at))), (0)::numeric))::integer
            ELSE NULL::integer
        END AS talking_seconds,
    c.member_ids,
    g.agents
   FROM (public.calls c
     CROSS JOIN LATERAL ( SELECT COALESCE(jsonb_agg(jsonb_build_object('extension', l.extension, 'name', l.name, 'member_id', l.member_id, 'state',
                CASE
                    WHEN (l.ended_at IS NOT NULL) THEN 'left'::text
                    WHEN l.is_connected THEN 'talking'::text
                    ELSE 'ringing'::text
                END) ORDER BY l.extension), '[]'::jsonb) AS agents
           FROM public.legs l
          WHERE ((l.org_id = c.org_id) AND (l.call_id = c.id))) g)
  WHERE ((c.outcome IS NULL) AND (c.deleted_at IS NULL) AND (c.ended_at IS NULL) AND (c.direction <> 'internal'::text) AND (c.started_at > (now() - '12:00:00'::interval)) AND ((c.answered_at IS NOT NULL) OR (c.started_at > (now() - '01:00:00'::interval))));

CREATE OR REPLACE FUNCTION public.contact_name(p_live_call public.live_calls)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.contact_name(p_live_call.org_id, p_live_call.external_number);
end
$function$;

CREATE VIEW "public"."missed_callers" WITH (security_invoker=true) AS  SELECT m.org_id,
    m.external_number,
    m.state,
    m.first_missed_at,
    m.last_missed_at,
    (floor(EXTRACT(epoch FROM (now() - m.first_missed_at))))::bigint AS age_seconds,
    m.misses,
    m.line_ids,
    m.last_line_id,
    m.last_call_id,
    m.attempts,
    m.last_attempt_at,
    m.last_contact_at,
    m.work_id,
    m.owner_id,
    m.note,
    m.outcome_code,
    m.snoozed_until,
    m.closed_at,
    m.closed_by,
    m.updated_by,
    m.worked_at
   FROM (public.organizations o
     CROSS JOIN LATERAL private.missed_callers_of(o.id, NULL::text) m(org_id, external_number, state, first_missed_at, last_missed_at, misses, line_ids, last_line_id, last_call_id, attempts, last_attempt_at, last_contact_at, work_id, owner_id, note, outcome_code, snoozed_until, closed_at, closed_by, updated_by, worked_at));

CREATE OR REPLACE FUNCTION public.contact_name(p_caller public.missed_callers)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.contact_name(p_caller.org_id, p_caller.external_number);
end
$function$;

CREATE INDEX call_rollups_bucket_idx ON private.call_rollups USING btree (org_id, level, grain, bucket_start);

CREATE UNIQUE INDEX call_rollups_line_key ON private.call_rollups USING btree (org_id, line_id, grain, bucket_start, in_hours) NULLS NOT DISTINCT WHERE (level = 'line'::text);

CREATE UNIQUE INDEX call_rollups_member_key ON private.call_rollups USING btree (org_id, member_id, grain, bucket_start, line_id, in_hours) NULLS NOT DISTINCT WHERE (level = 'member'::text);

CREATE UNIQUE INDEX call_rollups_organization_key ON private.call_rollups USING btree (org_id, grain, bucket_start, in_hours) NULLS NOT DISTINCT WHERE (level = 'organization'::text);

CREATE INDEX document_files_due_idx ON private.document_files USING btree (next_attempt_at);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_mails_org_idx ON private.outbox_mails USING btree (org_id);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_mails_user_idx ON private.outbox_mails USING btree (user_id);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX recording_sources_due_idx ON private.recording_sources USING btree (next_attempt_at) WHERE has_object;

CREATE INDEX stale_periods_org_idx ON private.stale_periods USING btree (org_id, starts_at);

CREATE UNIQUE INDEX alerts_open_idx ON public.alerts USING btree (rule_id) WHERE (cleared_at IS NULL);

CREATE INDEX alerts_org_raised_idx ON public.alerts USING btree (org_id, raised_at DESC, id DESC);

CREATE INDEX alerts_rule_idx ON public.alerts USING btree (org_id, rule_id);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX call_notes_org_created_idx ON public.call_notes USING btree (org_id, created_at DESC, id DESC);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX calls_in_progress_idx ON public.calls USING btree (started_at) WHERE ((outcome IS NULL) AND (deleted_at IS NULL));

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX calls_missed_idx ON public.calls USING btree (org_id, started_at) INCLUDE (external_number, line_id, id) WHERE ((direction = 'inbound'::text) AND (outcome = 'missed'::text) AND (deleted_at IS NULL) AND (external_number IS NOT NULL));

CREATE INDEX documents_expiring_idx ON public.documents USING btree (org_id, stored_at) WHERE (state = 'stored'::text);

CREATE INDEX documents_org_created_idx ON public.documents USING btree (org_id, created_at DESC, id DESC);

CREATE INDEX documents_owner_created_idx ON public.documents USING btree (owner_id, created_at DESC, id DESC);

CREATE INDEX documents_run_idx ON public.documents USING btree (run_id) WHERE (run_id IS NOT NULL);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX member_extensions_extension_idx ON public.member_extensions USING btree (integration_id, extension COLLATE "C");

CREATE INDEX missed_caller_work_closed_by_idx ON public.missed_caller_work USING btree (closed_by);

CREATE INDEX missed_caller_work_org_outcome_code_idx ON public.missed_caller_work USING btree (org_id, outcome_code);

CREATE INDEX missed_caller_work_org_owner_idx ON public.missed_caller_work USING btree (org_id, owner_id);

CREATE INDEX missed_caller_work_updated_by_idx ON public.missed_caller_work USING btree (updated_by);

CREATE INDEX notifications_alert_idx ON public.notifications USING btree (alert_id) WHERE (alert_id IS NOT NULL);

CREATE INDEX notifications_org_idx ON public.notifications USING btree (org_id);

CREATE INDEX notifications_user_created_idx ON public.notifications USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX payments_org_paid_idx ON public.payments USING btree (org_id, paid_at DESC, id DESC);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX recordings_org_voicemail_idx ON public.recordings USING btree (org_id, voicemail_id) WHERE (voicemail_id IS NOT NULL);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX recordings_stored_idx ON public.recordings USING btree (org_id) INCLUDE (size_bytes) WHERE (state = 'stored'::text);

CREATE INDEX report_deliveries_mail_idx ON public.report_deliveries USING btree (mail_id);

CREATE INDEX report_deliveries_org_run_idx ON public.report_deliveries USING btree (org_id, run_id);

CREATE INDEX report_runs_org_created_idx ON public.report_runs USING btree (org_id, created_at DESC, id DESC);

CREATE INDEX report_runs_owner_idx ON public.report_runs USING btree (owner_id);

CREATE UNIQUE INDEX report_runs_period_idx ON public.report_runs USING btree (schedule_id, period_start, period_end) WHERE (NOT is_manual);

CREATE INDEX report_runs_rendering_idx ON public.report_runs USING btree (created_at) WHERE (state = 'rendering'::text);

CREATE INDEX report_runs_schedule_idx ON public.report_runs USING btree (schedule_id, created_at DESC) WHERE (schedule_id IS NOT NULL);

CREATE INDEX report_schedules_due_idx ON public.report_schedules USING btree (next_run_at) WHERE enabled;

CREATE INDEX saved_views_org_idx ON public.saved_views USING btree (org_id);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX sync_jobs_failed_idx ON public.sync_jobs USING btree (org_id, finished_at DESC, id DESC) WHERE (state = 'failed'::text);

CREATE TRIGGER tg_counts_of_calls__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON private.counts_of_calls FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_alert_rules__audit AFTER INSERT OR DELETE OR UPDATE ON public.alert_rules FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_alert_rules__check BEFORE INSERT OR UPDATE OF line_ids, enabled ON public.alert_rules FOR EACH ROW EXECUTE FUNCTION private.tg_alert_rules__check();

CREATE TRIGGER tg_alert_rules__tell_deleted AFTER DELETE ON public.alert_rules REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_alert_rules__tell_inserted AFTER INSERT ON public.alert_rules REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_alert_rules__tell_updated AFTER UPDATE ON public.alert_rules REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_alert_rules__touch BEFORE UPDATE ON public.alert_rules FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_alerts__tell_inserted AFTER INSERT ON public.alerts REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_alerts__tell_updated AFTER UPDATE ON public.alerts REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_alerts__touch BEFORE UPDATE ON public.alerts FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_calls__stale_deleted AFTER DELETE ON public.calls REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_calls__stale();

CREATE TRIGGER tg_calls__stale_inserted AFTER INSERT ON public.calls REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_calls__stale();

CREATE TRIGGER tg_calls__stale_updated AFTER UPDATE ON public.calls REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_calls__stale();

CREATE TRIGGER tg_counted_calls__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.counted_calls FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_documents__leave_file_behind AFTER UPDATE OF state ON public.documents FOR EACH ROW WHEN ((new.state = ANY (ARRAY['failed'::text, 'expired'::text]))) EXECUTE FUNCTION private.tg_documents__leave_file();

CREATE TRIGGER tg_documents__leave_file AFTER DELETE ON public.documents FOR EACH ROW EXECUTE FUNCTION private.tg_documents__leave_file();

CREATE TRIGGER tg_documents__touch BEFORE UPDATE ON public.documents FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_holidays__stale AFTER INSERT OR DELETE OR UPDATE ON public.holidays FOR EACH ROW EXECUTE FUNCTION private.tg_holidays__stale();

CREATE TRIGGER tg_live_calls__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.live_calls FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_missed_caller_work__audit AFTER INSERT OR DELETE OR UPDATE ON public.missed_caller_work FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_missed_caller_work__tell_inserted AFTER INSERT ON public.missed_caller_work REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_missed_caller_work__tell_updated AFTER UPDATE ON public.missed_caller_work REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_missed_caller_work__touch BEFORE UPDATE ON public.missed_caller_work FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_missed_callers__refuse_writes INSTEAD OF INSERT OR DELETE OR UPDATE ON public.missed_callers FOR EACH ROW EXECUTE FUNCTION private.tg_refuse__writes();

CREATE TRIGGER tg_notifications__tell_inserted AFTER INSERT ON public.notifications REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_notifications__tell_updated AFTER UPDATE ON public.notifications REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_organization_settings__stale AFTER INSERT OR DELETE OR UPDATE ON public.organization_settings FOR EACH ROW EXECUTE FUNCTION private.tg_organization_settings__stale();

CREATE TRIGGER tg_organizations__schedules AFTER UPDATE OF time_zone ON public.organizations FOR EACH ROW WHEN ((new.time_zone IS DISTINCT FROM old.time_zone)) EXECUTE FUNCTION private.tg_organizations__schedules();

CREATE TRIGGER tg_organizations__stale AFTER UPDATE OF time_zone ON public.organizations FOR EACH ROW WHEN ((old.time_zone <> new.time_zone)) EXECUTE FUNCTION private.tg_organizations__stale();

CREATE TRIGGER tg_payments__audit AFTER INSERT OR DELETE OR UPDATE ON public.payments FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id');

CREATE TRIGGER tg_payments__touch BEFORE UPDATE ON public.payments FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_report_runs__tell_inserted AFTER INSERT ON public.report_runs REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_report_runs__tell_updated AFTER UPDATE ON public.report_runs REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_report_runs__touch BEFORE UPDATE ON public.report_runs FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_report_schedules__audit AFTER INSERT OR DELETE OR UPDATE ON public.report_schedules FOR EACH ROW EXECUTE FUNCTION private.tg_audit('id', 'next_run_at');

CREATE TRIGGER tg_report_schedules__check BEFORE INSERT OR UPDATE OF report, parameters ON public.report_schedules FOR EACH ROW EXECUTE FUNCTION private.tg_report_schedules__check();

CREATE TRIGGER tg_report_schedules__plan BEFORE INSERT OR UPDATE OF enabled, frequency, weekday, day_of_month, local_time ON public.report_schedules FOR EACH ROW EXECUTE FUNCTION private.tg_report_schedules__plan();

CREATE TRIGGER tg_report_schedules__tell_deleted AFTER DELETE ON public.report_schedules REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_report_schedules__tell_inserted AFTER INSERT ON public.report_schedules REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_report_schedules__tell_updated AFTER UPDATE ON public.report_schedules REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION private.tg_tell_changed();

CREATE TRIGGER tg_report_schedules__touch BEFORE UPDATE ON public.report_schedules FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE TRIGGER tg_saved_views__one_at_a_time BEFORE INSERT OR UPDATE OF is_default ON public.saved_views FOR EACH STATEMENT EXECUTE FUNCTION private.tg_saved_views__one_at_a_time();

CREATE TRIGGER tg_saved_views__one_default_insert AFTER INSERT ON public.saved_views REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_saved_views__one_default();

CREATE TRIGGER tg_saved_views__one_default_update AFTER UPDATE ON public.saved_views REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.tg_saved_views__one_default();

CREATE TRIGGER tg_saved_views__touch BEFORE UPDATE ON public.saved_views FOR EACH ROW EXECUTE FUNCTION private.tg_touch__updated_at();

CREATE POLICY "call_rollups_select_api_keys" ON "private"."call_rollups" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "call_rollups_select_visible" ON "private"."call_rollups" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.org_ids_read_in_full() AS org_ids_read_in_full))) OR (line_id = ANY (ARRAY( SELECT private.my_line_ids() AS my_line_ids))) OR (member_id = ANY (ARRAY( SELECT private.my_member_ids() AS my_member_ids)))));

CREATE POLICY "stale_periods_select_api_keys" ON "private"."stale_periods" FOR SELECT TO "api_reader" USING ((org_id = ANY (ARRAY( SELECT private.api_org_ids('calls:read'::text) AS api_org_ids))));

CREATE POLICY "stale_periods_select_members" ON "private"."stale_periods" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))));

CREATE POLICY "alerts_select_owner" ON "public"."alerts" FOR SELECT TO "authenticated" USING ((rule_id IN ( SELECT r.id
   FROM public.alert_rules r)));

CREATE POLICY "documents_select_owner" ON "public"."documents" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))))));

CREATE POLICY "kpi_definitions_select_all" ON "public"."kpi_definitions" FOR SELECT TO "authenticated" USING (true);

CREATE POLICY "kpi_definitions_select_api_keys" ON "public"."kpi_definitions" FOR SELECT TO "api_reader" USING ((ARRAY( SELECT private.api_org_ids() AS api_org_ids) <> '{}'::uuid[]));

CREATE POLICY "missed_caller_work_select_workers" ON "public"."missed_caller_work" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR (EXISTS ( SELECT
   FROM public.calls c
  WHERE ((c.org_id = missed_caller_work.org_id) AND (c.external_number = missed_caller_work.external_number) AND (c.line_id = ANY (ARRAY( SELECT private.my_line_ids() AS my_line_ids))) AND (c.direction = 'inbound'::text) AND (c.outcome = 'missed'::text) AND (c.deleted_at IS NULL))))));

CREATE POLICY "notifications_delete_self" ON "public"."notifications" FOR DELETE TO "authenticated" USING (((user_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids)))));

CREATE POLICY "notifications_select_self" ON "public"."notifications" FOR SELECT TO "authenticated" USING (((user_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids)))));

CREATE POLICY "notifications_update_self" ON "public"."notifications" FOR UPDATE TO "authenticated" USING (((user_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids)))));

CREATE POLICY "payments_delete_platform" ON "public"."payments" FOR DELETE TO "authenticated" USING (( SELECT private.is_platform_admin() AS is_platform_admin));

CREATE POLICY "payments_insert_platform" ON "public"."payments" FOR INSERT TO "authenticated" WITH CHECK (( SELECT private.is_platform_admin() AS is_platform_admin));

CREATE POLICY "payments_select_admins" ON "public"."payments" FOR SELECT TO "authenticated" USING ((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))));

CREATE POLICY "payments_update_platform" ON "public"."payments" FOR UPDATE TO "authenticated" USING (( SELECT private.is_platform_admin() AS is_platform_admin));

CREATE POLICY "report_deliveries_select_owner" ON "public"."report_deliveries" FOR SELECT TO "authenticated" USING ((run_id IN ( SELECT r.id
   FROM public.report_runs r)));

CREATE POLICY "report_runs_select_owner" ON "public"."report_runs" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

CREATE POLICY "reports_select_documents" ON "storage"."objects" FOR SELECT TO "authenticated" USING (((bucket_id = 'reports'::text) AND (name = ANY (ARRAY( SELECT private.my_document_names() AS my_document_names))) AND (COALESCE(NULLIF(current_setting('storage.operation'::text, true), ''::text), 'object.get_authenticated'::text) ~~ '%object.get_authenticated%'::text)));

COMMENT ON COLUMN "private"."call_rollups"."answered_waits" IS 'How many answered calls waited, by private.wait_edges(): up to the first edge, up to the second …, longer than the last. Null: none of known wait.';

COMMENT ON COLUMN "private"."call_rollups"."bucket_start" IS 'As private.bucket_start tells it in the organization''s time zone.';

COMMENT ON COLUMN "private"."call_rollups"."in_hours" IS 'Whether the calls started in business hours; null where none were set.';

COMMENT ON COLUMN "private"."call_rollups"."line_id" IS 'Null at the level of lines counts the calls without one.';

COMMENT ON COLUMN "private"."call_rollups"."member_id" IS 'At the level of members: whose legs; null counts the calls in which nobody has one. A call of two members counts for both.';

COMMENT ON COLUMN "private"."call_rollups"."missed_waits" IS 'How many missed calls waited: less than the first edge, less than the second …, the last edge or longer.';

COMMENT ON COLUMN "private"."document_files"."has_object" IS 'Whether there may be an object in Storage: from the first attempt on, until it was removed.';

COMMENT ON COLUMN "private"."document_files"."is_wanted" IS 'False once the document is gone, has expired or could not be made.';

COMMENT ON COLUMN "private"."outbox_mails"."details" IS 'What it tells; of an invitation, the invitation tells.';

COMMENT ON COLUMN "private"."outbox_mails"."org_id" IS 'The organization that the letter is about; of an invitation, the invitation tells.';

COMMENT ON COLUMN "private"."outbox_mails"."user_id" IS 'The person it is for, where it is one of the organization''s; null for a mere address.';

COMMENT ON COLUMN "private"."received_deliveries"."retry_at" IS 'Not before then; put off where the delivery could not be kept, see error.';

COMMENT ON COLUMN "public"."alert_rules"."audience" IS 'Who is told, each by the channel they chose: owner; admins (the owner, and the organization''s admins); managers (these, and managers who have all lines it is about).';

COMMENT ON COLUMN "public"."alert_rules"."clear_after_minutes" IS 'And only after it has stayed good for so long.';

COMMENT ON COLUMN "public"."alert_rules"."clear_threshold" IS 'An episode is over only where the value is back here: of sla at least so much, of the others less than this. Null: as the threshold.';

COMMENT ON COLUMN "public"."alert_rules"."kind" IS 'sla (service level of the last window_minutes below threshold), queue (so many callers waiting), longest_wait (seconds that somebody has been waiting), missed_burst (so many missed calls in window_minutes), sync_stale (minutes since calls were pulled), failed_events (so many deliveries that failed in window_minutes).';

COMMENT ON COLUMN "public"."alert_rules"."line_ids" IS 'Only these lines, of those the owner sees; null: all of them.';

COMMENT ON COLUMN "public"."alert_rules"."min_calls" IS 'An sla is judged only where so many calls of known wait were offered.';

COMMENT ON COLUMN "public"."alert_rules"."quiet_from" IS 'From this time of the organization''s clock until quiet_to e-mails are held back; what is told in the dashboard is not. May run over midnight.';

COMMENT ON COLUMN "public"."alert_rules"."stopped_at" IS 'When the product stopped it by itself, and in stopped_reason why.';

COMMENT ON COLUMN "public"."alert_rules"."threshold" IS 'From here on it is bad; of sla a share, below which it is: null is the organization''s target. Of the others a number that is reached.';

COMMENT ON COLUMN "public"."alerts"."cleared_at" IS 'Null while it lasts.';

COMMENT ON COLUMN "public"."alerts"."good_since" IS 'Since when it has been good again, until it is taken for over.';

COMMENT ON COLUMN "public"."alerts"."value" IS 'What it was when it was noticed.';

COMMENT ON COLUMN "public"."alerts"."worst_value" IS 'The worst that was seen while it lasted.';

COMMENT ON COLUMN "public"."documents"."owner_id" IS 'Who asked for it, or whose schedule did; it shows what this person may see.';

COMMENT ON COLUMN "public"."documents"."parameters" IS 'from, to, line_ids, member_ids, in_hours, and for calls the filters of report_calls.';

COMMENT ON COLUMN "public"."documents"."reason" IS 'Why it failed or is gone, in words; while it is queued, what went wrong last.';

COMMENT ON COLUMN "public"."documents"."report" IS 'summary, days, hours, lines, members, sla or calls: the columns are those of the report function of that name.';

COMMENT ON COLUMN "public"."documents"."run_id" IS 'The run of a schedule that it belongs to; null when a person asked for it.';

COMMENT ON COLUMN "public"."documents"."sha256" IS 'Of the file as stored.';

COMMENT ON COLUMN "public"."documents"."size_bytes" IS 'Of the file as stored.';

COMMENT ON COLUMN "public"."documents"."state" IS 'queued, rendering, stored, failed (see reason), or expired: its file was kept for as long as the organization wants.';

COMMENT ON COLUMN "public"."documents"."title" IS 'The report''s name; a file name can be made of it.';

COMMENT ON COLUMN "public"."kpi_definitions"."adds_up" IS 'Whether the figures of a range''s parts add up to that of the range.';

COMMENT ON COLUMN "public"."kpi_definitions"."denominator_filter" IS 'The filter whose rows the denominator counts; null where it counts none.';

COMMENT ON COLUMN "public"."kpi_definitions"."direction" IS 'up where more is good, down where less is, none where neither is said.';

COMMENT ON COLUMN "public"."kpi_definitions"."known_filter" IS 'The filter whose rows known counts.';

COMMENT ON COLUMN "public"."kpi_definitions"."kpi" IS 'As the KPI functions name it.';

COMMENT ON COLUMN "public"."kpi_definitions"."numerator" IS 'What the rows of numerator_filter come to, as PostgREST writes aggregates: count(), wait_seconds.sum(), wait_seconds.max(); a column alone is what a percentile is taken of.';

COMMENT ON COLUMN "public"."kpi_definitions"."numerator_filter" IS 'The filter, for PostgREST, whose rows make the numerator. {peak_at} stands for what the function tells beside the figure.';

COMMENT ON COLUMN "public"."kpi_definitions"."population" IS 'What total counts.';

COMMENT ON COLUMN "public"."kpi_definitions"."rows_of" IS 'What is read to see the rows behind a figure: a view, or a function that is asked the same; null where no rows are. To a view add
org_id=eq.…&started_at=gte.<p_from>&started_at=lt.<p_to>, and as asked line_id=in.(…), member_ids=ov.{…}, is_in_hours=is.true; a line''s are line_id=eq.…,
a member''s member_ids=cs.{…}, an hour of the week''s weekday=eq.…&hour=eq.…. Of messages the time is sent_at, and the line all that can be asked for.';

COMMENT ON COLUMN "public"."kpi_definitions"."source" IS 'Where the facts come from, and so when it is not measurable.';

COMMENT ON COLUMN "public"."kpi_definitions"."told_by" IS 'The functions that tell it.';

COMMENT ON COLUMN "public"."kpi_definitions"."total_filter" IS 'The filter whose rows total counts.';

COMMENT ON COLUMN "public"."kpi_definitions"."unit" IS 'share is between 0 and 1; calls, callers, messages, agents and days are counted; calls_per_caller and calls_per_minute are quotients; cents are minor units of a currency.';

COMMENT ON COLUMN "public"."kpi_definitions"."version" IS 'One more with each change of the formula; every answer names it as definition_version.';

COMMENT ON COLUMN "public"."missed_caller_work"."closed_at" IS 'When somebody closed it without having reached the caller; a later miss opens a new one.';

COMMENT ON COLUMN "public"."missed_caller_work"."missed_at" IS 'Start of the first missed call it is about.';

COMMENT ON COLUMN "public"."missed_caller_work"."outcome_code" IS 'What came of it, one of the organization''s outcome codes.';

COMMENT ON COLUMN "public"."missed_caller_work"."owner_id" IS 'The member who looks after it.';

COMMENT ON COLUMN "public"."missed_caller_work"."snoozed_at" IS 'When that was said.';

COMMENT ON COLUMN "public"."missed_caller_work"."snoozed_until" IS 'Until when nobody needs to look, unless the caller is missed again.';

COMMENT ON COLUMN "public"."missed_caller_work"."updated_by" IS 'The user who changed it last.';

COMMENT ON COLUMN "public"."notifications"."kind" IS 'The event, as it is named in profile_settings.notification_channels: sla_breached, queue_long, wait_long, missed_burst, sync_stale, failed_events, schedule_stopped or report_failed. One that is not set there comes both here and by e-mail.';

COMMENT ON COLUMN "public"."notifications"."link" IS 'The page of the dashboard that tells more.';

COMMENT ON COLUMN "public"."notifications"."resolved_at" IS 'Since when it is over, where it is about something that lasts.';

COMMENT ON COLUMN "public"."payments"."amount_cents" IS 'In minor units of the currency: cents of USD, but whole yen of JPY. Below zero where money was given back.';

COMMENT ON COLUMN "public"."payments"."currency" IS 'An ISO 4217 code, such as USD.';

COMMENT ON COLUMN "public"."payments"."paid_at" IS 'The instant of payment, which decides the day and the month that it counts in.';

COMMENT ON COLUMN "public"."payments"."reference" IS 'What the bank or the payment service calls it.';

COMMENT ON COLUMN "public"."recordings"."integration_id" IS 'The call''s or the voicemail''s.';

COMMENT ON COLUMN "public"."recordings"."org_id" IS 'The call''s or the voicemail''s: one of the two keys always holds.';

COMMENT ON COLUMN "public"."report_deliveries"."error" IS 'The mail server''s last answer that was not a yes.';

COMMENT ON COLUMN "public"."report_deliveries"."mail_id" IS 'The letter in the outbox, while it is kept there.';

COMMENT ON COLUMN "public"."report_runs"."document_ids" IS 'The documents made, see documents; one may have been deleted since.';

COMMENT ON COLUMN "public"."report_runs"."error" IS 'What went wrong, in words: also where it was sent, but not all of it or not to everybody.';

COMMENT ON COLUMN "public"."report_runs"."is_manual" IS 'Whether somebody asked for it then, by send_report_now or email_document.';

COMMENT ON COLUMN "public"."report_runs"."owner_id" IS 'As whose visibility it was made.';

COMMENT ON COLUMN "public"."report_runs"."period_start" IS 'What the report is about: [period_start, period_end).';

COMMENT ON COLUMN "public"."report_runs"."schedule_id" IS 'Null where somebody sent a document by email_document.';

COMMENT ON COLUMN "public"."report_runs"."sent_at" IS 'When the last letter had left; when the documents were there, where it has no recipients.';

COMMENT ON COLUMN "public"."report_runs"."state" IS 'rendering (its documents are made), sending (its letters are under way, see report_deliveries), sent (to all that could be reached), or failed.';

COMMENT ON COLUMN "public"."report_schedules"."day_of_month" IS 'On which day a monthly report is made; the last one where a month is shorter.';

COMMENT ON COLUMN "public"."report_schedules"."formats" IS 'pdf, csv or both: a document of each is made and attached.';

COMMENT ON COLUMN "public"."report_schedules"."frequency" IS 'daily tells of the day before, weekly of the last whole week from Monday, monthly of the last whole month.';

COMMENT ON COLUMN "public"."report_schedules"."local_time" IS 'By the organization''s clock. A time that the clock skips is the first instant after; one that comes twice is the first of the two.';

COMMENT ON COLUMN "public"."report_schedules"."next_run_at" IS 'When it is made next; null while it is not enabled.';

COMMENT ON COLUMN "public"."report_schedules"."parameters" IS 'Filters, as create_document takes them, without from and to: the period gives these.';

COMMENT ON COLUMN "public"."report_schedules"."recipients" IS 'Up to twenty e-mail addresses; each gets a letter of its own. With none the documents are made, and kept.';

COMMENT ON COLUMN "public"."report_schedules"."report" IS 'As in documents: summary, days, hours, lines, members, sla or calls.';

COMMENT ON COLUMN "public"."report_schedules"."stopped_at" IS 'When the product stopped it by itself, and in stopped_reason why.';

COMMENT ON COLUMN "public"."report_schedules"."weekday" IS 'On which weekday a weekly report is made; 1 is Monday.';

COMMENT ON COLUMN "public"."retention_settings"."document_days" IS 'From when the file was stored.';

COMMENT ON COLUMN "public"."saved_views"."filters" IS 'As in the page''s address.';

COMMENT ON COLUMN "public"."saved_views"."is_default" IS 'The one its page opens with; setting one takes it from the one before.';

COMMENT ON COLUMN "public"."saved_views"."org_id" IS 'Null: offered whatever organization is chosen.';

COMMENT ON COLUMN "public"."saved_views"."page" IS 'The page it is of, as the dashboard calls it: calls, reports-days.';

COMMENT ON DOMAIN "public"."text/csv" IS 'A CSV as it is, for PostgREST to send with this media type.';

COMMENT ON FUNCTION "private"."active_admin_ids"(uuid) IS 'Users who are active admins of the organization.';

COMMENT ON FUNCTION "private"."advance_report_run"(uuid, timestamp with time zone) IS 'Sends a run''s documents once the last of them is stored or has failed; till then it does nothing.';

COMMENT ON FUNCTION "private"."after_quiet_hours"(timestamp with time zone, text, time without time zone, time without time zone) IS 'When a letter may leave that is written now: now, or once the quiet hours are over by the clock of the zone.';

COMMENT ON FUNCTION "private"."agents_needed"(double precision, double precision, double precision, double precision) IS 'The fewest agents with whom the share of calls answered in time meets the target, by Erlang C.';

COMMENT ON FUNCTION "private"."alert_audience"(public.alert_rules) IS 'Users whom a rule tells.';

COMMENT ON FUNCTION "private"."alert_lines"(public.alert_rules) IS 'The lines that a rule about calls is about.';

COMMENT ON FUNCTION "private"."alert_moments"(uuid, timestamp with time zone, timestamp with time zone, uuid, integer) IS 'When the alerts that the caller reads were raised and cleared, the newest first. Apart from activity, as API keys may not so much as ask.';

COMMENT ON FUNCTION "private"."alert_value"(public.alert_rules, timestamp with time zone) IS 'What a rule goes by, now and as its owner sees it; null where it cannot be measured.';

COMMENT ON FUNCTION "private"."alert_words"(public.alert_rules, numeric, numeric) IS 'What people are told when a rule is broken.';

COMMENT ON FUNCTION "private"."apply_received_deliveries"(integer) IS 'Keeps and applies deliveries that were acknowledged before, oldest first and at most so many, and returns how many: 0 when none wait, null while another does it. One that cannot be kept stays, with the reason.';

COMMENT ON FUNCTION "private"."are_recipients"(text[]) IS 'Whether these are up to twenty e-mail addresses, each once.';

COMMENT ON FUNCTION "private"."begin_report"(uuid, timestamp with time zone, timestamp with time zone, boolean, text) IS 'Checks what every report is asked, and tells the organizations and the time zone it is about.';

COMMENT ON FUNCTION "private"."boundary_after"(timestamp with time zone, text, text) IS 'The first boundary of local hours or days at or after an instant.';

COMMENT ON FUNCTION "private"."boundary_before"(timestamp with time zone, text, text) IS 'The last boundary of local hours or days at or before an instant.';

COMMENT ON FUNCTION "private"."buckets"(timestamp with time zone, timestamp with time zone, text, text) IS 'The local hours, days, weeks or months that a range meets, each with the part of it that lies in the range.';

COMMENT ON FUNCTION "private"."call_figures_as_owner"(public.alert_rules, timestamp with time zone, timestamp with time zone) IS 'What a rule about calls goes by, seen with the rights of role authenticated, which owns the function, and the claims of the moment.';

COMMENT ON FUNCTION "private"."call_list"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamp with time zone, uuid, integer) IS 'The ended calls that the caller may see and the filters leave, latest first.';

COMMENT ON FUNCTION "private"."callers"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, interval) IS 'Who called in a range, one row per number and one (null) for all who are not identified, and when those missed were reached within the window.';

COMMENT ON FUNCTION "private"."change_missed_caller"(uuid, text, jsonb, timestamp with time zone) IS 'Changes what is done about a missed caller: take, owner_id, note, outcome_code, until, is_closed. The caller''s right, and that there is somebody to reach on their lines, are checked inside.';

COMMENT ON FUNCTION "private"."claim_document"(text, timestamp with time zone) IS 'The next document that this worker should make, with a lease of ten minutes. No row: nothing to do.';

COMMENT ON FUNCTION "private"."claim_document_removal"(text, timestamp with time zone) IS 'Lets documents expire whose file was kept for its time, and gives this worker the next of those, or of removed and failed ones, whose file Storage should remove. No row: nothing to do.';

COMMENT ON FUNCTION "private"."clear_alerts"(uuid[], timestamp with time zone) IS 'Ends episodes, and says so where people were told of them.';

COMMENT ON FUNCTION "private"."compared_ranges"(timestamp with time zone, timestamp with time zone, text, text, timestamp with time zone) IS 'What a range is compared with: the one before, the same hours one to four weeks earlier, or each of the 28 days before (while no more than a day of the range has passed its hours, else whole days).';

COMMENT ON FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, boolean, text, boolean) IS 'Counts the ended calls that the caller may see: per bucket of the grain (null: all together), by organization, line or member (each with its organization) or not, from rollups wherever they are fresh. p_in_hours: null all, or those in or out of business hours. By member a call counts for each one with a leg. p_with_waits: with the histograms that make it up, one after the other, and the bins of what was counted call by call.';

COMMENT ON FUNCTION "private"."count_pieces"(uuid[], timestamp with time zone, timestamp with time zone, text, boolean, boolean) IS 'Takes a range apart into whole local days, whole local hours, and what has to be counted call by call: ragged ends, and what is stale. p_time_zone: whose days and hours the counts are told by; null where they are not told apart.';

COMMENT ON FUNCTION "private"."count_sources"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, text) IS 'From where the counts that are asked for come: the level of the rollups, the pieces of time for each source and from when to when calls are counted, the lines whose rollups to read (null: all), and the caller''s own memberships.';

COMMENT ON FUNCTION "private"."count_waits"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) IS 'How many of the calls that private.count_calls counts waited how long, per bin of the histograms (see call_rollups).';

COMMENT ON FUNCTION "private"."create_document"(uuid, text, text, jsonb) IS 'Queues a document for the caller and writes that into the audit trail; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."csv_cell"(text) IS 'A text as a cell of a CSV: a text to spreadsheets too, in quotes where it needs them.';

COMMENT ON FUNCTION "private"."data_through"(uuid[], text) IS 'Until when the history (of calls, or messages) of all accounts that serve these organizations has been read; null while one never was.';

COMMENT ON FUNCTION "private"."delete_document"(uuid) IS 'Removes a document, and leaves its file for the sync script to remove; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."document_source"(uuid, text, timestamp with time zone) IS 'What goes into a document that this worker has claimed, as its owner may see it now: the CSV, or the source of the PDF, or why there is none.';

COMMENT ON FUNCTION "private"."duration_name"(bigint) IS 'Seconds in words: 1 h 5 min, 3 min 20 s.';

COMMENT ON FUNCTION "private"."elapsed_minutes"(timestamp with time zone, timestamp with time zone) IS 'Minutes of the range that have passed by now.';

COMMENT ON FUNCTION "private"."email_document"(uuid, text[]) IS 'Queues letters with a document and writes that into the audit trail; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."erlang_c"(double precision, integer) IS 'The probability that a call waits, of so many erlangs offered to so many agents (Erlang C); 1 where they never catch up.';

COMMENT ON FUNCTION "private"."evaluate_alert_rule"(public.alert_rules, timestamp with time zone) IS 'Looks at one rule: begins an episode, and tells of it once, or ends one. Returns 1 where it did.';

COMMENT ON FUNCTION "private"."evaluate_alerts"(timestamp with time zone, integer) IS 'Looks at the alert rules whose turn it is, each every twenty seconds, whatever number of workers ask; returns how many episodes began or ended.';

COMMENT ON FUNCTION "private"."events_through"(uuid[]) IS 'When the last delivery came that told of these organizations; null where none ever did.';

COMMENT ON FUNCTION "private"."fail_report_run"(uuid, text, timestamp with time zone) IS 'Ends a run that came to nothing, and tells its owner why.';

COMMENT ON FUNCTION "private"."finish_document"(uuid, text, text, text, bigint, bytea, timestamp with time zone) IS 'Ends the making of a document: stored, failed for good, or to be tried again (in 1, 5, 15 minutes, 1, 4 hours; then it failed). False when it went to another worker.';

COMMENT ON FUNCTION "private"."finish_document_removal"(uuid, text, text, timestamp with time zone) IS 'The file is gone; with an error it is tried again in a quarter of an hour.';

COMMENT ON FUNCTION "private"."fold_organization"(uuid, integer, timestamp with time zone) IS 'Recounts an organization''s stale days, the newest within so many days of each other, and tells how many. The caller holds the lock of folds.';

COMMENT ON FUNCTION "private"."fold_rollups"(integer, timestamp with time zone) IS 'Recounts up to so many stale days of the organization that has waited longest, and tells how many; 0 where nothing is left to do, or another fold is at it.';

COMMENT ON FUNCTION "private"."forget_expired"(timestamp with time zone) IS 'Removes grants, counted minutes, tokens, letters, notifications and idempotency keys that are of no use any more, and tells how many.';

COMMENT ON FUNCTION "private"."has_common_hours"(text, text, timestamp with time zone, timestamp with time zone) IS 'Whether the hours of two time zones begin at the same instants, as they do where the zones are whole hours apart.';

COMMENT ON FUNCTION "private"."histogram"(integer[]) IS 'How often each bin comes, as an array with a place for every bin; null where it never does.';

COMMENT ON FUNCTION "private"."hour_shown"(timestamp with time zone, text) IS 'Which hour the clock shows when a local hour, told by private.bucket_start, begins.';

COMMENT ON FUNCTION "private"."hours_of_week"(timestamp with time zone, timestamp with time zone, text, timestamp with time zone) IS 'How often each hour of the local week had begun in the range by now, and for how many minutes: a change of clocks leaves an hour out, or brings it twice.';

COMMENT ON FUNCTION "private"."ingest_deliveries"(private.received_deliveries[]) IS 'Keeps deliveries and applies them, in the caller''s transaction; tells what became of each.';

COMMENT ON FUNCTION "private"."instant_at"(timestamp without time zone, text) IS 'When the clock of a zone shows this: the first of two times, and where the clock skips it, the first instant after.';

COMMENT ON FUNCTION "private"."is_boundary"(timestamp with time zone, text, text) IS 'Whether every instant before it falls into a local hour or day that begins before it, and no later one does.';

COMMENT ON FUNCTION "private"."is_in_charge"(uuid, uuid) IS 'Whether this user may now have reports sent and rules watched in the organization: a manager, an admin, or one of the operator''s people.';

COMMENT ON FUNCTION "private"."keep_deliveries"(private.received_deliveries[]) IS 'Puts deliveries into webhook_events, read, once each, and tells what is kept of each in their order; those of an integration that is gone are left out. Whoever calls it applies them.';

COMMENT ON FUNCTION "private"."kpi_columns"(private.call_counts) IS 'The values of kpi_values as columns; without counts, those of no calls.';

COMMENT ON FUNCTION "private"."kpi_scope"(uuid, timestamp with time zone, timestamp with time zone, boolean, text) IS 'Checks what every KPI function is asked, and tells the organizations and the time zone it is about. Several organizations are told in UTC.';

COMMENT ON FUNCTION "private"."kpi_values"(private.call_counts, numeric) IS 'The formula of every KPI, once: rates between 0 and 1, durations in seconds, null where 0 / 0 or nothing is known.';

COMMENT ON FUNCTION "private"."kpis_as_object"(uuid[], timestamp with time zone, timestamp with time zone) IS 'The KPIs of a range over several organizations, by name; the same values as kpi_summary''s.';

COMMENT ON FUNCTION "private"."kpis_by"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text) IS 'The KPIs of a range for each organization, line or member that has calls in it.';

COMMENT ON FUNCTION "private"."last_run"(public.report_schedules, text, timestamp with time zone) IS 'When a schedule should have run last, and on which local day.';

COMMENT ON FUNCTION "private"."local_midnight"(timestamp without time zone, text) IS 'The instant at which a local day begins.';

COMMENT ON FUNCTION "private"."local_time"(timestamp with time zone, text) IS 'An instant as the clock on the wall showed it.';

COMMENT ON FUNCTION "private"."lock_call_slots"(uuid[], text[]) IS 'Locks calls, in one order for all writers. Pairs of integration and provider id.';

COMMENT ON FUNCTION "private"."lock_numbers_of_calls"(uuid[], text[]) IS 'Locks the phone numbers that calls may belong to, in one order for all writers. The caller holds the calls (lock_call_slots).';

COMMENT ON FUNCTION "private"."mail_details"(private.outbox_mails, timestamp with time zone) IS 'All that the sync script needs to write a letter: what is told, where the dashboard is, the documents to attach, and whether it is not due any more.';

COMMENT ON FUNCTION "private"."mail_is_over"(private.outbox_mails, timestamp with time zone) IS 'Whether a letter is not to be sent any more: it is three days late, its organization is closed, or whoever it is for, or whose report it is, has not the right any more.';

COMMENT ON FUNCTION "private"."make_stale"(uuid, timestamp with time zone, timestamp with time zone) IS 'Has an organization''s calls of a range counted anew.';

COMMENT ON FUNCTION "private"."missed_callers_of"(uuid, text) IS 'The worklist of an organization, as far as the caller works on it, or one number of it. An agent is told that a caller was reached on whatever line, and no more of it.';

COMMENT ON FUNCTION "private"."my_document_names"() IS 'Names of the objects in the bucket reports that the caller may fetch now: the documents they read.';

COMMENT ON FUNCTION "private"."my_report_schedule"(uuid) IS 'Locks a schedule that the caller may work with, or says that there is none.';

COMMENT ON FUNCTION "private"."next_run_at"(public.report_schedules, text, timestamp with time zone) IS 'When a schedule runs next after an instant.';

COMMENT ON FUNCTION "private"."note_unfinished_call"(uuid, text, text, boolean, timestamp with time zone, timestamp with time zone) IS 'Notes that the provider was asked for a call in progress, to ask again in 10, 20, 40 minutes, at most 6 hours. One that it does not know a day after its start is over and counts in no figure, unless it is listed one day; true then.';

COMMENT ON FUNCTION "private"."notify_people"(uuid[], uuid, text, text, text, text, text, uuid, timestamp with time zone, timestamp with time zone) IS 'Tells these people something, each by the channel they chose for this kind of event: in the dashboard at once, by e-mail from p_mail_at on.';

COMMENT ON FUNCTION "private"."number_fragment"(text) IS 'Part of a phone number as people write it, as the digits that are searched for.';

COMMENT ON FUNCTION "private"."owner_problem"(uuid, uuid) IS 'Why what this user owns in the organization cannot go on, in words; null where it can.';

COMMENT ON FUNCTION "private"."period_name"(timestamp with time zone, timestamp with time zone, text) IS 'A range of local days in words.';

COMMENT ON FUNCTION "private"."queue_document"(uuid, uuid, text, text, jsonb, uuid) IS 'A document to be made with the eyes of its owner, for a run of a schedule or, with null, for a person; returns its id.';

COMMENT ON FUNCTION "private"."queue_letter"(text, text, uuid, uuid, jsonb, timestamp with time zone) IS 'Puts a letter about an organization in the outbox, to leave at p_run_after, and wakes the workers.';

COMMENT ON FUNCTION "private"."read_deliveries"(jsonb[]) IS 'Deliveries {integration_id, body, received_at} as they may be stored, in their order: without the account''s key, and with what tells that one came before.';

COMMENT ON FUNCTION "private"."rebuild_rollup"(uuid, timestamp with time zone, timestamp with time zone) IS 'Recounts an organization''s calls of a range from scratch, in one transaction, and tells how many days: for operators.';

COMMENT ON FUNCTION "private"."receive_deliveries"(jsonb) IS 'The delivery door when many come at once: stores an array of authenticated deliveries {integration_id, body, received_at}, to be kept and applied by apply_received_deliveries, and returns the places of those whose integration there is.';

COMMENT ON FUNCTION "private"."record_report_export"(uuid, text, jsonb) IS 'Notes that the caller takes a report away; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."recordings_of_calls"(public.calls[]) IS 'The recordings of calls that are said to have one, in their order.';

COMMENT ON FUNCTION "private"."recount"(uuid, timestamp with time zone, timestamp with time zone) IS 'What the rollups of whole local days have to hold, counted call by call. By member a call counts for each one with a leg.';

COMMENT ON FUNCTION "private"."release_document"(uuid, text, timestamp with time zone) IS 'Gives a document back untried, for instance when Storage is away; the attempt does not count.';

COMMENT ON FUNCTION "private"."report_as_owner"(uuid, text, jsonb, boolean) IS 'What goes into a document, seen with the rights of role authenticated, which owns it, and the claims of the moment: the CSV as a JSON string, or the source.';

COMMENT ON FUNCTION "private"."report_chart"(uuid, text, private.report_parameters) IS 'The course of the calls over a document''s period: by hour, day, week or month, whichever can be looked at.';

COMMENT ON FUNCTION "private"."report_columns"(text) IS 'The columns of a report in their order, which a CSV keeps: name, heading, and what its values are.';

COMMENT ON FUNCTION "private"."report_csv"(uuid, text, jsonb, integer) IS 'A report as CSV (RFC 4180): the rows and columns of its function, texts made safe for spreadsheets, nothing for null.';

COMMENT ON FUNCTION "private"."report_parameters"(text, jsonb) IS 'Reads what a report is asked for; refuses what cannot be read or is unknown.';

COMMENT ON FUNCTION "private"."report_period"(text, date, text) IS 'What a report that runs on this local day is about: the day before, the last whole week from Monday, or the last whole month.';

COMMENT ON FUNCTION "private"."report_rows"(uuid, text, private.report_parameters, integer) IS 'The rows of a report as its function answers them, in its order: one source for the screen, the CSV, the PDF and the e-mail.';

COMMENT ON FUNCTION "private"."report_section"(uuid, text, private.report_parameters) IS 'A table of a document: headings and rows.';

COMMENT ON FUNCTION "private"."report_source"(uuid, text, jsonb) IS 'All that a document says, as the caller may see it: the tables are the rows of the report functions, the figures those of kpi_summary.';

COMMENT ON FUNCTION "private"."report_title"(text) IS 'What a report is called; null where there is none of this name.';

COMMENT ON FUNCTION "private"."require_business_hours"(uuid[], timestamp with time zone, timestamp with time zone) IS 'Refuses to tell calls in business hours apart where none of these organizations has any.';

COMMENT ON FUNCTION "private"."require_days"(timestamp with time zone, timestamp with time zone, text, integer) IS 'Refuses a range of more than so many days by the local clock, where every call is read.';

COMMENT ON FUNCTION "private"."require_grain"(timestamp with time zone, timestamp with time zone, text) IS 'Refuses a series of more buckets than anybody looks at, and names the nearest grain that fits.';

COMMENT ON FUNCTION "private"."require_kpis"(text[]) IS 'Refuses names that no KPI has; null asks for all.';

COMMENT ON FUNCTION "private"."require_staffing"(numeric, numeric, numeric, numeric) IS 'Refuses targets that no number of agents means anything to.';

COMMENT ON FUNCTION "private"."require_unarchived"(uuid) IS 'Refuses what is not done for a closed organization.';

COMMENT ON FUNCTION "private"."require_window"(integer) IS 'Refuses to wait for callbacks forever, or not at all.';

COMMENT ON FUNCTION "private"."run_times"(text, integer, integer, time without time zone, text, date, date) IS 'When a schedule runs on these local days. In a month that is too short it runs on the last day.';

COMMENT ON FUNCTION "private"."send_report_now"(uuid) IS 'Runs a schedule for its last period, whether it has run or not; the caller''s right is checked inside.';

COMMENT ON FUNCTION "private"."send_report_run"(uuid, timestamp with time zone) IS 'Puts a run''s letters in the outbox, one for each recipient.';

COMMENT ON FUNCTION "private"."serving_integration_ids"(uuid) IS 'Accounts that an organization''s calls come from: its own, and those of numbers it has now.';

COMMENT ON FUNCTION "private"."settle_report_run"(uuid, timestamp with time zone) IS 'Ends a run once none of its letters is under way any more, and tells its owner whom it did not reach.';

COMMENT ON FUNCTION "private"."start_due_reports"(timestamp with time zone, integer) IS 'Begins the runs of schedules whose time has come, each once for its period whatever number of workers ask, and stops schedules and alert rules without an owner. Returns how much it did.';

COMMENT ON FUNCTION "private"."start_report_run"(public.report_schedules, timestamp with time zone, timestamp with time zone, boolean, timestamp with time zone) IS 'Begins a run: its documents are queued. Null where the schedule has run for this period already.';

COMMENT ON FUNCTION "private"."status_kind"(text) IS 'What a status of the provider''s means for who waits for an agent: available, busy (available but for the call in hand) or away.';

COMMENT ON FUNCTION "private"."still_waiting"(double precision, integer, double precision, double precision) IS 'Of those who have to wait, the share that still waits after so many seconds.';

COMMENT ON FUNCTION "private"."stop_without_owner"(timestamp with time zone) IS 'Stops schedules and alert rules whose owners may not have them any more, and tells the admins of their organizations; returns how many.';

COMMENT ON FUNCTION "private"."stored_audio"() IS 'How much audio there is of all organizations, read from an index alone; nothing but for platform admins.';

COMMENT ON FUNCTION "private"."stored_counts"(private.count_piece[], text, uuid[], uuid[], boolean, boolean) IS 'The rollups of a level, of these lines and members (null: all), in the pieces whose source they are; in those that are elsewhere, or in the others.';

COMMENT ON FUNCTION "private"."take_over_alert_rule"(uuid) IS 'Makes an alert rule the caller''s own and starts it; org admins, checked inside.';

COMMENT ON FUNCTION "private"."take_over_report_schedule"(uuid) IS 'Makes a schedule the caller''s own and starts it; org admins, checked inside.';

COMMENT ON FUNCTION "private"."team_now"(uuid[]) IS 'In which status the extensions of these organizations were last seen, and who is on the phone, without names: the live view, which viewers read too.';

COMMENT ON FUNCTION "private"."team_time"(uuid[], timestamp with time zone, timestamp with time zone) IS 'For how long each agent''s status was known in a range, and for how long they were available and busy: in a status that says so, or on the phone. Without names.';

COMMENT ON FUNCTION "private"."tell_stopped"(uuid, text, text, text, timestamp with time zone) IS 'Tells an organization''s admins that something was stopped, and why.';

COMMENT ON FUNCTION "private"."tg_alert_rules__check"() IS 'Refuses lines that whoever writes the rule does not see.';

COMMENT ON FUNCTION "private"."tg_calls__stale"() IS 'Notes the hours in which ended calls were written.';

COMMENT ON FUNCTION "private"."tg_documents__leave_file"() IS 'What is left of a document that is removed, expired or could not be made is its file, for the sync script to remove from Storage.';

COMMENT ON FUNCTION "private"."tg_holidays__stale"() IS 'A holiday changes which calls of its day were in business hours.';

COMMENT ON FUNCTION "private"."tg_organization_settings__stale"() IS 'Calls are judged anew from the day on which settings begin to that of the next.';

COMMENT ON FUNCTION "private"."tg_organizations__schedules"() IS 'Schedules follow their organization''s clock.';

COMMENT ON FUNCTION "private"."tg_organizations__stale"() IS 'Another time zone makes other hours and days.';

COMMENT ON FUNCTION "private"."tg_report_schedules__check"() IS 'Refuses a report that could never be made.';

COMMENT ON FUNCTION "private"."tg_report_schedules__plan"() IS 'Reckons when a schedule runs next, whenever that may have changed.';

COMMENT ON FUNCTION "private"."tg_saved_views__one_at_a_time"() IS 'One after the other, or of two views that a person makes the default at the same moment neither would take it from the other.';

COMMENT ON FUNCTION "private"."tg_saved_views__one_default"() IS 'A page opens with one view: the one that was made its default last.';

COMMENT ON FUNCTION "private"."unfinished_calls"(uuid, text, timestamp with time zone, integer) IS 'Calls of the job''s account whose end should have been told by now: the event was lost, perhaps, and the history left them out.';

COMMENT ON FUNCTION "private"."verify_rollup"(uuid, timestamp with time zone, timestamp with time zone) IS 'Where the rollups of a range differ from a recount of the calls, as far as nothing is stale there; no row where all is well. For operators.';

COMMENT ON FUNCTION "private"."wait_percentiles"(bigint[]) IS 'The median, the 90th and the 95th percentile of a histogram of waits, one number for each bin: as if the waits of a bin were spread evenly over it. The last has no end.';

COMMENT ON FUNCTION "private"."whole_buckets"(tstzmultirange, text, text) IS 'The whole local hours or days in a range.';

COMMENT ON FUNCTION "public"."activity"(uuid, text[], timestamp with time zone, uuid, integer) IS 'What happened in an organization in the last thirty days, the newest first, each for whoever reads it where it is kept: calls that were missed, dropped or transferred, messages, voicemails, notes, members who came and went, pulls that failed, alerts that were raised and cleared.

p_org_id null: in every organization of the caller''s. p_kinds: of call, message, voicemail, note, member, sync, alert; all of them unless told.
For the next page send the last row''s at and id as p_before and p_before_id. p_limit: 50, and at most 500.
kind and id say which row it is: of calls, messages, voicemails, call_notes, org_members, sync_jobs or alerts; person is the user who wrote, sent, asked, came or went.
Errors: organization_not_found.';

COMMENT ON FUNCTION "public"."assign_missed_caller"(uuid, text, uuid) IS 'Gives a missed caller to a member (org_members.id) who works on the line, whoever had it; without p_owner_id to nobody.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, owner_unfit.';

COMMENT ON FUNCTION "public"."callbacks"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, integer) IS 'How many of the numbers that were missed in a range of at most 31 days were reached within p_window_hours of their first miss, and how soon.

They were reached by a call that was answered, theirs or ours, on any line the caller sees, the end of the range notwithstanding; callers() lists them.
For numbers and rates known counts the missed calls of identified numbers and total all missed; for times, the callers reached and all.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, window_invalid.';

COMMENT ON FUNCTION "public"."callers"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, integer) IS 'Who called in a range of at most 31 days, one row per number: how often, how often again within 7 × 24 hours, and whether whoever was missed was then reached.

One row has no number: all calls of those who withheld theirs, whom nobody can call back. first_missed_at: the first missed call in the range. reached_by: called_back (we
called) or called_again (they did) within p_window_hours of it, in either case answered, on any line the caller sees; null: not reached.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, window_invalid.';

COMMENT ON FUNCTION "public"."close_missed_caller"(uuid, text, text, text) IS 'Closes a missed caller by hand, who need not be reached; one who is missed again is there again. Whoever is reached needs no closing.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, note_invalid, outcome_code_unknown.';

COMMENT ON FUNCTION "public"."contact_name"(public.live_calls) IS 'The name of the contact with the outside party''s number, for those who read contacts: live_calls?select=*,contact_name.';

COMMENT ON FUNCTION "public"."contact_name"(public.missed_callers) IS 'The name of the contact with the caller''s number: missed_callers?select=*,contact_name.';

COMMENT ON FUNCTION "public"."create_document"(uuid, text, text, jsonb) IS 'Has a report made into a file, pdf or csv, as the caller may see its figures; returns the document''s id. Its progress is in documents.

p_report: summary, days, hours, lines, members, sla or calls. p_parameters: from and to (instants; to is not included), line_ids, member_ids, in_hours; for calls also directions, outcomes, min_duration, max_duration, tag, outcome_code and number.
Errors: organization_not_found, report_unknown, format_unknown, parameters_invalid, range_reversed, range_out_of_bounds, grain_unfit, business_hours_missing, number_invalid, documents_waiting.';

COMMENT ON FUNCTION "public"."delete_document"(uuid) IS 'Deletes a document and its file for good: one''s own, or as an admin any of the organization.

Errors: document_not_found.';

COMMENT ON FUNCTION "public"."email_document"(uuid, text[]) IS 'Sends a stored document by e-mail to up to twenty addresses, a letter each; returns the run, which is followed in report_runs and report_deliveries (managers their own documents, org admins). It is in the audit trail.

Errors: document_not_found, role_not_sufficient, organization_archived, recipient_missing, email_invalid, document_not_stored, report_just_sent.';

COMMENT ON FUNCTION "public"."erlang_c"(numeric, numeric, integer, numeric) IS 'What so many agents make of so many calls, by Erlang C: who waits, who is answered in time, for how long the mean call waits (null: ever longer), how busy agents are.

It assumes that calls come at random and that nobody hangs up.
Errors: staffing_invalid.';

COMMENT ON FUNCTION "public"."export_report"(uuid, text, jsonb) IS 'A report as CSV, exactly the rows and columns of its function: ask with "Accept: text/csv". That it was taken is in the audit trail.

p_report: summary, days, hours, lines, members, sla or calls. p_parameters: from, to, line_ids, member_ids, in_hours; for calls also directions, outcomes, min_duration, max_duration, tag, outcome_code and number. At most 20,000 calls; a document holds 50,000.
Errors: organization_not_found, report_unknown, parameters_invalid, range_reversed, range_out_of_bounds, grain_unfit, business_hours_missing, number_invalid, report_too_large.';

COMMENT ON FUNCTION "public"."kpi_by_line"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) IS 'The KPIs of a range for each line that has calls in it.

line_id null: the calls on no line. p_kpis chooses, as ''{offered,answer_rate}''.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';

COMMENT ON FUNCTION "public"."kpi_by_member"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) IS 'The KPIs of a range for each member with a leg in its calls.

member_id null: the calls in which no member has a leg. A call of two members counts for both, so that members add up to more than the range.
p_kpis chooses, as ''{answered,average_handle_time}''.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';

COMMENT ON FUNCTION "public"."kpi_by_organization"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) IS 'The KPIs of a range for each organization that has calls in it, of those the caller reads in full (p_org_id null) or one.

p_kpis chooses, as ''{offered,answer_rate}''.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';

COMMENT ON FUNCTION "public"."kpi_comparison"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) IS 'The KPIs of a range beside those of others: of the range before (p_with previous), the mean of the same weekdays of four weeks (weekdays), or the mean per day of the 28 days before (month_mean).

compared is the mean over so many ranges, those in which it is measurable; change is the difference as a share of it. Ranges are shifted by the local calendar and,
while p_to is still to come, cut at the same time. month_mean compares a range of which at most a day has passed with its hours on each of the days; what adds up
over a longer one is compared with the mean per day times its days.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, comparison_unknown.';

COMMENT ON FUNCTION "public"."kpi_heatmap"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) IS 'The KPIs per hour of the local week, weekday from 1 (Monday), over at most 366 days: what adds up as the mean per hour of that name that had begun by now, the rest over all of its calls.

value is null for an hour that never occurred; one that a change of clocks brings twice occurred twice. p_kpis chooses, as ''{offered}''.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';

COMMENT ON FUNCTION "public"."kpi_messages"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'Text messages of a range of at most 31 days: received, sent, the share of these that was delivered, and the median time until the first reply; for those who read messages.

A message counts at its time, on its line; p_member_ids counts what those members sent (API keys: members:read). A message opens a conversation, or opens it again, if it is the first, follows
one of ours, or comes more than a day after the one before. known: of how many messages sent it is known whether they arrived, and how many that opened were replied to.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, role_not_sufficient, scope_missing, business_hours_missing.';

COMMENT ON FUNCTION "public"."kpi_percentiles"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, boolean) IS 'The median, the 90th and the 95th percentile of how long answered calls of known wait had waited.

They are read off a histogram whose bins end at the waits that thresholds can have, as if a bin''s waits were spread evenly over it. is_at_least: that long or longer,
as the last bin has no end. With p_exact they come from the calls themselves, over at most 31 days.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing.';

COMMENT ON FUNCTION "public"."kpi_unusual"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text, text[]) IS 'The KPIs of each whole local day (at most 92) or hour (of at most 7 days) that a range meets, and whether they are unusual: outside median ± 3 × 1.4826 × the median deviation of the same weekday, or weekday and hour, of the 8 weeks before.

is_unusual is null where that cannot be said: fewer than 5 observations or 20 calls (calls: over how many known ones the observations are), a value that is not measurable, a
day or hour that is not over. Observations begin with the first call of twelve weeks. p_kpis chooses.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, grain_unfit, kpi_unknown.';

COMMENT ON FUNCTION "public"."live_summary"(uuid, uuid[]) IS 'What is going on now among the calls the caller may see: ringing, in progress, waiting, and how many calls came in a minute.

p_org_id null: every organization the caller reads in full. Figures of now are null where no event came for seven days: the history alone does not tell of calls while they last.
Agents are the whole team''s, and unknown where the provider does not tell somebody''s status.
Errors: organization_not_found, scope_missing.';

COMMENT ON FUNCTION "public"."note_missed_caller"(uuid, text, text, text) IS 'Writes the note and the outcome code of a missed caller; what is left out stays, what is empty is taken back.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, note_invalid, outcome_code_unknown.';

COMMENT ON FUNCTION "public"."peak_concurrency"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'The most inbound calls that were in progress at once, and when they first were, in a range of at most 31 days.

Calls that began before the range count while they last; nothing is taken to last longer than a day. Calls of which no end is known are in total alone.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing.';

COMMENT ON FUNCTION "public"."platform_figures"() IS 'What goes on across all organizations, for platform admins: organizations, members, calls and their answer rate, messages, audio, revenue, and who needs attention.

One row. Days and months are in UTC. today and this_month hold each KPI by its name, with the values of kpi_summary(null, today_since or month_since, …);
people counts those who are members of several organizations once; revenue_this_month is a list of currency and amount_cents;
worst_organizations the first ten of fleet with a problem.
Errors: platform_admin_required.';

COMMENT ON FUNCTION "public"."reopen_missed_caller"(uuid, text) IS 'Takes the closing of a missed caller back.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found.';

COMMENT ON FUNCTION "public"."repeat_callers"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'How many of a range''s calls came from numbers that had called within the 7 × 24 hours before, on any line the caller sees, over at most 31 days.

known counts the calls of identified numbers; the others repeat nothing. First-call resolution is a proxy: nobody says that a question was answered.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing.';

COMMENT ON FUNCTION "public"."report_calls"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamp with time zone, uuid, integer) IS 'The ended calls of [p_from, p_to) that the caller may see, latest first, internal ones included unless p_directions says otherwise.

The next page: p_before and p_before_id are started_at and id of the last call. p_number: part of either party''s number. local_time is told by the organization''s clock; members are who had a part in the call.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, number_invalid, page_size_invalid, page_start_invalid, csv_is_exported.';

COMMENT ON FUNCTION "public"."report_days"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'The KPIs of each local day of [p_from, p_to) over the calls the caller may see, days without a call included.

Rates are shares, durations seconds; null is not measurable. known_waits: over how many calls the service level is.
Errors: range_reversed, range_out_of_bounds, grain_unfit, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';

COMMENT ON FUNCTION "public"."report_hours"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'The KPIs of each local hour of [p_from, p_to), at most 62 days, over the calls the caller may see; hours without a call included.

An hour that comes twice in autumn is told apart by starts_at. Columns as of report_days.
Errors: range_reversed, range_out_of_bounds, grain_unfit, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';

COMMENT ON FUNCTION "public"."report_lines"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'The KPIs of [p_from, p_to) line by line over the calls the caller may see, lines without a call included, busiest first.

line_id null: calls on a number that is no line. A line that the caller handled calls on but is not given has no name. Columns as of report_days.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';

COMMENT ON FUNCTION "public"."report_members"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'The KPIs of [p_from, p_to) for each member with a part in a call that the caller may see. A call with several members counts for each.

member_id null: calls in which nobody of the team had a part. member is null for those who read no colleagues. Columns as of report_days.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';

COMMENT ON FUNCTION "public"."report_sla"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) IS 'For each local day of [p_from, p_to) with calls to be judged: the service level, the target that was in force, and whether it was missed.

calls: those offered but for short abandons; known_waits: those of known wait. service_level and is_missed are null where no wait is known.
Errors: range_reversed, range_out_of_bounds, grain_unfit, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';

COMMENT ON FUNCTION "public"."revenue"(uuid, timestamp with time zone, timestamp with time zone, text) IS 'What was paid in a range [p_from, p_to), by instant of payment, for each currency in its minor units: org admins of their organization, platform admins of any.

p_org_id null: of all organizations, in UTC (platform admins). p_grain: in all (null), or per local hour, day, week (from Monday) or month,
months without a payment included. A currency in which nothing was paid in the range has no row.
Errors: range_reversed, range_out_of_bounds, organization_not_found, role_not_sufficient, platform_admin_required, grain_unfit.';

COMMENT ON FUNCTION "public"."send_report_now"(uuid) IS 'Makes and sends the report of a schedule for its last period now, beside the run that comes of itself; returns the run, which is followed in report_runs (its owner, org admins).

Errors: schedule_not_found, organization_archived, schedule_without_owner, report_just_sent.';

COMMENT ON FUNCTION "public"."snooze_missed_caller"(uuid, text, timestamp with time zone) IS 'Puts a missed caller off until an instant, or until they are missed again; without p_until no more.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, snooze_invalid.';

COMMENT ON FUNCTION "public"."staffing"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, numeric, numeric, numeric, numeric) IS 'How many agents each hour of the week needs, from the calls of a range (at most 366 days) that the caller may see: Erlang C.

mean_offered: calls per local weekday-hour, over the hours of that name that have begun. handle_seconds: mean talk over the range, and p_wrap_seconds.
agents_on_calls: the fewest who answer the target''s share of calls in time; agents: ÷ (1 − p_shrinkage), rounded up. The organization''s target and threshold of today, unless said otherwise. null: not measurable.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, staffing_invalid.';

COMMENT ON FUNCTION "public"."take_missed_caller"(uuid, text) IS 'Makes the caller of this function the owner of a missed caller whom nobody owns yet, so that of two who do it at once one is refused.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, missed_caller_taken, owner_unfit.';

COMMENT ON FUNCTION "public"."take_over_alert_rule"(uuid) IS 'Makes an alert rule one''s own and starts it, so that it goes on with one''s own visibility (org admins).

Errors: alert_rule_not_found, role_not_sufficient.';

COMMENT ON FUNCTION "public"."take_over_report_schedule"(uuid) IS 'Makes a schedule one''s own and starts it, so that it goes on with one''s own visibility (org admins).

Errors: schedule_not_found, role_not_sufficient.';

COMMENT ON FUNCTION "public"."team_availability"(uuid, timestamp with time zone, timestamp with time zone) IS 'Who of the team is in which status now, and for how long they were available and busy in a range (the last 24 hours; at most 31 days).

availability = (busy + available) / known status time, occupancy = busy / (busy + available); busy is a status that says so, or time on the phone. null: not measurable.
Names are told to those who read their colleagues. Where is_account_user_only, the provider tells the status of the account''s own user and of nobody else.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing.';

COMMENT ON POLICY "call_rollups_select_api_keys" ON "private"."call_rollups" IS 'API keys with calls:read.';

COMMENT ON POLICY "call_rollups_select_visible" ON "private"."call_rollups" IS 'Counts of calls that one reads all of: viewers and admins their organization''s, agents and managers those of given lines and their own.';

COMMENT ON POLICY "stale_periods_select_api_keys" ON "private"."stale_periods" IS 'API keys with calls:read.';

COMMENT ON POLICY "stale_periods_select_members" ON "private"."stale_periods" IS 'Members, whose figures have to know.';

COMMENT ON POLICY "alerts_select_owner" ON "public"."alerts" IS 'Who reads the rule.';

COMMENT ON POLICY "documents_select_owner" ON "public"."documents" IS 'Who asked for them, while they are in the organization; admins all of their organization.';

COMMENT ON POLICY "kpi_definitions_select_all" ON "public"."kpi_definitions" IS 'What figures mean is no secret.';

COMMENT ON POLICY "kpi_definitions_select_api_keys" ON "public"."kpi_definitions" IS 'Any API key, whatever its scopes.';

COMMENT ON POLICY "missed_caller_work_select_workers" ON "public"."missed_caller_work" IS 'Admins read all of their organization, agents and managers what is done about callers missed on given lines, viewers nothing.';

COMMENT ON POLICY "notifications_delete_self" ON "public"."notifications" IS 'One''s own.';

COMMENT ON POLICY "notifications_select_self" ON "public"."notifications" IS 'One''s own, of organizations one is in.';

COMMENT ON POLICY "notifications_update_self" ON "public"."notifications" IS 'One''s own.';

COMMENT ON POLICY "payments_delete_platform" ON "public"."payments" IS 'Platform admins take back what was noted by mistake; the trail keeps it.';

COMMENT ON POLICY "payments_insert_platform" ON "public"."payments" IS 'Who is paid says what was paid.';

COMMENT ON POLICY "payments_select_admins" ON "public"."payments" IS 'Admins read what their organization paid, platform admins all.';

COMMENT ON POLICY "payments_update_platform" ON "public"."payments" IS 'Platform admins correct payments.';

COMMENT ON POLICY "report_deliveries_select_owner" ON "public"."report_deliveries" IS 'Who reads the run.';

COMMENT ON POLICY "report_runs_select_owner" ON "public"."report_runs" IS 'Managers read their own, admins all of their organization.';

COMMENT ON TABLE "private"."alert_checks" IS 'When each alert rule is looked at next, and what went wrong when it was looked at last.';

COMMENT ON TABLE "private"."call_checks" IS 'Calls of which no end was told and which the provider was therefore asked for: how often, and when again if they have not ended by then.';

COMMENT ON TABLE "private"."call_rollups" IS 'The counts of calls per local hour and day: of an organization, of each line, and, by day, of each member with a leg on each line. Recounted from calls wherever these changed.';

COMMENT ON TABLE "private"."document_files" IS 'The making and removing of a document''s file. A row outlives its document until Storage has removed the file; it goes with the file.';

COMMENT ON TABLE "private"."received_deliveries" IS 'Deliveries that were acknowledged while others waited, as webhook_events will hold them: between the commit of the door and that of apply_received_deliveries.';

COMMENT ON TABLE "private"."stale_periods" IS 'Where calls were written, or what judges them changed, since they were counted: figures count the calls there until a fold has recounted them.';

COMMENT ON TABLE "public"."alert_rules" IS 'What somebody is to be told of as it happens, by the figures that the rule''s owner may see. Its episodes are in alerts.

Managers have their own, admins work with all of their organization. Setting enabled to true starts one that was stopped.
Errors: line_not_found.';

COMMENT ON TABLE "public"."alerts" IS 'Episodes of alert rules: from when the value was bad until it had stayed good. A rule has one at a time, and tells its people once of each.';

COMMENT ON TABLE "public"."documents" IS 'Reports made into files, each as its owner could see the figures then. The file lies in Storage, in the bucket reports under the document''s id.

Made by create_document, removed by delete_document. Once it is stored: GET /storage/v1/object/authenticated/reports/<id>.';

COMMENT ON TABLE "public"."kpi_definitions" IS 'What every KPI is, in words, and which rows are behind it: read by screens, documents and the API alike.';

COMMENT ON TABLE "public"."missed_caller_work" IS 'What people do about a missed caller, from a miss on until the caller is reached; whom there is to reach is in missed_callers.';

COMMENT ON TABLE "public"."notifications" IS 'What the product has to tell a person; nobody else reads it. Set read_at when it was read; delete what is not wanted any more.';

COMMENT ON TABLE "public"."payments" IS 'Money that came in from an organization, written by the operator''s people. What revenue is made of.';

COMMENT ON TABLE "public"."report_deliveries" IS 'The letters of a run, one to each recipient: sent once the mail server has taken it, or failed with its answer. What is sent back later is not known here.';

COMMENT ON TABLE "public"."report_runs" IS 'What came of schedules, a row for each period, and of documents sent by hand. A schedule runs once for a period, whatever happens.';

COMMENT ON TABLE "public"."report_schedules" IS 'Reports that are made and sent again and again, each as its owner may see the figures then, once for every period.

Managers have their own, admins work with all of their organization. What came of each is in report_runs. Setting enabled to true
starts one that was stopped. Errors: report_unknown, parameters_invalid.';

COMMENT ON TABLE "public"."retention_settings" IS 'For how many days an organization wants each kind of data kept; null: without end.

Audio is deleted by recording_days and voicemail_days, the files of reports by document_days. The others are only written down so far.';

COMMENT ON TABLE "public"."saved_views" IS 'Filters of a page that a person keeps under a name; nobody else reads them. They hold no rows: what they show is what the person may see then.

Errors: default_view_ambiguous.';

COMMENT ON TYPE "private"."count_piece" IS 'A stretch of an organization''s time, and what is counted in it: source is day or hour (rollups) or calls; elsewhere means the caller''s own calls on lines they were not given.';

COMMENT ON TYPE "private"."kpi_columns" IS 'The KPIs of one row of a report, beside each other. known_waits: over how many calls the service level is.';

COMMENT ON TYPE "private"."report_parameters" IS 'What a report is asked for, read from JSON.';

COMMENT ON VIEW "private"."counts_of_calls" IS 'The ended calls, and what each of them adds to the counts (private.call_counts). Whether it was answered in time, or was a short abandon, the settings in force when it started decide, by answered_after_seconds and missed_after_seconds.';

COMMENT ON VIEW "public"."counted_calls" IS 'The calls that count in figures, each with what the settings of its start make of it. kpi_definitions says which of them are behind which figure.';

COMMENT ON VIEW "public"."live_calls" IS 'Calls that are ringing or in progress, as far as events tell of them, to whoever reads the call. One that has rung for an hour, or been spoken for twelve, is in progress no more.';

COMMENT ON VIEW "public"."missed_callers" IS 'The worklist: every identified caller missed within the last 30 days and not in contact with the organization since, by an answered call in either direction. Reckoned from calls, so a caller who is reached is here no more. Agents and managers on given lines, org admins all of theirs.';

REVOKE ALL ON FUNCTION "private"."active_admin_ids"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."advance_report_run"(uuid, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."after_quiet_hours"(timestamp with time zone, text, time without time zone, time without time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."agents_needed"(double precision, double precision, double precision, double precision) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."agents_needed"(double precision, double precision, double precision, double precision) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."alert_audience"(public.alert_rules) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."alert_lines"(public.alert_rules) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."alert_moments"(uuid, timestamp with time zone, timestamp with time zone, uuid, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."alert_moments"(uuid, timestamp with time zone, timestamp with time zone, uuid, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."alert_value"(public.alert_rules, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."alert_words"(public.alert_rules, numeric, numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_received_deliveries"(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."apply_received_deliveries"(integer) TO "sync", "webhooks";

REVOKE ALL ON FUNCTION "private"."are_recipients"(text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."are_recipients"(text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."begin_report"(uuid, timestamp with time zone, timestamp with time zone, boolean, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."begin_report"(uuid, timestamp with time zone, timestamp with time zone, boolean, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."boundary_after"(timestamp with time zone, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."boundary_after"(timestamp with time zone, text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."boundary_before"(timestamp with time zone, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."boundary_before"(timestamp with time zone, text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."buckets"(timestamp with time zone, timestamp with time zone, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."buckets"(timestamp with time zone, timestamp with time zone, text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."call_figures_as_owner"(public.alert_rules, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."call_figures_as_owner"(public.alert_rules, timestamp with time zone, timestamp with time zone) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "private"."call_figures_as_owner"(public.alert_rules, timestamp with time zone, timestamp with time zone) TO "postgres";

REVOKE ALL ON FUNCTION "private"."call_list"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamp with time zone, uuid, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."call_list"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamp with time zone, uuid, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."callers"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, interval) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."callers"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, interval) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."change_missed_caller"(uuid, text, jsonb, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."change_missed_caller"(uuid, text, jsonb, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."claim_document"(text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."claim_document"(text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."claim_document_removal"(text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."claim_document_removal"(text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."clear_alerts"(uuid[], timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."compared_ranges"(timestamp with time zone, timestamp with time zone, text, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."compared_ranges"(timestamp with time zone, timestamp with time zone, text, text, timestamp with time zone) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, boolean, text, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."count_calls"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, boolean, text, boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."count_pieces"(uuid[], timestamp with time zone, timestamp with time zone, text, boolean, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."count_pieces"(uuid[], timestamp with time zone, timestamp with time zone, text, boolean, boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."count_sources"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."count_sources"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], text, text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."count_waits"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."count_waits"(uuid[], timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."create_document"(uuid, text, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."create_document"(uuid, text, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."csv_cell"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."csv_cell"(text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."data_through"(uuid[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."data_through"(uuid[], text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."delete_document"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."delete_document"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."document_source"(uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."document_source"(uuid, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."duration_name"(bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."elapsed_minutes"(timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."elapsed_minutes"(timestamp with time zone, timestamp with time zone) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."email_document"(uuid, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."email_document"(uuid, text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."erlang_c"(double precision, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."erlang_c"(double precision, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."evaluate_alert_rule"(public.alert_rules, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."evaluate_alerts"(timestamp with time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."evaluate_alerts"(timestamp with time zone, integer) TO "sync";

REVOKE ALL ON FUNCTION "private"."events_through"(uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."events_through"(uuid[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."fail_report_run"(uuid, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."finish_document"(uuid, text, text, text, bigint, bytea, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."finish_document"(uuid, text, text, text, bigint, bytea, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."finish_document_removal"(uuid, text, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."finish_document_removal"(uuid, text, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."fold_organization"(uuid, integer, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."fold_rollups"(integer, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."fold_rollups"(integer, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."has_common_hours"(text, text, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."has_common_hours"(text, text, timestamp with time zone, timestamp with time zone) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."histogram"(integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."hour_shown"(timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."hour_shown"(timestamp with time zone, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."hours_of_week"(timestamp with time zone, timestamp with time zone, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."hours_of_week"(timestamp with time zone, timestamp with time zone, text, timestamp with time zone) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."ingest_deliveries"(private.received_deliveries[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."instant_at"(timestamp without time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."instant_at"(timestamp without time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."is_boundary"(timestamp with time zone, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."is_boundary"(timestamp with time zone, text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."is_in_charge"(uuid, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_deliveries"(private.received_deliveries[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."kpi_columns"(private.call_counts) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."kpi_columns"(private.call_counts) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."kpi_scope"(uuid, timestamp with time zone, timestamp with time zone, boolean, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."kpi_scope"(uuid, timestamp with time zone, timestamp with time zone, boolean, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."kpi_values"(private.call_counts, numeric) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."kpi_values"(private.call_counts, numeric) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."kpis_as_object"(uuid[], timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."kpis_as_object"(uuid[], timestamp with time zone, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."kpis_by"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."kpis_by"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."last_run"(public.report_schedules, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."local_midnight"(timestamp without time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."local_midnight"(timestamp without time zone, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."local_time"(timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."local_time"(timestamp with time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."lock_call_slots"(uuid[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."lock_numbers_of_calls"(uuid[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."mail_details"(private.outbox_mails, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."mail_is_over"(private.outbox_mails, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."make_stale"(uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."missed_callers_of"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."missed_callers_of"(uuid, text) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."my_document_names"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."my_document_names"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."my_line_ids"() FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."my_line_ids"() TO "api_reader";

REVOKE ALL ON FUNCTION "private"."my_member_ids"() FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."my_member_ids"() TO "api_reader";

REVOKE ALL ON FUNCTION "private"."my_report_schedule"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."next_run_at"(public.report_schedules, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."next_run_at"(public.report_schedules, text, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."note_unfinished_call"(uuid, text, text, boolean, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."note_unfinished_call"(uuid, text, text, boolean, timestamp with time zone, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."notify_people"(uuid[], uuid, text, text, text, text, text, uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."number_fragment"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."number_fragment"(text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."owner_problem"(uuid, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."period_name"(timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."queue_document"(uuid, uuid, text, text, jsonb, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."queue_letter"(text, text, uuid, uuid, jsonb, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_deliveries"(jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."rebuild_rollup"(uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."receive_deliveries"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."receive_deliveries"(jsonb) TO "webhooks";

REVOKE ALL ON FUNCTION "private"."record_report_export"(uuid, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."record_report_export"(uuid, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."recordings_of_calls"(public.calls[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."recount"(uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."release_document"(uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."release_document"(uuid, text, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."report_as_owner"(uuid, text, jsonb, boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."report_as_owner"(uuid, text, jsonb, boolean) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "private"."report_as_owner"(uuid, text, jsonb, boolean) TO "postgres";

REVOKE ALL ON FUNCTION "private"."report_chart"(uuid, text, private.report_parameters) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_chart"(uuid, text, private.report_parameters) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."report_columns"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_columns"(text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."report_csv"(uuid, text, jsonb, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_csv"(uuid, text, jsonb, integer) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."report_parameters"(text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_parameters"(text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."report_period"(text, date, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."report_rows"(uuid, text, private.report_parameters, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_rows"(uuid, text, private.report_parameters, integer) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."report_section"(uuid, text, private.report_parameters) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_section"(uuid, text, private.report_parameters) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."report_source"(uuid, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_source"(uuid, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."report_title"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."report_title"(text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."require_business_hours"(uuid[], timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."require_business_hours"(uuid[], timestamp with time zone, timestamp with time zone) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."require_days"(timestamp with time zone, timestamp with time zone, text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."require_days"(timestamp with time zone, timestamp with time zone, text, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."require_grain"(timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."require_grain"(timestamp with time zone, timestamp with time zone, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."require_kpis"(text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."require_kpis"(text[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."require_platform_admin"() FROM "authenticated";

GRANT EXECUTE ON FUNCTION "private"."require_platform_admin"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."require_role"(uuid, text[]) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "private"."require_role"(uuid, text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."require_staffing"(numeric, numeric, numeric, numeric) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."require_staffing"(numeric, numeric, numeric, numeric) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."require_unarchived"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."require_window"(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."require_window"(integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."run_times"(text, integer, integer, time without time zone, text, date, date) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."run_times"(text, integer, integer, time without time zone, text, date, date) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."send_report_now"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."send_report_now"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."send_report_run"(uuid, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."serving_integration_ids"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."settle_report_run"(uuid, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."start_due_reports"(timestamp with time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."start_due_reports"(timestamp with time zone, integer) TO "sync";

REVOKE ALL ON FUNCTION "private"."start_report_run"(public.report_schedules, timestamp with time zone, timestamp with time zone, boolean, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."status_kind"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."status_kind"(text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."still_waiting"(double precision, integer, double precision, double precision) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."still_waiting"(double precision, integer, double precision, double precision) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."stop_without_owner"(timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."stored_audio"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."stored_audio"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."stored_counts"(private.count_piece[], text, uuid[], uuid[], boolean, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."stored_counts"(private.count_piece[], text, uuid[], uuid[], boolean, boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."take_over_alert_rule"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."take_over_alert_rule"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."take_over_report_schedule"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."take_over_report_schedule"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "private"."team_now"(uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."team_now"(uuid[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."team_time"(uuid[], timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."team_time"(uuid[], timestamp with time zone, timestamp with time zone) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."tell_stopped"(uuid, text, text, text, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_alert_rules__check"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_calls__stale"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_documents__leave_file"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_holidays__stale"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_organization_settings__stale"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_organizations__schedules"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_organizations__stale"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_report_schedules__check"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_report_schedules__plan"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_saved_views__one_at_a_time"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tg_saved_views__one_default"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."unfinished_calls"(uuid, text, timestamp with time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."unfinished_calls"(uuid, text, timestamp with time zone, integer) TO "sync";

REVOKE ALL ON FUNCTION "private"."verify_rollup"(uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."wait_edges"() FROM "api_reader";

GRANT EXECUTE ON FUNCTION "private"."wait_edges"() TO "api_reader";

REVOKE ALL ON FUNCTION "private"."wait_edges"() FROM "authenticated";

GRANT EXECUTE ON FUNCTION "private"."wait_edges"() TO "authenticated";

REVOKE ALL ON FUNCTION "private"."wait_percentiles"(bigint[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."wait_percentiles"(bigint[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "private"."whole_buckets"(tstzmultirange, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."whole_buckets"(tstzmultirange, text, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."activity"(uuid, text[], timestamp with time zone, uuid, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."activity"(uuid, text[], timestamp with time zone, uuid, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."assign_missed_caller"(uuid, text, uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."assign_missed_caller"(uuid, text, uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."callbacks"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."callbacks"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."callers"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."callers"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."close_missed_caller"(uuid, text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."close_missed_caller"(uuid, text, text, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."contact_name"(public.live_calls) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."contact_name"(public.live_calls) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."contact_name"(public.missed_callers) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."contact_name"(public.missed_callers) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."create_document"(uuid, text, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."create_document"(uuid, text, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."delete_document"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."delete_document"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."email_document"(uuid, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."email_document"(uuid, text[]) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."erlang_c"(numeric, numeric, integer, numeric) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."erlang_c"(numeric, numeric, integer, numeric) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."export_report"(uuid, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."export_report"(uuid, text, jsonb) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_by_line"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_by_line"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_by_member"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_by_member"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_by_organization"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_by_organization"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_comparison"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_comparison"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_heatmap"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_heatmap"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_messages"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_messages"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_percentiles"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_percentiles"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."kpi_unusual"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."kpi_unusual"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text, text[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."live_summary"(uuid, uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."live_summary"(uuid, uuid[]) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."note_missed_caller"(uuid, text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."note_missed_caller"(uuid, text, text, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."peak_concurrency"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."peak_concurrency"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."platform_figures"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."platform_figures"() TO "authenticated";

REVOKE ALL ON FUNCTION "public"."reopen_missed_caller"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."reopen_missed_caller"(uuid, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."repeat_callers"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."repeat_callers"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."report_calls"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamp with time zone, uuid, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."report_calls"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamp with time zone, uuid, integer) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."report_days"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."report_days"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."report_hours"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."report_hours"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."report_lines"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."report_lines"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."report_members"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."report_members"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."report_sla"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."report_sla"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."revenue"(uuid, timestamp with time zone, timestamp with time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."revenue"(uuid, timestamp with time zone, timestamp with time zone, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."send_report_now"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."send_report_now"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."snooze_missed_caller"(uuid, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."snooze_missed_caller"(uuid, text, timestamp with time zone) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."staffing"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, numeric, numeric, numeric, numeric) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."staffing"(uuid, timestamp with time zone, timestamp with time zone, uuid[], uuid[], boolean, numeric, numeric, numeric, numeric) TO "api_reader", "authenticated";

REVOKE ALL ON FUNCTION "public"."take_missed_caller"(uuid, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."take_missed_caller"(uuid, text) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."take_over_alert_rule"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."take_over_alert_rule"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."take_over_report_schedule"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."take_over_report_schedule"(uuid) TO "authenticated";

REVOKE ALL ON FUNCTION "public"."team_availability"(uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."team_availability"(uuid, timestamp with time zone, timestamp with time zone) TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "private"."call_rollups" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "private"."stale_periods" TO "api_reader", "authenticated";

GRANT INSERT ("audience"), UPDATE ("audience") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("clear_after_minutes"), UPDATE ("clear_after_minutes") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("clear_threshold"), UPDATE ("clear_threshold") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("enabled"), UPDATE ("enabled") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("kind"), UPDATE ("kind") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("line_ids"), UPDATE ("line_ids") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("min_calls"), UPDATE ("min_calls") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("name"), UPDATE ("name") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("org_id") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("quiet_from"), UPDATE ("quiet_from") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("quiet_to"), UPDATE ("quiet_to") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("threshold"), UPDATE ("threshold") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT INSERT ("window_minutes"), UPDATE ("window_minutes") ON TABLE "public"."alert_rules" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."alert_rules" TO "authenticated";

GRANT SELECT ON TABLE "public"."alerts" TO "authenticated";

GRANT SELECT ON TABLE "public"."documents" TO "authenticated";

GRANT SELECT ON TABLE "public"."kpi_definitions" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."missed_caller_work" TO "authenticated";

GRANT UPDATE ("read_at") ON TABLE "public"."notifications" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."notifications" TO "authenticated";

GRANT INSERT ("amount_cents"), UPDATE ("amount_cents") ON TABLE "public"."payments" TO "authenticated";

GRANT INSERT ("currency"), UPDATE ("currency") ON TABLE "public"."payments" TO "authenticated";

GRANT INSERT ("note"), UPDATE ("note") ON TABLE "public"."payments" TO "authenticated";

GRANT INSERT ("org_id") ON TABLE "public"."payments" TO "authenticated";

GRANT INSERT ("paid_at"), UPDATE ("paid_at") ON TABLE "public"."payments" TO "authenticated";

GRANT INSERT ("reference"), UPDATE ("reference") ON TABLE "public"."payments" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."payments" TO "authenticated";

GRANT SELECT ON TABLE "public"."report_deliveries" TO "authenticated";

GRANT SELECT ON TABLE "public"."report_runs" TO "authenticated";

GRANT INSERT ("day_of_month"), UPDATE ("day_of_month") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("enabled"), UPDATE ("enabled") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("formats"), UPDATE ("formats") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("frequency"), UPDATE ("frequency") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("local_time"), UPDATE ("local_time") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("name"), UPDATE ("name") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("org_id") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("parameters"), UPDATE ("parameters") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("recipients"), UPDATE ("recipients") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("report"), UPDATE ("report") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT INSERT ("weekday"), UPDATE ("weekday") ON TABLE "public"."report_schedules" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."report_schedules" TO "authenticated";

REVOKE ALL ("document_days") ON TABLE "public"."retention_settings" FROM "authenticated";

GRANT UPDATE ("document_days") ON TABLE "public"."retention_settings" TO "authenticated";

GRANT INSERT ("filters"), UPDATE ("filters") ON TABLE "public"."saved_views" TO "authenticated";

GRANT INSERT ("is_default"), UPDATE ("is_default") ON TABLE "public"."saved_views" TO "authenticated";

GRANT INSERT ("name"), UPDATE ("name") ON TABLE "public"."saved_views" TO "authenticated";

GRANT INSERT ("org_id") ON TABLE "public"."saved_views" TO "authenticated";

GRANT INSERT ("page") ON TABLE "public"."saved_views" TO "authenticated";

GRANT DELETE, SELECT ON TABLE "public"."saved_views" TO "authenticated";

GRANT SELECT ON TABLE "private"."counts_of_calls" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."counted_calls" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."live_calls" TO "api_reader", "authenticated";

GRANT SELECT ON TABLE "public"."missed_callers" TO "authenticated";

ALTER TABLE "public"."alert_rules" ADD CONSTRAINT "alert_rules_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

CREATE INDEX alert_rules_owner_idx ON public.alert_rules USING btree (owner_id);

CREATE POLICY "alert_rules_delete_owner" ON "public"."alert_rules" FOR DELETE TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

CREATE POLICY "alert_rules_insert_owner" ON "public"."alert_rules" FOR INSERT TO "authenticated" WITH CHECK (((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text, 'org_admin'::text]) AS my_org_ids))) AND (org_id <> ( SELECT private.holding_org_id() AS holding_org_id))));

CREATE POLICY "alert_rules_select_owner" ON "public"."alert_rules" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

CREATE POLICY "alert_rules_update_owner" ON "public"."alert_rules" FOR UPDATE TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

COMMENT ON COLUMN "public"."alert_rules"."owner_id" IS 'Whose lines count; null once the person''s account is gone.';

COMMENT ON POLICY "alert_rules_delete_owner" ON "public"."alert_rules" IS 'Managers remove their own, admins all of their organization.';

COMMENT ON POLICY "alert_rules_insert_owner" ON "public"."alert_rules" IS 'Managers and admins make them for themselves.';

COMMENT ON POLICY "alert_rules_select_owner" ON "public"."alert_rules" IS 'Managers read their own, admins all of their organization.';

COMMENT ON POLICY "alert_rules_update_owner" ON "public"."alert_rules" IS 'Managers change their own, admins all of their organization.';

ALTER TABLE "public"."report_schedules" ADD CONSTRAINT "report_schedules_owner_id_fkey" FOREIGN KEY (owner_id) REFERENCES public.profiles(user_id) ON DELETE SET NULL;

CREATE INDEX report_schedules_owner_idx ON public.report_schedules USING btree (owner_id);

CREATE POLICY "report_schedules_delete_owner" ON "public"."report_schedules" FOR DELETE TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

CREATE POLICY "report_schedules_insert_owner" ON "public"."report_schedules" FOR INSERT TO "authenticated" WITH CHECK (((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text, 'org_admin'::text]) AS my_org_ids))) AND (org_id <> ( SELECT private.holding_org_id() AS holding_org_id))));

CREATE POLICY "report_schedules_select_owner" ON "public"."report_schedules" FOR SELECT TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

CREATE POLICY "report_schedules_update_owner" ON "public"."report_schedules" FOR UPDATE TO "authenticated" USING (((org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['org_admin'::text]) AS my_org_ids))) OR ((owner_id = ( SELECT auth.uid() AS uid)) AND (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['manager'::text]) AS my_org_ids))))));

COMMENT ON COLUMN "public"."report_schedules"."owner_id" IS 'Whose visibility the report has; null once the person''s account is gone.';

COMMENT ON POLICY "report_schedules_delete_owner" ON "public"."report_schedules" IS 'Managers remove their own, admins all of their organization.';

COMMENT ON POLICY "report_schedules_insert_owner" ON "public"."report_schedules" IS 'Managers and admins make them for themselves.';

COMMENT ON POLICY "report_schedules_select_owner" ON "public"."report_schedules" IS 'Managers read their own, admins all of their organization.';

COMMENT ON POLICY "report_schedules_update_owner" ON "public"."report_schedules" IS 'Managers change their own, admins all of their organization.';

ALTER TABLE "public"."saved_views" ADD CONSTRAINT "page_opens_with_one_view" EXCLUDE USING btree (user_id WITH =, COALESCE(org_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =, page WITH =) WHERE (is_default) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE "public"."saved_views" ADD CONSTRAINT "saved_views_user_id_fkey" FOREIGN KEY (user_id) REFERENCES public.profiles(user_id) ON DELETE CASCADE;

CREATE POLICY "saved_views_delete_self" ON "public"."saved_views" FOR DELETE TO "authenticated" USING ((user_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "saved_views_insert_self" ON "public"."saved_views" FOR INSERT TO "authenticated" WITH CHECK (((user_id = ( SELECT auth.uid() AS uid)) AND ((org_id IS NULL) OR (org_id = ANY (ARRAY( SELECT private.my_org_ids(VARIADIC ARRAY['viewer'::text, 'agent'::text, 'manager'::text, 'org_admin'::text]) AS my_org_ids))))));

CREATE POLICY "saved_views_select_self" ON "public"."saved_views" FOR SELECT TO "authenticated" USING ((user_id = ( SELECT auth.uid() AS uid)));

CREATE POLICY "saved_views_update_self" ON "public"."saved_views" FOR UPDATE TO "authenticated" USING ((user_id = ( SELECT auth.uid() AS uid)));

COMMENT ON POLICY "saved_views_delete_self" ON "public"."saved_views" IS 'One''s own.';

COMMENT ON POLICY "saved_views_insert_self" ON "public"."saved_views" IS 'One''s own, for organizations one is in.';

COMMENT ON POLICY "saved_views_select_self" ON "public"."saved_views" IS 'One''s own.';

COMMENT ON POLICY "saved_views_update_self" ON "public"."saved_views" IS 'One''s own.';

ALTER TABLE "public"."report_schedules" ADD CONSTRAINT "recipients_are_up_to_twenty_addresses" CHECK (private.are_recipients(recipients));

insert into storage.buckets (id, name, public) values ('reports', 'reports', false) on conflict (id) do nothing;

insert into public.kpi_definitions (kpi, name, unit, direction, adds_up, population, formula, source, told_by)
select
  d.kpi, d.name, d.unit, d.direction, d.adds_up, d.population, d.formula, d.source,
  '{kpi_summary,kpi_series,kpi_comparison,kpi_unusual,kpi_heatmap,kpi_by_organization,kpi_by_line,kpi_by_member}'
from (values
  (
    'offered', 'Calls offered', 'calls', 'none', true, 'Inbound calls that have ended',
    'Answered + voicemail + missed. Internal calls and those in progress count nowhere; a transferred call counts once.',
    'History and events'
  ),
  (
    'answered', 'Answered', 'calls', 'up', true, 'Calls offered', 'Inbound calls that a person answered.', 'History and events'
  ),
  (
    'voicemail', 'Voicemail', 'calls', 'down', true, 'Calls offered', 'Inbound calls that ended in the voicemail.', 'History and events'
  ),
  (
    'missed', 'Missed', 'calls', 'down', true, 'Calls offered',
    'Inbound calls that neither a person nor the voicemail took: missed, abandoned, or dropped before an answer.', 'History and events'
  ),
  (
    'answer_rate', 'Answer rate', 'share', 'up', false, 'Calls offered', 'Answered / offered.', 'History and events'
  ),
  (
    'abandonment_rate', 'Abandonment rate', 'share', 'down', false, 'Calls offered',
    '(Missed − short abandons) / (offered − short abandons). A short abandon is missed after a wait below the limit in the settings '
    'of its day; a missed call of unknown wait counts as abandoned. Where short abandons are not left out: missed / offered.',
    'History; waits from events alone'
  ),
  (
    'service_level', 'Service level', 'share', 'up', false, 'Calls offered',
    'Answered within the threshold / (offered − short abandons), over the calls whose wait is known. Threshold and limit are those '
    'in the settings of the call''s day; where short abandons are not left out, none is taken off.',
    'Waits from events alone'
  ),
  (
    'average_speed_of_answer', 'Average speed of answer', 'seconds', 'down', false, 'Calls answered',
    'Mean wait of the answered calls whose wait is known. A wait is in whole seconds, from arrival, or the first ring if that is '
    'known to be earlier, to the first answer.',
    'Waits from events alone'
  ),
  (
    'average_abandon_wait', 'Average wait of missed calls', 'seconds', 'none', false, 'Calls missed',
    'Mean wait, from arrival to hanging up, of the missed calls whose wait is known.', 'Waits from events alone'
  ),
  (
    'longest_wait', 'Longest wait', 'seconds', 'down', false, 'Calls offered', 'The longest known wait of an inbound call.',
    'Waits from events alone'
  ),
  (
    'average_handle_time', 'Average handle time', 'seconds', 'none', false, 'Calls answered',
    'Talk / answered, over the calls whose talk is known. Talk is from answer to end, summed over the people who spoke; hold and '
    'work after the call are not told, and not guessed.',
    'History and events'
  ),
  (
    'total_talk', 'Total talk', 'seconds', 'none', true, 'Calls answered', 'Sum of the known talk of answered inbound calls.',
    'History and events'
  ),
  (
    'average_duration', 'Average duration', 'seconds', 'none', false, 'Calls offered',
    'Mean time from start to end of the inbound calls of which it is known.', 'History and events'
  ),
  (
    'calls_per_minute', 'Calls per minute', 'calls_per_minute', 'none', false, 'Calls offered',
    'Offered / minutes of the range that have passed.', 'History and events'
  ),
  (
    'dropped_rate', 'Dropped', 'share', 'down', false, 'Calls answered', 'Calls that broke off after they were answered / answered.',
    'History and events'
  ),
  (
    'transferred_rate', 'Transferred', 'share', 'down', false, 'Calls answered', 'Answered calls that were transferred / answered.',
    'History and events'
  ),
  (
    'very_short_rate', 'Very short', 'share', 'down', false, 'Calls answered',
    'Answered calls with less than 10 seconds of talk / answered calls whose talk is known.', 'History and events'
  ),
  (
    'outbound', 'Calls placed', 'calls', 'none', true, 'Outbound calls and callbacks that have ended',
    'Calls we made, callbacks among them.',
    'History and events'
  ),
  (
    'outbound_connected_rate', 'Calls placed that were answered', 'share', 'up', false, 'Outbound calls and callbacks that have ended',
    'Placed calls that were answered / placed.', 'History and events'
  ),
  (
    'outbound_talk', 'Talk of calls placed', 'seconds', 'none', true, 'Placed calls that were answered',
    'Sum of the known talk of placed calls.', 'History and events'
  )
) d (kpi, name, unit, direction, adds_up, population, formula, source);

insert into public.kpi_definitions (kpi, name, unit, direction, adds_up, population, formula, source, told_by)
values
  (
    'answered_wait_median', 'Median wait', 'seconds', 'down', false, 'Calls answered',
    'The wait that half of the answered calls did not exceed, from a histogram whose bins end at 1 … 10, 12, 15, 20, 25, 30, 40, 45, '
    '60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800 and 3600 seconds; or exact, on request.',
    'Waits from events alone', '{kpi_percentiles}'
  ),
  (
    'answered_wait_p90', 'Wait, 90th percentile', 'seconds', 'down', false, 'Calls answered',
    'The wait that nine of ten answered calls did not exceed; see the median wait.', 'Waits from events alone', '{kpi_percentiles}'
  ),
  (
    'answered_wait_p95', 'Wait, 95th percentile', 'seconds', 'down', false, 'Calls answered',
    'The wait that 19 of 20 answered calls did not exceed; see the median wait.', 'Waits from events alone', '{kpi_percentiles}'
  ),
  (
    'repeat_calls', 'Repeat calls', 'calls', 'down', true, 'Calls offered; known: those of identified numbers',
    'Calls offered whose number had already called the organization, on any line one sees, within the 7 × 24 hours before. Withheld '
    'numbers are never taken for one another.',
    'History and events', '{repeat_callers}'
  ),
  (
    'repeat_rate', 'Repeat rate', 'share', 'down', false, 'Calls offered; known: those of identified numbers',
    'Repeat calls / offered.', 'History and events', '{repeat_callers}'
  ),
  (
    'first_call_resolution_proxy', 'First-call resolution (proxy)', 'share', 'up', false,
    'Calls offered; known: those of identified numbers',
    '1 − repeat calls / offered. A proxy: who does not call again need not have been helped.', 'History and events', '{repeat_callers}'
  ),
  (
    'calls_per_reached_contact', 'Calls per reached contact', 'calls_per_caller', 'down', false,
    'Calls offered; known: those of identified numbers',
    'Calls offered of identified numbers / identified numbers answered at least once.',
    'History and events', '{repeat_callers}'
  ),
  (
    'missed_callers', 'Missed callers', 'callers', 'down', false, 'Calls missed; known: those of identified numbers',
    'Distinct identified numbers with a missed call.', 'History and events', '{callbacks}'
  ),
  (
    'callback_rate', 'Callback rate', 'share', 'up', false, 'Calls missed; known: those of identified numbers',
    'Missed callers reached, by an answered call in either direction, within the window (24 hours unless chosen) after their first '
    'missed call of the range / missed callers.',
    'History and events', '{callbacks}'
  ),
  (
    'callers_called_back', 'Missed callers we called back', 'callers', 'up', false, 'Calls missed; known: those of identified numbers',
    'Missed callers whose first contact within the window was a call we made.', 'History and events', '{callbacks}'
  ),
  (
    'callers_who_called_again', 'Missed callers who called again', 'callers', 'none', false,
    'Calls missed; known: those of identified numbers', 'Missed callers whose first contact within the window was a call they made.',
    'History and events', '{callbacks}'
  ),
  (
    'callers_outstanding', 'Missed callers outstanding', 'callers', 'down', false, 'Calls missed; known: those of identified numbers',
    'Missed callers who were not reached within the window.', 'History and events', '{callbacks}'
  ),
  (
    'time_to_callback_median', 'Median time to callback', 'seconds', 'down', false, 'Missed callers; known: those reached',
    'Median time from the start of the first missed call to the start of the contact, over missed callers reached.', 'History and events',
    '{callbacks}'
  ),
  (
    'time_to_callback_p90', 'Time to callback, 90th percentile', 'seconds', 'down', false, 'Missed callers; known: those reached',
    'The time within which nine of ten missed callers who were reached were reached.', 'History and events', '{callbacks}'
  ),
  (
    'peak_concurrency', 'Most calls at once', 'calls', 'none', false, 'Inbound calls in progress in the range',
    'The most inbound calls in progress at the same instant, those begun before the range included; one that ends as another begins '
    'is over. No call is taken to last longer than a day.',
    'History and events', '{peak_concurrency}'
  ),
  (
    'messages_received', 'Messages received', 'messages', 'none', true, 'Messages received', 'Text messages received.',
    'Journal and events',
    '{kpi_messages}'
  ),
  (
    'messages_sent', 'Messages sent', 'messages', 'none', true, 'Messages sent',
    'Text messages that left: sent, delivered, or failed with the provider.', 'Journal and events', '{kpi_messages}'
  ),
  (
    'message_delivery_rate', 'Messages delivered', 'share', 'up', false, 'Messages sent; known: those delivered or failed',
    'Delivered / sent.', 'Journal and events', '{kpi_messages}'
  ),
  (
    'first_reply_median', 'Median time to first reply', 'seconds', 'down', false,
    'Messages that open a conversation; known: those replied to',
    'Median time from a message received, that is the first, follows one of ours or comes more than a day after the one before, to '
    'our next.',
    'Journal and events', '{kpi_messages}'
  ),
  (
    'availability', 'Availability', 'share', 'none', false, 'Time in which the agent''s status is known',
    '(Busy + available) / time in which the status is known.', 'Status as observed, and calls', '{team_availability}'
  ),
  (
    'occupancy', 'Occupancy', 'share', 'none', false, 'Time in which the agent was busy or available', 'Busy / (busy + available).',
    'Status as observed, and calls', '{team_availability}'
  ),
  (
    'sla_days_missed', 'Days that missed the target', 'days', 'down', true, 'Local days with a call of known wait to be judged',
    'Days whose service level was below the target in force that day. Rows: report_sla, is_missed=is.true.', 'Waits from events alone',
    '{report_sla}'
  ),
  (
    'revenue', 'Revenue', 'cents', 'up', true, 'Payments',
    'What was paid, by instant of payment, for each currency by itself. Rows: payments, paid_at=gte.…&paid_at=lt.…&currency=eq.….',
    'Payments as the operator writes them', '{revenue}'
  );

update public.kpi_definitions set
  rows_of = f.rows_of, numerator = f.numerator, numerator_filter = f.numerator_filter, denominator_filter = f.denominator_filter,
  known_filter = f.known_filter, total_filter = f.total_filter
from (values
  ('offered', 'counted_calls', 'count()', 'direction=eq.inbound', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  ('answered', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered', null, 'direction=eq.inbound',
  'direction=eq.inbound'),
  ('voicemail', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.voicemail', null, 'direction=eq.inbound',
  'direction=eq.inbound'),
  ('missed', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.missed', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  (
    'answer_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound', 'direction=eq.inbound',
    'direction=eq.inbound'
  ),
  (
    'abandonment_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.missed&is_short_abandon=is.false',
    'direction=eq.inbound&is_short_abandon=is.false', 'direction=eq.inbound&or=(outcome.neq.missed,wait_seconds.not.is.null)',
    'direction=eq.inbound'
  ),
  (
    'service_level', 'counted_calls', 'count()', 'direction=eq.inbound&is_answered_in_time=is.true',
    'direction=eq.inbound&wait_seconds=not.is.null&is_short_abandon=is.false', 'direction=eq.inbound&wait_seconds=not.is.null',
    'direction=eq.inbound'
  ),
  (
    'average_speed_of_answer', 'counted_calls', 'wait_seconds.sum()', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'average_abandon_wait', 'counted_calls', 'wait_seconds.sum()', 'direction=eq.inbound&outcome=eq.missed&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.missed&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.missed&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.missed'
  ),
  (
    'longest_wait', 'counted_calls', 'wait_seconds.max()', 'direction=eq.inbound&wait_seconds=not.is.null', null,
    'direction=eq.inbound&wait_seconds=not.is.null', 'direction=eq.inbound'
  ),
  (
    'average_handle_time', 'counted_calls', 'talk_seconds.sum()', 'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'total_talk', 'counted_calls', 'talk_seconds.sum()', 'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'average_duration', 'counted_calls', 'duration_seconds.sum()', 'direction=eq.inbound&duration_seconds=not.is.null',
    'direction=eq.inbound&duration_seconds=not.is.null', 'direction=eq.inbound&duration_seconds=not.is.null', 'direction=eq.inbound'
  ),
  ('calls_per_minute', 'counted_calls', 'count()', 'direction=eq.inbound', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  (
    'dropped_rate', 'counted_calls', 'count()', 'direction=eq.inbound&is_dropped=is.true', 'direction=eq.inbound&outcome=eq.answered',
    'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'transferred_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered&transfer_count=gt.0',
    'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'very_short_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered&talk_seconds=lt.10',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'outbound', 'counted_calls', 'count()', 'direction=in.(outbound,callback)', null, 'direction=in.(outbound,callback)',
    'direction=in.(outbound,callback)'
  ),
  (
    'outbound_connected_rate', 'counted_calls', 'count()', 'direction=in.(outbound,callback)&outcome=eq.answered',
    'direction=in.(outbound,callback)', 'direction=in.(outbound,callback)', 'direction=in.(outbound,callback)'
  ),
  (
    'outbound_talk', 'counted_calls', 'talk_seconds.sum()',
    'direction=in.(outbound,callback)&outcome=eq.answered&talk_seconds=not.is.null', null,
    'direction=in.(outbound,callback)&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=in.(outbound,callback)&outcome=eq.answered'
  ),
  (
    'answered_wait_median', 'counted_calls', 'wait_seconds', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'answered_wait_p90', 'counted_calls', 'wait_seconds', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'answered_wait_p95', 'counted_calls', 'wait_seconds', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'repeat_calls', 'counted_calls', 'count()', 'is_repeat=is.true', null, 'direction=eq.inbound&is_identified=is.true',
    'direction=eq.inbound'
  ),
  (
    'repeat_rate', 'counted_calls', 'count()', 'is_repeat=is.true', 'direction=eq.inbound', 'direction=eq.inbound&is_identified=is.true',
    'direction=eq.inbound'
  ),
  (
    'first_call_resolution_proxy', 'counted_calls', 'count()', 'direction=eq.inbound&is_repeat=is.false', 'direction=eq.inbound',
    'direction=eq.inbound&is_identified=is.true', 'direction=eq.inbound'
  ),
  (
    'calls_per_reached_contact', 'rpc/callers', 'calls.sum()', 'external_number=not.is.null', 'external_number=not.is.null&answered=gt.0',
    null, null
  ),
  ('missed_callers', 'rpc/callers', 'count()', 'first_missed_at=not.is.null', null, null, null),
  ('callback_rate', 'rpc/callers', 'count()', 'reached_at=not.is.null', 'first_missed_at=not.is.null', null, null),
  ('callers_called_back', 'rpc/callers', 'count()', 'reached_by=eq.called_back', null, null, null),
  ('callers_who_called_again', 'rpc/callers', 'count()', 'reached_by=eq.called_again', null, null, null),
  ('callers_outstanding', 'rpc/callers', 'count()', 'first_missed_at=not.is.null&reached_at=is.null', null, null, null),
  (
    'time_to_callback_median', 'rpc/callers', 'seconds_to_contact', 'reached_at=not.is.null', null, 'reached_at=not.is.null',
    'first_missed_at=not.is.null'
  ),
  (
    'time_to_callback_p90', 'rpc/callers', 'seconds_to_contact', 'reached_at=not.is.null', null, 'reached_at=not.is.null',
    'first_missed_at=not.is.null'
  ),
  (
    'peak_concurrency', 'counted_calls', 'count()', 'direction=eq.inbound&started_at=lte.{peak_at}&over_at=gt.{peak_at}', null, null, null
  ),
  ('messages_received', 'messages', 'count()', 'direction=eq.inbound', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  (
    'messages_sent', 'messages', 'count()',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))', null,
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))'
  ),
  (
    'message_delivery_rate', 'messages', 'count()', 'direction=eq.outbound&state=eq.delivered',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))',
    'direction=eq.outbound&or=(state.eq.delivered,and(state.eq.failed,provider_message_id.not.is.null))',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))'
  )
) f (kpi, rows_of, numerator, numerator_filter, denominator_filter, known_filter, total_filter)
where kpi_definitions.kpi = f.kpi;

insert into public.kpi_definitions (kpi, name, unit, direction, adds_up, population, formula, source, told_by)
values
(
  'ringing', 'Ringing now', 'calls', 'none', false, 'Calls in progress',
  'Calls in either direction that nobody has answered: ringing, waiting, being dialled. Rows: live_calls, state=eq.ringing.',
  'Events alone',
  '{live_summary}'
),
(
  'in_progress', 'In progress now', 'calls', 'none', false, 'Calls in progress',
  'Calls that were answered and have not ended. Rows: live_calls, state=eq.in_progress.', 'Events alone', '{live_summary}'
),
(
  'queue_length', 'Waiting now', 'calls', 'down', false, 'Calls in progress',
  'Inbound calls with no answer, end or outcome. Rows: live_calls, waiting_seconds=not.is.null.', 'Events alone', '{live_summary}'
),
(
  'longest_wait_now', 'Longest wait now', 'seconds', 'down', false, 'Calls waiting now',
  'Now − arrival, or the first ring if that is known to be earlier, of the oldest inbound call with no answer, end or outcome.',
  'Events alone', '{live_summary}'
),
(
  'calls_per_minute_now', 'Calls per minute now', 'calls_per_minute', 'none', false, 'Inbound calls that began of late',
  'Inbound calls that began in the last 5 (60) minutes, ended or not / 5 (60).', 'History and events', '{live_summary}'
),
(
  'agents_needed', 'Agents needed', 'agents', 'none', false, 'Calls offered',
  'Mean calls offered per local weekday-hour and mean handle time: the fewest agents whose service level by Erlang C meets the '
  'target, ÷ (1 − shrinkage), rounded up. Erlang C assumes that calls come at random and that nobody hangs up.',
  'History and events', '{staffing}'
);

comment on column public.counted_calls.over_at is
'When it ended, by events or else by its duration, at most a day after its start; null where neither is known.';
comment on column public.counted_calls.is_identified is 'Whether a number called; nobody else is recognised when they call again.';
comment on column public.counted_calls.is_answered_in_time is
'Answered within the service level''s threshold; null where it was answered after a wait that is not known.';
comment on column public.counted_calls.is_short_abandon is 'Missed, and left out of abandonment and service level as the caller hung up at once.';
comment on column public.counted_calls.is_repeat is
'Inbound, and the same number had called the organization within the 7 × 24 hours before, as far as the caller sees.';
comment on column public.counted_calls.is_in_hours is 'Whether it started in business hours; null where none were set.';
comment on column public.counted_calls.local_day is 'The day it started, by the organization''s clock.';
comment on column public.counted_calls.weekday is 'From 1, Monday, by the organization''s clock.';
comment on column public.counted_calls.hour is 'From 0 to 23, by the organization''s clock.';
comment on column public.live_calls.state is 'ringing (also: waiting, being dialled) or in_progress.';
comment on column public.live_calls.since is 'Since when it is in this state.';
comment on column public.live_calls.waiting_seconds is 'Of an inbound call that nobody has answered: whole seconds since it arrived or first rang.';
comment on column public.live_calls.talking_seconds is 'Whole seconds since the first answer; null before.';
comment on column public.live_calls.agents is 'Who takes part: [{"extension", "name", "member_id", "state"}], state ringing, talking or left.';
comment on column public.missed_callers.state is
'open, snoozed (nobody needs to look for now), or closed (by hand, without having reached the caller). All of them are outstanding.';
comment on column public.missed_callers.first_missed_at is 'The first miss since the last contact, or since it was closed by hand, on lines the reader works on.';
comment on column public.missed_callers.age_seconds is 'Since the first miss.';
comment on column public.missed_callers.misses is 'How often the caller was missed since then.';
comment on column public.missed_callers.attempts is 'How often the caller was called in vain since then, from any line.';
comment on column public.missed_callers.last_contact_at is 'The last contact before, within the 30 days.';
comment on column public.missed_callers.work_id is 'What people do about it, in missed_caller_work; null while nobody does anything.';
comment on column public.missed_callers.worked_at is 'When somebody last did.';

-- The calls that are there already are counted by the first folds.
insert into private.stale_periods (org_id, starts_at, ends_at)
select o.id, '-infinity', 'infinity' from public.organizations o;
