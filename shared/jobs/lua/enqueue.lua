-- Purpose: put jobs into the index, idempotently; also how relay, reconciler and rebuild put them back.
-- KEYS: service-wide, then one block per queue named in args.
-- ARGV: [deadline_ms, jobs]; deadline 0 = the caller holds the row's lock; each job:
--   [id, generation, queue_index, queue, name, priority, due_ms, attempts_max, attempts, crashes, check, durable, timeout_ms, body, wait_reason, state]
-- Returns: one status a job: 1 pushed, 0 refused (same or higher generation present), -1 late (past the deadline), -2 a live older generation.
-- Events: enqueued. Invariant: an id is present at most once, with its highest generation (rules 3, 4, 5).
local statuses = {}
local woken, pushed = {}, {}
for i, job in ipairs(args[2]) do
  local id, generation, keys = job[1], job[2], queue_keys(job[3])
  local present = load(id)
  local late = args[1] > 0 and now > args[1]
  if late then
    statuses[i] = -1
  elseif present and present[GENERATION] >= generation then
    statuses[i] = 0
  elseif present and present[STATE] == 'running' then
    statuses[i] = -2
  else
    if present then
      if present[STATE] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', -1) end
      redis.call('ZREM', TOMBS, id)
      redis.call('ZREM', UNSETTLED, id)
      redis.call('HDEL', OUTCOMES, id)
      redis.call('ZREM', keys.ready, id)
      redis.call('ZREM', keys.delayed, id)
    end
    local score = job[6] * 1e13 + redis.call('INCR', SEQ)
    local state = 'queued'
    if job[7] > now then state = job[16] end
    local record = {generation, state, job[4], job[5], job[6], score, job[9], job[8], job[10], '', job[7], 0, 0,
                    job[11], now, job[12], '', job[15], '', job[13]}
    save(id, record)
    redis.call('HSET', BODIES, id, job[14])
    if state == 'queued' then
      redis.call('ZADD', keys.ready, score, id)
      woken[job[3]] = keys.wake
    else
      redis.call('ZADD', keys.delayed, job[7], id)
      if state == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', 1) end
      -- A new earliest time: whoever sleeps until the old one must look again.
      if redis.call('ZRANGE', keys.delayed, 0, 0)[1] == id then woken[job[3]] = keys.wake end
    end
    event(id, record, 'enqueued')
    pushed[job[3]] = (pushed[job[3]] or 0) + 1
    statuses[i] = 1
  end
end
for queue, n in pairs(pushed) do tally(queue_keys(queue), {enqueued = n}) end
for _, key in pairs(woken) do wake(key) end
return statuses
