-- Purpose: copy settings of single gates of a queue from PostgreSQL into the index: pause, limit and limiter of jobs and groups.
-- KEYS: service-wide, one queue block.
-- ARGV: [settings]; each [gate, version, until_ms (0 open, -1 paused without end), max_running (0 none), limiter ('' none), cost].
-- Returns: one status a setting: 1 applied, 0 older than what is there. Events: none.
-- Invariant: an older version never overwrites a newer one (rule 14); `gates` counts those that say anything.
local keys, statuses, change = queue_keys(1), {}, 0
for i, setting in ipairs(args[1]) do
  local gate, given = setting[1], {['max:'] = setting[4], ['until:'] = setting[3], ['limiter:'] = setting[5]}
  local known = redis.call('HMGET', keys.conf, 'version:' .. gate, 'max:' .. gate, 'until:' .. gate, 'limiter:' .. gate)
  if tonumber(known[1] or '-1') > setting[2] then
    statuses[i] = 0
  else
    local says_something = false
    for field, value in pairs(given) do
      if value == 0 or value == '' then
        redis.call('HDEL', keys.conf, field .. gate)
      else
        redis.call('HSET', keys.conf, field .. gate, value)
        says_something = true
      end
    end
    redis.call('HSET', keys.conf, 'version:' .. gate, setting[2], 'cost:' .. gate, setting[6])
    if known[2] or known[3] or known[4] then change = change - 1 end
    if says_something then change = change + 1 end
    statuses[i] = 1
  end
end
if change ~= 0 then redis.call('HINCRBY', keys.conf, 'gates', change) end
regate(keys)
wake(keys.wake)
return statuses
