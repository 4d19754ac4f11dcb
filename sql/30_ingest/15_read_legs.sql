create function private.read_legs(p_payload jsonb)
returns table (extension text, name text, is_connected boolean)
language sql immutable parallel safe set search_path = '' as $$
  select left(btrim(agent ->> 'extension'), 40), min(nullif(left(btrim(agent ->> 'name'), 200), '')), bool_or(connected)
  from (
    select called as agent, called -> 'isConnected' = 'true' as connected
    from jsonb_array_elements(case when jsonb_typeof(p_payload -> 'called') = 'array' then p_payload -> 'called' else '[]' end) called
    union all
    -- Whoever placed the call spoke if it connected.
    select p_payload -> 'caller', p_payload ->> 'callStatus' = 'Connected'
  ) agents
  where jsonb_typeof(agent) = 'object' and btrim(agent ->> 'extension') <> ''
  group by 1
$$;
comment on function private.read_legs(jsonb) is 'The agents that a call of the provider''s history names, one row per extension.';
