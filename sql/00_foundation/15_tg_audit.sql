create function private.tg_audit() returns trigger
language plpgsql security definer set search_path = '' as $$
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
$$;
comment on function private.tg_audit() is
'Writes an audit entry for a changed row: what it was and what it is. Arguments: its key columns, and columns that are never told.';
