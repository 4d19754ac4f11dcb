create type private.report_parameters as (
  starts_at timestamptz,
  ends_at timestamptz,
  line_ids uuid array,
  member_ids uuid array,
  in_hours boolean,
  directions text array,
  outcomes text array,
  min_duration integer,
  max_duration integer,
  tag text,
  outcome_code text,
  number text
);
comment on type private.report_parameters is 'What a report is asked for, read from JSON.';

create function private.report_parameters(p_report text, p_parameters jsonb) returns private.report_parameters
language plpgsql stable set search_path = '' as $$
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
$$;
comment on function private.report_parameters(text, jsonb) is 'Reads what a report is asked for; refuses what cannot be read or is unknown.';
grant execute on function private.report_parameters(text, jsonb) to authenticated;
