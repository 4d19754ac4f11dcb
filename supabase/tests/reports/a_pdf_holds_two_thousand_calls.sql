begin;
select plan(3);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.parameters() returns jsonb language sql as $$
  select '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z"}'::jsonb
$$;
create function pg_temp.made(p_format text) returns jsonb
language plpgsql as $$
declare
  v_id uuid;
  v_made record;
begin
  perform tests.act_as(org_admin) from story;
  perform public.create_document(acme, 'calls', p_format, pg_temp.parameters()) from story;
  perform tests.act_as_role('postgres');
  select document_id into v_id from private.claim_document('one', now());
  select * into v_made from private.document_source(v_id, 'one', now());
  return jsonb_strip_nulls(jsonb_build_object(
    'lines', cardinality(string_to_array(v_made.csv, e'\r\n')) - 2, 'rows', jsonb_array_length(v_made.source #> '{sections, 0, rows}'),
    'problem', split_part(v_made.problem, '.', 1)
  ));
end
$$;
grant execute on function pg_temp.parameters() to public;

select tests.calls(given, 2000) from story;
select is(pg_temp.made('pdf'), '{"rows": 2000}', 'a PDF holds 2,000 calls');
select tests.calls(given, 1) from story;
select is(pg_temp.made('pdf'), '{"problem": "There are more than 2000 calls"}', 'not one more');
select is(pg_temp.made('csv'), '{"lines": 2001}', 'which a CSV does');

select * from finish();
rollback;
