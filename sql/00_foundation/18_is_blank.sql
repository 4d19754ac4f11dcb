create function private.is_blank(p_text text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_text !~ '[^[:space:][:cntrl:]\u0085\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]';
end
$$;
comment on function private.is_blank(text) is 'Whether a text has nothing in it that can be seen.';
grant execute on function private.is_blank(text) to authenticated;
