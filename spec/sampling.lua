-- sampling.lua: what specs of profiles share: how many samples a statement
-- needs, profiles one after the other until they have so many, and profiles
-- that hold all of what happens meanwhile.
--
-- A busy machine gives a program less CPU time and so a profile of N seconds
-- fewer samples. A spec therefore asks for samples, not for seconds.
--
-- A share p that n independent samples estimate has the standard error
-- sqrt(p (1 - p) / n). The tolerances here are five of them: one honest result
-- of 1.7 million lies further out, so that a suite of hundreds of comparisons
-- does not fail by chance.
local raw_http = require "raw_http"
local server_state = require "server_state"
local socket = require "socket"
local support = require "support"

local M = {}

--- The begin of a script: work(seconds) computes for so much CPU time.
M.WORK = [[
  local clock = require "clock"
  local function work(seconds)
    local stop = clock.thread() + seconds
    while clock.thread() < stop do end
  end
]]

local DEVIATIONS = 5
local OPEN = "perilune_profile_sessions" -- CPU and wall profiles that are being taken

--- Returns the number of samples that estimate a share to within `tolerance`.
function M.samples_for(share, tolerance)
  return math.ceil(share * (1 - share) * (DEVIATIONS / tolerance) ^ 2)
end

--- Returns the number of samples of which at least one falls into a part with this
-- share, in all but one of a million runs: (1 - share)^n = 1e-6.
function M.samples_to_see(share)
  return math.ceil(math.log(1e-6) / math.log(1 - share))
end

---@class sampling.Sample
---@field values table<string, integer> by the name of the sample type
---@field stack string ";root;...;leaf;"
---@field labels table<string, string>

---@class sampling.Profile
---@field files string[] in pprof's format
---@field time? number seconds from 1970 to its begin; nil if profiles were added up
---@field duration number seconds
---@field types string[] the names of the sample types
---@field samples sampling.Sample[]
local Profile = {}
Profile.__index = Profile

