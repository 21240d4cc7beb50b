-- names_spec.lua: the names of Lua functions in profiles: those of the text that
-- was loaded, and one for each function of a line.
-- Needs: time
local raw_http = require "raw_http"
local sampling = require "sampling"
local socket = require "socket"
local support = require "support"

local folder, server

before_each(function() folder = support.new_folder() end)

after_each(function()
  if server then assert.equal(0, server:stop()) end
  server = nil
  support.remove_folder(folder)
end)

-- Lines 4 to 9 hold the functions under test. After the edit, other functions
-- stand in these lines, none of which is ever called.
local ROUTES = [==[
local clock, scheduler, sync = require "clock", require "scheduler", require "sync"
local mutex, version = sync.mutex "orders", "old"
local function spin(s) local e = clock.thread() + s while clock.thread() < e do end end
local cache = {}
local function grow_cache() for i = 1, 41 do cache[i] = ("x"):rep(2 ^ 20 - i) end end
local function keep_busy() spin(0.5) end
local function hold_lock() mutex:lock() scheduler.sleep(0.3) mutex:unlock() end
local function wait_for_lock() mutex:lock() mutex:unlock() end
local function make_threads() coroutine.wrap(function() coroutine.yield() end)() end
return {
  ["GET /version"] = function() return version end,
  ["GET /grow"] = function() grow_cache() return "" end,
  ["GET /spin"] = function() keep_busy() return "" end,
  ["GET /hold"] = function() hold_lock() return "" end,
  ["GET /wait"] = function() wait_for_lock() return "" end,
}
]==]

local EDITS = { version = '"old"', grow_cache = "innocent_1", keep_busy = "innocent_2",
  hold_lock = "innocent_3", wait_for_lock = "innocent_4" }

local function edited()
  local text = ROUTES:gsub('"old"', '"new"')
  for old, new in pairs(EDITS) do
    text = text:gsub("local function " .. old .. "%(%).-\n",
      "local function " .. new .. "() return 1 end\n")
  end
  return (text:gsub("%f[%w_](%l+_[%l_]+)%(%) return \"\"", 'error "not called" return ""'))
end

local function get(path)
  local status, body = support.request(server.url .. path)
  assert.equal(200, status, body)
  return body
end

--- Starts the server with one worker and does all that the profiles count.
local function serve_and_work()
  support.write_file(folder .. "/routes.lua", ROUTES)
  server = support.serve { "--workers", "1", folder }
  get "/grow" get "/spin"
  local hold = raw_http.begin(server.port, "/hold")
  socket.sleep(0.1)
  get "/wait"
  hold:finish()
end

local function reload()
  support.write_file(folder .. "/routes.lua", edited())
  support.wait_until(function() return get "/version" == "new" end, "the edited file")
end

local function assert_no_innocent(profile)
  for _, sample in ipairs(profile.samples) do
    assert.falsy(sample.stack:find "innocent", sample.stack)
  end
end

local MIB, N_BLOCKS = 2 ^ 20, 2 * 41

describe("after an edit and a reload, what was counted before", function()
  it("stays with the function that it was of: allocs, block, mutex", function()
    serve_and_work()
    reload()
    for query, expected in pairs {
      -- string.rep makes each string in a buffer, and then copies it.
      allocs = { "alloc_space", "routes.grow_cache", N_BLOCKS * MIB, N_BLOCKS * MIB },
      block = { "delay", "routes.wait_for_lock", 0.1e9, 60e9 },
      mutex = { "delay", "routes.hold_lock", 0.1e9, 60e9 },
    } do
      local profile = sampling.take(server, query, folder)
      local type, name, least, most = table.unpack(expected)
      local sum = profile:sum(type, name)
      -- Blocks of 1 MiB are sampled with a probability of 1 - exp(-2) each: one
      -- that is sampled weighs as many, so the sum has a standard error.
      if query == "allocs" then
        local p = 1 - math.exp(-2)
        local error_of_sum = 5 * math.sqrt(N_BLOCKS * (1 - p) / p) * MIB
        least, most = least - error_of_sum, most + error_of_sum
      end
      assert.is_true(sum >= least and sum <= most, query .. ": " .. sum)
      assert_no_innocent(profile)
      assert.truthy(sampling.header(profile.files[1]):find(
        "routes.lua has changed since it was loaded: functions of this profile that are not in it: ",
        1, true), query)
    end
  end)

  it("stays so in a CPU profile that is open meanwhile, and lists say so", function()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", folder }
    local profiles = sampling.around(server, { "profile?seconds=SECONDS&rate=1000" }, folder,
      function()
        support.write_file(folder .. "/routes.lua", ROUTES)
        support.wait_until(function() return get "/version" == "old" end, "the old file")
        get "/spin"
        reload()
      end, 3)
    local profile = profiles[1]
    local worked = profile:sum("cpu", "routes.keep_busy")
    assert.is_true(worked > 0.3e9, worked)
    assert_no_innocent(profile)
    assert.truthy(sampling.header(profile.files[1]):find("has changed since it was loaded",
      1, true))
  end)

  it("needs no remark if the file is what was loaded", function()
    serve_and_work()
    local profile = sampling.take(server, "allocs", folder)
    assert.falsy(sampling.header(profile.files[1]):find("has changed", 1, true))
    assert.falsy(sampling.header(profile.files[1]):find("by file and line only", 1, true))
  end)
end)

