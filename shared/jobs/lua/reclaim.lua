-- Purpose: take expired leases back: to the old position, or dead after too many crashes.
-- KEYS: service-wide, one queue block.
-- ARGV: [grace_ms, crashes_max, limit, tomb_ms].
-- Returns: [reclaimed, buried]. Events: reclaimed, dead.
-- Invariant: running set == set of live leases; a crash never costs an attempt but counts apart (dead after crashes_max).
local keys = queue_keys(1)
local expired = redis.call('ZRANGEBYSCORE', keys.running, '-inf', now - args[1], 'LIMIT', 0, args[3])
local reclaimed, buried, left = 0, 0, {}
for _, id in ipairs(expired) do
  redis.call('ZREM', keys.running, id)
  local record = load(id)
  if record and record[STATE] == 'running' then
    left[#left + 1] = record
    record[CRASHES], record[ATTEMPTS], record[CHECK] = record[CRASHES] + 1, record[ATTEMPTS] - 1, 1
    if record[DOOMED] == 1 then
      record[STATE] = 'cancelled'
      event(id, record, 'dropped')
      entomb(id, record, args[4])
    elseif record[CRASHES] >= args[2] then
      local outcome = cjson.encode({state = 'dead', reason = 'crashed', attempts = record[ATTEMPTS], number = record[ATTEMPTS] + 1, token = record[TOKEN],
        worker = record[WORKER], started = record[STARTED], finished = now, generation = record[GENERATION],
        crashes = record[CRASHES], error_type = 'ProcessCrashed',
        error_message = 'its process died or froze ' .. record[CRASHES] .. ' times'})
      conclude(id, record, 'dead', outcome)
      redis.call('HINCRBY', keys.count, 'dead', 1)
      buried = buried + 1
    else
      record[STATE] = 'queued'
      event(id, record, 'reclaimed')
      record[TOKEN], record[PROGRESS] = '', ''
      save(id, record)
      redis.call('ZADD', keys.ready, record[SCORE], id)
      reclaimed = reclaimed + 1
    end
  end
end
-- Whatever left has freed a place below max_running, what came back is ready.
if buried > 0 then tally(keys, {dead = buried}) end
if #left > 0 then give_back(keys, left) end
if #expired > 0 then wake(keys.wake) end
return {reclaimed, buried}
