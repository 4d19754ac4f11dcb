create function private.line_at(p_integration_id uuid, p_e164 text, p_at timestamptz)
returns table (phone_number_id uuid, line_id uuid, org_id uuid)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
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
$$;
comment on function private.line_at(uuid, text, timestamptz) is
'Whose a number of an account was at an instant: the line and its organization, else the account''s owner and no line. One row.';
