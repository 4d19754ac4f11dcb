insert into storage.buckets (id, name, public) values ('recordings', 'recordings', false) on conflict (id) do nothing;
