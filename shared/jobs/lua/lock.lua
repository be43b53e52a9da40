-- Purpose: take, renew or give back a named lock.
-- KEYS: 1 the lock.
-- ARGV: verb ('take', 'renew', 'free'), owner token (128 bits, made by the client), ttl_ms.
-- Returns: 1 done, 0 held by another. Events: none.
-- Invariant: only the token that took a lock renews or frees it.
local holder = redis.call('GET', KEYS[1])
if ARGV[1] == 'take' then
  if holder and holder ~= ARGV[2] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
if holder ~= ARGV[2] then return 0 end
if ARGV[1] == 'renew' then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return 1
