create function private.count_segments(p_body text, out length integer, out encoding text, out segments integer)
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  -- The alphabet of GSM 03.38, and the characters that take two places of it.
  v_basic constant text := '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&''()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà';
  v_extended constant text := '\f\^{}\\\[~\]|€';
  v_wide text;
  v_per_segment integer;
  v_character text;
  v_left integer := 0;
begin
  if p_body ~ ('^[' || v_basic || v_extended || ']*$') then
    encoding := 'gsm7';
    v_per_segment := 153;
    v_wide := v_extended;
  else
    encoding := 'ucs2';
    v_per_segment := 67;
    v_wide := '\U00010000-\U0010ffff';
  end if;
  length := char_length(p_body) + char_length(regexp_replace(p_body, '[^' || v_wide || ']', '', 'g'));
  segments := case
    when length = 0 then 0
    when length <= case encoding when 'gsm7' then 160 else 70 end then 1
    when length = char_length(p_body) then ceil(length::numeric / v_per_segment)
  end;
  if segments is not null then
    return;
  end if;

  -- A character of two places is not torn apart.
  segments := 0;
  foreach v_character in array regexp_split_to_array(p_body, '') loop
    v_left := v_left - case when v_character ~ ('[' || v_wide || ']') then 2 else 1 end;
    if v_left < 0 then
      segments := segments + 1;
      v_left := v_per_segment - case when v_character ~ ('[' || v_wide || ']') then 2 else 1 end;
    end if;
  end loop;
end
$$;
comment on function private.count_segments(text) is
'How long a text message is, in places of its encoding (gsm7 or ucs2), and in how many segments it travels: 160 or 70 places alone, 153 or 67 each of several.';
grant execute on function private.count_segments(text) to authenticated, api_reader;

create function public.count_segments(p_body text) returns table (length integer, encoding text, segments integer)
language sql immutable parallel safe set search_path = '' as $$
  select c.length, c.encoding, c.segments from private.count_segments(p_body) c
$$;
comment on function public.count_segments(text) is
'How many segments a text message takes, each of which is paid for, and its length in places of its encoding.

gsm7 where every character is of that alphabet (160 places alone, 153 each of several; ^{}\[~]|€ take two), else ucs2 (70, 67).';
grant execute on function public.count_segments(text) to authenticated, api_reader;
