-- KEYS as for acquiring. ARGV: now (ms), permit, then per thing: tokens to add (may be below zero), tokens/min or -1.
local now, minute, hour, debt_max = tonumber(ARGV[1]), 60000, 3600000, 3300000
for i = 1, #KEYS, 2 do
  local correction, per_minute = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local was_running = redis.call('zrem', KEYS[i + 1], ARGV[2])
  if was_running == 1 and per_minute > 0 then
    local left = tonumber(redis.call('hget', KEYS[i], 'tokens') or 0) - now
    -- As for acquiring: so much can only come from a clock that went back.
    if left > hour or left < 0 then left = 0 end
    local corrected = math.min(debt_max, math.max(0, left + correction * minute / per_minute))
    redis.call('hset', KEYS[i], 'tokens', string.format('%.3f', now + corrected))
    redis.call('pexpire', KEYS[i], hour)
  end
end
return 1
