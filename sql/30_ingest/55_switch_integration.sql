create function private.switch_integration(p_integration_id uuid, p_to text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_before constant public.integrations := private.lock_my_integration(p_integration_id);
begin
  if p_to = 'on' then
    if v_before.disabled_at is null then
      return;
    end if;
    update public.integrations i set disabled_at = null where i.id = p_integration_id;
    update private.sync_cursors c set next_run_at = now(), failures = 0 where c.integration_id = p_integration_id;
    -- Deliveries that came meanwhile.
    insert into public.sync_jobs (org_id, integration_id, resource, kind, replay_status, requested_by)
    values (v_before.org_id, p_integration_id, 'calls', 'replay', 'kept', auth.uid());
    notify sync_jobs;
    return;
  end if;

  update public.integrations i set
    disabled_at = coalesce(i.disabled_at, now()), removed_at = case when p_to = 'removed' then now() end
  where i.id = p_integration_id;
  if p_to = 'removed' then
    delete from private.integration_credentials c where c.integration_id = p_integration_id;
    delete from private.webhook_tokens t where t.integration_id = p_integration_id;
    update public.sync_jobs j set
      state = 'failed', error = 'The integration was removed.', finished_at = now(), worker = null, lease_until = null
    where j.integration_id = p_integration_id and j.state in ('queued', 'running');
  end if;
end
$$;
comment on function private.switch_integration(uuid, text) is
'Turns an integration on, off or removed; the caller''s right is checked inside.';
grant execute on function private.switch_integration(uuid, text) to authenticated;

create function public.disable_integration(p_integration_id uuid) returns void
language sql set search_path = '' as $$
  select private.switch_integration(p_integration_id, 'off')
$$;
comment on function public.disable_integration(uuid) is
'Stops pulling from a MightyCall account and sending through it; deliveries are kept, and applied when it is enabled again (org admins, platform admins).

Errors: integration_not_found.';

create function public.enable_integration(p_integration_id uuid) returns void
language sql set search_path = '' as $$
  select private.switch_integration(p_integration_id, 'on')
$$;
comment on function public.enable_integration(uuid) is
'Goes on with a disabled account: what was delivered meanwhile is applied, and the pull begins at once (org admins, platform admins).

Errors: integration_not_found.';

create function public.remove_integration(p_integration_id uuid) returns void
language sql set search_path = '' as $$
  select private.switch_integration(p_integration_id, 'removed')
$$;
comment on function public.remove_integration(uuid) is
'Removes a MightyCall account: its keys, secrets and tokens are deleted, nothing is pulled, received or sent any more. Its history stays (org admins, platform admins).

It does not come back; add the account anew to go on with it.
Errors: integration_not_found.';
grant execute on function
  public.disable_integration(uuid), public.enable_integration(uuid), public.remove_integration(uuid)
to authenticated;
