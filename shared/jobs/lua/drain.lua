-- Purpose: remove from a page of a queue's waiting jobs those that have no row: the index alone knows of durable=False jobs.
-- KEYS: service-wide, one queue block.
-- ARGV: [set ('ready', 'parked' or 'delayed'), from (rank), limit, is_dry (1 = only count), states (name -> 1)].
-- Returns: [found, looked_at]; fewer looked at than the limit means that the set ends here.
-- Events: dropped. Invariant: an entry that has a row is left alone; its row decides (rules 3, 15).
local keys = queue_keys(1)
local ids = redis.call('ZRANGE', keys[args[1]], args[2], args[2] + args[3] - 1)
-- A parked member ends with its id.
for i, member in ipairs(ids) do ids[i] = string.match(member, '[^%z]*$') end
local records, gone, retrying = load_all(ids), {}, 0
for i, id in ipairs(ids) do
  local record = records[i]
  if record and args[5][record[STATE]] and record[DURABLE] == 0 then gone[#gone + 1] = {id, record} end
end
if args[4] == 1 then return {#gone, #ids} end
for _, each in ipairs(gone) do
  local id, record = each[1], each[2]
  displace(keys, id, record)
  redis.call('HDEL', JOBS, id)
  redis.call('HDEL', BODIES, id)
  if record[STATE] == 'retrying' then retrying = retrying + 1 end
  record[STATE] = 'cancelled'
  event(id, record, 'dropped')
end
if retrying > 0 then redis.call('HINCRBY', keys.count, 'retrying', -retrying) end
return {#gone, #ids}