--- Reads a pprof file.
---@return sampling.Profile
function M.read(file)
  local code, text, err = support.command(("convert --exporters %s/spec/exporters --to samples %s")
    :format(support.quote(support.source), support.quote(file)))
  assert(code == 0, err)
  local lines = text:gmatch "[^\n]+"
  local time, duration, rest = lines():match "^(%d+) (%d+) (.*)$"
  local types, samples = {}, {}
  for name in rest:gmatch "%S+" do types[#types + 1] = name end
  for line in lines do
    local numbers, stack, parts = line:match "^([^\t]*)\t([^\t]*)\t(.*)$"
    local sample = { values = {}, stack = ";" .. stack .. ";", labels = {} }
    local i = 0
    for number in numbers:gmatch "%S+" do
      i = i + 1
      sample.values[types[i]] = math.tointeger(tonumber(number))
    end
    for key, value in parts:gmatch "([^\t=]+)=([^\t]*)" do sample.labels[key] = value end
    samples[#samples + 1] = sample
  end
  return setmetatable({ files = { file }, time = time / 1e9, duration = duration / 1e9,
    types = types, samples = samples }, Profile)
end

--- Returns what the header of a pprof file says, with its comments, as one line.
---@return string
function M.header(file)
  local code, text, err = support.command(("convert --exporters %s/spec/exporters --to describe %s")
    :format(support.quote(support.source), support.quote(file)))
  assert(code == 0, err)
  return text:match "[^\n]*"
end

--- Adds the samples of another profile.
function Profile:add(other)
  table.move(other.files, 1, #other.files, #self.files + 1, self.files)
  table.move(other.samples, 1, #other.samples, #self.samples + 1, self.samples)
  self.duration, self.types = self.duration + other.duration, other.types
end

--- Returns the sum of a sample type over all samples, or over those for which
-- `matches` returns true. If `matches` is a string, the samples match whose stack has
-- this function, or these functions, each called by the one before: "a;b".
---@param type string
---@param matches? string|fun(sample: sampling.Sample): boolean
---@return integer
function Profile:sum(type, matches)
  local sum = 0
  for _, sample in ipairs(self.samples) do
    local counts = not matches
    if _G.type(matches) == "string" then
      counts = sample.stack:find(";" .. matches .. ";", 1, true) ~= nil
    elseif matches then
      counts = matches(sample)
    end
    if counts then sum = sum + sample.values[type] end
  end
  return sum
end

--- Returns the share that the matching samples have of a sample type.
function Profile:share(type, matches) return self:sum(type, matches) / self:sum(type) end

--- Returns the sums of a sample type by the value of a label. Samples without the
-- label have the value "".
---@return table<string, integer>
function Profile:by_label(type, key)
  local sums = {}
  for _, sample in ipairs(self.samples) do
    local name = sample.labels[key] or ""
    sums[name] = (sums[name] or 0) + sample.values[type]
  end
  return sums
end

--- Returns the files as arguments for `go tool pprof`, which adds them up.
function Profile:arguments()
  local words = {}
  for i, file in ipairs(self.files) do words[i] = support.quote(file) end
  return table.concat(words, " ")
end

local n_files = 0

--- Writes a reply in pprof's format to a file in the folder, and reads it.
---@return sampling.Profile
function M.save(body, folder)
  n_files = n_files + 1
  local file = ("%s/sampled-%d.pb.gz"):format(folder, n_files)
  support.write_file(file, body)
  return M.read(file)
end

--- Asks a server for a profile, such as "profile?seconds=1".
---@return sampling.Profile
function M.take(server, query, folder)
  local status, body = support.request(server.url .. "/debug/pprof/" .. query)
  assert(status == 200, body)
  return M.save(body, folder)
end

--- Calls take(1), take(2), ... and adds up the profiles that they return until
-- these have `wanted` samples, all or those that match. The first sample type is
-- the number of samples. Raises an error after `at_most` profiles.
---@param wanted integer
---@param at_most integer
---@param take fun(i: integer): sampling.Profile
---@param matches? string|fun(sample: sampling.Sample): boolean
---@return sampling.Profile
function M.gather(wanted, at_most, take, matches)
  local all = setmetatable({ files = {}, samples = {}, duration = 0 }, Profile)
  for i = 1, at_most do
    all:add(take(i))
    if all:sum(all.types[1], matches) >= wanted then return all end
  end
  return error(("%d profiles of %.1f s have %d samples; %d are needed"):format(at_most,
    all.duration, all:sum(all.types[1], matches), wanted), 2)
end

--- Like gather, with profiles of a server.
---@param server table of support.serve
function M.gather_from(server, query, folder, wanted, at_most, matches)
  return M.gather(wanted, at_most, function() return M.take(server, query, folder) end, matches)
end

--- Takes profiles at the same time while run() runs, and returns them once all
-- of the run is within each. On a busy machine the run may outlast them: then
-- they are taken again for twice as long, up to 64 s. Each query has SECONDS in
-- the place of its length. The server must take no other profile.
---@param server table of support.serve
---@param queries string[] such as "profile?seconds=SECONDS&rate=1000"
---@param folder string for the files
---@param run fun(): any, any
---@param seconds? integer the length of the first try, 1 unless given
---@return sampling.Profile[] profiles, any ... what run returned
function M.around(server, queries, folder, run, seconds)
  local length = seconds or 1
  while length <= 64 do
    local connections, profiles = {}, {}
    for i, query in ipairs(queries) do
      connections[i] = raw_http.begin(server.port,
        "/debug/pprof/" .. query:gsub("SECONDS", length))
    end
    -- If a profile is over before all have begun, all are taken again.
    local all_open = pcall(support.wait_until, function()
      return server_state.metric(server, OPEN) == #queries
    end, "the profiles", length)
    local begin = socket.gettime()
    local results = table.pack(run())
    local over = socket.gettime()
    for i, connection in ipairs(connections) do
      profiles[i] = M.save(connection:finish(), folder)
      if begin < profiles[i].time or over > profiles[i].time + length then all_open = false end
    end
    if all_open then return profiles, table.unpack(results, 1, results.n) end
    length = length * 2
  end
  return error("a run that profiles of 64 s do not hold", 2)
end

return M
