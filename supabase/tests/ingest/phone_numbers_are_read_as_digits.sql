begin;
select plan(25);

select is(private.parse_phone(written), read, coalesce('"' || written || '" is ' || coalesce(read, 'no number'), 'none is none'))
from (
  values
    ('+12125550101', '+12125550101'),
    ('+1 (212) 555-0101', '+12125550101'),
    ('+1.212.555.0101', '+12125550101'),
    (e' +1\t212 555 0101 ', '+12125550101'),
    ('12125550101', '+12125550101'),
    ('0012125550101', '+12125550101'),
    ('2125550101', '2125550101'),
    ('101', '101'),
    ('911', '911'),
    ('+911', '+911'),
    ('+123456789012345', '+123456789012345'),
    ('+1234567890123456', null),
    ('1234567890123456', null),
    ('12', null),
    ('+', null),
    ('', null),
    ('Anonymous', null),
    ('Restricted', null),
    ('sip:101@example.com', null),
    ('+1212555010a', null),
    ('+1+2125550101', null),
    ('٠١٢٣٤', null),
    ('000000000', '+0000000'),
    ('null', null),
    (null, null)
) example (written, read);

select * from finish();
rollback;
