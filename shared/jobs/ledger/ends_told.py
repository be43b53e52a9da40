"""Owns what follows from the end of a job beside its edges, as parts of the one statement that tells it.

Nodes that go by its end; another service's flow that waits for it; a job of another service that its row stood for.
It must never be a statement of its own: most ends have none of these.
"""

#: Nodes whose unique key meant this job end as it does. Locked in the order of ids, as all batches are. OFFSET 0 keeps
#: the look an index's, one an end, whatever the planner believes of the length of :batch.
_ATTACHED = """
following AS MATERIALIZED (
  SELECT job.id AS its_id, ended.id AS holder_id, ended.state AS its_state
  FROM ended CROSS JOIN LATERAL (SELECT job_id FROM job_attachment WHERE holder_id = ended.id OFFSET 0) AS held
  JOIN job ON job.id = held.job_id
  WHERE job.wait_reason = 'unique' ORDER BY job.id FOR NO KEY UPDATE OF job
), attached AS (
  UPDATE job SET state = its_state, result = holder.result, attempts_made = coalesce(holder.attempts_made, 0),
    error = CASE WHEN its_state <> 'completed' THEN coalesce(holder.error, '{"traceback": "", "reason": "unique"}')
      || jsonb_build_object('type', 'UniqueFailed', 'message', left('its unique key meant job ' || holder_id || ': '
                            || coalesce(holder.error ->> 'message', 'it is gone'), 2000)) END,
    wait_reason = '', finished_at = clock_timestamp(), result_expires_at = holder.result_expires_at
  FROM following LEFT JOIN job AS holder ON holder.id = following.holder_id
  WHERE job.id = its_id AND job.wait_reason = 'unique'
  RETURNING job.id, job.state  -- is_awaited or not: follow() goes on with each of them
), let_go AS (
  DELETE FROM job_attachment USING following WHERE job_attachment.job_id = its_id
)"""

#: The message's id derives from what it tells, so that whoever tells it again writes nothing. Word goes out at the
#: commit.
_OUTCOMES = """
outcomes AS (
  INSERT INTO outbox (id, peer, kind, job, args, request_id, state)
  SELECT CAST(md5(job.id || ':' || job.generation || '/outcome/' || wish.source || wish.message_id) AS uuid),
         wish.source, 'outcome', job.name, jsonb_build_object(
           'message_id', wish.message_id, 'job_id', job.id, 'state', job.state, 'result', job.result,
           'error', left(coalesce(job.error ->> 'message', ''), 2000)), job.request_id, 'waiting'
  FROM ended CROSS JOIN LATERAL (SELECT * FROM outcome_wish WHERE job_id = ended.id OFFSET 0) AS wish
  JOIN job ON job.id = ended.id
  WHERE job.finished_at IS NOT NULL
  ON CONFLICT (id) DO NOTHING RETURNING pg_notify('millrace_outbox_' || current_schema(), '')
)"""

#: Not by word of its service, which closes it first. What was never sent need not be taken back.
_WITHDRAWN = """
withdrawn AS (
  UPDATE remote_node SET is_over = TRUE FROM ended
  WHERE remote_node.job_id = ended.id AND remote_node.message_id IS NOT NULL AND NOT remote_node.is_over
  RETURNING remote_node.job_id, remote_node.peer, remote_node.message_id
), unsent AS (
  DELETE FROM outbox USING withdrawn
  WHERE outbox.id = withdrawn.message_id AND outbox.state = 'waiting' AND outbox.tried_at IS NULL
  RETURNING outbox.id
), withdrawals AS (
  INSERT INTO outbox (id, peer, kind, job, args, request_id, state)
  SELECT CAST(md5(message_id || '/withdrawn') AS uuid), peer, 'withdrawal', job.name,
         jsonb_build_object('message_id', message_id, 'reason', left(coalesce(job.error ->> 'message', ''), 400)),
         job.request_id, 'waiting'
  FROM withdrawn JOIN job ON job.id = withdrawn.job_id
  WHERE NOT EXISTS (SELECT FROM unsent WHERE unsent.id = withdrawn.message_id)
  ON CONFLICT (id) DO NOTHING RETURNING pg_notify('millrace_outbox_' || current_schema(), '')
)"""

#: From :batch (id, state), before whatever else the statement does. `attached` says who ended by it.
PARTS = f"""
ended AS MATERIALIZED (SELECT * FROM json_to_recordset(CAST(:batch AS json)) AS s (id uuid, state text)),
{_ATTACHED}, {_OUTCOMES}, {_WITHDRAWN}"""  # noqa: S608  # constants of this module
