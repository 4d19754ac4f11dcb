create function private.is_email(p_text text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_atom constant text := '[^\s[:cntrl:]()<>@,;:\\".\[\]]+';
  v_label constant text := '[^\s[:cntrl:][:punct:]]([^\s[:cntrl:]!-,./:-@\[-`{-~]{0,61}[^\s[:cntrl:][:punct:]])?';
begin
  return char_length(p_text) <= 254
    and p_text ~ ('^(' || v_atom || '(\.' || v_atom || ')*|"([^\\"[:cntrl:]]|\\[^[:cntrl:]])+")@(' || v_label || '\.)+' || v_label || '$')
    and char_length(regexp_replace(p_text, '@[^@]*$', '')) <= 64
    and p_text !~ '\.[0-9]+$';
end
$$;
comment on function private.is_email(text) is
'Whether the text is an address that mail can be sent to: any local part of RFC 5321, quoted ones too, at a domain of at least two labels.';
grant execute on function private.is_email(text) to authenticated;
