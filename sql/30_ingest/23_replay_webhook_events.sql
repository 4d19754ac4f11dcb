create function private.replay_webhook_events(p_event_ids bigint[]) returns void
language sql set search_path = '' as $$
  select private.apply_webhook_events('{}', p_event_ids)
$$;
comment on function private.replay_webhook_events(bigint[]) is 'Reads events again, whatever became of them, and applies them.';
