create unlogged table private.staged_items (
  job_id uuid not null,
  position integer not null,
  item text not null
);
comment on table private.staged_items is
'A page as the provider sent it, between COPY and the applier of the same transaction. Without row-level security, which COPY refuses.';
create index staged_items_job_idx on private.staged_items (job_id, position);

grant insert on private.staged_items to sync;
