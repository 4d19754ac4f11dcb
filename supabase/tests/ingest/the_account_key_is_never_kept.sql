begin;
select plan(39);

create temporary table story on commit drop as select * from tests.two_organizations();
create temporary table example (payload, redacted) on commit drop as
select * from (
  values
    ('{"ApiKey": "secret"}', '{"ApiKey": "[redacted]"}'),
    ('{"apikey": "secret", "a": 1}', '{"apikey": "[redacted]", "a": 1}'),
    ('{"api_key": 1, "X-Api-Key": ["x"]}', '{"api_key": "[redacted]", "X-Api-Key": "[redacted]"}'),
    ('{"API-KEY": null}', '{"API-KEY": "[redacted]"}'),
    ('{"a": {"b": {"ApiKey": "secret"}}}', '{"a": {"b": {"ApiKey": "[redacted]"}}}'),
    ('{"a": [{"ApiKey": "secret"}, [{"ApiKey": "secret"}], 1]}', '{"a": [{"ApiKey": "[redacted]"}, [{"ApiKey": "[redacted]"}], 1]}'),
    ('{"ApiKey": {"secret": "secret"}}', '{"ApiKey": "[redacted]"}'),
    ('[{"ApiKey": "secret"}]', '[{"ApiKey": "[redacted]"}]'),
    ('{"ApiKey": "secret", "Body": {"api.key": "secret"}}', '{"ApiKey": "[redacted]", "Body": {"api.key": "[redacted]"}}'),
    ('{"ApiKey": "secret", "x-api\nk-1e2Y": "secret"}', '{"ApiKey": "[redacted]", "x-api\nk-1e2Y": "[redacted]"}'),
    ('{"ApiKey": "secret", "api\u006B\u0065y": 1}', '{"ApiKey": "[redacted]", "api\u006B\u0065y": "[redacted]"}'),
    ('{"ApiKey": "secret", "Body": {"Id": "Callback"}}', '{"ApiKey": "[redacted]", "Body": {"Id": "Callback"}}'),
    ('{"Monkey": "banana", "keys": "piano"}', '{"Monkey": "banana", "keys": "piano"}'),
    ('{}', '{}'), ('[]', '[]'), ('"ApiKey"', '"ApiKey"'), ('null', 'null')
) written (payload, redacted);
select is(private.redact_api_key(payload::jsonb), redacted::jsonb, payload) from example;
select is(private.redact_api_key(null), null, 'nothing stays nothing');
select is(r.payload, e.redacted::jsonb, 'read at the door: ' || e.payload)
from story s
cross join (select array_agg(x.payload) as bodies, array_agg(x.redacted) as redacted, array[count(*)::int] as size from example x) x
cross join lateral unnest(
  private.read_deliveries(array_fill(s.platform_account, x.size), x.bodies, array_fill(now(), x.size))
) r
cross join lateral (select x.bodies[r.id] as payload, x.redacted[r.id] as redacted) e;
select is(
  (select r.payload from story s, unnest(private.read_deliveries(
    array[s.platform_account], array['{"ApiKey": "secret", "Body": {"Kpikey": 1, "apiKey": "secret", "Name": "Zoë"}}'], array[now()]
  )) r),
  private.redact_api_key('{"ApiKey": "secret", "Body": {"Kpikey": 1, "apiKey": "secret", "Name": "Zoë"}}'),
  'what is not plain is looked at name by name'
);
select tests.deliver(
  platform_account, '{"EventType":"IncomingCall","Guid":"1","ApiKey":"hunter-2","Body":{"Id":"c","List":[{"apiKey":"hunter-2"}]}}'
) from story;
select tests.deliver(platform_account, '{"EventType":"IncomingCall","Guid":"2","ApiKey":"hunter-2","Body":{"Id":1e999999}}') from story;
select tests.deliver(
  platform_account, '{"Api_Key" : "hunter-2\"hunter-2", "deep": ' || repeat('[', 20000) || repeat(']', 20000) || '}'
) from story;
select tests.deliver(platform_account, '{"EventType":"IncomingCall","Guid":{"ApiKey":"hunter-2"},"Body":{"Id":"c"}}') from story;
select is((select count(*)::int from private.webhook_events where payload is null), 2, 'some bodies cannot be held as JSON');
select is((select count(*)::int from private.webhook_events), 4, 'all are kept');
select is_empty(
  $$select from private.webhook_events e where e::text like '%hunter-2%'$$, 'and no column of any of them holds the key'
);

select * from finish();
rollback;
