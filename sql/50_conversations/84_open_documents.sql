create function private.my_document_names() returns setof text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return query select d.id::text from public.documents d where d.state = 'stored';
end
$$;
comment on function private.my_document_names() is 'Names of the objects in the bucket reports that the caller may fetch now: the documents they read.';
grant execute on function private.my_document_names() to authenticated;

create policy reports_select_documents on storage.objects for select to authenticated
using (
  bucket_id = 'reports' and name = any (array(select private.my_document_names()))
  -- A signed link would go on opening the document for anybody, also after its owner has left.
  and coalesce(nullif(current_setting('storage.operation', true), ''), 'object.get_authenticated') like '%object.get_authenticated%'
);
