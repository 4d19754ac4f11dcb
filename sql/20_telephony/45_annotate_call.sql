create function private.annotate_call(p_call_id uuid, p_outcome_code text, p_tags text[]) returns public.call_annotations
language plpgsql security definer set search_path = '' as $$
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
$$;
comment on function private.annotate_call(uuid, text, text[]) is
'Says what came of a call and gives it tags; the caller''s right is checked inside.';
grant execute on function private.annotate_call(uuid, text, text[]) to authenticated;

create function public.annotate_call(p_call_id uuid, p_outcome_code text default null, p_tags text[] default null)
returns public.call_annotations
language sql set search_path = '' as $$
  select private.annotate_call(p_call_id, p_outcome_code, p_tags)
$$;
comment on function public.annotate_call(uuid, text, text[]) is
'Says what came of a call, and gives it tags (agents and managers on the calls they read, org admins on their organization''s).

What is left out stays as it was. An empty p_outcome_code takes the outcome code back; p_tags is the whole list of tags, and an empty one takes all away.
Calls are filtered by them with calls?select=*,call_annotations!inner(*)&call_annotations.tags=cs.{urgent}.
Errors: call_not_found, role_not_sufficient, outcome_code_unknown, tag_invalid.';
grant execute on function public.annotate_call(uuid, text, text[]) to authenticated;
