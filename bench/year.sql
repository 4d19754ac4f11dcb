-- A year of calls of fifty organizations, on top of ground.sql. Organization 0 is the largest, organization 1 has a tenth
-- of its calls and is otherwise like it. By the superuser.

create function bench.org_id(p_org integer) returns uuid
language sql immutable as $$
  select ('a0000000-0000-4000-8000-' || lpad(p_org::text, 12, '0'))::uuid
$$;

insert into public.organizations (id, name)
select bench.org_id(o), 'Organization ' || o
from generate_series(5, 49) o;

update public.organizations
set time_zone = (array[
  'America/New_York', 'America/New_York', 'America/Chicago', 'America/Los_Angeles', 'Europe/London', 'America/Denver',
  'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'UTC'
])[1 + right(id::text, 12)::integer % 10]
where id <> private.holding_org_id();

update public.organization_settings
set business_hours = (
  select jsonb_agg(jsonb_build_object('weekday', d, 'opens', '08:00', 'closes', case when d < 6 then '18:00' else '13:00' end))
  from generate_series(1, 6) d
)
where org_id <> private.holding_org_id();

create table bench.size (
  org integer primary key, org_id uuid not null generated always as (bench.org_id(org)) stored,
  lines integer not null, members integer not null, calls integer not null
);
comment on table bench.size is 'How many lines, members (number 0 is the admin) and calls an organization has.';
create table bench.year (starts_on date not null, ends_on date not null, seconds jsonb not null default '{}');
comment on table bench.year is 'The year that the calls are of, and how long it took to make them and their rollups.';

create procedure bench.add_people()
language plpgsql as $$
begin
  insert into auth.users (id, email)
  select bench.id('b', s.org, n), 'user' || s.org || '.' || n || '@example.com'
  from bench.size s
  cross join generate_series(0, s.members) n
  on conflict do nothing;

  insert into public.org_members (id, org_id, user_id, role)
  select bench.id('e', s.org, n), s.org_id, bench.id('b', s.org, n), case n when 0 then 'org_admin' else 'agent' end
  from bench.size s
  cross join generate_series(0, s.members) n
  on conflict do nothing;

  insert into public.phone_numbers (id, org_id, integration_id, e164)
  select
    bench.id('f', s.org, n), private.holding_org_id(), 'c0000000-0000-4000-8000-000000000000',
    '+1' || 200 + s.org || '55501' || lpad(n::text, 2, '0')
  from bench.size s
  cross join generate_series(0, s.lines - 1) n
  on conflict do nothing;

  insert into public.lines (id, org_id, phone_number_id, e164, period)
  select bench.id('d', s.org, n), s.org_id, p.id, p.e164, tstzrange(null, null)
  from bench.size s
  cross join generate_series(0, s.lines - 1) n
  join public.phone_numbers p on p.id = bench.id('f', s.org, n)
  where not exists (select from public.lines l where l.id = bench.id('d', s.org, n));

  insert into public.member_lines (org_id, member_id, line_id)
  select m.org_id, m.id, l.id
  from public.org_members m
  join public.lines l on l.org_id = m.org_id and right(l.id::text, 3)::integer % 10 in (right(m.id::text, 3)::integer % 10, 1)
  where m.role = 'agent'
  on conflict do nothing;
end
$$;
comment on procedure bench.add_people() is 'The people and lines of bench.size that are not there yet.';

create procedure bench.add_month(p_month date, p_share double precision)
language plpgsql as $$
declare
  v_days date[] := array(
    select d::date
    from generate_series(p_month, (p_month + interval '1 month')::date - 1, interval '1 day') d
    cross join generate_series(1, case extract(isodow from d) when 6 then 2 when 7 then 1 else 6 end)
    where d >= (select starts_on from bench.year) and d < (select ends_on from bench.year)
  );
  v_hours integer[] := array(
    select hour - 1
    from unnest(array[1, 1, 1, 1, 1, 2, 4, 9, 22, 34, 38, 36, 28, 30, 36, 35, 30, 22, 14, 9, 6, 4, 2, 1])
      with ordinality as w (weight, hour)
    cross join generate_series(1, weight)
  );
