create table public.payments (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  paid_at timestamptz not null,
  amount_cents bigint not null,
  currency text not null default 'USD',
  reference text,
  note text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint paid_at_is_an_instant_that_can_be_told check (paid_at >= '1900-01-01 00:00Z' and paid_at < '2200-01-01 00:00Z'),
  constraint amount_is_money check (amount_cents <> 0 and amount_cents between -1000000000000 and 1000000000000),
  constraint currency_is_an_iso_code check (currency ~ '^[A-Z]{3}$'),
  constraint reference_is_short_and_not_blank check (not private.is_blank(reference) and char_length(reference) <= 200),
  constraint note_is_short_and_not_blank check (not private.is_blank(note) and char_length(note) <= 4000),
  constraint holding_organization_pays_nothing check (org_id <> private.holding_org_id()),
  unique (org_id, id)
);
comment on table public.payments is 'Money that came in from an organization, written by the operator''s people. What revenue is made of.';
comment on column public.payments.paid_at is 'The instant of payment, which decides the day and the month that it counts in.';
comment on column public.payments.amount_cents is
'In minor units of the currency: cents of USD, but whole yen of JPY. Below zero where money was given back.';
comment on column public.payments.currency is 'An ISO 4217 code, such as USD.';
comment on column public.payments.reference is 'What the bank or the payment service calls it.';
create index payments_org_paid_idx on public.payments (org_id, paid_at desc, id desc);

alter table public.payments enable row level security;
grant select, delete on public.payments to authenticated;
grant insert (org_id, paid_at, amount_cents, currency, reference, note) on public.payments to authenticated;
grant update (paid_at, amount_cents, currency, reference, note) on public.payments to authenticated;

create policy payments_select_admins on public.payments for select to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy payments_select_admins on public.payments is 'Admins read what their organization paid, platform admins all.';

create policy payments_insert_platform on public.payments for insert to authenticated
with check ((select private.is_platform_admin()));
comment on policy payments_insert_platform on public.payments is 'Who is paid says what was paid.';

create policy payments_update_platform on public.payments for update to authenticated
using ((select private.is_platform_admin()));
comment on policy payments_update_platform on public.payments is 'Platform admins correct payments.';

create policy payments_delete_platform on public.payments for delete to authenticated
using ((select private.is_platform_admin()));
comment on policy payments_delete_platform on public.payments is 'Platform admins take back what was noted by mistake; the trail keeps it.';

create trigger tg_payments__touch before update on public.payments
for each row execute function private.tg_touch__updated_at();
create trigger tg_payments__audit after insert or update or delete on public.payments
for each row execute function private.tg_audit('id');
