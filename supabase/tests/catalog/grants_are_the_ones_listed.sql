begin;
select plan(15);

create temporary view functions as
select p.oid, p.oid::regprocedure::text as signature, p.pronamespace::regnamespace::text || '.' || p.proname as name, p.proacl
from pg_catalog.pg_proc p
where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace);

create temporary view relations as
select c.oid, c.oid::regclass::text as name, c.relnamespace, c.relkind
from pg_catalog.pg_class c
where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm', 'S');

-- What each role can do to each table or sequence, by whatever way, down to single columns.
create temporary view rights as
select role, r.name, privilege
from relations r
cross join unnest(array['anon', 'authenticated', 'api_reader', 'service_role', 'webhooks', 'sync', 'supabase_auth_admin']) role
cross join unnest(array['select', 'insert', 'update', 'references', 'delete', 'truncate', 'trigger', 'maintain']) privilege
where r.relkind <> 'S'
  and case
    when privilege in ('select', 'insert', 'update', 'references') then has_any_column_privilege(role, r.oid, privilege)
    else has_table_privilege(role, r.oid, privilege)
  end
union all
select role, r.name, privilege
from relations r
cross join unnest(array['anon', 'authenticated', 'api_reader', 'service_role', 'webhooks', 'sync', 'supabase_auth_admin']) role
cross join unnest(array['usage', 'select', 'update']) privilege
where r.relkind = 'S' and has_sequence_privilege(role, r.oid, privilege);

select is_empty('select * from rights where role = ''anon''', 'anonymous callers have no right to any table');
-- PostgREST asks before each request whether it carries an API key's grant, whoever sends it.
select set_eq(
  'select name from functions where has_function_privilege(''anon'', oid, ''execute'')',
  array['public.preview_invitation', 'private.preview_invitation', 'private.redeem_api_grant', 'private.api_key_of_grant'],
  'anonymous callers may look at the invitation they hold, and redeem a grant'
);
select is_empty(
  $$
    select signature from functions
    where exists (select from aclexplode(coalesce(proacl, acldefault('f', 10))) a where a.grantee = 0)
  $$,
  'no function is executable by everybody'
);

select is_empty('select * from rights where role = ''service_role''', 'the service key opens no table');
select set_eq(
  'select name from functions where has_function_privilege(''service_role'', oid, ''execute'')',
  array['private.redeem_api_grant', 'private.api_key_of_grant'],
  'the service key executes nothing but what comes before every request'
);

select is_empty(
  $$
    select * from rights
    where role = 'authenticated' and privilege not in ('select', 'insert', 'update', 'delete')
  $$,
  'signed-in users can do nothing to tables that policies do not see'
);
select is_empty(
  $$
    select r.name, privilege
    from relations r
    cross join unnest(array['insert', 'update']) privilege
    where r.relkind <> 'S' and has_table_privilege('authenticated', r.oid, privilege)
  $$,
  'signed-in users insert and update named columns only'
);

