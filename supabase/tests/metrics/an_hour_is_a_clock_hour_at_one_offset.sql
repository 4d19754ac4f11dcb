begin;
select plan(24);

set local timezone = 'UTC';
select is(private.bucket_start(at::timestamptz, place, grain), start::timestamptz, format('%s in %s: the %s', at, place, grain))
from (
  values
    ('2025-06-02 10:59:59.999999Z', 'UTC', 'hour', '2025-06-02 10:00Z'),
    ('2025-06-02 10:00:00Z', 'UTC', 'hour', '2025-06-02 10:00Z'),
    -- Kathmandu's hours begin at a quarter past.
    ('2025-06-02 10:10Z', 'Asia/Kathmandu', 'hour', '2025-06-02 09:15Z'),
    ('2025-06-02 10:15Z', 'Asia/Kathmandu', 'hour', '2025-06-02 10:15Z'),
    -- The two hours of an autumn night stay two.
    ('2025-11-02 05:30Z', 'America/New_York', 'hour', '2025-11-02 05:00Z'),
    ('2025-11-02 06:30Z', 'America/New_York', 'hour', '2025-11-02 06:00Z'),
    ('2025-10-26 00:30Z', 'Europe/London', 'hour', '2025-10-26 00:00Z'),
    ('2025-10-26 01:30Z', 'Europe/London', 'hour', '2025-10-26 01:00Z'),
    -- Lord Howe's clock is set by half an hour: 2:00 becomes 1:30, and 2:00 becomes 2:30.
    ('2025-04-05 14:45Z', 'Australia/Lord_Howe', 'hour', '2025-04-05 14:00Z'),
    ('2025-04-05 15:10Z', 'Australia/Lord_Howe', 'hour', '2025-04-05 14:30Z'),
    ('2025-04-05 15:30Z', 'Australia/Lord_Howe', 'hour', '2025-04-05 15:30Z'),
    ('2025-10-04 15:29Z', 'Australia/Lord_Howe', 'hour', '2025-10-04 14:30Z'),
    ('2025-10-04 15:30Z', 'Australia/Lord_Howe', 'hour', '2025-10-04 15:00Z'),
    -- Days, weeks from Monday, and months are local.
    ('2025-06-02 03:00Z', 'America/New_York', 'day', '2025-06-01 04:00Z'),
    ('2025-11-03 04:59Z', 'America/New_York', 'day', '2025-11-02 04:00Z'),
    ('2025-03-30 22:59Z', 'Europe/London', 'day', '2025-03-30 00:00Z'),
    ('2025-03-30 23:00Z', 'Europe/London', 'day', '2025-03-30 23:00Z'),
    ('2025-04-06 13:00Z', 'Australia/Lord_Howe', 'day', '2025-04-05 13:00Z'),
    ('2025-11-02 20:00Z', 'America/New_York', 'week', '2025-10-27 04:00Z'),
    ('2025-11-03 05:00Z', 'America/New_York', 'week', '2025-11-03 05:00Z'),
    ('2025-11-20 12:00Z', 'America/New_York', 'month', '2025-11-01 04:00Z'),
    -- Midnight that comes twice, and midnight that does not come.
    ('2025-10-26 00:30Z', 'Atlantic/Azores', 'day', '2025-10-26 00:00Z'),
    ('2025-10-26 12:00Z', 'Atlantic/Azores', 'day', '2025-10-26 00:00Z'),
    ('2025-09-07 12:00Z', 'America/Santiago', 'day', '2025-09-07 04:00Z')
) example (at, place, grain, start);

select * from finish();
rollback;
