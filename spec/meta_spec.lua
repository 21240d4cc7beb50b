-- meta_spec.lua: the annotations in lua/meta against the program. Lua states of
-- each kind list the modules that they can require, the functions of these
-- modules, and the members of the objects that these functions make. The list
-- and the annotations must be the same, in both directions.
--
-- Tables that a script passes to a function (http.Params) are not compared: the
-- program has no object that has their fields.
local support = require "support"

--- The lines that a shell command prints.
local function lines_of(command)
  local code, out, err = support.run("cd " .. support.quote(support.source) .. " && " .. command)
  assert.equal(0, code, err)
  local lines = {}
  for line in out:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

--- Members by owner, a module or a class: { http = { get = true }, Mutex = ... }.
--- `has_object` tells which owners a program must have: modules, and classes with
--- methods.
local function read_annotations()
  local members, has_object = {}, {}
  for _, file in ipairs(lines_of "ls lua/meta/*.lua") do
    local class
    local owner_of = {} -- of a local variable of the file
    for line in io.lines(support.source .. "/" .. file) do
      local module = line:match "^%-%-%-@meta (%S+)"
      if module then
        owner_of[module], members[module], has_object[module] = module, {}, true
      end
      class = line:match "^%-%-%-@class ([%w_.]+)" or class
      if class then members[class] = members[class] or {} end
      local field = line:match "^%-%-%-@field ([%w_]+)"
      if field then members[class][field] = true end
      local variable = line:match "^local ([%w_]+) = {}"
      if variable and not owner_of[variable] then owner_of[variable] = class end
      local name, member = line:match "^function ([%w_]+)[.:]([%w_]+)%("
      if not name then name, member = line:match "^([%w_]+)%.([%w_]+) = " end
      if name then
        local owner = assert(owner_of[name], file .. ": " .. line)
        members[owner][member], has_object[owner] = true, true
      end
    end
  end
  return members, has_object
end

