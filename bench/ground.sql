-- What the benchmarks stand on: one platform-wide account, an organization with an admin, an agent and their colleagues,
-- and other organizations beside it; and what makes items, events and calls by the thousand. By the superuser.

create schema bench;
grant usage on schema bench to public;
grant create on schema bench to postgres;

insert into public.integrations (id, org_id, name)
values ('c0000000-0000-4000-8000-000000000000', private.holding_org_id(), 'MightyCall');

-- Organization 0 is the one that is measured; each has 20 lines and 31 members: number 0 is the admin, the others are agents.
insert into public.organizations (id, name)
select bench_id, 'Organization ' || n
from generate_series(0, 4) n
cross join lateral (select ('a0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid as bench_id) id;

create function bench.id(p_kind text, p_org integer, p_number integer) returns uuid
language sql immutable as $$
  select (p_kind || '0000000-0000-4000-8000-' || lpad((p_org * 1000 + p_number)::text, 12, '0'))::uuid
$$;

insert into auth.users (id, email)
select bench.id('b', o, n), 'user' || o || '.' || n || '@example.com'
from generate_series(0, 4) o
cross join generate_series(0, 30) n;

insert into public.org_members (id, org_id, user_id, role)
select
  bench.id('e', o, n), ('a0000000-0000-4000-8000-' || lpad(o::text, 12, '0'))::uuid, bench.id('b', o, n),
  case n when 0 then 'org_admin' else 'agent' end
from generate_series(0, 4) o
cross join generate_series(0, 30) n;

insert into public.member_extensions (org_id, member_id, integration_id, extension)
select m.org_id, m.id, 'c0000000-0000-4000-8000-000000000000', right(m.id::text, 6)::integer::text
from public.org_members m;

insert into public.phone_numbers (id, org_id, integration_id, e164)
select
  bench.id('f', o, n), private.holding_org_id(), 'c0000000-0000-4000-8000-000000000000',
  '+1' || 200 + o || '55501' || lpad(n::text, 2, '0')
from generate_series(0, 4) o
cross join generate_series(0, 19) n;

insert into public.lines (id, org_id, phone_number_id, e164, period)
select
  bench.id('d', o, n), ('a0000000-0000-4000-8000-' || lpad(o::text, 12, '0'))::uuid, p.id, p.e164, tstzrange(null, null)
from generate_series(0, 4) o
cross join generate_series(0, 19) n
join public.phone_numbers p on p.id = bench.id('f', o, n);

-- Two or four of the twenty lines each; number 3, the agent that is measured, has four.
insert into public.member_lines (org_id, member_id, line_id)
select m.org_id, m.id, l.id
from public.org_members m
join public.lines l on l.org_id = m.org_id and right(l.id::text, 3)::integer % 10 in (right(m.id::text, 3)::integer % 10, 1)
where m.role = 'agent';

insert into private.api_keys (id, org_id, name, prefix, secret_hash, scopes)
select
  key_id, 'a0000000-0000-4000-8000-000000000000', 'Reports', 'vsk_' || lpad(n::text, 8, '0'), sha256(key_id::text::bytea),
  private.api_scopes()
from generate_series(0, 7) n
cross join lateral (select ('90000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid as key_id) id;

create function bench.item(p_number bigint, p_started_at timestamptz) returns text
language sql immutable as $$
  select json_build_object(
    'id', 'call-' || p_number,
    'dateTimeUtc', to_char(p_started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'duration', (p_number % 600 * 1000)::text,
    'direction', case when p_number % 4 = 3 then 'Outgoing' else 'Incoming' end,
    'callStatus', (array['Connected', 'Connected', 'Connected', 'Connected', 'Missed', 'VoiceMail', 'Dropped'])[1 + p_number % 7],
    'businessNumber', business,
    'caller', case
      when p_number % 4 = 3 then json_build_object('name', 'Agent', 'phone', business, 'extension', extension)
      else json_build_object('name', 'Caller ' || p_number % 1000, 'phone', outside, 'extension', null)
    end,
    'called', json_build_array(case
      when p_number % 4 = 3 then json_build_object('name', 'Called ' || p_number % 1000, 'phone', outside, 'isConnected', true)
      else json_build_object('name', 'Agent', 'phone', business, 'extension', extension, 'isConnected', p_number % 7 < 4)
    end),
    'callRecord', json_build_object('fileName', 'records/' || p_number, 'uri', 'https://recordings.example/' || p_number)
  )::text
  from (
    select
      '+1' || 200 + p_number % 5 || '55501' || lpad((p_number % 20)::text, 2, '0') as business,
      '+131055501' || lpad((p_number % 100)::text, 2, '0') as outside,
      (p_number % 5 * 1000 + 1 + p_number % 30)::text as extension
  ) made
$$;
comment on function bench.item(bigint, timestamptz) is 'A call of the provider''s history, as it would send it.';

create procedure bench.add_calls(p_org integer, p_calls integer, p_from timestamptz, p_to timestamptz)
language plpgsql as $$
begin
  -- Rows that are right by construction: the foreign keys would only be asked again what is known.
  set local session_replication_role = replica;
  insert into public.calls (
    id, org_id, integration_id, provider_call_id, phone_number_id, line_id, direction, business_number, external_number,
    started_at, arrived_at, rang_at, answered_at, ended_at, outcome, wait_seconds, talk_seconds, duration_seconds, member_ids
  )
  select
    extensions.uuid_generate_v5('c0000000-0000-4000-8000-000000000000', 'made-' || p_org || '-' || n),
    ('a0000000-0000-4000-8000-' || lpad(p_org::text, 12, '0'))::uuid,
    'c0000000-0000-4000-8000-000000000000', 'made-' || p_org || '-' || n,
    bench.id('f', p_org, line), bench.id('d', p_org, line), case when n % 4 = 3 then 'outbound' else 'inbound' end,
    '+1' || 200 + p_org || '55501' || lpad(line::text, 2, '0'), '+131055501' || lpad((n % 100)::text, 2, '0'),
    started_at, started_at, started_at + interval '1 s',
    case when outcome = 'answered' then started_at + make_interval(secs => wait) end,
    started_at + make_interval(secs => wait + talk),
    outcome, case when n % 4 < 3 then wait end, case when outcome = 'answered' then talk end, wait + talk,
    case when outcome = 'answered' then array[bench.id('e', p_org, 1 + n * 7 % 30)] else '{}' end
  from (
    select
      n, p_from + (p_to - p_from) * n / p_calls as started_at, n * 13 % 20 as line, n * 31 % 90 as wait, n * 17 % 600 as talk,
      (array['answered', 'answered', 'answered', 'answered', 'answered', 'missed', 'voicemail'])[1 + n % 7] as outcome
    from generate_series(0, p_calls - 1) n
  ) made;
end
$$;
comment on procedure bench.add_calls(integer, integer, timestamptz, timestamptz) is 'Calls of an organization, evenly over a range.';