--- Runs a script until its CPU profile has the samples that shares need, and
-- returns the profile. The script calls its functions in turn, each of which
-- spins by the thread's CPU clock for the time that it gets.
local function profile_of(script, samples)
  support.write_file(folder .. "/one.lua", script)
  return sampling.gather(samples, 20, function(i)
    local file = ("%s/%d.pb.gz"):format(folder, i)
    local code, _, err = support.command(("run --rate 1000 --cpu %s %s/one.lua")
      :format(file, folder))
    assert.equal(0, code, err)
    return sampling.read(file)
  end)
end

local SPIN = [[
local clock = require "clock"
local function spin(s) local e = clock.thread() + s while clock.thread() < e do end end
]]

local TOLERANCE = 0.06

--- Asserts the share that a function has, with all that it calls.
local function assert_share(profile, name, share)
  local got = profile:share("cpu", name)
  assert.is_true(math.abs(got - share) <= TOLERANCE, ("%s: %.3f, not %.3f")
    :format(name, got, share))
end

describe("functions of one line", function()
  it("are rows of their own: minified code", function()
    local profile = profile_of(SPIN .. "local function light() spin(0.001) end " ..
      "local function heavy() spin(0.009) end for i=1,100 do light() heavy() end",
      sampling.samples_for(0.1, TOLERANCE))
    assert_share(profile, "one.light", 0.1)
    assert_share(profile, "one.heavy", 0.9)
  end)

  it("are rows of their own: tables of methods, and functions inside others", function()
    local profile = profile_of(SPIN .. [[
local ops = { add = function() spin(0.002) end, ["sub"] = function() spin(0.004) end }
local C = {} function C
  .weird() spin(0.001) end
local f = function(g) g() end local list = { function() spin(0.001) end, function() spin(0.002) end }
for i = 1, 100 do ops.add() ops.sub() C.weird() f(list[1]) f(list[2]) end]],
      sampling.samples_for(0.4, TOLERANCE))
    assert_share(profile, "one.add", 0.2)
    assert_share(profile, "one.sub", 0.4)
    assert_share(profile, "C.weird", 0.1)
    assert_share(profile, "one.f;anonymous@one.lua:6", 0.1)
    assert_share(profile, "one.f;anonymous@one.lua:6#2", 0.2)
  end)

  it("are rows of their own: loaded from a string, dumped, stripped", function()
    local profile = profile_of(SPIN .. [[
local made = load("local spin = ... return { a = function() spin(0.001) end, b = function() spin(0.002) end }", "=made")(spin)
local text = load("return function(spin) spin(0.001) end, function(spin) spin(0.002) end")
local one, two = text()
local function kept(spin) spin(0.001) end local dumped = load(string.dump(kept))
local stripped = load(string.dump(load "return function(spin) spin(0.001) end, function(spin) spin(0.002) end", true))
local three, four = stripped()
for i = 1, 100 do made.a() made.b() one(spin) two(spin) dumped(spin) three(spin) four(spin) end]],
      sampling.samples_for(0.2, TOLERANCE))
    local string_chunk = '[string "return function(spin) spin(0.001) end, functi..."]'
    assert_share(profile, "made.a", 0.1)
    assert_share(profile, "made.b", 0.2)
    assert_share(profile, "anonymous@" .. string_chunk .. ":1", 0.1)
    assert_share(profile, "anonymous@" .. string_chunk .. ":1#2", 0.2)
    assert_share(profile, "one.kept", 0.1)
    assert_share(profile, "anonymous@?:1", 0.1)
    assert_share(profile, "anonymous@?:1#2", 0.2)
  end)

  it("are told apart in lists of coroutines", function()
    local script = folder .. "/co.lua"
    support.write_file(script, [[
kept = {}
local function make(f) local co = coroutine.create(f) coroutine.resume(co) kept[#kept + 1] = co end
for i = 1, 2 do make(function() coroutine.yield() end) make(function() coroutine.yield() end) make(function() coroutine.yield() end) end]])
    local file = folder .. "/co.pb.gz"
    local code, _, err = support.command(("run --goroutine %s %s"):format(file, script))
    assert.equal(0, code, err)
    local profile = sampling.read(file)
    for _, name in ipairs { "anonymous@co.lua:3", "anonymous@co.lua:3#2", "anonymous@co.lua:3#3" } do
      assert.equal(2, profile:sum("goroutine", name), name)
    end
  end)
end)

it("C functions that the library returns are called after their makers", function()
  local profile = profile_of([[
local text = ("ab"):rep(1000)
local next_piece = coroutine.wrap(function() while true do coroutine.yield(text) end end)
local stop = os.clock() + 0.5
while os.clock() < stop do
  for piece in string.gmatch(next_piece(), "b?a") do local x = piece end
end]], 100)
  assert.is_true(profile:sum("samples", "string.gmatch iterator") > 0)
  for _, sample in ipairs(profile.samples) do
    assert.falsy(sample.stack:find "luaB_auxwrap" or sample.stack:find "gmatch_aux", sample.stack)
  end
end)
