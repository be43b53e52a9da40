-- Purpose: take jobs whose rows are cancelled, or whose time is over, out of the index; whoever runs one is told at once.
-- KEYS: service-wide, one block per queue named in args, then the service's count of unwanted running jobs.
-- ARGV: [tomb_ms, queues, entries, kind]; queues[i] names the i-th block; kind is the event's; each entry
--   [id, generation, queue, job, extra]: the last three tell of one that is not there, a blocked one; queue '' tells nothing.
-- Returns: one status an entry: 1 dropped, 2 doomed (a live lease is only marked), 0 nothing of this generation waits or runs.
-- Events: kind (dropped, expired, dead). Invariant: a live lease is never removed by anybody but its holder (rule 10); an outcome record stays
--   for the settler, which finds the row final (rule 6). What is not there leaves a tombstone, so that the submitter's
--   push, which may still be on its way, is refused (rule 5); the tombstone also keeps its end from being told twice.
local blocks, statuses, doomed = {}, {}, 0
local state = args[4] == 'dropped' and 'cancelled' or args[4]
for i, queue in ipairs(args[2]) do blocks[queue] = queue_keys(i) end
for i, entry in ipairs(args[3]) do
  local id = entry[1]
  local record = load(id)
  local keys = record and blocks[record[QUEUE]]
  statuses[i] = 0
  if not record or (record[STATE] == TOMB and record[GENERATION] < entry[2]) then
    if entry[3] ~= '' then event(id, {entry[2], state, entry[3], entry[4]}, args[4], entry[5]) end
    entomb(id, {entry[2]}, args[1])
  elseif keys and record[GENERATION] == entry[2] and record[STATE] ~= TOMB and not FINAL[record[STATE]] then
    if record[STATE] == 'running' then
      record[DOOMED] = 1
      save(id, record)
      doomed = doomed + 1
      statuses[i] = 2
    else
      displace(keys, id, record)
      if record[STATE] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', -1) end
      record[STATE] = state
      event(id, record, args[4])
      entomb(id, record, args[1])
      statuses[i] = 1
    end
  end
end
if doomed > 0 then redis.call('INCRBY', KEYS[#KEYS], doomed) end
return statuses
