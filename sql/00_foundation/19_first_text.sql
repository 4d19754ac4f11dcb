create function private.first_text(p_item jsonb, variadic p_paths text[]) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_path text;
  v_value jsonb;
begin
  foreach v_path in array p_paths loop
    v_value := p_item #> string_to_array(v_path, '.');
    if jsonb_typeof(v_value) in ('string', 'number') and not private.is_blank(v_value #>> '{}') then
      return btrim(v_value #>> '{}');
    end if;
  end loop;
  return null;
end
$$;
comment on function private.first_text(jsonb, text[]) is
'The first of these fields (caller.phone: a field of a field) that holds a text or a number; null where none does. For what the provider names now this way and now that.';
