create function private.message_keyword(p_body text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if char_length(p_body) > 100 then
    return null;
  end if;
  return case
    when upper(regexp_replace(p_body, '^[[:space:][:punct:]]+|[[:space:][:punct:]]+$', '', 'g'))
      in ('STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'OPTOUT', 'REVOKE') then 'stop'
    when upper(regexp_replace(p_body, '^[[:space:][:punct:]]+|[[:space:][:punct:]]+$', '', 'g'))
      in ('START', 'UNSTOP', 'YES') then 'start'
  end;
end
$$;
comment on function private.message_keyword(text) is
'stop where the whole message asks to be left alone, start where it takes that back, whatever its case and punctuation; else null.';
