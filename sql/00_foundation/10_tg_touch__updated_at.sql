create function private.tg_touch__updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.tg_touch__updated_at() is 'Keeps updated_at at the time of the last change.';
