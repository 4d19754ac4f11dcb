begin;
select plan(28);

select is(private.parse_number(written), read, coalesce('"' || written || '" is ' || coalesce(read::text, 'no number'), 'none is none'))
from (
  values
    ('23066', 23066), ('0', 0), ('-1', -1), ('1.5', 1.5), ('007', 7), ('999999999999999999', 999999999999999999),
    ('1000000000000000000', null), ('1e3', null), ('NaN', null), ('Infinity', null), ('1,5', null), (' 1', null), ('.5', null),
    ('1.', null), ('--1', null), ('٣', null), ('', null), (null, null)
) example (written, read);

select is(
  private.seconds_between(from_at::timestamptz, to_at::timestamptz), seconds,
  format('from %s to %s', coalesce(from_at, 'an unknown time'), coalesce(to_at, 'an unknown one'))
)
from (
  values
    ('2026-01-01 00:00:00Z', '2026-01-01 00:00:00Z', 0),
    ('2026-01-01 00:00:00Z', '2026-01-01 00:00:00.999999Z', 0),
    ('2026-01-01 00:00:00.9Z', '2026-01-01 00:00:20.8Z', 19),
    ('2026-01-01 00:00:00Z', '2026-01-01 00:00:20Z', 20),
    ('2026-03-08 06:59:59Z', '2026-03-08 07:00:01Z', 2),
    ('2026-01-01 00:00:01Z', '2026-01-01 00:00:00Z', null),
    ('2026-01-01 00:00:00Z', '2026-01-07 23:59:59Z', 604799),
    ('2026-01-01 00:00:00Z', '2026-01-08 00:00:00Z', null),
    (null, '2026-01-01 00:00:00Z', null),
    ('2026-01-01 00:00:00Z', null, null)
) example (from_at, to_at, seconds);

select * from finish();
rollback;
