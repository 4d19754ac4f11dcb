-- What an earlier version's "make up" left, in as few rows as tell whether it is still there. After supabase/seed.sql.
insert into public.phone_numbers (id, org_id, integration_id, e164, label) values
('d0000000-0000-4000-8000-0000000000c1', private.holding_org_id(), 'd0000000-0000-4000-8000-0000000000b1', '+12125550110', 'Front desk');

insert into public.lines (id, org_id, phone_number_id, e164, period, label) values
(
  'd0000000-0000-4000-8000-0000000000d1', 'd0000000-0000-4000-8000-0000000000a1', 'd0000000-0000-4000-8000-0000000000c1',
  '+12125550110', tstzrange(now() - interval '60 days', null), 'Front desk'
);

-- Extensions had no beginning then.
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select m.org_id, m.id, 'd0000000-0000-4000-8000-0000000000b1', e.extension
from (values ('agent@northwind.example', '101'), ('manager@northwind.example', '102')) e (email, extension)
join public.profiles p on p.email = e.email
join public.org_members m on m.user_id = p.user_id;

insert into public.member_lines (org_id, member_id, line_id)
select e.org_id, e.member_id, 'd0000000-0000-4000-8000-0000000000d1' from public.member_extensions e where e.extension = '101';

insert into public.calls (
  id, org_id, integration_id, provider_call_id, phone_number_id, line_id, direction, business_number, external_number, started_at, outcome
) values (
  'd0000000-0000-4000-8000-0000000000e1', 'd0000000-0000-4000-8000-0000000000a1', 'd0000000-0000-4000-8000-0000000000b1',
  'of an earlier version', 'd0000000-0000-4000-8000-0000000000c1', 'd0000000-0000-4000-8000-0000000000d1', 'inbound',
  '+12125550110', '+12125550199', now() - interval '40 days', 'answered'
);
