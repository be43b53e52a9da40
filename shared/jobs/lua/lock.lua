-- Purpose: take, renew, give back or break a named lock.
-- KEYS: 1 the lock, 2 the names of the service's locks by when they end.
-- ARGV: [verb ('take', 'renew', 'free', 'break'), token (128 bits, made by the client), ttl_ms, owner, name].
-- Returns: 1 done, 0 held by another (take), not held by this token (renew, free), not held at all (break). Events: none.
-- Invariant: only the token that took a lock renews or frees it; a lock that ended is never renewed: another may have had it.
local verb, token, ttl_ms, owner, name = unpack(cmsgpack.unpack(ARGV[1]))
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local packed = redis.call('GET', KEYS[1])
local holder
if packed then
  -- Before it told its owner a lock was its token alone.
  local is_read, kept = pcall(cmsgpack.unpack, packed)
  holder = is_read and type(kept) == 'table' and kept or {packed, '', now}
end
local is_ours = holder and holder[1] == token
if verb == 'take' then
  if holder and not is_ours then return 0 end
  -- Removing comes first: a script that starts with it runs to its end even when memory is full.
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
  redis.call('SET', KEYS[1], cmsgpack.pack({token, owner, is_ours and holder[3] or now}), 'PX', ttl_ms)
  redis.call('ZADD', KEYS[2], string.format('%d', now + ttl_ms), name)
  return 1
end
if not holder or verb ~= 'break' and not is_ours then return 0 end
if verb == 'renew' then
  redis.call('PEXPIRE', KEYS[1], ttl_ms)
  redis.call('ZADD', KEYS[2], string.format('%d', now + ttl_ms), name)
else
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], name)
end
return 1