-- Begins the script of each Lua state. list() writes the lines "OWNER MEMBER" into
-- a file. Classes with methods stand in the registry: list() also writes "all NAME"
-- for each, and "shown NAME" if show() had an object of the class.
local PRELUDE = [==[
local NAMES, OUT = %q, %q
local lines, shown = {}, {}

--- An __index function cannot be listed: it is asked for each word that the C
--- sources have in quotes.
local function ask(value, members)
  for name in io.lines(NAMES) do
    local ok, member = pcall(function() return value[name] end)
    if ok and member ~= nil then members[name] = true end
  end
end

local function show(owner, value)
  local members = {}
  if type(value) == "table" then
    for name in next, value do members[name] = true end
  end
  local meta = debug.getmetatable(value)
  if meta then
    shown[meta] = true
    if type(meta.__index) == "function" then ask(value, members) end
    if type(meta.__index) == "table" then
      for name in next, meta.__index do members[name] = true end
    end
  end
  for name in next, members do
    if not name:find "^__" then lines[#lines + 1] = owner .. " " .. name end
  end
end

local function list()
  for name in next, package.preload do show(name, require(name)) end
  for name, meta in next, debug.getregistry() do
    local is_class = type(meta) == "table" and rawget(meta, "__name") == name
    if is_class and name ~= "FILE*" and type(meta.__index) == "table"
      and meta.__index ~= package.loaded._G then
      lines[#lines + 1] = "all " .. name
      if shown[meta] then lines[#lines + 1] = "shown " .. name end
    end
  end
  local file = assert(io.open(OUT, "w"))
  file:write(table.concat(lines, "\n"), "\n")
  file:close()
end
]==]

local ROUTES = [==[
local http, shared, sync = require "http", require "shared", require "sync"
return {
  ["GET /list"] = function(req)
    show("Request", req)
    local timer = require "scheduler".after(0, print)
    show("Timer", timer)
    timer:cancel()
    show("Dict", shared.dict "d")
    show("Mutex", sync.mutex "m")
    show("Channel", sync.channel "c")
    show("Semaphore", sync.semaphore "s")
    show("http.Jar", http.CookieJar())
    show("http.Prepared", http.prepare { url = "http://a/" })
    list()
  end,
  ["GET /cookie"] = function() return 200, "{}", { ["Set-Cookie"] = "a=b" } end,
}
]==]

local LOAD = [==[
local http, loadtest = require "http", require "loadtest"
return { options = { vus = 1, iterations = 1 }, default = function()
  show("loadtest.Metric", loadtest.Counter "c")
  show("http.Jar", http.CookieJar())
  show("http.Prepared", http.prepare { url = "http://a/" })
  local res = http.get(loadtest.env.URL .. "/cookie")
  show("http.Response", res)
  show("http.Timings", res.timings)
  show("http.Cookie", res.cookies.a[1])
  list()
end }
]==]

local EXPORTER = [==[
return {
  api = 1, name = "names", extension = ".txt", content_type = "text/plain",
  description = "names", export = function(profile, out)
    show("Profile", profile)
    show("Out", out)
    show("ProfileHeader", profile:header())
    show("ValueType", profile:header().period_type)
    local location = profile:location(1)
    show("ProfileLocation", location)
    show("ProfileLine", location.lines[1])
    show("ProfileFunction", profile:func(1))
    show("ProfileMapping", profile:mapping(1))
    local _, _, labels = profile:sample(1)
    for _, label in ipairs(labels) do show("ProfileLabel", label) end
    list()
  end,
}
]==]

local RUN = [==[
local shared, sync = require "shared", require "sync"
show("Dict", shared.dict "d")
show("Mutex", sync.mutex "m")
show("Channel", sync.channel "c")
show("Semaphore", sync.semaphore "s")
local t = {} for i = 1, 1e7 do t[i % 100] = {} end -- for the heap profile
list()
]==]

local annotated, has_object = read_annotations()
local live, classes = {}, { all = {}, shown = {} }
local folder

--- Writes a script that begins with the prelude. Returns its path.
local function write_script(name, text)
  local path = ("%s/%s"):format(folder, name)
  support.write_file(path, PRELUDE:format(folder .. "/names", path .. ".out") .. text)
  return path
end

--- Adds what the script at `path` has listed to `live`, and to `classes`.
local function read_list(path)
  for owner, name in support.read_file(path .. ".out"):gmatch "(%S+) (%S+)\n" do
    local all = classes[owner] and classes or live
    all[owner] = all[owner] or {}
    all[owner][name] = true
  end
end

setup(function()
  folder = support.new_folder()
  os.execute(("mkdir %s/routes %s/exporters"):format(folder, folder))
  support.write_file(folder .. "/names", table.concat(lines_of(
    [[grep -rhoE '"[a-zA-Z_][a-zA-Z_0-9]*"' core --include=*.c | tr -d '"' | sort -u]]), "\n"))

  local routes = write_script("routes/routes.lua", ROUTES)
  local server = support.serve { "--workers", "1", folder .. "/routes" }
  local status, body = support.request(server.url .. "/list")
  assert.equal(204, status, body)
  read_list(routes)

  local load = write_script("load.lua", LOAD)
  local code, out, err = support.command(("load -q %s -e URL=%s"):format(load, server.url))
  assert.equal(0, code, out .. err)
  read_list(load)
  assert.equal(0, server:stop())

  local run = write_script("run.lua", RUN)
  code, out, err = support.command(("run --heap %s/heap.pb.gz %s"):format(folder, run))
  assert.equal(0, code, out .. err)
  read_list(run)

  local exporter = write_script("exporters/names.lua", EXPORTER)
  code, _, err = support.command(("convert %s/heap.pb.gz --exporters %s/exporters --to names")
    :format(folder, folder))
  assert.equal(0, code, err)
  read_list(exporter)
end)

teardown(function() support.remove_folder(folder) end)

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- The members of `a` that `b` does not have, as "OWNER.MEMBER".
local function missing(a, b)
  local list = {}
  for owner, names in pairs(a) do
    for name in pairs(names) do
      if not (b[owner] and b[owner][name]) then list[owner .. "." .. name] = true end
    end
  end
  return sorted(list)
end

it("has everything that a script can call or read", function()
  assert.same({}, missing(live, annotated))
end)

it("has only what is there", function()
  local there = {}
  for owner, members in pairs(annotated) do
    if has_object[owner] or live[owner] then there[owner] = members end
  end
  assert.same({}, missing(there, live))
end)

it("is compared with an object of each class", function()
  assert.same(sorted(classes.all), sorted(classes.shown))
  assert.is_true(#sorted(classes.all) >= 9)
end)

it("is Lua, as each Lua file of the tree is", function()
  local files = lines_of "git ls-files '*.lua'"
  assert.is_true(#files > 80)
  for _, file in ipairs(files) do
    local code, _, err = support.run(("cd %s && luac5.4 -p %s"):format(
      support.quote(support.source), support.quote(file)))
    assert.equal(0, code, err)
  end
end)

it("passes lua-language-server's check", function()
  if support.run "command -v lua-language-server" ~= 0 then
    return pending "lua-language-server is not installed: neither Debian nor npm has it"
  end
  local code, out = support.run(("lua-language-server --check %s --checklevel=Warning")
    :format(support.quote(support.source .. "/lua")))
  assert.equal(0, code, out)
end)
