create function private.kpis_as_object(p_org_ids uuid[], p_from timestamptz, p_to timestamptz) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  return (
    select jsonb_object_agg(k.kpi, k.value)
    from (values (true)) as always (is_so)
    left join lateral private.count_calls(p_org_ids, p_from, p_to, null, null, null, 'UTC', null) c on true
    cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), private.elapsed_minutes(p_from, p_to)) k
  );
end
$$;
comment on function private.kpis_as_object(uuid[], timestamptz, timestamptz) is
'The KPIs of a range over several organizations, by name; the same values as kpi_summary''s.';
grant execute on function private.kpis_as_object(uuid[], timestamptz, timestamptz) to authenticated;

create function private.stored_audio() returns table (recordings bigint, bytes bigint)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select count(*), coalesce(sum(r.size_bytes), 0)::bigint
  from public.recordings r
  where r.state = 'stored' and (select private.is_platform_admin());
end
$$;
comment on function private.stored_audio() is 'How much audio there is of all organizations, read from an index alone; nothing but for platform admins.';
grant execute on function private.stored_audio() to authenticated;

create function public.platform_figures() returns table (
  organizations_active integer, organizations_archived integer, members integer, people integer,
  today_since timestamptz, today jsonb, month_since timestamptz, this_month jsonb,
  messages_today bigint, messages_this_month bigint, recordings_stored bigint, storage_bytes bigint,
  revenue_this_month jsonb, worst_organizations jsonb, data_through timestamptz
)
language plpgsql stable set search_path = '' as $$
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
$$;
comment on function public.platform_figures() is
'What goes on across all organizations, for platform admins: organizations, members, calls and their answer rate, messages, audio, revenue, and who needs attention.

One row. Days and months are in UTC. today and this_month hold each KPI by its name, with the values of kpi_summary(null, today_since or month_since, …);
people counts those who are members of several organizations once; revenue_this_month is a list of currency and amount_cents;
worst_organizations the first ten of fleet with a problem.
Errors: platform_admin_required.';
grant execute on function public.platform_figures() to authenticated;
