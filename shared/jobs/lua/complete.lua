-- Purpose: end attempts well; the outcome stays in the entry until PostgreSQL has it, unless it was committed there already.
-- KEYS: service-wide, one block per queue named in args.
-- ARGV: [tomb_ms, attempts]; each attempt [id, generation, token, queue_index, is_settled, outcome].
-- Returns: one status an attempt: 1 done, 0 stale (another token, generation or state).
-- Events: completed. Invariant: only the token holder completes; a second completion changes nothing (rules 3, 6, 8).
local statuses, ended, held, gone, ids, taken, runs = {}, {}, {}, {}, {}, {}, {}
for i, attempt in ipairs(args[2]) do ids[i] = attempt[1] end
local records = load_all(ids)
for i, attempt in ipairs(args[2]) do
  local is_first = not taken[attempt[1]]
  statuses[i] = is_first and holds(records[i] or nil, attempt[2], attempt[3]) and 1 or 0
  if statuses[i] == 1 then
    local queue = attempt[4]
    taken[attempt[1]] = true
    ended[queue] = ended[queue] or {}
    table.insert(ended[queue], attempt[1])
    runs[queue] = runs[queue] or {}
    table.insert(runs[queue], now - records[i][STARTED])
    held[#held + 1] = i
  end
end
-- Removing comes first: a script that starts with it runs to its end even when memory is full.
for queue, done in pairs(ended) do redis.call('ZREM', queue_keys(queue).running, unpack(done)) end
for _, i in ipairs(held) do
  local attempt, record = args[2][i], records[i]
  local id = attempt[1]
  if attempt[5] == 1 or record[DURABLE] == 0 then
    record[STATE], record[DUE] = 'completed', 0
    event(id, record, 'completed')
    if record[DURABLE] == 0 then gone[#gone + 1] = id else entomb(id, record, args[1]) end
  else
    conclude(id, record, 'completed', attempt[6])
  end
end
if #gone > 0 then
  redis.call('HDEL', JOBS, unpack(gone))
  redis.call('HDEL', BODIES, unpack(gone))
end
for queue, done in pairs(ended) do
  local keys = queue_keys(queue)
  redis.call('HINCRBY', keys.count, 'completed', #done)
  tally(keys, {completed = #done, runs = runs[queue]})
  -- A global limit may just have opened for somebody else.
  if redis.call('HGET', keys.conf, 'max_running') then wake(keys.wake) end
end
return statuses
