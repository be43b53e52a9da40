-- Purpose: take, renew or give back a named lock.
-- KEYS: 1 the lock.
-- ARGV: [verb ('take', 'renew', 'free'), owner token (128 bits, made by the client), ttl_ms].
-- Returns: 1 done, 0 held by another. Events: none.
-- Invariant: only the token that took a lock renews or frees it.
local verb, owner, ttl_ms = unpack(cmsgpack.unpack(ARGV[1]))
local holder = redis.call('GET', KEYS[1])
if verb == 'take' then
  if holder and holder ~= owner then return 0 end
  redis.call('SET', KEYS[1], owner, 'PX', ttl_ms)
  return 1
end
if holder ~= owner then return 0 end
if verb == 'renew' then
  redis.call('PEXPIRE', KEYS[1], ttl_ms)
else
  redis.call('DEL', KEYS[1])
end
return 1
