-- meta_spec.lua: the annotations in lua/meta name what there is, and all of
-- it: their names are compared with those of the living program, both ways.
local support = require "support"

local META = support.source .. "/lua/meta/"

--- Names by class or module: { http = { get = true, ... }, Request = ... }.
local function read_annotations()
  local names, files = {}, 0
  local pipe = io.popen("ls " .. support.quote(META))
  local function add(owner, name)
    names[owner] = names[owner] or {}
    names[owner][name] = true
  end
  for file in pipe:lines() do
    files = files + 1
    local class
    for line in io.lines(META .. file) do
      class = line:match "^%-%-%-@class ([%w_.]+)" or class
      local field = line:match "^%-%-%-@field ([%w_]+)"
      if field then add(class, field) end
      local owner, name = line:match "^function ([%w_]+)[.:]([%w_]+)%("
      if not owner then owner, name = line:match "^([%w_]+)%.([%w_]+) = " end
      if owner then add(owner, name) end
    end
  end
  pipe:close()
  assert.is_true(files >= 10)
  return names
end

-- What each program below prints: `OWNER NAME` lines.
local PRINT = [==[
local lines = {}
local function show(owner, t)
  for name in pairs(t) do lines[#lines + 1] = owner .. " " .. name end
end
--- Of a userdata, by its metatable.
local function methods(value) return debug.getmetatable(value).__index end
]==]

local ROUTES = PRINT .. [==[
for _, name in ipairs { "clock", "gzip", "http", "json", "log", "profile", "scheduler", "shared", "sync",
  "thread" } do
  show(name, require(name))
end
return {
  ["GET /names"] = function(req)
    -- req's fields and methods are in tables that its __index has.
    local index = methods(req)
    for i = 1, 2 do
      local _, t = debug.getupvalue(index, i)
      show("Request", t)
    end
    local timer = require "scheduler".after(0, print)
    show("Timer", methods(timer))
    timer:cancel()
    local sync = require "sync"
    show("Dict", methods(require("shared").dict "d"))
    show("Mutex", methods(sync.mutex "m"))
    show("Channel", methods(sync.channel "c"))
    show("Semaphore", methods(sync.semaphore "s"))
    return table.concat(lines, "\n") .. "\n"
  end,
}
]==]

local LOAD = PRINT .. [==[
local loadtest = require "loadtest"
return { options = { vus = 1, iterations = 1 }, default = function()
  show("loadtest", loadtest)
  show("Metric", methods(loadtest.Counter "c"))
  for _, name in ipairs { "vu", "iteration", "env", "scenario" } do
    if loadtest[name] then show("loadtest", { [name] = true }) end
  end
  local res = require "http".get "http://127.0.0.1:1/"
  for name in loadtest.env.NAMES:gmatch "%a[%w_]*" do
    if res[name] ~= nil then show("Response", { [name] = true }) end
  end
  show("Jar", methods(require "http".CookieJar()))
  show("Prepared", methods(require "http".prepare { url = "http://a/" }))
  for name in pairs(res.timings) do show("http.Timings", { [name] = true }) end
  local file = assert(io.open(loadtest.env.OUT, "w"))
  file:write(table.concat(lines, "\n"), "\n")
  file:close()
end }
]==]

local EXPORTER = PRINT .. [==[
return {
  api = 1, name = "names", extension = ".txt", content_type = "text/plain",
  description = "names", export = function(profile, out)
    show("proto", require "proto")
    show("Profile", methods(profile))
    show("Out", methods(out))
    show("ProfileHeader", profile:header())
    show("ValueType", profile:header().period_type)
    local location = profile:location(1)
    show("ProfileLocation", location)
    show("ProfileLine", location.lines[1])
    show("ProfileFunction", profile:func(1))
    show("ProfileMapping", profile:mapping(1))
    local _, _, labels = profile:sample(1)
    for _, label in ipairs(labels) do show("ProfileLabel", label) end
    out:write(table.concat(lines, "\n"), "\n")
  end,
}
]==]

local annotated, folder, live = nil, nil, {}

local function add_live(text)
  for owner, name in text:gmatch "([%w_.]+) ([%w_]+)\n" do
    live[owner] = live[owner] or {}
    live[owner][name] = true
  end
end

local function sorted(set)
  local list = {}
  for name in pairs(set or {}) do list[#list + 1] = name end
  table.sort(list)
  return list
end

setup(function()
  annotated = read_annotations()
  folder = support.new_folder()
  support.write_file(folder .. "/routes.lua", ROUTES)
  local server = support.serve { "--workers", "1", folder }
  local status, body = support.request(server.url .. "/names")
  assert.equal(200, status, server:output())
  add_live(body)
  assert.equal(0, server:stop())

  support.write_file(folder .. "/load.lua", LOAD)
  local names = {}
  for name in pairs(annotated["http.Response"]) do names[#names + 1] = name end
  for name in pairs(annotated.Response) do names[#names + 1] = name end
  local code, out, err = support.command(("load %s/load.lua -e OUT=%s/load.txt -e NAMES=%s")
    :format(folder, folder, table.concat(names, ",")))
  assert.equal(0, code, out .. err)
  add_live(support.read_file(folder .. "/load.txt"))

  os.execute("mkdir " .. folder .. "/exporters")
  support.write_file(folder .. "/exporters/names.lua", EXPORTER)
  support.write_file(folder .. "/run.lua", "local t = {} for i = 1, 1e7 do t[i % 100] = {} end")
  code, out, err = support.command(("run --heap %s/heap.pb.gz %s/run.lua"):format(folder, folder))
  assert.equal(0, code, out .. err)
  code, out, err = support.command(("convert %s/heap.pb.gz --exporters %s/exporters --to names")
    :format(folder, folder))
  assert.equal(0, code, err)
  add_live(out)
end)

teardown(function() support.remove_folder(folder) end)

for _, owner in ipairs { "clock", "gzip", "http", "json", "log", "profile", "scheduler", "loadtest",
  "proto", "Request", "Timer", "Metric", "Profile", "Out", "ProfileHeader", "ValueType",
  "ProfileLocation", "ProfileLine", "ProfileFunction", "ProfileMapping", "ProfileLabel",
  "http.Timings", "Jar", "Prepared" } do
  it(owner .. " is annotated as it is", function()
    local there = {}
    for name in pairs(live[owner] or {}) do
      if not name:find "^__" then there[name] = true end
    end
    assert.is_true(next(there) ~= nil)
    assert.same(sorted(there), sorted(annotated[owner]))
  end)
end

-- Its fields are made when they are asked for: they cannot be listed.
it("a response has what is annotated", function()
  local wanted = {}
  for name in pairs(annotated["http.Response"]) do wanted[name] = true end
  for name in pairs(annotated.Response) do wanted[name] = true end
  assert.same(sorted(wanted), sorted(live.Response))
end)

it("every module that a script can require has its file", function()
  for _, name in ipairs { "clock", "gzip", "http", "json", "log", "profile", "scheduler", "loadtest", "proto" } do
    assert.is_true(support.exists(META .. name .. ".lua"), name)
  end
end)
