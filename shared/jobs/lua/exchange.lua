-- Purpose: end attempts well and claim what they leave room for, as one step: complete.lua and claim.lua behind one another.
-- KEYS: service-wide, one block per queue claimed of, then of those that only end something, then the claim record.
-- ARGV: the claim's, of which the seventh is the complete's: [tomb_ms, attempts, claimed].
-- Returns: [statuses, claim's answer]. Events: completed, started. Invariant: those of both; ends are written even when
--   claims are closed.
return {complete(args[7]), claim(args)}
