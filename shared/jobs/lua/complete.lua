-- Purpose: end attempts well; the outcome stays in the entry until PostgreSQL has it, unless it was committed there already.
-- KEYS: service-wide, one block per queue named in args.
-- ARGV: [tomb_ms, attempts]; each attempt [id, generation, token, queue_index, is_settled, outcome].
-- Returns: one status an attempt: 1 done, 0 stale (another token, generation or state).
-- Events: completed. Invariant: only the token holder completes; a second completion changes nothing (rules 3, 6, 8).
local statuses = {}
for i, attempt in ipairs(args[2]) do
  local id, keys = attempt[1], queue_keys(attempt[4])
  local record = load(id)
  if holds(record, attempt[2], attempt[3]) then
    redis.call('ZREM', keys.running, id)
    if attempt[5] == 1 or record[DURABLE] == 0 then
      record[STATE], record[DUE] = 'completed', 0
      event(id, record, 'completed')
      if record[DURABLE] == 0 then
        redis.call('HDEL', JOBS, id)
        redis.call('HDEL', BODIES, id)
      else
        entomb(id, record, args[1])
      end
    else
      conclude(id, record, 'completed', attempt[6])
    end
    redis.call('HINCRBY', keys.count, 'completed', 1)
    -- A global limit may just have opened for somebody else.
    if redis.call('HGET', keys.conf, 'max_running') then wake(keys.wake) end
    statuses[i] = 1
  else
    statuses[i] = 0
  end
end
return statuses
