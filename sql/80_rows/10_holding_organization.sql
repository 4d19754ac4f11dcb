insert into public.organizations (id, name) values (private.holding_org_id(), 'Holding (unowned numbers and calls)');
