create table private.idempotency_keys (
  caller_id uuid not null,
  idempotency_key text not null,
  request_hash bytea not null,
  result_ids uuid[] not null,
  created_at timestamptz not null default now(),
  primary key (caller_id, idempotency_key),
  constraint request_hash_is_sha256 check (octet_length(request_hash) = 32)
);
comment on table private.idempotency_keys is
'Requests that must not be done twice, by the key their callers gave them, and what came of them.';
comment on column private.idempotency_keys.caller_id is 'The user or the API key: nobody meets another''s keys.';
create index idempotency_keys_created_idx on private.idempotency_keys (created_at);

alter table private.idempotency_keys enable row level security;

create function private.read_idempotency_key(p_key text) returns text
language plpgsql stable set search_path = '' as $$
declare
  v_key constant text := coalesce(p_key, nullif(current_setting('request.headers', true), '')::json ->> 'idempotency-key');
begin
  if v_key is null and auth.uid() is null then
    raise exception 'Programs have to send an Idempotency-Key.'
      using errcode = 'PT400', detail = 'idempotency_key_missing', hint =
        'Send a new random one with each request, and the same one again when you repeat the request.';
  end if;
  if v_key is not null and (private.is_blank(v_key) or char_length(v_key) > 200) then
    raise exception 'An idempotency key has 1 to 200 characters.'
      using errcode = 'PT422', detail = 'idempotency_key_invalid', hint = 'A random UUID will do.';
  end if;
  return v_key;
end
$$;
comment on function private.read_idempotency_key(text) is
'The key of this request, as an argument or in its header; API keys have to send one.';

create function private.earlier_result(p_key text, p_request jsonb, p_result_ids uuid[]) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_caller_id constant uuid := coalesce(auth.uid(), nullif(current_setting('victorysync.api_key_id', true), '')::uuid);
  v_hash constant bytea := sha256(convert_to(p_request::text, 'UTF8'));
  v_earlier private.idempotency_keys;
begin
  if p_key is null then
    return null;
  end if;
  -- Whoever sends the same at the same moment waits here.
  insert into private.idempotency_keys (caller_id, idempotency_key, request_hash, result_ids)
  values (v_caller_id, p_key, v_hash, p_result_ids)
  on conflict do nothing;
  if found then
    return null;
  end if;
  select * into v_earlier from private.idempotency_keys k where k.caller_id = v_caller_id and k.idempotency_key = p_key;
  if v_earlier.request_hash <> v_hash then
    raise exception 'The idempotency key was sent with another request.'
      using errcode = 'PT422', detail = 'idempotency_key_reused', hint = 'A new request needs a new key.';
  end if;
  return v_earlier.result_ids;
end
$$;
comment on function private.earlier_result(text, jsonb, uuid[]) is
'Keeps what this request will have made; or returns what it made when it was sent before with the same key.';
