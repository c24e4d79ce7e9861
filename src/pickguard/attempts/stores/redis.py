"""Counting in Redis or Valkey: a sorted set a budget, judged in a script, by the server's clock.

All keys share one hash tag, so that a cluster keeps them on one node and the script sees them all.
"""

from collections.abc import Sequence
from typing import Any

from django.core.cache.backends.base import BaseCache

from pickguard.attempts.config import configured
from pickguard.attempts.ledger import LEASE, Outcome, Place, Verdict

_SECOND = 1_000_000

# What `ledger` does, where the entries are. KEYS: of each place its set, then when its account and
# its address were unlocked. A member is a token, its score the stamp in microseconds.
_HEAD = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local lease = tonumber(ARGV[1])
local token = ARGV[2]
local function number(n) return string.format('%.0f', n) end
local function unlocked(key)
  local at = tonumber(redis.call('GET', key) or '0')
  if at > now then redis.call('DEL', key) return 0 end
  return at
end
local function live(i, window)
  local key = KEYS[3 * i - 2]
  local floor = math.max(now - window, unlocked(KEYS[3 * i - 1]), unlocked(KEYS[3 * i]))
  redis.call('ZREMRANGEBYSCORE', key, '-inf', number(floor))
  local ahead = redis.call('ZRANGEBYSCORE', key, '(' .. number(now + lease), '+inf')
  for _, member in ipairs(ahead) do redis.call('ZADD', key, number(now), member) end
  return key
end
local function hold(key, stamp, window)
  redis.call('ZADD', key, number(stamp), token)
  redis.call('PEXPIRE', key, number(math.ceil((window + lease) / 1000)))
end
"""

_TAKE = (
    _HEAD
    + """
local refused, wait, busy, used_up = 0, 0, false, false
local places = {}
for i = 1, #KEYS / 3 do
  local limit, window, quiet = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), ARGV[3 * i + 2]
  local key = live(i, window)
  local failed = redis.call('ZCOUNT', key, '-inf', number(now))
  places[i] = {key, window, quiet == '1'}
  if failed >= limit then
    if quiet == '1' then
      used_up = true
    else
      local first = redis.call('ZRANGE', key, failed - limit, failed - limit, 'WITHSCORES')
      local left = tonumber(first[2]) + window - now
      if left > wait or refused == 0 then refused, wait = i, math.max(left, wait) end
    end
  elseif redis.call('ZCARD', key) >= limit then
    busy = busy or {}
    busy[#busy + 1] = quiet == '1'
  end
end
if refused > 0 then return {'refused', refused, number(wait)} end
if busy then
  for _, quiet in ipairs(busy) do
    if not (quiet and used_up) then return {'busy', 0, '0'} end
  end
end
for _, place in ipairs(places) do
  if not (place[3] and used_up) then hold(place[1], now + lease, place[2]) end
end
return {used_up and 'quiet' or 'taken', 0, '0'}
"""
)

_SETTLE = (
    _HEAD
    + """
for i = 1, #KEYS / 3 do
  local window = tonumber(ARGV[i + 2])
  local key = live(i, window)
  if redis.call('ZSCORE', key, token) then hold(key, now, window) end
end
"""
)

_GIVE_BACK = (
    _HEAD
    + """
local device = ARGV[3]
for i = 1, #KEYS / 3 do
  local key = KEYS[3 * i - 2]
  redis.call('ZREM', key, token)
  if device ~= '' and ARGV[i + 3] == '1' then
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', number(now))) do
      if string.sub(member, 1, #device + 1) == device .. '.' then redis.call('ZREM', key, member) end
    end
  end
end
"""
)

_UNLOCK = """
local t = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%.0f', t[1] * 1000000 + t[2]), 'EX', ARGV[1])
"""


class RedisStore:
    """Budgets as sorted sets, through the client of a cache."""

    def __init__(self, cache: BaseCache) -> None:
        self.cache: Any = cache

    def take(self, token: str, places: Sequence[Place]) -> Verdict:
        """Take a place in each budget, or in none."""
        if not places:
            return Verdict(Outcome.TAKEN)
        words: list[int] = []
        for place in places:
            words += (place.limit, place.window * _SECOND, int(place.quiet))
        outcome, refused, wait = self._run(_TAKE, places, token, *words)
        if outcome != b"refused":
            return Verdict(Outcome(outcome.decode()))
        seconds = max(1, -(-int(wait) // _SECOND))
        return Verdict(Outcome.REFUSED, places[int(refused) - 1].name, seconds)

    def settle(self, token: str, places: Sequence[Place]) -> None:
        """Hold the places for their window from now."""
        self._run(_SETTLE, places, token, *(place.window * _SECOND for place in places))

    def give_back(self, token: str, places: Sequence[Place], device: str) -> None:
        """Free the places, and forget the device's failures at the account."""
        words = (int(bool(place.account)) for place in places)
        self._run(_GIVE_BACK, places, token, device, *words)

    def unlock(self, owner: str) -> None:
        """Forget all failures of an account or an address."""
        keep = configured().longest + 2 * LEASE
        self._client().eval(_UNLOCK, 1, self._key("unlocked:" + owner), keep)

    def purge(self, most: int) -> int:
        """Delete nothing: keys end by themselves."""
        del most
        return 0

    def _run(self, script: str, places: Sequence[Place], token: str, *words: Any) -> Any:
        keys: list[str] = []
        for place in places:
            keys.append(self._key(place.key))
            keys += (
                self._key("unlocked:" + (owner or "-")) for owner in (place.account, place.address)
            )
        client = self._client()
        return client.register_script(script)(keys, [LEASE * _SECOND, token, *words], client)

    def _client(self) -> Any:
        """Return the client for writing: of Django's own cache, or of django-redis and its kin."""
        if hasattr(self.cache, "client"):
            return self.cache.client.get_client(write=True)
        return self.cache._cache.get_client(write=True)  # noqa: SLF001 # Django has no public name

    def _key(self, name: str) -> str:
        return str(self.cache.make_key("{pickguard.attempts}" + name))
