create function private.read_legs(p_payload jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return (
    select jsonb_agg(jsonb_build_object('extension', a.extension, 'name', a.name, 'is_connected', a.is_connected) order by a.extension)
    from (
      select
        left(btrim(agent ->> 'extension'), 40) as extension,
        min(nullif(left(btrim(agent ->> 'name'), 200), '')) as name,
        bool_or(connected) as is_connected
      from (
        select called as agent, coalesce(called -> 'isConnected' = 'true', false) as connected
        from jsonb_array_elements(case when jsonb_typeof(p_payload -> 'called') = 'array' then p_payload -> 'called' else '[]' end) called
        union all
        -- Whoever placed the call spoke if it connected.
        select p_payload -> 'caller', coalesce(lower(p_payload ->> 'callStatus') = 'connected', false)
      ) agents
      where jsonb_typeof(agent) = 'object' and btrim(agent ->> 'extension') <> ''
      group by 1
    ) a
  );
end
$$;
comment on function private.read_legs(jsonb) is
'The agents that a call of the provider''s history names: [{"extension", "name", "is_connected"}], one per extension; null where it names none.';
