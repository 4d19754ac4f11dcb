create function private.erlang_c(p_load double precision, p_agents integer) returns double precision
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_blocked double precision := 1;
begin
  if p_load <= 0 then
    return 0;
  elsif p_agents <= p_load then
    return 1;
  end if;
  -- Erlang B by its recursion stays between 0 and 1, where powers and factorials leave the numbers there are at 170 agents.
  for n in 1..p_agents loop
    v_blocked := p_load * v_blocked / (n + p_load * v_blocked);
    exit when n > p_load and v_blocked < 1e-100;
  end loop;
  return v_blocked * p_agents / (p_agents - p_load * (1 - v_blocked));
end
$$;
comment on function private.erlang_c(double precision, integer) is
'The probability that a call waits, of so many erlangs offered to so many agents (Erlang C); 1 where they never catch up.';

create function private.still_waiting(
  p_load double precision, p_agents integer, p_handle_seconds double precision, p_within_seconds double precision
) returns double precision
language sql immutable parallel safe set search_path = '' as $$
  -- What is less than e^-200 is nothing, and Postgres refuses numbers that are too small.
  select exp(greatest((p_load - p_agents) * p_within_seconds / p_handle_seconds, -200))
$$;
comment on function private.still_waiting(double precision, integer, double precision, double precision) is
'Of those who have to wait, the share that still waits after so many seconds.';

create function private.agents_needed(
  p_load double precision, p_handle_seconds double precision, p_target double precision, p_within_seconds double precision
) returns integer
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_blocked double precision := 1;
  v_waits double precision;
  v_agents integer := 0;
begin
  if p_load <= 0 then
    return 0;
  end if;
  loop
    v_agents := v_agents + 1;
    v_blocked := p_load * v_blocked / (v_agents + p_load * v_blocked);
    if v_agents > p_load then
      v_waits := v_blocked * v_agents / (v_agents - p_load * (1 - v_blocked));
      exit when 1 - v_waits * private.still_waiting(p_load, v_agents, p_handle_seconds, p_within_seconds) >= p_target or v_blocked < 1e-100;
    end if;
  end loop;
  return v_agents;
end
$$;
comment on function private.agents_needed(double precision, double precision, double precision, double precision) is
'The fewest agents with whom the share of calls answered in time meets the target, by Erlang C.';

create function private.require_staffing(p_target numeric, p_within_seconds numeric, p_shrinkage numeric, p_wrap_seconds numeric)
returns void
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if p_target is null or p_target <= 0 or p_target > 1 or p_within_seconds is null or p_within_seconds not between 0 and 3600
    or p_shrinkage is null or p_shrinkage not between 0 and 0.95 or p_wrap_seconds is null or p_wrap_seconds not between 0 and 3600 then
    raise exception 'These cannot be staffed for.'
      using errcode = 'PT422', detail = 'staffing_invalid',
        hint = 'The target lies above 0 and at most at 1, shrinkage between 0 and 0.95, seconds between 0 and 3600.';
  end if;
end
$$;
comment on function private.require_staffing(numeric, numeric, numeric, numeric) is 'Refuses targets that no number of agents means anything to.';

create function public.erlang_c(
  p_calls_per_hour numeric, p_handle_seconds numeric, p_agents integer, p_within_seconds numeric default 20
)
returns table (load_erlangs numeric, wait_probability numeric, service_level numeric, average_speed_of_answer numeric, occupancy numeric)
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_load double precision;
  v_waits double precision;
begin
  if p_calls_per_hour is null or p_calls_per_hour not between 0 and 1000000 or p_handle_seconds is null
    or p_handle_seconds not between 0 and 86400 or p_agents is null or p_agents not between 0 and 100000
    or p_within_seconds is null or p_within_seconds not between 0 and 86400 then
    raise exception 'These cannot be staffed for.'
      using errcode = 'PT422', detail = 'staffing_invalid',
        hint = 'Up to 1,000,000 calls an hour, 100,000 agents and a day''s seconds, none below 0.';
  end if;
  v_load := p_calls_per_hour * p_handle_seconds / 3600;
  v_waits := private.erlang_c(v_load, p_agents);
  return query
  select
    round(v_load::numeric, 9), round(v_waits::numeric, 12),
    round(case
      when v_load = 0 then 1
      when p_agents <= v_load then 0
      else 1 - v_waits * private.still_waiting(v_load, p_agents, p_handle_seconds::double precision, p_within_seconds::double precision)
    end::numeric, 12),
    case when p_agents > v_load then round((v_waits * p_handle_seconds::double precision / (p_agents - v_load))::numeric, 9) end,
    case when p_agents > 0 then round(least(v_load / p_agents, 1)::numeric, 12) end;
end
$$;
comment on function public.erlang_c(numeric, numeric, integer, numeric) is
'What so many agents make of so many calls, by Erlang C: who waits, who is answered in time, for how long the mean call waits (null: ever longer), how busy agents are.

It assumes that calls come at random and that nobody hangs up.
Errors: staffing_invalid.';
grant execute on function
  private.erlang_c(double precision, integer), private.still_waiting(double precision, integer, double precision, double precision),
  private.agents_needed(double precision, double precision, double precision, double precision),
  private.require_staffing(numeric, numeric, numeric, numeric), public.erlang_c(numeric, numeric, integer, numeric)
to authenticated, api_reader;
