-- The rooms of core/: which folder may include which, how large a folder may
-- get, and that each folder's README.md names its files.
local support = require "support"

-- What each folder may include besides itself. A folder stands below all that
-- it may include, so no arrow points up.
local ARROWS = {
  { "base" },
  { "profile", "base" },
  { "sample/platform", "base" },
  { "sample/tables", "sample/platform base" },
  { "sample/walk", "sample/tables sample/platform base" },
  { "sample/hooks", "sample/walk sample/tables sample/platform base" },
  { "sample/build", "sample/walk sample/tables sample/platform profile base" },
  { "sample/session", "sample/build sample/hooks sample/walk sample/tables " ..
    "sample/platform profile base" },
  { "sync", "base" },
  { "client", "base" },
  { "script", "sample/* sync base" },
  { "modules", "script client sync sample/* base" },
  { "record", "script sync sample/* profile base" },
  { "export", "modules script sample/* profile base" },
  { "http", "base" },
  { "handler", "http modules script client sample/* base" },
  { "pprof", "record export http sample/* profile base" },
  { "serve", "pprof record export handler http modules script client sample/* base" },
  { "measure", "script client base" },
  { "target", "measure record client profile base" },
  { "load", "target measure record modules script client base" },
  { "report", "load target record measure export modules script client base" },
  { "live", "load measure base" },
  { "cli", "live report load record export serve http modules script client " ..
    "sample/* profile base" },
}

local MAX_FILES = 45

local function list_sources()
  local _, out = support.run(("cd %s && find core -name '*.[ch]' | sort")
    :format(support.quote(support.source)))
  local folders = {}
  for path in out:gmatch "[^\n]+" do
    local folder, name = path:match "^core/(.+)/([^/]+)$"
    folders[folder] = folders[folder] or {}
    table.insert(folders[folder], name)
  end
  return folders
end

--- The set of folders that each folder may include, and where it stands.
local function allowed_includes()
  local allowed, place = {}, {}
  for i, arrow in ipairs(ARROWS) do place[arrow[1]] = i end
  for _, arrow in ipairs(ARROWS) do
    local set = { [arrow[1]] = true }
    for word in (arrow[2] or ""):gmatch "%S+" do
      if word == "sample/*" then
        for folder in pairs(place) do
          if folder:find "^sample/" then set[folder] = true end
        end
      else
        set[word] = true
      end
    end
    allowed[arrow[1]] = set
  end
  return allowed, place
end

local folders = list_sources()

describe("The folders of core/", function()
  it("include only what lies below them", function()
    local allowed, place = allowed_includes()
    local wrong = {}
    for folder, set in pairs(allowed) do
      for included in pairs(set) do
        assert(place[included], "unknown folder " .. included)
        if place[included] > place[folder] then
          wrong[#wrong + 1] = ("the list lets %s include %s, above it")
            :format(folder, included)
        end
      end
    end
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        local path = ("core/%s/%s"):format(folder, name)
        local text = support.read_file(support.source .. "/" .. path)
        for header in text:gmatch '#include "([^"]+)"' do
          local included = header:match "^(.+)/" or "?"
          if header:find "%.pb%-c%.h$" then
            included = nil -- made from proto/ by the build
          end
          if included and not (allowed[folder] or {})[included] then
            wrong[#wrong + 1] = ("%s includes %s"):format(path, header)
          end
        end
      end
    end
    table.sort(wrong)
    assert.are.same({}, wrong)
  end)

  -- `executor_NAME` names a family of files.
  it("have a README.md that names each file", function()
    local unnamed = {}
    for folder, names in pairs(folders) do
      local map = support.source .. "/core/" .. folder .. "/README.md"
      local text = support.exists(map) and support.read_file(map) or ""
      local words, families = {}, {}
      for word in text:gmatch "[%w_]+" do
        words[word] = true
        families[#families + 1] = word:match "^(.+_)NAME$"
      end
      local function is_named(base)
        for _, prefix in ipairs(families) do
          if base:sub(1, #prefix) == prefix then return true end
        end
        return words[base]
      end
      for _, name in ipairs(names) do
        if not is_named(name:match "^[^.]+") then
          unnamed[#unnamed + 1] = ("core/%s/README.md does not name %s")
            :format(folder, name)
        end
      end
    end
    table.sort(unnamed)
    assert.are.same({}, unnamed)
  end)

  it("have at most " .. MAX_FILES .. " files", function()
    for folder, names in pairs(folders) do
      assert.is_true(#names <= MAX_FILES,
        ("core/%s has %d files"):format(folder, #names))
    end
  end)

  it("have headers whose guard is their path", function()
    local wrong = {}
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        if name:find "%.h$" then
          local path = ("%s/%s"):format(folder, name)
          local text = support.read_file(support.source .. "/core/" .. path)
          local guard = path:upper():gsub("[^%w]", "_")
          if not text:find(("#ifndef %s\n#define %s\n"):format(guard, guard), 1,
              true) then
            wrong[#wrong + 1] = "core/" .. path
          end
        end
      end
    end
    table.sort(wrong)
    assert.are.same({}, wrong)
  end)

  it("name in their Path: lines files that there are", function()
    local there = { ["main.c"] = true }
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        there[name] = true
        there[folder .. "/" .. name] = true
        there[(folder:match "[^/]+$") .. "/" .. name] = true
      end
    end
    local stale = {}
    for folder, names in pairs(folders) do
      for _, name in ipairs(names) do
        local path = ("core/%s/%s"):format(folder, name)
        local text = support.read_file(support.source .. "/" .. path)
        local line = text:match "Path: (.-)\n %*[ /\n]*\n" or text:match "Path: (.-)%*/"
        for file in (line or ""):gmatch "[%w_/]+%.[ch]%f[%W]" do
          if not there[file] then
            stale[#stale + 1] = ("%s: Path: names %s"):format(path, file)
          end
        end
      end
    end
    table.sort(stale)
    assert.are.same({}, stale)
  end)
end)
