-- Purpose: copy what one service's PostgreSQL says of a circuit: its rule, what a person did to it, and how it stood.
-- KEYS: 1 what is set and how it stands; 2 probes under way.
-- ARGV: {service, version, rule, forced ('' or 'open'), forced_until (0 = for good), edited_ms, is_edit, state, turn, opens, since, streak, reason}.
-- Returns: [turn, state, opens, since, streak, reason, now, probes under way, forced, forced_until] as it stands after that. Events: none.
-- Invariant: an older version or turn never overwrites a newer one (rule 14). Where services declare different rules the one with
--   the fewest failures holds; the last act of a person holds, whichever service he did it through.
local said = cmsgpack.unpack(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = redis.call('HGET', KEYS[1], 'of:' .. said.service)
if not known or cmsgpack.unpack(known).version <= said.version then
  said.rule.version = said.version
  redis.call('HSET', KEYS[1], 'of:' .. said.service, cmsgpack.pack(said.rule))
end
local all, best = redis.call('HGETALL', KEYS[1]), nil
for at = 1, #all, 2 do
  if string.sub(all[at], 1, 3) == 'of:' then
    local rule = cmsgpack.unpack(all[at + 1])
    if not best or rule.failures < best.failures or rule.failures == best.failures and rule.cooldown > best.cooldown then
      best = rule
    end
  end
end
redis.call('HSET', KEYS[1], 'rule', cmsgpack.pack(best))
local function stand(state, turn, opens, since, streak, reason)
  redis.call('DEL', KEYS[2])
  redis.call('HDEL', KEYS[1], 'bucket', 'ok', 'bad', 'ok_before', 'bad_before', 'run', 'good')
  redis.call('HSET', KEYS[1], 'state', state, 'turn', string.format('%d', turn), 'opens', string.format('%d', opens),
             'since', string.format('%d', since), 'streak', string.format('%d', streak), 'reason', reason)
end
local turn = tonumber(redis.call('HGET', KEYS[1], 'turn')) or -1
if said.turn > turn then
  stand(said.state, said.turn, said.opens, said.since, said.streak, said.reason)
  turn = said.turn
end
local edited = tonumber(redis.call('HGET', KEYS[1], 'edited')) or 0
if said.edited_ms > edited or said.is_edit == 1 then
  redis.call('HSET', KEYS[1], 'edited', string.format('%d', said.edited_ms), 'forced', said.forced, 'forced_until',
             string.format('%d', said.forced_until), 'reason', said.reason)
  if said.is_edit == 1 and said.forced == '' then stand('closed', turn + 1, 0, now, 0, said.reason) end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local set = redis.call('HMGET', KEYS[1], 'turn', 'state', 'opens', 'since', 'streak', 'reason', 'forced', 'forced_until')
return {tonumber(set[1]), set[2], tonumber(set[3]), tonumber(set[4]), tonumber(set[5]), set[6], now,
        redis.call('ZCARD', KEYS[2]), set[7] or '', tonumber(set[8]) or 0}