begin
  -- Rows that are right by construction: neither foreign keys nor triggers are asked.
  set local session_replication_role = replica;
  set local work_mem = '512MB';
  perform setseed(to_char(p_month, 'MM')::double precision / 100 + to_char(p_month, 'YY')::double precision / 10000);
  insert into public.calls (
    id, org_id, integration_id, provider_call_id, phone_number_id, line_id, direction, business_number, external_number,
    started_at, arrived_at, rang_at, answered_at, ended_at, outcome, is_dropped, wait_seconds, talk_seconds, duration_seconds,
    transfer_count, member_ids
  )
  select
    md5(provider_call_id)::uuid, org_id, 'c0000000-0000-4000-8000-000000000000', provider_call_id, bench.id('f', org, line),
    bench.id('d', org, line), direction, '+1' || 200 + org || '55501' || lpad(line::text, 2, '0'),
    case when caller >= 0 then '+1' || 300 + caller / 100 || '55501' || lpad((caller % 100)::text, 2, '0') end,
    started_at, case when wait is not null then started_at end, case when wait is not null then started_at + interval '1 s' end,
    case when outcome = 'answered' and wait is not null then started_at + make_interval(secs => wait) end,
    started_at + make_interval(secs => duration), outcome, outcome = 'answered' and luck < 0.01,
    case when direction = 'inbound' then wait end, case when outcome = 'answered' and wait is not null then talk end, duration,
    case when outcome = 'answered' and luck > 0.94 then 1 else 0 end,
    case
      when outcome = 'answered' and luck > 0.94 then array[bench.id('e', org, member), bench.id('e', org, 1 + member % members)]
      when outcome = 'answered' or luck < 0.6 then array[bench.id('e', org, member)]
      else '{}'
    end
  from (
    select
      *, case when luck > 0.04 then waited end as wait, waited + case when outcome = 'answered' then talk else 0 end as duration
    from (
      select
        *,
        -- Each line is answered by those it was given to, where there are enough of them.
        case
          when members >= 10 and line % 10 <> 1 then (line + 9) % 10 + 1 + 10 * floor(members / 10 * turn)
          else 1 + floor(members * turn)
        end::integer as member,
        case
          when outcome = 'answered' then floor(-14 * ln(patience))
          when outcome = 'missed' then floor(-40 * ln(patience))
          else 30 + floor(-10 * ln(patience))
        end::integer as waited
      from (
        select
          s.org, s.org_id, s.members, to_char(p_month, 'YYYYMM') || '-' || s.org || '-' || n as provider_call_id,
          (
            v_days[1 + floor(random() * cardinality(v_days))::integer]
            + make_interval(
              hours => v_hours[1 + floor(random() * cardinality(v_hours))::integer], secs => floor(random() * 3600000) / 1000
            )
          ) at time zone o.time_zone as started_at,
          floor(s.lines * random() ^ 2)::integer as line, random() as turn,
          case when random() < 0.03 then -1 else floor(60000 * random() ^ 2)::integer end as caller,
          (array['inbound', 'inbound', 'inbound', 'inbound', 'inbound', 'inbound', 'inbound', 'outbound', 'outbound', 'callback'])[
            1 + floor(10 * random())::integer
          ] as direction,
          (array['answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'missed', 'voicemail'])[
            1 + floor(10 * random())::integer
          ] as outcome,
          1 - random() as patience, random() as luck, floor(-200 * ln(1 - random()))::integer as talk
        from bench.size s
        join public.organizations o on o.id = s.org_id
        cross join generate_series(1, round(s.calls * p_share)::integer) n
      ) drawn
    ) waiting
  ) made
  order by started_at;
end
$$;
comment on procedure bench.add_month(date, double precision) is
'Calls of every organization in a month, as they would have come: more on workdays and at midday, on some lines more than on others.';

create procedure bench.without_indexes()
language sql as $$
  update pg_catalog.pg_index set indisready = false, indisvalid = false where indrelid = 'public.calls'::regclass
$$;
comment on procedure bench.without_indexes() is
'Leaves the indexes of calls to a later reindex: millions of rows are in them sooner that way.';

-- What a plain scan reads at its best: nothing but the columns that figures are made of, in the order of the index.
create table bench.plain_calls (
  org_id uuid not null, started_at timestamptz not null, direction text collate "C" not null, outcome text collate "C" not null,
  wait_seconds integer, talk_seconds integer, duration_seconds integer, is_dropped boolean not null, transfer_count smallint not null
);

create procedure bench.add_plain_calls()
language plpgsql as $$
begin
  insert into bench.plain_calls
  select org_id, started_at, direction, outcome, wait_seconds, talk_seconds, duration_seconds, is_dropped, transfer_count
  from public.calls;
  create index plain_calls_covering_idx on bench.plain_calls (org_id, started_at)
  include (direction, outcome, wait_seconds, talk_seconds, duration_seconds, is_dropped, transfer_count);
end
$$;
comment on procedure bench.add_plain_calls() is 'Copies the calls and gives them an index that covers what figures are made of.';
