create table public.holidays (
  org_id uuid not null references public.organizations (id) on delete cascade,
  day date not null,
  name text not null,
  opens text,
  closes text,
  created_at timestamptz not null default now(),
  primary key (org_id, day),
  constraint name_is_short_and_not_blank check (btrim(name) <> '' and char_length(name) <= 200),
  constraint hours_are_wall_clock check (
    opens ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and closes ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
  ),
  constraint hours_come_in_pairs_and_run_forward check (
    (opens is null) = (closes is null) and (opens is null or opens < closes)
  )
);
comment on table public.holidays is 'Days on which an organization keeps other hours than its week says, or none.';
comment on column public.holidays.opens is 'Open from this time of the wall clock until "closes"; null: closed all day.';

alter table public.holidays enable row level security;
grant select, delete on public.holidays to authenticated;
grant select on public.holidays to api_reader;
grant insert (org_id, day, name, opens, closes) on public.holidays to authenticated;
grant update (name, opens, closes) on public.holidays to authenticated;

create function private.tg_holidays__keep_the_past() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_row constant public.holidays := case tg_op when 'DELETE' then old else new end;
begin
  -- Without an organization that the caller sees there is no local day, and the policies and foreign keys have the word.
  if v_row.day < (select (now() at time zone o.time_zone)::date from public.organizations o where o.id = v_row.org_id) then
    raise exception 'The % is over, and figures are judged by the hours kept then.', v_row.day
      using errcode = 'PT422', detail = 'holiday_in_the_past', hint = 'Holidays can be changed from today on.';
  end if;
  return v_row;
end
$$;
comment on function private.tg_holidays__keep_the_past() is 'Holidays that are over stay as they were.';

create trigger tg_holidays__keep_the_past before insert or update or delete on public.holidays
for each row execute function private.tg_holidays__keep_the_past();
create trigger tg_holidays__audit after insert or update or delete on public.holidays
for each row execute function private.tg_audit('org_id,day');
