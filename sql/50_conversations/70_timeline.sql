create view public.timeline with (security_invoker = true) as
select
  c.org_id, c.external_number, 'call' as kind, c.started_at as at, c.id, c.line_id, c.direction,
  coalesce(c.outcome, 'in_progress') as state, null::text as body, c.duration_seconds, c.id as call_id, null::uuid as person
from public.calls c
where c.deleted_at is null
union all
select
  m.org_id, m.external_number, 'message', m.sent_at, m.id, m.line_id, m.direction,
  m.state, m.body, null, null, m.sent_by
from public.messages m
union all
select
  v.org_id, v.external_number, 'voicemail', v.received_at, v.id, v.line_id, 'inbound',
  case when v.heard_at is null then 'unheard' else 'heard' end, v.transcription, v.duration_seconds, v.call_id, null
from public.voicemails v
where v.unlisted_at is null
union all
select
  n.org_id, c.external_number, 'note', n.created_at, n.id, c.line_id, null,
  null, n.body, null, n.call_id, n.author
from public.call_notes n
join public.calls c on c.org_id = n.org_id and c.id = n.call_id;
comment on view public.timeline is
'What there was with an outside number: calls, messages, voicemails and notes, each for whoever reads it where it is kept. Filter by org_id and external_number, order by at.';
comment on column public.timeline.kind is 'call, message, voicemail or note: in which table the row with this id is.';
comment on column public.timeline.state is
'Of a call its outcome, or in_progress; of a message its state; of a voicemail heard or unheard.';
comment on column public.timeline.body is 'What a message or a note says, or the voicemail''s transcription.';
comment on column public.timeline.person is 'The user who sent the message or wrote the note.';
grant select on public.timeline to authenticated, api_reader;

create trigger tg_timeline__refuse_writes instead of insert or update or delete on public.timeline
for each row execute function private.tg_refuse__writes();
