-- interval.lua: how far a share of a CPU profile may be from the true share.
--
-- A share p that n independent samples of equal weight estimate has the standard
-- error sqrt(p (1 - p) / n). The interval of 1.96 standard errors to both sides
-- holds the true share in 95 of 100 profiles.
--
-- Samples of unequal weights w say less: n is (sum w)^2 / sum w^2. A profile has
-- of each stack the number c of its samples and the sum W of their weights, so
-- sum w^2 is taken as the sum of W^2 / c, as if the weights of one stack were
-- equal. The interval is too narrow if they are not. It says little where the
-- function, or the rest, has fewer than ten samples.
--
-- Other kinds have no interval. A wall profile repeats the stack of a thread that
-- sleeps, so its samples are not independent. Heap profiles weigh each block by
-- its size, and the others count all events.
local M = {}

local DEVIATIONS = 1.96

--- Returns the number n of equal samples that say as much as the profile's, or
-- nil if the profile is not one of the CPU, or has negative values.
---@param profile table
---@param index integer  the position of the sample type whose shares are shown
---@return number?
function M.samples(profile, index)
  local header = profile:header()
  local first = header.sample_types[1]
  local period = header.period_type
  if not period or period.type ~= "cpu" or first.type ~= "samples" then
    return nil
  end
  local sum, squares = 0, 0
  local locations, sample_values, labels
  for i = 1, (profile:counts()) do
    locations, sample_values, labels =
      profile:sample(i, locations, sample_values, labels)
    local count, weight = sample_values[1], sample_values[index]
    if count < 0 or weight < 0 then return nil end
    if count > 0 then
      sum, squares = sum + weight, squares + weight / count * weight
    end
  end
  return squares > 0 and sum / squares * sum or nil
end

--- Returns how far a share may be from the true one, to both sides.
---@param share number  0 to 1
---@param n number  the result of M.samples
---@return number
function M.half_width(share, n)
  return DEVIATIONS * math.sqrt(math.max(0, share * (1 - share)) / n)
end

return M
