-- What hosted Storage has beyond the tables of its stand-in. By supabase_storage_admin.
grant all on storage.buckets, storage.objects to postgres with grant option;
