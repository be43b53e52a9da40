-- Purpose: ask whether a guarded call may be made now.
-- KEYS: 1 what is set and how it stands; 2 probes under way, by when they are given up.
-- ARGV: [token of the call].
-- Returns: [answer, ms]: 'closed' (call), 'probe' (call, and report with this token), 'open' (do not; ask again after ms),
--   'unknown' (nobody has said what holds since the index was lost). Events: none.
-- Invariant: while a circuit is open only probes call, and never more than `probes` of them at once.
local token = cmsgpack.unpack(ARGV[1])[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local set = redis.call('HMGET', KEYS[1], 'state', 'opens', 'forced', 'forced_until', 'rule')
if not set[1] or not set[5] then return {'unknown', 0} end
local rule = cmsgpack.unpack(set[5])
if set[3] == 'open' then
  local ends = tonumber(set[4])
  if ends == 0 then return {'open', 60000} end
  if ends > now then return {'open', ends - now} end
end
if set[1] == 'closed' then return {'closed', 0} end
local opens = tonumber(set[2])
if opens > now then return {'open', opens - now} end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) >= rule.probes then
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return {'open', math.max(1, math.min(tonumber(first[2]) - now, rule.cooldown))}
end
redis.call('ZADD', KEYS[2], now + rule.probe, token)
return {'probe', 0}
