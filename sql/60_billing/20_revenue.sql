create function public.revenue(p_org_id uuid, p_from timestamptz, p_to timestamptz, p_grain text default null)
returns table (bucket_start timestamptz, currency text, amount_cents bigint, payments bigint)
language plpgsql stable set search_path = '' as $$
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
$$;
comment on function public.revenue(uuid, timestamptz, timestamptz, text) is
'What was paid in a range [p_from, p_to), by instant of payment, for each currency in its minor units: org admins of their organization, platform admins of any.

p_org_id null: of all organizations, in UTC (platform admins). p_grain: in all (null), or per local hour, day, week (from Monday) or month,
months without a payment included. A currency in which nothing was paid in the range has no row.
Errors: range_reversed, range_out_of_bounds, organization_not_found, role_not_sufficient, platform_admin_required, grain_unfit.';
grant execute on function public.revenue(uuid, timestamptz, timestamptz, text) to authenticated;
