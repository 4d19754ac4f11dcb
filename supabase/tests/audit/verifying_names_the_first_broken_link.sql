begin;
select plan(29);

create temporary table story on commit drop as select *, tests.organization('Initech') as initech from tests.two_organizations();
alter table story add first_id bigint, add head text;
grant select on story to public;
update public.organizations set name = 'Initech ' || n from story s, generate_series(1, 1) n where id = s.initech;
update public.organizations set name = 'Initech 2', time_zone = 'Europe/London' where name = 'Initech 1';
update public.organizations set name = 'Initech 3' where name = 'Initech 2';
select tests.act_as_role('sync');
select private.seal_audit_entries(now());
select tests.act_as_role('postgres');
update public.organizations set name = 'Initech 4' where name = 'Initech 3';
-- The entry of each position, counted from 1 in Initech's chain; the seventh waits.
create temporary table entries on commit drop as
select e.id, row_number() over (order by e.id)::int as n from public.audit_entries e join story s on e.org_id = s.initech;
grant select on entries to public;

-- Somebody who owns the tables takes their guards away, changes something and puts them back.
create function pg_temp.after(p_tamper text) returns text
language plpgsql as $$
declare
  v_said text;
begin
  begin
    alter table public.audit_entries disable trigger user;
    alter table private.audit_seals disable trigger user;
    alter table private.audit_seals drop constraint audit_seals_entry_id_fkey, drop constraint audit_seals_entry_id_key;
    alter table private.unsealed_audit_entries drop constraint unsealed_audit_entries_entry_id_fkey;
    execute p_tamper;
    perform tests.act_as(platform_admin) from story;
    select
      concat_ws(
        ', ', v.sealed || ' hold', v.unsealed || ' waiting', 'seal ' || v.broken_position,
        'entry ' || coalesce(
          (select n::text from entries where id = v.broken_entry_id), case when v.broken_entry_id is not null then 'unknown' end
        ),
        v.problem
      )
    into v_said
    from story s, public.verify_audit_chain(s.initech) v;
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    return v_said;
  end;
end
$$;
create function pg_temp.entry(p_n int) returns bigint language sql as $$select id from entries where n = p_n$$;

select is(pg_temp.after('select 1'), '6 hold, 1 waiting', 'a chain that nobody touched holds');

-- Entries.
select is(
  pg_temp.after('update public.audit_entries set ' || change || ' where id = pg_temp.entry(4)'),
  '3 hold, 1 waiting, seal 4, entry 4, ' || problem, test
)
from (
  values
    ('action = ''delete''', 'the entry or its seal was changed', 'an action that was changed is named'),
    ('actor = ''somebody@example.com''', 'the entry or its seal was changed', 'or an actor'),
    ('actor_id = gen_random_uuid()', 'the entry or its seal was changed', 'whoever it is'),
    ('actor_kind = ''user''', 'the entry or its seal was changed', 'or what'),
    ('at = at + interval ''1 microsecond''', 'the entry or its seal was changed', 'or an instant, however little'),
    ('resource = ''lines''', 'the entry or its seal was changed', 'or what was done something to'),
    ('row_key = ''{}''', 'the entry or its seal was changed', 'or to which row'),
    ('ip_address = ''192.0.2.7''', 'the entry or its seal was changed', 'or from where'),
    ('details = ''{"after": {"name": "Other"}}''', 'the details were changed', 'or what'),
    ('details = ''{}''', 'the details were changed', 'also to nothing'),
    ('details_digest = sha256(''x'')', 'the details were changed', 'or what sums it up'),
    (
      'details = ''{}'', details_digest = sha256(convert_to(''{}'', ''UTF8''))', 'the entry or its seal was changed',
      'even when the sum is right'
    ),
    ('org_id = private.holding_org_id()', 'the entry or its seal was changed', 'or where')
) t (change, problem, test);
select is(
  pg_temp.after('update public.audit_entries set details = null where id = pg_temp.entry(4)'), '6 hold, 1 waiting',
  'details may be erased'
);
select is(
  pg_temp.after('delete from public.audit_entries where id = pg_temp.entry(4)'), '3 hold, 1 waiting, seal 4, entry 4, the entry is gone',
  'an entry that was deleted is named'
);
select is(
  pg_temp.after('update public.audit_entries set action = ''x'' where id in (pg_temp.entry(5), pg_temp.entry(2), pg_temp.entry(6))'),
  '1 hold, 1 waiting, seal 2, entry 2, the entry or its seal was changed', 'of several the first'
);

