-- Purpose: remove an entry whose row is final or gone: a cancel, or the reconciler's repair.
-- KEYS: service-wide, one queue block.
-- ARGV: [id, generation, token, tomb_ms]; token '' unless the holder itself drops.
-- Returns: 1 dropped, 2 doomed (a live lease was there; expiry or retry removes it), 0 nothing of this generation.
-- Events: dropped. Invariant: a live lease is never removed by anybody but its holder (rule 10).
local id, keys = args[1], queue_keys(1)
local record = load(id)
if not record or record[STATE] == TOMB or record[GENERATION] ~= args[2] then return 0 end
if record[STATE] == 'running' and record[TOKEN] ~= args[3] then
  record[DOOMED] = 1
  save(id, record)
  return 2
end
if redis.call('ZREM', keys.running, id) == 1 then
  give_back(keys, {record})
  wake(keys.wake)
end
displace(keys, id, record)
if record[STATE] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', -1) end
record[STATE] = 'cancelled'
event(id, record, 'dropped')
entomb(id, record, args[4])
return 1