select is_empty(
  'select * from rights where role = ''api_reader'' and privilege <> ''select''',
  'requests of API keys change no table themselves'
);
select set_eq(
  'select name from functions where has_function_privilege(''api_reader'', oid, ''execute'')',
  array[
    'private.api_org_ids', 'private.bucket_start', 'private.count_calls', 'private.data_through', 'private.elapsed_minutes',
    'private.kpi_scope', 'private.kpi_values', 'private.my_org_ids', 'private.no_calls', 'private.open_hours',
    'private.org_ids_read_in_full', 'private.previous_range', 'private.request_sync', 'private.require_scope',
    'private.settings_in_force', 'public.kpi_series', 'public.kpi_summary', 'public.request_sync',
    'private.count_segments', 'private.send_message', 'public.count_segments', 'public.send_message',
    'private.begin_report', 'private.call_list', 'private.kpi_columns', 'private.number_fragment', 'private.report_columns',
    'private.report_title', 'public.report_calls', 'public.report_days', 'public.report_hours', 'public.report_lines',
    'public.report_members', 'public.report_sla',
    'private.contact_name', 'public.contact_name', 'private.require_grain', 'private.buckets',
    'private.alert_moments', 'public.activity',
    'private.status_kind', 'private.team_now', 'private.events_through', 'public.live_summary', 'private.team_time',
    'public.team_availability', 'private.erlang_c', 'private.still_waiting', 'private.agents_needed', 'private.require_staffing',
    'public.erlang_c', 'public.staffing',
    'private.local_midnight', 'private.is_boundary', 'private.boundary_before', 'private.boundary_after', 'private.whole_buckets',
    'private.has_common_hours', 'private.hour_shown', 'private.count_pieces', 'private.count_sources',
    'private.stored_counts', 'private.count_waits', 'private.my_line_ids', 'private.my_member_ids',
    'private.require_kpis', 'private.require_days', 'private.require_window', 'private.require_business_hours', 'private.callers',
    'public.callers', 'public.repeat_callers',
    'public.callbacks', 'public.peak_concurrency', 'private.compared_ranges', 'public.kpi_comparison', 'public.kpi_unusual',
    'private.hours_of_week', 'public.kpi_heatmap', 'private.kpis_by', 'public.kpi_by_organization', 'public.kpi_by_line',
    'public.kpi_by_member', 'private.wait_edges', 'private.wait_percentiles', 'public.kpi_percentiles', 'public.kpi_messages'
  ],
  'requests of API keys execute what gives figures and names, asks for a pull and sends messages'
);

select is_empty('select * from rights where role = ''supabase_auth_admin''', 'Auth has no right to any table of ours');
select set_eq(
  'select name from functions where has_function_privilege(''supabase_auth_admin'', oid, ''execute'')',
  array['private.record_sign_in_attempt'],
  'Auth tells of attempts to sign in'
);

select is_empty('select * from rights where role = ''webhooks''', 'the webhook app has no right to any table');
select set_eq(
  'select name from functions where has_function_privilege(''webhooks'', oid, ''execute'')',
  array[
    'private.apply_received_deliveries', 'private.ingest_webhook_events', 'private.open_api_request', 'private.receive_deliveries',
    'private.webhook_secrets'
  ],
  'the webhook app executes five functions'
);

select is_empty('select * from rights where role = ''sync''', 'the sync script has no right to any table');
select set_eq(
  'select name from functions where has_function_privilege(''sync'', oid, ''execute'')',
  array[
    'private.apply_missing_calls', 'private.apply_one_call', 'private.apply_received_deliveries', 'private.claim_recording',
    'private.claim_recording_removal',
    'private.finish_recording', 'private.finish_recording_removal', 'private.has_due_work', 'private.postpone_sync_job',
    'private.queue_replay_job', 'private.recording_link', 'private.release_recording', 'private.replay_next_events',
    'private.retry_sync_job',
    'private.test_delivery_target', 'private.unlisted_calls', 'private.unfinished_calls', 'private.note_unfinished_call',
    'private.apply_page', 'private.claim_sync_job', 'private.count_provider_request',
    'private.credentials_not_sealed_with', 'private.extend_lease', 'private.finish_sync_job',
    'private.note_provider_refusal', 'private.queue_sync_job', 'private.release_sync_job', 'private.replace_sealed',
    'private.store_provider_token', 'private.sync_credentials', 'private.sync_job_outcome', 'private.sync_status',
    'private.claim_document', 'private.claim_document_removal', 'private.document_source', 'private.finish_document',
    'private.finish_document_removal', 'private.release_document',
    'private.claim_outbox_mail', 'private.add_invitation_token', 'private.finish_outbox_mail',
    'private.claim_outbox_request', 'private.begin_outbox_request', 'private.finish_outbox_request',
    'private.start_due_reports', 'private.evaluate_alerts',
    'private.seal_audit_entries', 'private.forget_expired', 'private.fold_rollups'
  ],
  'the sync script executes the functions of its queue, of the outbox and of its chores'
);

select * from finish();
rollback;