-- Seals.
select is(
  pg_temp.after('delete from private.audit_seals where entry_id = pg_temp.entry(4)'),
  '3 hold, 1 waiting, seal 5, entry 5, a seal is missing before this one', 'a seal that was deleted is missed'
);
select is(
  pg_temp.after('delete from private.audit_seals where entry_id = pg_temp.entry(1)'),
  '0 hold, 1 waiting, seal 2, entry 2, a seal is missing before this one', 'also the first'
);
select is(
  pg_temp.after('delete from private.audit_seals where entry_id = pg_temp.entry(6)'),
  '5 hold, 1 waiting, entry 6, the entry was never sealed, and nothing waits to seal it', 'and the last, as long as its entry is there'
);
select is(
  pg_temp.after('update private.audit_seals set hash = sha256(''x'') where entry_id = pg_temp.entry(4)'),
  '3 hold, 1 waiting, seal 4, entry 4, the entry or its seal was changed', 'a seal that was changed is named'
);
select is(
  pg_temp.after($$
    update private.audit_seals set entry_id = case entry_id when pg_temp.entry(4) then pg_temp.entry(5) else pg_temp.entry(4) end
    where entry_id in (pg_temp.entry(4), pg_temp.entry(5))
  $$), '3 hold, 1 waiting, seal 4, entry 5, the entry or its seal was changed', 'as are entries that changed places'
);
select is(
  pg_temp.after($$
    delete from private.audit_seals where entry_id = pg_temp.entry(4);
    delete from public.audit_entries where id = pg_temp.entry(4);
    update private.audit_seals set position = position - 1 where org_id = (select initech from story) and position > 4;
  $$), '3 hold, 1 waiting, seal 4, entry 5, the entry or its seal was changed', 'and a chain that was closed over a gap'
);
select is(
  pg_temp.after($$
    update public.audit_entries set action = 'delete' where id = pg_temp.entry(4);
    update private.audit_seals s set hash = private.audit_hash(before.hash, s.position, e)
    from private.audit_seals before, public.audit_entries e
    where s.entry_id = pg_temp.entry(4) and before.entry_id = pg_temp.entry(3) and e.id = s.entry_id
  $$), '4 hold, 1 waiting, seal 5, entry 5, the entry or its seal was changed', 'or one in which an entry was sealed anew'
);
select is(
  pg_temp.after($$
    insert into public.audit_entries (org_id, actor_kind, action, resource, details_digest)
    select initech, 'process', 'insert', 'lines', sha256('') from story
  $$), '6 hold, 1 waiting, entry unknown, the entry was never sealed, and nothing waits to seal it',
  'an entry that was slipped in belongs to no seal'
);
select is(
  pg_temp.after('delete from private.unsealed_audit_entries'),
  '6 hold, 0 waiting, entry 7, the entry was never sealed, and nothing waits to seal it', 'as does one that will never be sealed'
);

-- Cut off at its end a chain looks whole: its head tells.
create function pg_temp.head() returns text
language plpgsql as $$
declare
  v_head text;
begin
  perform tests.act_as(platform_admin) from story;
  select v.head into v_head from story s, public.verify_audit_chain(s.initech) v;
  perform tests.act_as_role('postgres');
  return v_head;
end
$$;
select is(
  pg_temp.head(), (select encode(a.hash, 'hex') from private.audit_seals a join entries e on e.id = a.entry_id where e.n = 6),
  'the head is the last seal'
);
update story set head = pg_temp.head();
alter table public.audit_entries disable trigger user;
alter table private.audit_seals disable trigger user;
delete from private.audit_seals where entry_id = pg_temp.entry(6);
delete from private.unsealed_audit_entries;
delete from public.audit_entries where id in (pg_temp.entry(6), pg_temp.entry(7));
select is(pg_temp.after('select 1'), '5 hold, 0 waiting', 'a chain that was cut off at its end holds');
select isnt(pg_temp.head(), (select head from story), 'but its head is another');

select * from finish();
rollback;
