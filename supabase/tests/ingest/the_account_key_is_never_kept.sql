begin;
select plan(21);

select is(private.redact_api_key(payload::jsonb), redacted::jsonb, payload)
from (
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
) example (payload, redacted);
select is(private.redact_api_key(null), null, 'nothing stays nothing');

create temporary table story on commit drop as select * from tests.two_organizations();
select tests.deliver(
  platform_account, '{"EventType":"IncomingCall","Guid":"1","ApiKey":"hunter-2","Body":{"Id":"c","List":[{"apiKey":"hunter-2"}]}}'
) from story;
select tests.deliver(platform_account, '{"EventType":"IncomingCall","Guid":"2","ApiKey":"hunter-2","Body":{"Id":1e999999}}') from story;
select tests.deliver(
  platform_account, '{"Api_Key" : "hunter-2\"hunter-2", "deep": ' || repeat('[', 20000) || repeat(']', 20000) || '}'
) from story;
select is((select count(*)::int from private.webhook_events where payload is null), 2, 'some bodies cannot be held as JSON');
select is((select count(*)::int from private.webhook_events), 3, 'all are kept');
select is_empty(
  $$select from private.webhook_events e where e::text like '%hunter-2%'$$, 'and no column of any of them holds the key'
);

select * from finish();
rollback;
