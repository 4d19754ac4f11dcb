create function private.require_line(p_line_id uuid, p_scope text) returns public.lines
language plpgsql stable set search_path = '' as $$
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
$$;
comment on function private.require_line(uuid, text) is
'The line, where the caller may send and call from it: agents and managers those given to them, admins their organization''s, API keys with the scope.';

create function private.require_open_line(p_line public.lines) returns public.integrations
language plpgsql set search_path = '' as $$
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
$$;
comment on function private.require_open_line(public.lines) is
'The account of a line, where something can be sent from it now; the line stays the organization''s until the transaction ends.';

create function private.read_recipients(p_to text[], p_line public.lines) returns text[]
language plpgsql stable set search_path = '' as $$
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
$$;
comment on function private.read_recipients(text[], public.lines) is
'Recipients in E.164 form, each once, in the order given. Refuses all of them when one cannot be reached, and names it.';
