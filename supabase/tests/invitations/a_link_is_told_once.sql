begin;
select plan(21);

create temporary table story on commit drop as select *, tests.user_at('jo@example.com') as jo from tests.two_organizations();
grant select on story to public;
create temporary table made (n int, link text, token text generated always as (split_part(link, '#token=', 2)) stored) on commit drop;
create temporary table invited (id uuid) on commit drop;
grant select, insert on made, invited to public;
create function pg_temp.link() returns text
language sql as $$select tests.attempt(format('select public.create_invitation_link(%L)', id)) from invited$$;
create function pg_temp.tables_that_tell(p_text text) returns setof text
language plpgsql as $$
declare
  v_table regclass;
  v_tells boolean;
begin
  for v_table in
    select c.oid from pg_class c
    where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace, 'auth'::regnamespace)
  loop
    if has_table_privilege(v_table, 'select') then
      execute format('select exists (select from %s r where strpos(r::text, $1) > 0)', v_table) into v_tells using p_text;
      if v_tells then
        return next v_table::text;
      end if;
    end if;
  end loop;
end
$$;
grant execute on function pg_temp.link() to public;

select tests.act_as(manager) from story;
insert into invited select public.invite_member(acme, 'jo@example.com', 'agent', array[given]) from story;
select is(pg_temp.link(), 'PT409 app_url_missing', 'until it is known where the dashboard is served there is no link');
select tests.act_as(platform_admin) from story;
update public.platform_settings set app_url = 'https://app.example.com/calls';

select tests.act_as(manager) from story;
insert into made select 1, public.create_invitation_link(id) from invited;
insert into made select 2, public.create_invitation_link(id) from invited;
select tests.act_as(org_admin) from story;
insert into made select 3, public.create_invitation_link(id) from invited;
select matches(
  link, '^https://app\.example\.com/calls/invitation#token=[A-Za-z0-9_-]{43}$',
  'a link leads to the page, with its token where no server reads it'
)
from made where n = 1;
select is((select count(distinct token)::int from made), 3, 'each link has a token of its own');
select tests.act_as_role('anon');
select is(p.email, 'jo@example.com', 'link ' || m.n || ' works') from made m, public.preview_invitation(m.token) p order by m.n;

-- Only a hash is kept.
select tests.act_as_role('postgres');
select is_empty(format('select pg_temp.tables_that_tell(%L)', token), 'nowhere is token ' || n || ' kept') from made order by n;
select is_empty(
  format('select pg_temp.tables_that_tell(%L)', encode(decode(translate(token, '-_', '+/') || '=', 'base64'), 'hex')), 'nor its bytes'
) from made where n = 1;
select results_eq(
  format('select pg_temp.tables_that_tell(%L)', encode(sha256(convert_to(token, 'UTF8')), 'hex')), $$values ('private.invitation_tokens')$$,
  'but its hash, in one place'
) from made where n = 1;
select tests.act_as_role('anon');
select is(
  tests.attempt(format('select public.preview_invitation(%L)', encode(sha256(convert_to(token, 'UTF8')), 'hex'))),
  'PT404 invitation_not_found', 'which opens nothing'
) from made where n = 1;

-- Whoever could not invite any more makes no link, and an invitation that ended has none.
select tests.act_as(agent) from story;
select is(pg_temp.link(), 'PT404 invitation_not_found', 'an agent makes no link');
select tests.act_as_role('anon');
select is(pg_temp.link(), '42501', 'nor does who is not signed in');
select tests.act_as(org_admin) from story;
delete from public.member_lines where member_id = (select manager_member from story);
select tests.act_as(manager) from story;
select is(pg_temp.link(), 'PT403 invitation_not_allowed', 'nor a manager who has not the line any more');
select tests.act_as_role('postgres');
update private.invitations set expires_at = now();
select tests.act_as(org_admin) from story;
select is(pg_temp.link(), 'PT409 invitation_expired', 'there is none to an invitation that ran out');
select tests.act_as_role('postgres');
update private.invitations set expires_at = now() + interval '1 second';
select tests.act_as(org_admin) from story;
select is(pg_temp.link(), '1 row', 'until then there is');

-- One is accepted: all have been used.
insert into public.member_lines (org_id, member_id, line_id) select acme, manager_member, given from story;
select tests.act_as(jo) from story;
select public.accept_invitation(token) from made where n = 2;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', token)), 'PT409 invitation_already_accepted',
  'with one link all are used: ' || n
) from made order by n;
select tests.act_as(org_admin) from story;
select is(pg_temp.link(), 'PT409 invitation_already_accepted', 'and no more are made');

select * from finish();
rollback;
