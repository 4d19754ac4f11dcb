create function private.new_secret() returns text
language plpgsql volatile set search_path = '' as $$
begin
  return translate(rtrim(encode(extensions.gen_random_bytes(32), 'base64'), '='), '+/', '-_');
end
$$;
comment on function private.new_secret() is '256 random bits in base64url.';
