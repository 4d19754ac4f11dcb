begin;
select plan(16);

select tests.act_as(tests.user());
create function pg_temp.counted(p_body text) returns text
language sql as $$select length || ' ' || encoding || ' ' || segments from public.count_segments(p_body)$$;

select is(pg_temp.counted(''), '0 gsm7 0', 'nothing takes no segment');
select is(pg_temp.counted('Hello'), '5 gsm7 1', 'a short text one');
select is(pg_temp.counted(repeat('x', 160)), '160 gsm7 1', '160 characters are one');
select is(pg_temp.counted(repeat('x', 161)), '161 gsm7 2', '161 are two');
select is(pg_temp.counted(repeat('x', 306)), '306 gsm7 2', '306 still are');
select is(pg_temp.counted(repeat('x', 307)), '307 gsm7 3', '307 are three');
select is(pg_temp.counted(E'@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&''()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà'), '71 gsm7 1', 'the alphabet');
select is(pg_temp.counted('^{}\[~]|€'), '18 gsm7 1', 'characters of its extension take two places');
select is(pg_temp.counted(repeat('€', 80)), '160 gsm7 1', 'also where they fill it');
select is(pg_temp.counted(repeat('€', 81)), '162 gsm7 2', 'and overfill it');
select is(pg_temp.counted(repeat('x', 152) || '€' || repeat('x', 152)), '306 gsm7 3', 'one that would be torn goes into the next');
select is(pg_temp.counted('ç'), '1 ucs2 1', 'any other character changes the encoding of all');
select is(pg_temp.counted(repeat('ж', 70)), '70 ucs2 1', '70 of those are one');
select is(pg_temp.counted(repeat('ж', 71)), '71 ucs2 2', '71 are two');
select is(pg_temp.counted(repeat('😀', 34)), '68 ucs2 1', 'a smiley takes two places');
select is(pg_temp.counted(repeat('😀', 67)), '134 ucs2 3', 'and is not torn either');

select * from finish();
rollback;
