create function private.tg_refuse__writes() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'This view is only read.'
    using errcode = 'PT405', detail = 'view_is_read_only', hint = 'See its description for what changes the rows behind it.';
end
$$;
comment on function private.tg_refuse__writes() is
'Makes a view a place that can be written to as far as Postgres is concerned, so that privileges are asked for first, and refused.';
